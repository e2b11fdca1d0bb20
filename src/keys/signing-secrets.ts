import type { Result } from "../result.ts";
import { type NamedSecret, parseSecretList, type SecretList } from "./secret-list.ts";

/** Every key carries the id of the secret that signed it. */
export type SigningSecret = NamedSecret;

/** The first one signs new keys; all of them verify. */
export type SigningSecrets = SecretList;

/** Reads `KEY_SIGNING_SECRETS`. Without valid secrets no key is accepted and none is made. */
export const parseSigningSecrets = (text: string | undefined): Result<SigningSecrets, string> =>
  parseSecretList("KEY_SIGNING_SECRETS", "k1", text);
