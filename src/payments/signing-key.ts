import { CompactSign, calculateJwkThumbprint } from "jose";
import type { Env } from "../env.ts";
import { err, ok, type Result } from "../result.ts";
import type { PublicSigningJwk, SealedSigningKey, SignOrder, SignOutcome } from "./rails-api.ts";
import { open, parseSealingSecrets, type SealFault, seal } from "./seal.ts";

type Secrets = Pick<Env, "SEALING_SECRETS">;

interface PrivateJwk {
  readonly crv: "Ed25519";
  readonly d: string;
  readonly kty: "OKP";
  readonly x: string;
}

interface OpenedKey {
  readonly key: CryptoKey;
  readonly kid: string;
}

const FIELD = "signing_key";
const TYPES: readonly string[] = [
  "quetra-checkpoint+jwt",
  "quetra-export+jwt",
  "quetra-mandate+jwt",
  "quetra-receipt+jwt",
] satisfies SignOrder["statements"][number]["typ"][];

const KEYS = 32;
let keys: { readonly secrets: object; readonly bySeal: Map<string, OpenedKey> } | undefined;

/** A fresh Ed25519 key (RFC 8037), its private half under seal. The kid is the thumbprint of RFC 7638. */
export async function createSigningKey(
  env: Secrets,
  organizationId: string,
): Promise<Result<SealedSigningKey, SealFault>> {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const { d = "", x = "" } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as { d?: string; x?: string };
  const secret: PrivateJwk = { crv: "Ed25519", d, kty: "OKP", x };
  const sealed = await seal(env.SEALING_SECRETS, organizationId, FIELD, JSON.stringify(secret));
  if (!sealed.ok) return sealed;
  return ok({ kid: await kidOf(x), public_jwk: publicJwk(x), sealed_key: sealed.value });
}

/**
 * Signs statements of one organization: JWS compact serialization (RFC 7515), EdDSA. Signs nothing at all when one of them
 * is of an unknown type or speaks for another organization: that would be a bug, so it throws.
 */
export async function sign(env: Secrets, order: SignOrder): Promise<Result<SignOutcome, SealFault>> {
  for (const { typ, payload } of order.statements) {
    const { iss } = JSON.parse(payload) as { iss?: unknown };
    if (!TYPES.includes(typ) || iss !== order.organization_id) throw new Error("a statement that must not be signed");
  }
  const opened = await openKey(env, order);
  if (!opened.ok) return opened;
  const { key, kid, resealed } = opened.value;
  const signatures: string[] = [];
  for (const { typ, payload } of order.statements) {
    const jws = new CompactSign(new TextEncoder().encode(payload)).setProtectedHeader({ alg: "EdDSA", kid, typ });
    signatures.push(await jws.sign(key));
  }
  return ok({ kid, signatures, resealed });
}

async function openKey(
  env: Secrets,
  { organization_id, sealed_key }: SignOrder,
): Promise<Result<OpenedKey & { readonly resealed: string | null }, SealFault>> {
  const name = `${organization_id}\n${sealed_key}`;
  const known = cache(env).get(name);
  if (known !== undefined) return ok({ ...known, resealed: null });
  const opened = await open(env.SEALING_SECRETS, organization_id, FIELD, sealed_key);
  if (!opened.ok) return opened;
  const { plaintext, stale } = opened.value;
  const made = await imported(plaintext);
  if (made === null) return err({ reason: "unreadable", message: "What was sealed is no signing key." });
  if (!stale) {
    remember(cache(env), name, made);
    return ok({ ...made, resealed: null });
  }
  const again = await seal(env.SEALING_SECRETS, organization_id, FIELD, plaintext);
  return ok({ ...made, resealed: again.ok ? again.value : null });
}

/** Null, and not the platform's error: that one may show what it was given. */
async function imported(plaintext: string): Promise<OpenedKey | null> {
  try {
    const jwk = JSON.parse(plaintext) as PrivateJwk;
    const key = await crypto.subtle.importKey("jwk", { ...jwk }, { name: "Ed25519" }, false, ["sign"]);
    return { key, kid: await kidOf(jwk.x) };
  } catch {
    return null;
  }
}

const publicJwk = (x: string): PublicSigningJwk => ({ crv: "Ed25519", kty: "OKP", x });
const kidOf = (x: string): Promise<string> => calculateJwkThumbprint({ ...publicJwk(x) }, "sha256");

/** Empty again when the secrets change, so that a secret that was taken away opens nothing any more. */
function cache(env: Secrets): Map<string, OpenedKey> {
  const parsed = parseSealingSecrets(env.SEALING_SECRETS);
  const secrets: object = parsed.ok ? parsed.value : parsed;
  if (keys?.secrets !== secrets) keys = { secrets, bySeal: new Map() };
  return keys.bySeal;
}

/** Drops the oldest one where there are too many. */
function remember(bySeal: Map<string, OpenedKey>, name: string, key: OpenedKey): void {
  const oldest = bySeal.size >= KEYS ? bySeal.keys().next().value : undefined;
  if (oldest !== undefined) bySeal.delete(oldest);
  bySeal.set(name, key);
}
