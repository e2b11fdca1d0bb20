import { createHmac, timingSafeEqual } from "node:crypto";

/** How far a verification has come: it goes on in the address of the next step. */
export interface Progress {
  /** Everything up to here has verified. */
  readonly after: number;
  readonly erased: number;
}
export const BEGINNING: Progress = { after: 0, erased: 0 };

/**
 * Under an HMAC, for one organization: a link that somebody made up must not let a page say that what nobody has looked at
 * is verified.
 */
export function sealProgress(secret: string, organizationId: string, { after, erased }: Progress): string {
  const text = `${after}.${erased}`;
  return `${text}.${macOf(secret, organizationId, text)}`;
}

/** Null: not of our making. */
export function openProgress(secret: string, organizationId: string, sealed: string): Progress | null {
  const match = /^((\d{1,15})\.(\d{1,15}))\.([\w-]{43})$/.exec(sealed);
  if (match === null) return null;
  const [, text = "", after, erased, mac = ""] = match;
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(secret, organizationId, text)))) return null;
  return { after: Number(after), erased: Number(erased) };
}

const macOf = (secret: string, organizationId: string, text: string): string =>
  createHmac("sha256", secret).update(`verify\n${organizationId}\n${text}`).digest("base64url");
