import { canonical, isRecord, json, sha256 } from "./canonical.mjs";
import { verifyJws } from "./jws.mjs";

const same = (a, b) => canonical(a) === canonical(b);

/**
 * A receipt: the JWS itself, or the answer of `GET /transactions/{id}/receipt`, whose decoded payload must then be the
 * signed one.
 */
export function verifyReceipt(text, keys) {
  const { jws, around } = read(text, "receipt");
  const result = verifyJws(jws, "quetra-receipt+jwt", keys);
  if (result.problem !== undefined) return { findings: [`the receipt ${result.problem}`] };
  const findings = [];
  const { payload, kid } = result;
  if (around !== null && !same(around.payload ?? null, payload)) {
    findings.push("the payload beside the receipt is not the signed one");
  }
  if (around !== null && around.kid !== kid) findings.push("the kid beside the receipt is not the signed one");
  return { findings, payload, kid };
}

/**
 * A mandate: the JWS itself, or the answer of `GET /mandates/{id}`. The hash of the terms is computed from the terms in
 * the signature, never taken from it, and whatever is shown beside it must be what was signed.
 */
export function verifyMandate(text, keys) {
  const { jws, around } = read(text, "signature");
  const result = verifyJws(jws, "quetra-mandate+jwt", keys);
  if (result.problem !== undefined) return { findings: [`the mandate ${result.problem}`] };
  const { payload, kid } = result;
  const findings = [];
  if (!isRecord(payload.terms)) return { findings: ["the mandate has no terms"] };
  if (sha256(canonical(payload.terms)) !== payload.terms_hash)
    findings.push("the hash is not that of the signed terms");
  if (payload.terms.agent_id !== payload.agent_id) findings.push("the terms are those of another agent");
  if (around !== null) findings.push(...differences(around, payload));
  return { findings, payload, kid };
}

function differences(shown, signed) {
  const pairs = [
    ["id", shown.id, signed.mandate_id],
    ["agent_id", shown.agent_id, signed.agent_id],
    ["version", shown.version, signed.version],
    ["hash", shown.hash, signed.terms_hash],
    ["terms", shown.terms, signed.terms],
  ];
  return pairs
    .filter(([, given, covered]) => !same(given ?? null, covered ?? null))
    .map(([name]) => `${name} beside the signature is not the signed one`);
}

/** A signed head that an auditor has kept: the JWS, a checkpoint, or the answer of `GET /audit/head`. */
export function readKeptHead(text) {
  const value = json(text);
  return isRecord(value) ? (value.checkpoint?.jws ?? value.jws ?? "") : text.trim();
}

function read(text, member) {
  const value = json(text);
  return isRecord(value) ? { jws: value[member], around: value } : { jws: text.trim(), around: null };
}
