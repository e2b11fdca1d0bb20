/** Requests that are made again: the same key does the same thing once. */
import { createHash } from "node:crypto";

const KEPT_MS = 24 * 3_600_000;
/** A sandbox may run for days. */
const KEPT = 20_000;

/**
 * @param {() => number} now
 */
export function idempotencyTable(now) {
  /** scope → { print, answer, at }; without an answer its request still runs. */
  const entries = new Map();
  return {
    /** A fresh request must be ended, or forgotten. */
    begin(scope, body) {
      const print = fingerprint(body);
      const entry = entries.get(scope);
      if (entry === undefined || now() - entry.at > KEPT_MS) {
        entries.delete(scope);
        entries.set(scope, { print, answer: null, at: now() });
        if (entries.size > KEPT) entries.delete(entries.keys().next().value);
        return { kind: "fresh" };
      }
      if (entry.print !== print) return { kind: "conflict" };
      return entry.answer === null ? { kind: "in_flight" } : { kind: "replay", answer: entry.answer };
    },
    end(scope, answer) {
      const entry = entries.get(scope);
      if (entry !== undefined) entry.answer = answer;
    },
    forget: (scope) => void entries.delete(scope),
  };
}

/** Of the value, not of its text: members in any order are the same, `null` and absent are not. No body is none. */
const fingerprint = (body) => createHash("sha256").update(canonical(body)).digest("hex");

function canonical(value) {
  if (value === undefined) return "";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}
