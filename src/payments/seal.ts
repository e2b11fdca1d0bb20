import { type NamedSecret, parseSecretList } from "../keys/secret-list.ts";
import { err, ok, type Result } from "../result.ts";

/** What is kept under seal; part of what is authenticated, so that one field cannot be put in place of another. */
export type SealedField =
  | "wallet_key"
  | "webhook_secret"
  | "signing_key"
  | "stripe_key"
  | "hook_secret"
  | "merchant_bearer"
  | "payment_token";

/** The message of `not_configured` is for the operator. None holds a part of a secret or of what was sealed. */
export interface SealFault {
  readonly reason: "not_configured" | "unknown_secret" | "unreadable";
  readonly message: string;
}

export interface Opened {
  readonly plaintext: string;
  /** Sealed with another secret than the current one: seal it again. */
  readonly stale: boolean;
}

const INFO = new TextEncoder().encode("quetra/seal/1");
const IV_BYTES = 12;
const SEALED = /^v1\.([0-9A-Za-z]{1,2})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,1400})$/;

/**
 * AES-256-GCM under a key of this organization alone, by HKDF from the current secret. `v1.<id of the secret>.<IV>.<text
 * and tag>`, base64url. The IV is random: 96 bits for the few seals of one organization. Throws for nothing that an
 * operator can set; without valid `SEALING_SECRETS` nothing is sealed.
 */
export async function seal(
  secrets: string | undefined,
  organizationId: string,
  field: SealedField,
  plaintext: string,
): Promise<Result<string, SealFault>> {
  const parsed = parseSealingSecrets(secrets);
  if (!parsed.ok) return err(notConfigured(parsed.error));
  const { current } = parsed.value;
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await keyOf(current, organizationId);
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: context(organizationId, field, current.id) },
    key,
    new TextEncoder().encode(plaintext),
  );
  return ok(`v1.${current.id}.${base64url(iv)}.${base64url(new Uint8Array(sealed))}`);
}

/** Refuses what was sealed for another organization or field, and whatever is not bit for bit what `seal` wrote. */
export async function open(
  secrets: string | undefined,
  organizationId: string,
  field: SealedField,
  sealed: string,
): Promise<Result<Opened, SealFault>> {
  const parsed = parseSealingSecrets(secrets);
  if (!parsed.ok) return err(notConfigured(parsed.error));
  const [, id = "", ivText = "", text = ""] = SEALED.exec(sealed) ?? [];
  const iv = bytesOf(ivText);
  const bytes = bytesOf(text);
  if (iv === null || bytes === null) return err(UNREADABLE);
  const secret = parsed.value.byId.get(id);
  if (secret === undefined) return err(UNKNOWN_SECRET);
  try {
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData: context(organizationId, field, id) },
      await keyOf(secret, organizationId),
      bytes,
    );
    return ok({ plaintext: new TextDecoder().decode(plain), stale: id !== parsed.value.current.id });
  } catch {
    return err(UNREADABLE);
  }
}

/** Reads `SEALING_SECRETS`; the error is a sentence for the operator. The same text gives the same object. */
export const parseSealingSecrets = (text: string | undefined) => parseSecretList("SEALING_SECRETS", "s1", text);

async function keyOf({ secret }: NamedSecret, organizationId: string): Promise<CryptoKey> {
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: encoder.encode(organizationId), info: INFO },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** None of the three parts can hold a bar. */
const context = (organizationId: string, field: SealedField, id: string): Uint8Array =>
  new TextEncoder().encode(`${organizationId}|${field}|${id}`);

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

/** Null for what is empty or not in canonical form: two spellings of one seal would be two records of one key. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  return text !== "" && base64url(bytes) === text ? bytes : null;
}

const notConfigured = (message: string): SealFault => ({ reason: "not_configured", message });
const UNKNOWN_SECRET: SealFault = {
  reason: "unknown_secret",
  message: "SEALING_SECRETS does not hold the secret that this was sealed with. Add it back, behind the current one.",
};
const UNREADABLE: SealFault = {
  reason: "unreadable",
  message: "The sealed text was changed, or belongs to another organization, field or secret.",
};
