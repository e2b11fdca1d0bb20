import { createHmac, timingSafeEqual } from "node:crypto";
import type { Desk } from "./desk.ts";

/**
 * The link that confirms an address holds Better Auth's signed token, and a mark of the password that was chosen with it.
 * Whoever signs up with a stranger's address first would otherwise wait until the stranger confirms it, and share the
 * account: a later sign-up replaces the password, and every link that was made before is dead.
 */
export const confirmationLink = (desk: Desk, token: string, mark: string): string =>
  `${desk.base}/dashboard/verify?token=${token}.${mark}`;

/** The three parts of a JWT and the mark; null for anything else. */
export function splitConfirmation(text: string): { token: string; email: string; mark: string } | null {
  const match = /^([\w-]+\.([\w-]+)\.[\w-]+)\.([\w-]{22})$/.exec(text);
  if (match === null) return null;
  try {
    // Not verified here: the address only says whose mark to compare with, and Better Auth verifies the signature.
    const { email } = JSON.parse(Buffer.from(match[2]!, "base64url").toString()) as { email?: unknown };
    return typeof email === "string" ? { token: match[1]!, email, mark: match[3]! } : null;
  } catch {
    return null;
  }
}

/** Of the password that the person has now. Null: no such person, or none with a password. */
export async function markOf({ db, env }: Desk, email: string): Promise<string | null> {
  const row = await db
    .prepare(
      `SELECT p.id, a.password FROM people p
       JOIN people_accounts a ON a.userId = p.id AND a.providerId = 'credential'
       WHERE p.email = ?`,
    )
    .bind(email)
    .first<{ id: string; password: string | null }>();
  if (row === null || row.password === null) return null;
  return createHmac("sha256", env.AUTH_SECRET!)
    .update(`confirm\n${row.id}\n${row.password}`)
    .digest("base64url")
    .slice(0, 22);
}

export const sameMark = (one: string, other: string | null): boolean =>
  other !== null && one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
