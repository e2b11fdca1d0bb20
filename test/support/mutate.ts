import { NAUGHTY } from "./naughty.ts";
import { random } from "./random.ts";

/** Bends well-formed requests. Everything comes from one seed, so that a finding can be replayed. */
export interface Dice {
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  below(limit: number): number;
}

export function dice(seed: number): Dice {
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  return { chance: (share) => next() < share, pick: (list) => list[below(list.length)]!, below };
}

type Tree = Record<string, unknown> | unknown[];
const isTree = (value: unknown): value is Tree => value !== null && typeof value === "object";

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    0.1,
    1e-7,
    25.0000001,
    1e21,
    1e308,
    2 ** 53,
    -(2 ** 53),
    100_000_000,
    100_000_000.000001,
  ],
  ...[
    [],
    {},
    [[]],
    [null],
    { length: 1 },
    { toJSON: 1 },
    ["a", "b"],
    nested(10),
    nested(62),
    nested(70),
    nested(2_000),
  ],
  ...Array.from({ length: 4 }, () => ({ ["__proto__"]: { amount: 1 } })),
];
const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "amount",
  "id",
  "params",
  "_meta",
  "x",
  "",
];
const IDS: readonly unknown[] = [0, -1, 1.5, 1e300, null, "", "a", true, [], {}, [1], 2 ** 53];

/** Every place in a tree that can be changed: its container and the key in it. */
function places(value: unknown, found: [Tree, string][] = []): [Tree, string][] {
  if (!isTree(value)) return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    places((value as Record<string, unknown>)[key], found);
  }
  return found;
}

/** One structural change in place; a change of the root is returned. */
export function bendTree(root: unknown, { chance, pick, below }: Dice): unknown {
  const [container, key] = pick([...places(root), [null, ""]] as [Tree | null, string][]);
  const replacement = chance(0.6) ? pick(NAUGHTY) : structuredClone(pick(VALUES));
  if (container === null) return chance(0.5) ? pick([replacement, [root], [root, root], [[root]], { root }]) : root;
  const record = container as Record<string, unknown>;
  switch (below(7)) {
    case 0:
      if (Array.isArray(container)) container.splice(Number(key), 1);
      else delete record[key];
      break;
    case 1:
      // defineProperty: an assignment to `__proto__` would set the prototype of our own object.
      Object.defineProperty(record, pick(chance(0.5) ? KEYS : NAUGHTY), {
        value: replacement,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      break;
    case 2:
      record[key] = [record[key]];
      break;
    case 3:
      if ("id" in record) record.id = pick(IDS);
      else record[key] = typeof record[key] === "number" ? String(record[key]) : 5;
      break;
    default:
      record[key] = replacement;
  }
  return root;
}

/** One change of the text or of the bytes: what no tree can say. */
export function bendText(text: string, { chance, pick, below }: Dice): string | Uint8Array {
  const at = below(text.length + 1);
  switch (below(10)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return (
        text.slice(0, at) +
        pick(["\0", "\ufeff", ",", "}", "]", '"', "\\", "/*x*/", "\n", "'", "NaN", "1e400"]) +
        text.slice(at)
      );
    case 2:
      return text.replace(
        /:(-?\d[\d.]*)/,
        `:${pick(["1e400", "-1e400", "1E+999", "9007199254740993", "0.1e1", "-0", "01", "+1", "0x10", "1_0", "Infinity", ".5", "1."])}`,
      );
    case 3:
      return text.replace(
        "{",
        `{${pick(['"amount":1,', '"method":"tools/list",', '"id":1,"id":2,', '"__proto__":{"a":1},', '"jsonrpc":"1.0",', '"arguments":{},'])}`,
      );
    case 4:
      return text.replace(/"([^"\\]*)"/g, (whole) =>
        chance(0.1) ? `"\\u${pick(["d800", "dfff", "0000", "202e", "zzzz"])}${whole.slice(1)}` : whole,
      );
    case 5:
      return text.replace(/"[^"\\]*"/, `"${"a".repeat(pick([1_000, 60_000, 66_000, 200_000]))}"`);
    case 6:
      return text.replace(
        /\d+|"[^"]*"/,
        `${"[".repeat(pick([60, 63, 65, 30_000]))}1${"]".repeat(pick([60, 63, 65, 30_000]))}`,
      );
    case 7:
      return `${pick(["\ufeff", " \n", "", "[", "x"])}${text}${pick(["\n", text, "]", "\0"])}`;
    default: {
      const bytes = new TextEncoder().encode(text);
      if (bytes.length > 0) bytes[below(bytes.length)] = pick([0xff, 0xc0, 0x80, 0xed, 0xfe, 0x00, 0x1b]);
      return bytes;
    }
  }
}

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    "content-type",
    [
      "text/plain",
      "application/json; charset=utf-16",
      "application/JSON",
      "application/json, text/html",
      "",
      "multipart/form-data",
      "application/problem+json",
    ],
  ],
  [
    "accept",
    ["*/*", "application/json", "text/event-stream", "text/html", "", "application/json;q=0", "x".repeat(3_000)],
  ],
  [
    "mcp-protocol-version",
    ["2025-11-25", "2025-06-18", "2024-11-05", "2026-07-28", "2099-01-01", "", "x", "2026-07-28, 2025-11-25"],
  ],
  ["mcp-method", ["tools/list", "tools/call", "initialize", "", "TOOLS/CALL", "x"]],
  ["mcp-name", ["quetra_settle", "quetra_nothing", "", "__proto__"]],
  ["mcp-session-id", ["x", "00000000-0000-0000-0000-000000000000"]],
  ["mcp-param-amount", ["5"]],
  ["last-event-id", ["1"]],
  ["content-length", ["0", "1", "99999999", "-1", "1e3", "x"]],
  ["content-encoding", ["gzip", "identity", "br"]],
  ["transfer-encoding", ["chunked"]],
  ["authorization", ["Bearer x", "Basic eDp5", "Bearer", "bearer  "]],
  ["origin", ["http://quetra.test", "null", "http://evil.example"]],
  ["x-quetra-key-id", ["key_0000000000000", ""]],
  ["x-quetra-secret-hash", ["0".repeat(64)]],
  ["x-forwarded-for", ["127.0.0.1"]],
  ["x-http-method-override", ["DELETE"]],
  ["idempotency-key", ["", "a b", "x".repeat(128), "x".repeat(129), "é"]],
  ["if-match", ["*", '"1"', 'W/"1"', '"x"', "", '"1", "2"']],
  ["cf-ipcountry", ["DE"]],
];

/** One header changed or taken away. */
export function bendHeaders(headers: Record<string, string>, { chance, pick }: Dice): Record<string, string> {
  const [name, values] = pick(HEADERS);
  const { [name]: _, ...rest } = headers;
  return chance(0.25) ? rest : { ...rest, [name]: pick(values) };
}
