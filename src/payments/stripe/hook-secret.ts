import { log } from "../../edge/log.ts";
import type { Env } from "../../env.ts";
import { open, seal } from "../seal.ts";

type Secrets = Pick<Env, "SEALING_SECRETS">;
const FIELD = "hook_secret";

/** Throws when `SEALING_SECRETS` is not set as it should be, with a sentence for the operator. */
export async function sealHookSecret(env: Secrets, organizationId: string, secret: string): Promise<string> {
  const sealed = await seal(env.SEALING_SECRETS, organizationId, FIELD, secret);
  if (!sealed.ok) throw new Error(sealed.error.message);
  return sealed.value;
}

/** Those that open. One that does not verifies nothing, and is no reason to refuse what another one verifies. */
export async function openHookSecrets(
  env: Secrets,
  organizationId: string,
  sealed: readonly string[],
): Promise<readonly string[]> {
  const secrets: string[] = [];
  for (const each of sealed) {
    const opened = await open(env.SEALING_SECRETS, organizationId, FIELD, each);
    if (opened.ok) secrets.push(opened.value.plaintext);
    else log("error", "hook_secret_unreadable", { reason: opened.error.reason, hint: opened.error.message });
  }
  return secrets;
}
