/** Signatures of webhooks: Standard Webhooks 1.0.0, and a plain HMAC for receivers without a library. */
export const SECRET_PREFIX = "whsec_";
const SECRET_BYTES = 32;

/** `whsec_` and the base64 of 32 random bytes, which are the key of both signatures. */
export const newSecret = (): string =>
  SECRET_PREFIX + Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64");

/** The bytes of a secret. Throws on anything that `newSecret` does not make; the message holds none of it. */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : "";
  const bytes = new Uint8Array(Buffer.from(text, "base64"));
  const whole = bytes.length === SECRET_BYTES && Buffer.from(bytes).toString("base64") === text;
  if (!whole) throw new TypeError("this is not a webhook secret");
  return bytes;
}

export interface SignedMessage {
  readonly id: string;
  /** Of this attempt, unix seconds. */
  readonly timestamp: number;
  /** Exactly the text that is sent. */
  readonly body: string;
}

/**
 * The headers of one attempt. While two secrets sign, each header holds both signatures, so that a receiver verifies with
 * whichever it has. The plain one covers no time, so only the standard one keeps old messages from being sent again.
 *
 * @param secrets One or two, the current one first.
 */
export async function signatureHeaders(
  secrets: readonly string[],
  { id, timestamp, body }: SignedMessage,
): Promise<Readonly<Record<string, string>>> {
  const keys = await Promise.all(secrets.map(keyOf));
  const standard = await Promise.all(keys.map((key) => hmac(key, `${id}.${timestamp}.${body}`)));
  const plain = await Promise.all(keys.map((key) => hmac(key, body)));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": standard.map((mac) => `v1,${mac.toString("base64")}`).join(" "),
    "x-quetra-signature": plain.map((mac) => mac.toString("hex")).join(","),
  };
}

const keyOf = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", secretBytes(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

const hmac = async (key: CryptoKey, text: string): Promise<Buffer> =>
  Buffer.from(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
