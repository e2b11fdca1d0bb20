import { err, ok, type Result } from "../result.ts";

export interface NamedSecret {
  /** One or two ASCII letters or digits; what was made with the secret carries this id. */
  readonly id: string;
  readonly secret: string;
}

export interface SecretList {
  /** Makes what is new. */
  readonly current: NamedSecret;
  /** All of them are still good for what was made before. */
  readonly byId: ReadonlyMap<string, NamedSecret>;
}

export const SECRET_MIN_CHARS = 32;
const ID_SHAPE = /^[0-9A-Za-z]{1,2}$/;

const memo = new Map<string, { readonly text: string | undefined; readonly result: Result<SecretList, string> }>();

/**
 * Reads a variable that holds comma-separated `id:secret`, the first one current. The error is for the operator: it says
 * what to change and holds no part of a secret. `exampleId` stands in the sentence that says how to set it.
 */
export function parseSecretList(
  variable: string,
  exampleId: string,
  text: string | undefined,
): Result<SecretList, string> {
  const known = memo.get(variable);
  if (known !== undefined && known.text === text) return known.result;
  const result = parse(variable, exampleId, text);
  memo.set(variable, { text, result });
  return result;
}

function parse(variable: string, exampleId: string, text: string | undefined): Result<SecretList, string> {
  if (text === undefined || text.trim() === "") {
    return err(`${variable} is not set. Set it with \`wrangler secret put ${variable}\` to \`${exampleId}:<secret>\`.`);
  }
  const byId = new Map<string, NamedSecret>();
  let current: NamedSecret | undefined;
  for (const [index, entry] of text.split(",").entries()) {
    const at = `${variable}, entry ${index + 1}`;
    const colon = entry.indexOf(":");
    if (colon < 0) return err(`${at}: write it as id:secret.`);
    const id = entry.slice(0, colon).trim();
    const secret = entry.slice(colon + 1).trim();
    if (!ID_SHAPE.test(id)) return err(`${at}: the id must be one or two letters or digits.`);
    if (secret.length < SECRET_MIN_CHARS) {
      return err(`${at}: the secret is shorter than ${SECRET_MIN_CHARS} characters.`);
    }
    if (byId.has(id)) return err(`${at}: this id is there twice.`);
    const named = { id, secret };
    byId.set(id, named);
    current ??= named;
  }
  return current === undefined ? err(`${variable} is empty.`) : ok({ current, byId });
}
