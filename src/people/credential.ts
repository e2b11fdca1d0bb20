import type { Desk } from "./desk.ts";

export interface Credential {
  readonly personId: string;
  /** The stored hash: it changes with every change of the password. */
  readonly hash: string | null;
}

export const credentialOf = ({ db }: Desk, by: "email" | "id", value: string): Promise<Credential | null> =>
  db
    .prepare(
      `SELECT p.id AS personId, a.password AS hash FROM people p
       LEFT JOIN people_accounts a ON a.userId = p.id AND a.providerId = 'credential' WHERE p.${by} = ?`,
    )
    .bind(value)
    .first<Credential>();

/**
 * A sign-in takes a while, because hashing does. One that began before the password changed must not end with a session:
 * what the change ended was everything that stood there at that moment. A session that stands when this says yes is ended
 * by every later change.
 */
export async function unchanged(desk: Desk, before: Credential | null): Promise<boolean> {
  if (before === null) return true;
  const after = await credentialOf(desk, "id", before.personId);
  return after !== null && after.hash === before.hash;
}

/**
 * Every session but one, and every sign-in that waits for its second factor: with another way to sign in none of them
 * counts.
 *
 * @param keep Id of the session that goes on.
 */
export async function endEverythingOf({ db }: Desk, personId: string, keep: string | null = null): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM people_verifications WHERE value = ?").bind(personId),
    db.prepare("DELETE FROM people_sessions WHERE userId = ?1 AND (?2 IS NULL OR id <> ?2)").bind(personId, keep),
  ]);
}

/** What a sign-in left that began with the earlier password. */
export async function undoSignIn({ db }: Desk, personId: string, token: unknown): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM people_verifications WHERE value = ?").bind(personId),
    db.prepare("DELETE FROM people_sessions WHERE userId = ? AND token = ?").bind(personId, String(token)),
  ]);
}
