/** Deeper values are refused: everything that is hashed here has been validated and is flat. */
const MAX_DEPTH = 64;

/**
 * JSON with sorted keys and without white space: equal values have one text, and so one hash. Keys are sorted by UTF-16
 * code units and numbers are written as JavaScript does, which is RFC 8785. Members that are `undefined` are left out.
 * Throws on what JSON cannot say (NaN, Infinity, bigint, functions, lone surrogates, objects with a prototype of their
 * own): such a value in something that is hashed is a bug.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError("canonical JSON: nested too deeply");
  switch (typeof value) {
    case "string":
      return text(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("canonical JSON: not a finite number");
      return JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
      return object(value, depth);
    default:
      throw new TypeError(`canonical JSON: ${typeof value} has no JSON form`);
  }
}

function object(value: object, depth: number): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError("canonical JSON: only plain objects");
  }
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) members.push(`${text(key)}:${write(member, depth + 1)}`);
  }
  return `{${members.join(",")}}`;
}

function text(value: string): string {
  // JSON.stringify would escape a lone surrogate, and another implementation would not: one value, two hashes.
  if (!value.isWellFormed()) throw new TypeError("canonical JSON: lone surrogate");
  return JSON.stringify(value);
}
