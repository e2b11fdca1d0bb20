import { createPublicKey, verify } from "node:crypto";
import { canonical, isRecord, json, sha256, utf8 } from "./canonical.mjs";

/** Public keys by kid. */
export class KeySet {
  #keys = new Map();
  /** Sentences about keys that are not what their kid says. */
  problems = [];

  /** @param jwks A JWK Set (RFC 7517). */
  add(jwks) {
    const list = isRecord(jwks) && Array.isArray(jwks.keys) ? jwks.keys : null;
    if (list === null) this.problems.push("this is no JWK Set: it has no list of keys");
    for (const jwk of list ?? []) {
      const { kid, key } = readKey(jwk);
      if (key === null) this.problems.push(`the public key ${String(kid).slice(0, 60)} is not what its kid says`);
      else this.#keys.set(kid, key);
    }
    return this;
  }

  get size() {
    return this.#keys.size;
  }

  get(kid) {
    return this.#keys.get(kid);
  }
}

/** The kid is the thumbprint of the key (RFC 7638), so a changed key has no name any more. */
function readKey(jwk) {
  const { kid, kty, crv, x } = isRecord(jwk) ? jwk : {};
  if (kty !== "OKP" || crv !== "Ed25519" || typeof x !== "string") return { kid, key: null };
  if (kid !== sha256(`{"crv":"Ed25519","kty":"OKP","x":${JSON.stringify(x)}}`, "base64url")) return { kid, key: null };
  if (decode(x)?.length !== 32) return { kid, key: null };
  try {
    return { kid, key: createPublicKey({ key: { kty, crv, x }, format: "jwk" }) };
  } catch {
    return { kid, key: null };
  }
}

/**
 * Verifies a JWS in compact serialization (RFC 7515) with EdDSA, in exactly the form in which Quetra writes it: base64url
 * that is bit for bit canonical, a header of three members, a canonical payload.
 *
 * @returns `{ payload, kid }`, or `{ problem }`: a sentence.
 */
export function verifyJws(text, typ, keys) {
  const parts = typeof text === "string" ? text.split(".") : [];
  const [header, payload, signature] = parts.map(decode);
  if (parts.length !== 3 || !header || !payload || !signature) return { problem: "is not a JWS" };
  const headerText = utf8(header);
  const { kid } = json(headerText) ?? {};
  if (headerText !== canonical({ alg: "EdDSA", kid, typ })) return { problem: `has not the header of a ${typ}` };
  const key = keys.get(kid);
  if (key === undefined) return { problem: `is signed with the unknown key ${kid}` };
  const covered = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!verify(null, covered, key, signature)) return { problem: "has a signature that does not verify" };
  const claims = json(utf8(payload) ?? "");
  if (!isRecord(claims) || canonical(claims) !== utf8(payload))
    return { problem: "has a payload that is not canonical" };
  return { payload: claims, kid };
}

/** Null for what is not canonical: several spellings of one signature would leave bits that nothing covers. */
function decode(text) {
  const bytes = Buffer.from(text, "base64url");
  return text !== "" && bytes.toString("base64url") === text ? bytes : null;
}
