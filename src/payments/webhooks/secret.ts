import type { Env } from "../../env.ts";
import { err, ok, type Result } from "../../result.ts";
import { newSecret } from "../../webhooks/sign.ts";
import type { SealedWebhookSecret } from "../rails-api.ts";
import { open, type SealFault, seal } from "../seal.ts";

type Secrets = Pick<Env, "SEALING_SECRETS">;
const FIELD = "webhook_secret";

/** Throws when `SEALING_SECRETS` is not set as it should be, with a sentence for the operator. */
export async function createWebhookSecret(env: Secrets, organizationId: string): Promise<SealedWebhookSecret> {
  const secret = newSecret();
  const sealed = await seal(env.SEALING_SECRETS, organizationId, FIELD, secret);
  if (!sealed.ok) throw new Error(sealed.error.message);
  return { secret, sealed_secret: sealed.value };
}

export interface OpenedSecrets {
  /** In the order in which they came. */
  readonly secrets: readonly string[];
  /** Those that an older secret sealed, under the current one. */
  readonly resealed: readonly { readonly from: string; readonly to: string }[];
}

/** All of them or nothing: half of a rotation's signatures would fail receivers that are right. */
export async function openWebhookSecrets(
  env: Secrets,
  organizationId: string,
  sealed: readonly string[],
): Promise<Result<OpenedSecrets, SealFault>> {
  const secrets: string[] = [];
  const resealed: { from: string; to: string }[] = [];
  for (const from of sealed) {
    const opened = await open(env.SEALING_SECRETS, organizationId, FIELD, from);
    if (!opened.ok) return err(opened.error);
    const { plaintext, stale } = opened.value;
    secrets.push(plaintext);
    const again = stale ? await seal(env.SEALING_SECRETS, organizationId, FIELD, plaintext) : null;
    if (again?.ok === true) resealed.push({ from, to: again.value });
  }
  return ok({ secrets, resealed });
}
