import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { canonicalJson } from "../../src/canonical-json.ts";
import { bodyDigest, GENESIS_HASH, linkHash } from "../../src/organization/event-log.ts";

/** Exports as the service writes them, with a key of their own: for tests of the verifier that need no service. */

export interface Signer {
  readonly kid: string;
  readonly jwk: Readonly<Record<string, string>>;
  readonly sign: (typ: string, payload: object) => string;
}

export function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
  const encode = (text: string) => Buffer.from(text).toString("base64url");
  return {
    kid,
    jwk: { alg: "EdDSA", crv: "Ed25519", kty: "OKP", x, kid, use: "sig" },
    sign: (typ, payload) => {
      const text = `${encode(JSON.stringify({ alg: "EdDSA", kid, typ }))}.${encode(canonicalJson(payload))}`;
      return `${text}.${sign(null, Buffer.from(text), privateKey).toString("base64url")}`;
    },
  };
}

export interface Event {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly salt: string | null;
  readonly body: string | null;
  readonly digest: string;
  readonly hash: string;
}

export const ORGANIZATION = "org_0QZBGZkKxjkOoTKWYgiasy";
const AT = 1_795_253_632_000;

/** A log with text of every kind in its bodies. `erase`: seqs whose body is gone; `named`: what the
 * last event says of it; another `word` makes another history. */
export function newLog(
  length: number,
  erase: readonly number[] = [],
  named: readonly number[] = erase,
  word = "“čšž”",
): Event[] {
  const events: Event[] = [];
  let prev = GENESIS_HASH;
  const idOf = (seq: number) => `evt_${String(seq).padStart(22, "0")}`;
  const typeOf = (seq: number) => (seq % 3 === 0 ? "transaction.approved" : "transaction.completed");
  for (let seq = 1; seq <= length; seq++) {
    const erases = seq === length && named.length > 0;
    const data = erases
      ? { erased: named.map((one) => ({ seq: one, id: idOf(one), type: typeOf(one) })), reason: "personal_data" }
      : { transaction_id: `txn_${seq}`, amount: seq * 1000, reason: `${word} \\ \u2028 ${seq} 💶\n` };
    const body = JSON.stringify({
      schema: 1,
      actor: { type: "key", id: "key_1" },
      key_id: null,
      request_id: null,
      data,
    });
    const salt = createHash("md5").update(`${seq}`).digest("hex");
    const row = {
      seq,
      id: idOf(seq),
      type: erases ? "audit.erased" : typeOf(seq),
      at: AT + seq,
      digest: bodyDigest(salt, body),
    };
    prev = linkHash(prev, row);
    const gone = erase.includes(seq);
    const { id, type, at, digest } = row;
    events.push({ seq, id, type, at, salt: gone ? null : salt, body: gone ? null : body, digest, hash: prev });
  }
  return events;
}

export interface PageOptions {
  readonly iss?: string;
  readonly prev?: { readonly seq: number; readonly hash: string };
  /** The head that the page's signature names; the last event unless said. */
  readonly head?: { readonly seq: number; readonly hash: string };
  readonly checkpoint?: string | null;
}

export const GENESIS = { seq: 0, hash: GENESIS_HASH };

export const checkpointOf = (
  signer: Signer,
  { seq, hash }: { seq: number; hash: string },
  iss = ORGANIZATION,
): string => signer.sign("quetra-checkpoint+jwt", { iss, seq, hash, at: "2026-11-21T09:33:52.823Z", prev: null });

/** One page. */
export function exportOf(signer: Signer, events: readonly Event[], options: PageOptions = {}): string {
  const { iss = ORGANIZATION, prev = GENESIS } = options;
  const last = events.at(-1) ?? prev;
  const head = options.head ?? last;
  const exported_at = "2026-11-21T09:33:52.823Z";
  const header = {
    format: "quetra-audit-export",
    version: 1,
    organization_id: iss,
    after_seq: prev.seq,
    prev_hash: prev.hash,
    exported_at,
  };
  const statement = signer.sign("quetra-export+jwt", {
    iss,
    after_seq: prev.seq,
    prev_hash: prev.hash,
    seq: last.seq,
    hash: last.hash,
    head_seq: head.seq,
    head_hash: head.hash,
    exported_at,
  });
  const checkpoint = options.checkpoint === undefined ? checkpointOf(signer, last, iss) : options.checkpoint;
  const trailer = { checkpoint, export: statement, jwks: { keys: [signer.jwk] } };
  return [header, ...events, trailer].map((line) => `${JSON.stringify(line)}\n`).join("");
}
