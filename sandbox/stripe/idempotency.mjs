/**
 * Idempotency as Stripe's v1: a key is kept from the moment at which execution begins, with its answer, whatever that was,
 * for 24 hours. A request that fails validation, or meets another that is still running, leaves nothing.
 */
import { createHash } from "node:crypto";
import { invalid, keyInUse, keyReused } from "./errors.mjs";

const KEPT_MS = 24 * 3_600_000;

/** The same parameters in another order are the same parameters. */
const canonical = (value) =>
  typeof value === "object" && value !== null
    ? `{${Object.keys(value)
        .sort()
        .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
        .join()}}`
    : JSON.stringify(value);

const digest = (value) => createHash("sha256").update(canonical(value)).digest("hex");

export function createIdempotency(clock) {
  const kept = new Map();

  return {
    /**
     * @param {{ account: string, key: string, endpoint: string, form: any }} request
     * @returns {{ replay: { status: number, body: any } } | { finish: (answer: { status: number, body: any }) => void }}
     */
    begin({ account, key, endpoint, form }) {
      if (key.length > 255) throw invalid(undefined, "The Idempotency-Key must be at most 255 characters.", undefined);
      const name = `${account} ${key}`;
      const print = digest(form);
      const row = kept.get(name);
      if (row !== undefined && clock.now() - row.at < KEPT_MS) {
        if (row.endpoint !== endpoint) throw keyReused(key, "endpoint");
        if (row.print !== print) throw keyReused(key, "parameters");
        if (row.answer === null) throw keyInUse();
        return { replay: row.answer };
      }
      const fresh = { endpoint, print, at: clock.now(), answer: null };
      kept.set(name, fresh);
      return {
        finish: (answer) => {
          fresh.answer = structuredClone(answer);
        },
      };
    },
    size: () => kept.size,
  };
}
