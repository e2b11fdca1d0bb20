import { LIMITS } from "../limits.ts";
import { nameRefusal } from "./account.ts";
import type { Outcome } from "./api.ts";
import { ask, refusalOf } from "./ask.ts";
import { markOf, sameMark, splitConfirmation } from "./confirmation.ts";
import type { Desk } from "./desk.ts";
import { emailRefusal, normalEmail } from "./email.ts";
import { done, refuse, throttled } from "./outcome.ts";
import { passwordRefusal } from "./passwords.ts";
import { trimSessions } from "./session.ts";
import { sendConfirmationAgain } from "./sign-up-mails.ts";
import { take } from "./throttle.ts";

/** The answer says nothing about the address: what there is to say, its mailbox hears. */
export async function signUp(
  desk: Desk,
  request: Request,
  input: { name: string; email: string; password: string },
): Promise<Outcome<null>> {
  const name = input.name.trim();
  const email = normalEmail(input.email);
  const refusal = nameRefusal(name) ?? emailRefusal(email) ?? passwordRefusal(input.password, email);
  if (refusal !== null) return refusal;
  // Whether this address may is asked behind the throttle and the slow hash (`mayJoin`): an invitation would otherwise
  // show in the time of the answer, and in who is told to wait.
  const answer = await ask(desk, request, {
    path: "/sign-up/email",
    body: { name, email, password: input.password },
    cookies: "none",
    signUp: { name, password: input.password },
  });
  desk.later("prune", () => forgetUnconfirmed(desk));
  return answer.status === 200 ? done(null) : refusalOf(answer, () => null);
}

/** Accounts that nobody confirmed go, with whatever hangs on them, or strangers' sign-ups would stay for ever. */
async function forgetUnconfirmed({ db }: Desk): Promise<void> {
  await db
    .prepare(
      `DELETE FROM people WHERE id IN (SELECT id FROM people WHERE emailVerified = 0 AND createdAt <= ?
         ORDER BY createdAt LIMIT ${LIMITS.listMax})`,
    )
    .bind(new Date(Date.now() - LIMITS.unconfirmedMs).toISOString())
    .run();
}

const deadLink = (): ReturnType<typeof refuse> =>
  refuse("link_invalid", "This link has ended or was used already. Sign in, or ask for another mail.");

/** Confirms the address, once, and signs in. */
export async function verifyEmail(desk: Desk, request: Request, text: string): Promise<Outcome<null>> {
  const parts = splitConfirmation(text);
  if (parts === null || !sameMark(parts.mark, await markOf(desk, parts.email))) return deadLink();
  const query = new URLSearchParams({ token: parts.token });
  const answer = await ask(desk, request, { method: "GET", path: `/verify-email?${query}`, cookies: "none" });
  if (answer.status !== 200) return refusalOf(answer, () => (answer.status === 429 ? null : deadLink()));
  // For an address that was confirmed before it says yes as well, without a session.
  if (answer.cookies.length === 0) return deadLink();
  const person = await desk.db
    .prepare("SELECT id FROM people WHERE email = ?")
    .bind(parts.email)
    .first<{ id: string }>();
  if (person === null) return deadLink();
  // A sign-up may have replaced the password since it was compared. Now that the address counts as confirmed none can any
  // more, so this look is the last word.
  if (!sameMark(parts.mark, await markOf(desk, parts.email))) {
    await desk.db.batch([
      desk.db.prepare("UPDATE people SET emailVerified = 0 WHERE id = ?").bind(person.id),
      desk.db.prepare("DELETE FROM people_sessions WHERE userId = ?").bind(person.id),
    ]);
    return deadLink();
  }
  await trimSessions(desk, person.id);
  return done(null, answer.cookies);
}

export async function resendVerification(desk: Desk, request: Request, given: string): Promise<Outcome<null>> {
  const email = normalEmail(given);
  const refusal = emailRefusal(email);
  if (refusal !== null) return refusal;
  const wait = await take(desk, "resend", request.headers.get("cf-connecting-ip") ?? "unknown");
  if (wait !== null) return throttled(wait);
  desk.later("resend", async () => {
    const person = await desk.db
      .prepare("SELECT id, name, email FROM people WHERE email = ? AND emailVerified = 0")
      .bind(email)
      .first<{ id: string; name: string; email: string }>();
    if (person !== null) await sendConfirmationAgain(desk, { ...person, emailVerified: false });
  });
  return done(null);
}
