import { log } from "../../edge/log.ts";
import type { Env } from "../../env.ts";
import { err, ok, type Result } from "../../result.ts";
import { open, seal } from "../seal.ts";
import type { StripeKeyRefusal } from "./api.ts";

type Secrets = Pick<Env, "SEALING_SECRETS">;
const FIELD = "stripe_key";

export interface KeyOwner {
  readonly organization_id: string;
  readonly mode: "test" | "live";
}

export interface KeyFormat {
  readonly kind: "secret" | "restricted";
  readonly last4: string;
}

const KEY = /^(sk|rk)_(test|live)_[0-9A-Za-z_]{8,240}$/;

/** What a key is by its letters alone. No refusal holds a part of it. */
export function keyFormat(key: string, mode: "test" | "live"): Result<KeyFormat, StripeKeyRefusal> {
  if (/^pk_/.test(key)) return err(PUBLISHABLE);
  const [, prefix, keyMode] = KEY.exec(key) ?? [];
  if (prefix === undefined) return err(MALFORMED);
  if (keyMode !== mode) return err(mode === "test" ? LIVE_FOR_TEST : TEST_FOR_LIVE);
  return ok({ kind: prefix === "rk" ? "restricted" : "secret", last4: key.slice(-4) });
}

/** Throws when `SEALING_SECRETS` is not set as it should be, with a sentence for the operator. */
export async function sealKey(env: Secrets, organizationId: string, key: string): Promise<string> {
  const sealed = await seal(env.SEALING_SECRETS, organizationId, FIELD, key);
  if (!sealed.ok) throw new Error(sealed.error.message);
  return sealed.value;
}

/**
 * The key of one call. Null, with a line in the log that holds nothing of it, when the seal does not open, or what is in
 * it is of another mode: a test organization moves no live money even with a key that was put under its seal by mistake.
 */
export async function openKey(
  env: Secrets,
  { organization_id, mode, sealed_key }: KeyOwner & { readonly sealed_key: string },
): Promise<string | null> {
  const opened = await open(env.SEALING_SECRETS, organization_id, FIELD, sealed_key);
  if (!opened.ok) {
    log("error", "stripe_key_unreadable", { reason: opened.error.reason, hint: opened.error.message });
    return null;
  }
  const { plaintext } = opened.value;
  const format = keyFormat(plaintext, mode);
  if (format.ok) return plaintext;
  log("error", "stripe_key_unreadable", { reason: format.error.code });
  return null;
}

const PUBLISHABLE: StripeKeyRefusal = {
  code: "publishable_key",
  message: "This is a publishable key, which cannot charge. Use a restricted key (rk_…), or a secret key (sk_…).",
};
const MALFORMED: StripeKeyRefusal = {
  code: "key_format",
  message: "This is no key of a Stripe account. Use a restricted key (rk_…), or a secret key (sk_…).",
};
const LIVE_FOR_TEST: StripeKeyRefusal = {
  code: "wrong_mode",
  message:
    "This is a live key, and the organization is a test organization. Use a key that begins with rk_test_ or sk_test_.",
};
const TEST_FOR_LIVE: StripeKeyRefusal = {
  code: "wrong_mode",
  message: "This is a test key, and the organization is live. Use a key that begins with rk_live_ or sk_live_.",
};
