import type { ApiAnswer } from "./api.ts";
import { Problem } from "./problem.ts";

const REFERENCE = /^\$(\d{1,5})((?:\.[a-z0-9_]{1,64}){1,6})$/;

/**
 * Replaces each `$3.mandate.id` by that member of the answer to step 3, wherever it stands in a value. A step is written
 * before the ids are known that it needs, and nothing but an answer that is there can be meant.
 *
 * @throws Problem `no_such_reference`.
 */
export function withAnswers<T>(value: T, answers: readonly ApiAnswer[]): T {
  return replaced(value, answers) as T;
}

function replaced(value: unknown, answers: readonly ApiAnswer[]): unknown {
  if (typeof value === "string") return memberOf(value, answers);
  if (Array.isArray(value)) return value.map((item) => replaced(item, answers));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaced(item, answers)]));
}

function memberOf(text: string, answers: readonly ApiAnswer[]): unknown {
  const match = REFERENCE.exec(text);
  if (match === null) return text;
  let value: unknown = answers[Number(match[1])]?.body;
  for (const name of match[2]!.slice(1).split(".")) {
    const isThere = value !== null && typeof value === "object" && Object.hasOwn(value, name);
    value = isThere ? (value as Record<string, unknown>)[name] : undefined;
  }
  if (value === undefined) throw new Problem(400, "no_such_reference", `No earlier step has answered ${text}.`);
  return value;
}
