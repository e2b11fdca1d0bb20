import { err, ok, type Result } from "../result.ts";

export interface SigningSecret {
  /** One or two ASCII letters or digits; every key carries the id of the secret that signed it. */
  readonly id: string;
  readonly secret: string;
}

export interface SigningSecrets {
  /** Signs new keys. */
  readonly current: SigningSecret;
  /** All of them verify. */
  readonly byId: ReadonlyMap<string, SigningSecret>;
}

export const SIGNING_SECRET_MIN_CHARS = 32;
const ID_SHAPE = /^[0-9A-Za-z]{1,2}$/;

let memo: { readonly text: string | undefined; readonly result: Result<SigningSecrets, string> } | undefined;

/**
 * Reads `KEY_SIGNING_SECRETS`: comma-separated `id:secret`, the first one signs. The error is for the operator: it says
 * what to change and holds no part of a secret. Without valid secrets no key is accepted and none is made.
 */
export function parseSigningSecrets(text: string | undefined): Result<SigningSecrets, string> {
  if (memo === undefined || memo.text !== text) memo = { text, result: parse(text) };
  return memo.result;
}

function parse(text: string | undefined): Result<SigningSecrets, string> {
  if (text === undefined || text.trim() === "") {
    return err(
      "KEY_SIGNING_SECRETS is not set. Set it with `wrangler secret put KEY_SIGNING_SECRETS` to `k1:<secret>`.",
    );
  }
  const byId = new Map<string, SigningSecret>();
  let current: SigningSecret | undefined;
  for (const [index, entry] of text.split(",").entries()) {
    const at = `KEY_SIGNING_SECRETS, entry ${index + 1}`;
    const colon = entry.indexOf(":");
    if (colon < 0) return err(`${at}: write it as id:secret.`);
    const id = entry.slice(0, colon).trim();
    const secret = entry.slice(colon + 1).trim();
    if (!ID_SHAPE.test(id)) return err(`${at}: the id must be one or two letters or digits.`);
    if (secret.length < SIGNING_SECRET_MIN_CHARS) {
      return err(`${at}: the secret is shorter than ${SIGNING_SECRET_MIN_CHARS} characters.`);
    }
    if (byId.has(id)) return err(`${at}: this id is there twice.`);
    const signing = { id, secret };
    byId.set(id, signing);
    current ??= signing;
  }
  return current === undefined ? err("KEY_SIGNING_SECRETS is empty.") : ok({ current, byId });
}
