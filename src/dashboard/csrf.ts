import { createHmac, timingSafeEqual } from "node:crypto";
import { encodeBase62 } from "../keys/base62.ts";

/**
 * Tokens of forms. A random seed stands in a cookie of this browser, which no page can read; the token in a form is an
 * HMAC over it and the login session. Another site can make a browser post here (cookies are SameSite=Lax besides), but
 * it can neither read the seed nor make the token, and a token of one session is worth nothing in another.
 */
export function formToken(secret: string, seed: string, sessionId: string | null): string {
  return createHmac("sha256", secret)
    .update(`form\n${seed}\n${sessionId ?? ""}`)
    .digest("base64url");
}

export function formTokenMatches(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const NAME = "quetra_form";
/** `__Host-` binds a cookie to exactly this host, and browsers take it over https only. */
const cookieName = (secure: boolean) => (secure ? `__Host-${NAME}` : NAME);

export const newSeed = (): string => encodeBase62(crypto.getRandomValues(new Uint8Array(16)));

export function readSeed(request: Request, secure: boolean): string | null {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === cookieName(secure) && value !== undefined && /^[0-9A-Za-z]{20,24}$/.test(value)) return value;
  }
  return null;
}

export const seedCookie = (seed: string, secure: boolean): string =>
  `${cookieName(secure)}=${seed}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
