import { canonical, isRecord, json, sha256, utf8 } from "./canonical.mjs";

const HEX64 = /^[0-9a-f]{64}$/;
const SALT = /^[0-9a-f]{32}$/;
const EVENT_ID = /^evt_[0-9A-Za-z]{1,40}$/;
/** No line feed in it: fields of a link are told apart by line feeds. */
const TYPE = /^[a-z0-9_]+(?:\.[a-z0-9_]+)*$/;

const HEADER = ["format", "version", "organization_id", "after_seq", "prev_hash", "exported_at"];
const EVENT = ["seq", "id", "type", "at", "salt", "body", "digest", "hash"];
const TRAILER = ["checkpoint", "export", "jwks"];
const JWK = ["alg", "crv", "kty", "x", "kid", "use"];

/**
 * One line of an export, in the only form in which it is accepted: the members in their order, no white space, no other
 * escapes than JSON.stringify writes. So every byte of a file is a byte that something covers.
 *
 * @returns `{ kind: "header" | "event" | "trailer", value }`, or `{ kind: "bad", problem }`.
 */
export function readLine(bytes) {
  const text = utf8(bytes);
  if (text === null) return bad("is not UTF-8");
  const value = json(text);
  if (!isRecord(value)) return bad("is not a JSON object");
  const [kind, members, check] =
    "format" in value
      ? ["header", HEADER, headerProblem]
      : "jwks" in value
        ? ["trailer", TRAILER, trailerProblem]
        : ["event", EVENT, eventProblem];
  const problem = check(value);
  if (problem !== null) return bad(problem);
  const exact = kind === "trailer" ? { ...pick(value, members), jwks: exactKeys(value.jwks) } : pick(value, members);
  return JSON.stringify(exact) === text ? { kind, value } : bad("is not in the exact form of an export");
}

const bad = (problem) => ({ kind: "bad", problem });
const pick = (value, members) => Object.fromEntries(members.map((name) => [name, value[name]]));
const exactKeys = (jwks) => ({ keys: jwks.keys.map((jwk) => pick(jwk, JWK)) });

const isSeq = (value) => Number.isSafeInteger(value) && value >= 0;

function headerProblem({ format, version, organization_id, after_seq, prev_hash, exported_at }) {
  if (format !== "quetra-audit-export" || version !== 1) return "is no header of this format and version";
  if (typeof organization_id !== "string" || typeof exported_at !== "string") return "is no header of an export";
  return isSeq(after_seq) && HEX64.test(prev_hash) ? null : "is no header of an export";
}

function eventProblem({ seq, id, type, at, salt, body, digest, hash }) {
  if (!isSeq(seq) || seq === 0 || !Number.isSafeInteger(at)) return "is no event";
  if (!EVENT_ID.test(id) || !TYPE.test(type) || !HEX64.test(digest) || !HEX64.test(hash)) return "is no event";
  if (salt === null && body === null) return null;
  return typeof body === "string" && SALT.test(salt) ? null : "is an event with half a body";
}

function trailerProblem({ checkpoint, export: statement, jwks }) {
  for (const text of [checkpoint, statement]) if (text !== null && typeof text !== "string") return "is no last line";
  if (!isRecord(jwks) || canonical(Object.keys(jwks)) !== '["keys"]' || !Array.isArray(jwks.keys))
    return "is no last line";
  const proper = (jwk) => isRecord(jwk) && jwk.alg === "EdDSA" && jwk.use === "sig";
  return jwks.keys.every(proper) ? null : "has a key for something else";
}

/** Hex SHA-256 of `salt ‖ body`. */
export const digestOf = ({ salt, body }) => sha256(`${salt}${body}`);

/** Hex SHA-256 of previous hash, seq, id, type, instant and digest, one per line. */
export const linkOf = (prev, { seq, id, type, at, digest }) =>
  sha256(`${prev}\n${seq}\n${id}\n${type}\n${at}\n${digest}`);
