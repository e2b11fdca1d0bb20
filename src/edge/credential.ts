import type { Env } from "../env.ts";
import { type ParsedKey, parseKey } from "../keys/format.ts";
import { parseSigningSecrets } from "../keys/signing-secrets.ts";
import { err, ok, type Result } from "../result.ts";
import type { Refusal } from "./errors.ts";

/** The key of a request, from the path or `Authorization: Bearer`, with its tag verified. No I/O: garbage wakes no object. */
export function identify(request: Request, pathKey: string | null, env: Env): Result<ParsedKey, Refusal> {
  const bearer = bearerToken(request);
  if (pathKey !== null && bearer !== null && pathKey !== bearer) return err({ kind: "key_conflict" });
  const key = pathKey ?? bearer;
  if (key === null) return err({ kind: "key_missing" });
  const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
  if (!signing.ok) return err({ kind: "not_configured", reason: signing.error });
  const parsed = parseKey(key, signing.value);
  return parsed.ok ? ok(parsed.value) : err({ kind: "key_unknown" });
}

/** Null without the header or with another scheme; a `Bearer` without a token is no token. */
export function bearerToken(request: Request): string | null {
  const match = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "");
  return match?.[1] ?? null;
}
