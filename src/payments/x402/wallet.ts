import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Env } from "../../env.ts";
import { err, ok, type Result } from "../../result.ts";
import type { SealedWallet } from "../rails-api.ts";
import { open, parseSealingSecrets, type SealFault, seal } from "../seal.ts";
import type { SigningAccount } from "./signer.ts";

type Secrets = Pick<Env, "SEALING_SECRETS">;

export interface OpenedWallet {
  readonly account: SigningAccount;
  /** Where it was sealed with an older secret. */
  readonly resealed: string | null;
}

const PRIVATE_KEY = /^0x[0-9a-fA-F]{64}$/;
const FIELD = "wallet_key";

/** The first signature of an isolate costs 33 to 59 ms (measured), and most of it is paid per account. */
const ACCOUNTS = 32;
let accounts: { readonly secrets: object; readonly bySeal: Map<string, SigningAccount> } | undefined;

/** Throws when `SEALING_SECRETS` is not set as it should be, with a sentence for the operator. */
export const createWallet = (env: Secrets, organizationId: string): Promise<SealedWallet> =>
  sealWallet(env, organizationId, generatePrivateKey());

/** Null for what is no private key of secp256k1. Throws as `createWallet` does. No error holds the key. */
export async function importWallet(
  env: Secrets,
  organizationId: string,
  privateKey: string,
): Promise<SealedWallet | null> {
  if (!PRIVATE_KEY.test(privateKey) || accountOf(privateKey) === null) return null;
  return sealWallet(env, organizationId, privateKey.toLowerCase());
}

/** The account of a sealed key. It is remembered under organization and seal, so no organization meets another's. */
export async function openWallet(
  env: Secrets,
  organizationId: string,
  sealed: string,
): Promise<Result<OpenedWallet, SealFault>> {
  const known = cache(env).get(`${organizationId}\n${sealed}`);
  if (known !== undefined) return ok({ account: known, resealed: null });
  const opened = await open(env.SEALING_SECRETS, organizationId, FIELD, sealed);
  if (!opened.ok) return opened;
  const account = accountOf(opened.value.plaintext);
  if (account === null) return err({ reason: "unreadable", message: "What was sealed is no private key." });
  if (!opened.value.stale) {
    remember(cache(env), `${organizationId}\n${sealed}`, account);
    return ok({ account, resealed: null });
  }
  const again = await seal(env.SEALING_SECRETS, organizationId, FIELD, opened.value.plaintext);
  return ok({ account, resealed: again.ok ? again.value : null });
}

/** The key under the current secret, where it is under an older one; null where nothing is to be done or can be. */
export async function reseal(env: Secrets, organizationId: string, sealed: string): Promise<string | null> {
  const opened = await open(env.SEALING_SECRETS, organizationId, FIELD, sealed);
  if (!opened.ok || !opened.value.stale) return null;
  const again = await seal(env.SEALING_SECRETS, organizationId, FIELD, opened.value.plaintext);
  return again.ok ? again.value : null;
}

async function sealWallet(env: Secrets, organizationId: string, privateKey: string): Promise<SealedWallet> {
  const account = accountOf(privateKey);
  const sealed = await seal(env.SEALING_SECRETS, organizationId, FIELD, privateKey);
  if (!sealed.ok) throw new Error(sealed.error.message);
  if (account === null) throw new Error("The key that was made is no private key.");
  return { address: account.address.toLowerCase(), sealed_key: sealed.value };
}

/** Null, and not the library's error: that one may show what it was given. */
function accountOf(privateKey: string): SigningAccount | null {
  try {
    const { address, signTypedData } = privateKeyToAccount(privateKey as `0x${string}`);
    return { address, signTypedData: (typedData) => signTypedData(typedData) };
  } catch {
    return null;
  }
}

/** Empty again when the secrets change, so that a secret that was taken away opens nothing any more. */
function cache(env: Secrets): Map<string, SigningAccount> {
  const parsed = parseSealingSecrets(env.SEALING_SECRETS);
  const secrets: object = parsed.ok ? parsed.value : parsed;
  if (accounts?.secrets !== secrets) accounts = { secrets, bySeal: new Map() };
  return accounts.bySeal;
}

/** Drops the oldest one where there are too many. */
function remember(bySeal: Map<string, SigningAccount>, key: string, account: SigningAccount): void {
  const oldest = bySeal.size >= ACCOUNTS ? bySeal.keys().next().value : undefined;
  if (oldest !== undefined) bySeal.delete(oldest);
  bySeal.set(key, account);
}
