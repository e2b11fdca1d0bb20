import { decodeBase62, encodeBase62 } from "./base62.ts";

export const ID_PREFIXES = [
  "org",
  "agt",
  "mdt",
  "bud",
  "rul",
  "txn",
  "evt",
  "whk",
  "key",
  "apr",
  "wal",
  "whd",
  "alr",
  "stk",
  "hok",
  "prf",
  "mer",
  "rfd",
] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

/** Of every id but a key's. */
export const ID_BYTES = 16;
export const ORGANIZATION_ID_BYTES = 16;
/** A key id is carried inside the key and is no credential, so 80 random bits are enough to be unique. */
export const KEY_ID_BYTES = 10;

/** A random, unguessable id: 128 bits (a key id: 80, see above), at a fixed length per prefix. */
export function newId<P extends IdPrefix>(prefix: P): `${P}_${string}` {
  const bytes = crypto.getRandomValues(new Uint8Array(prefix === "key" ? KEY_ID_BYTES : ID_BYTES));
  return `${prefix}_${encodeBase62(bytes)}`;
}

export const organizationIdToBytes = (id: string): Uint8Array | null => toBytes(id, "org_", ORGANIZATION_ID_BYTES);
export const organizationIdFromBytes = (bytes: Uint8Array): string => `org_${encodeBase62(bytes)}`;
export const keyIdToBytes = (id: string): Uint8Array | null => toBytes(id, "key_", KEY_ID_BYTES);
export const keyIdFromBytes = (bytes: Uint8Array): string => `key_${encodeBase62(bytes)}`;

/** For ids that travel inside a token. Null for what `newId` of that prefix cannot have made. */
export const idToBytes = (prefix: Exclude<IdPrefix, "key">, id: string): Uint8Array | null =>
  toBytes(id, `${prefix}_`, ID_BYTES);
export const idFromBytes = (prefix: Exclude<IdPrefix, "key">, bytes: Uint8Array): string =>
  `${prefix}_${encodeBase62(bytes)}`;

function toBytes(id: string, prefix: string, byteLength: number): Uint8Array | null {
  return id.startsWith(prefix) ? decodeBase62(id.slice(prefix.length), byteLength) : null;
}
