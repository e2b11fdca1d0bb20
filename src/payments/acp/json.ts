import { cleanText } from "../../mcp/text.ts";
import { err, ok, type Result } from "../../result.ts";

/** A JSON object that somebody else wrote. Read by `field` only, so that nothing is inherited. */
export type Foreign = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Foreign =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The own member of this name, of whatever it is. */
export const field = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

export const textOf = (value: unknown, name: string): string | null => {
  const found = field(value, name);
  return typeof found === "string" ? found : null;
};

/** At most `most` entries are looked at. Empty for what is no list. */
export const listOf = (value: unknown, name: string, most: number): readonly unknown[] => {
  const found = field(value, name);
  return Array.isArray(found) ? found.slice(0, most) : [];
};

/** Money and quantities of merchants: whole numbers from 0 that a double holds exactly. Null for anything else. */
export const countOf = (value: unknown, name: string): number | null => {
  const found = field(value, name);
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0 ? Math.abs(found) : null;
};

const ID = /^[A-Za-z0-9][A-Za-z0-9_.:#/=+@-]{0,199}$/;

/**
 * Ids of merchants: one word of letters, digits and common separators. They go into paths, keys and answers, so they can
 * neither climb out of a path nor be a sentence.
 */
export const idOf = (value: unknown, name: string): string | null => {
  const found = textOf(value, name);
  return found !== null && ID.test(found) ? found : null;
};

const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** An RFC 3339 instant in unix seconds, rounded down; null for anything else. */
export const instantOf = (value: unknown, name: string): number | null => {
  const found = textOf(value, name);
  if (found === null || found.length > 40 || !INSTANT.test(found)) return null;
  const ms = Date.parse(found.toUpperCase());
  return Number.isNaN(ms) ? null : Math.floor(ms / 1000);
};

/** A Shared Payment Token of Stripe. */
const TOKEN = /spt_[A-Za-z0-9]{4}/;

/**
 * Bytes as the JSON object that they spell in UTF-8. The errors are our own words. A text that repeats a credential comes
 * back empty: a merchant knows its bearer and the token that it was paid with, and could hand both to the agent.
 *
 * @param bearer Of the merchant; null where none was sent.
 */
export function parseObject(bytes: Uint8Array, bearer: string | null): Result<Foreign, "not_json" | "not_an_object"> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return err("not_json");
  }
  if (!isObject(value)) return err("not_an_object");
  silence(value, bearer);
  return ok(value);
}

/** Empties such texts in place. By a list of what is left to do: depth is the merchant's choice, and the stack is short. */
function silence(root: object, bearer: string | null): void {
  // Judged as it would be shown: invisible characters in a credential would be gone by then.
  const tells = (text: string): boolean => {
    const shown = cleanText(text, Number.POSITIVE_INFINITY);
    return TOKEN.test(shown) || (bearer !== null && shown.includes(bearer));
  };
  const open: object[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    // Lists by position: their keys as texts would cost more than all the rest.
    const names = Array.isArray(holder) ? holder.keys() : Object.keys(holder);
    for (const name of names) {
      const member: unknown = Reflect.get(holder, name);
      if (typeof member === "object" && member !== null) open.push(member);
      else if (typeof member === "string" && tells(member)) Reflect.defineProperty(holder, name, { value: "" });
    }
  }
}
