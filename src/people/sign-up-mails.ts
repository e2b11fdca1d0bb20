import { createEmailVerificationToken } from "better-auth/api";
import { hashPassword } from "better-auth/crypto";
import { LIMITS } from "../limits.ts";
import { confirmationLink, markOf } from "./confirmation.ts";
import type { AuthCall, Desk } from "./desk.ts";
import { maySignUp } from "./may-sign-up.ts";
import { post } from "./post.ts";

interface Addressee {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
}

/** The token is Better Auth's; see `confirmation.ts` for what our link adds to it. */
export async function sendConfirmation(desk: Desk, { name, email }: Addressee, token: string): Promise<void> {
  const mark = await markOf(desk, email);
  if (mark === null) return;
  post(desk, email, { kind: "confirm", name, link: confirmationLink(desk, token, mark) });
}

export async function sendConfirmationAgain(desk: Desk, person: Addressee): Promise<void> {
  const seconds = LIMITS.confirmationMs / 1000;
  const token = await createEmailVerificationToken(desk.env.AUTH_SECRET!, person.email, undefined, seconds);
  await sendConfirmation(desk, person, token);
}

/**
 * A sign-up with an address that is taken. Its owner hears of it; as long as nobody has confirmed the address, the newest
 * sign-up is the one that counts, and the links of the earlier ones are dead.
 */
export async function signedUpAgain({ desk, signUp }: AuthCall, person: Addressee): Promise<void> {
  if (person.emailVerified) return post(desk, person.email, { kind: "has_account", link: `${desk.base}/dashboard` });
  if (signUp === undefined) return;
  if (!(await maySignUp(desk, person.email))) return post(desk, person.email, { kind: "by_invitation" });
  const { name, password } = signUp;
  const now = new Date().toISOString();
  const unconfirmed = "EXISTS (SELECT 1 FROM people WHERE id = ?1 AND emailVerified = 0)";
  await desk.db.batch([
    desk.db
      .prepare(
        `INSERT INTO people_accounts (id, accountId, providerId, userId, password, createdAt, updatedAt)
         SELECT ?2, ?1, 'credential', ?1, ?3, ?4, ?4 WHERE ${unconfirmed}
         ON CONFLICT (providerId, accountId) DO UPDATE SET password = excluded.password, updatedAt = excluded.updatedAt`,
      )
      .bind(person.id, crypto.randomUUID(), await hashPassword(password), now),
    desk.db
      .prepare("UPDATE people SET name = ?2, updatedAt = ?3 WHERE id = ?1 AND emailVerified = 0")
      .bind(person.id, name, now),
  ]);
  await sendConfirmationAgain(desk, { ...person, name });
}
