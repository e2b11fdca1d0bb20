import { createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE_S = 300;

/** A receiver of its own: what docs/webhooks.md tells receivers to check, written from the page and not from the signer. */
export function verifies(
  secret: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  nowSeconds: number,
): boolean {
  const id = headers["webhook-id"] ?? "";
  const timestamp = headers["webhook-timestamp"] ?? "";
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowSeconds - Number(timestamp)) > TOLERANCE_S) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((entry) => {
    const [version, text = ""] = entry.split(",");
    const given = Buffer.from(text, "base64");
    return (
      version === "v1" && text === given.toString("base64") && given.length === 32 && timingSafeEqual(given, expected)
    );
  });
}

/** The same for `X-Quetra-Signature`, which covers the body only. */
export function verifiesPlain(secret: string, header: string, body: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(body).digest("hex");
  return header.split(",").includes(expected);
}
