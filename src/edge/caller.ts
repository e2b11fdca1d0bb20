import type { ParsedKey } from "../keys/format.ts";
import type { Caller } from "../organization/api.ts";

/** Whose request this is, from the verified key and the platform alone: no header of the client has a say. */
export function callerOf(key: ParsedKey, request: Request, requestId: string): Caller {
  return {
    key_id: key.keyId,
    secret_hash: key.secretHash,
    request_id: requestId,
    country: countryOf(request),
    origin: new URL(request.url).origin,
  };
}

/** Cloudflare's own answer; its `T1` (Tor) and `XX` (unknown) are no countries. */
export function countryOf(request: Request): string | null {
  const country: unknown = (request as { cf?: { country?: unknown } }).cf?.country;
  return typeof country === "string" && /^[A-Z]{2}$/.test(country) && country !== "XX" ? country : null;
}
