import { STRIPE_LIMITS } from "./limits.ts";

/**
 * Is this the signature of this text, by one of these secrets, now? `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`; other
 * schemes beside `v1` are not looked at. A time ahead of ours is no better than one behind it, though Stripe's own libraries
 * bound only the latter. The comparison is the platform's own, in constant time, and all of them are made.
 *
 * @param now Unix seconds.
 * @see https://docs.stripe.com/webhooks/signature
 */
export async function verifySignature(
  secrets: readonly string[],
  { signature, body }: { readonly signature: string; readonly body: string },
  now: number,
): Promise<boolean> {
  const header = parseHeader(signature);
  if (header === null || Math.abs(now - header.timestamp) > STRIPE_LIMITS.signatureSeconds) return false;
  const encoder = new TextEncoder();
  const signed = encoder.encode(`${header.timestamp}.${body}`);
  let verified = false;
  for (const secret of secrets) {
    // WebCrypto takes no empty key, and a blank one is nobody's secret.
    if (secret.trim() === "") continue;
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
    for (const mac of header.signatures) verified = (await crypto.subtle.verify("HMAC", key, mac, signed)) || verified;
  }
  return verified;
}

interface Header {
  readonly timestamp: number;
  readonly signatures: readonly Uint8Array<ArrayBuffer>[];
}

/** Strict where Stripe is lenient: one time, spelled in one way, and no part that is none. */
function parseHeader(text: string): Header | null {
  let timestamp: number | null = null;
  const signatures: Uint8Array<ArrayBuffer>[] = [];
  for (const part of text.split(",")) {
    const [, name, value = ""] = /^([a-z][a-z0-9]*)=([0-9a-f]+)$/.exec(part) ?? [];
    if (name === undefined) return null;
    if (name === "t") {
      if (timestamp !== null || !/^[1-9]\d{0,11}$/.test(value)) return null;
      timestamp = Number(value);
    } else if (name === "v1") {
      if (!/^[0-9a-f]{64}$/.test(value)) return null;
      signatures.push(new Uint8Array(Buffer.from(value, "hex")));
    }
  }
  const isWhole = timestamp !== null && signatures.length > 0 && signatures.length <= STRIPE_LIMITS.signatures;
  return isWhole && timestamp !== null ? { timestamp, signatures } : null;
}
