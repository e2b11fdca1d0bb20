import { verifyPassword } from "better-auth/crypto";
import { LIMITS } from "../limits.ts";
import type { Outcome } from "./api.ts";
import { ask, refusalOf } from "./ask.ts";
import { authOf } from "./auth.ts";
import { credentialOf, endEverythingOf } from "./credential.ts";
import type { Desk } from "./desk.ts";
import { emailRefusal, normalEmail } from "./email.ts";
import { done, refuse, signedOut, throttled } from "./outcome.ts";
import { passwordRefusal } from "./passwords.ts";
import { post } from "./post.ts";
import { browserWith, signedIn } from "./session.ts";
import { forget, giveBack, take } from "./throttle.ts";

export function nameRefusal(name: string): ReturnType<typeof refuse> | null {
  if (name === "") return refuse("name_missing", "Please say your name.", "name");
  if (name.length > LIMITS.nameChars) {
    return refuse("name_too_long", `Use at most ${LIMITS.nameChars} characters.`, "name");
  }
  return null;
}

export async function changeName(desk: Desk, request: Request, given: string): Promise<Outcome<null>> {
  const name = given.trim();
  const refusal = nameRefusal(name);
  if (refusal !== null) return refusal;
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  await desk.db
    .prepare("UPDATE people SET name = ?, updatedAt = ? WHERE id = ?")
    .bind(name, new Date().toISOString(), me.person.id)
    .run();
  return done(null);
}

/** Answers alike for addresses that nobody has. */
export async function requestReset(desk: Desk, request: Request, given: string): Promise<Outcome<null>> {
  const email = normalEmail(given);
  const refusal = emailRefusal(email);
  if (refusal !== null) return refusal;
  const answer = await ask(desk, request, { path: "/request-password-reset", body: { email }, cookies: "none" });
  return answer.status === 200 ? done(null) : refusalOf(answer, () => null);
}

/** The link came by mail, so the mailbox is proven as well. */
export async function resetPassword(
  desk: Desk,
  request: Request,
  { token, password }: { token: string; password: string },
): Promise<Outcome<null>> {
  const person = await personOfReset(desk, token);
  const refusal = passwordRefusal(password, person?.email ?? "");
  if (refusal !== null) return refusal;
  const answer = await ask(desk, request, {
    path: "/reset-password",
    body: { token, newPassword: password },
    cookies: "none",
  });
  if (answer.status !== 200 || person === null)
    return refusalOf(answer, () => (answer.status === 429 ? null : deadLink()));
  await endEverythingOf(desk, person.id);
  if (!(await confirm(desk, person.id, password))) return deadLink();
  await forget(desk, "sign_in", person.email);
  post(desk, person.email, { kind: "password_changed", link: `${desk.base}/dashboard` });
  return done(null);
}

const deadLink = (): ReturnType<typeof refuse> =>
  refuse("link_invalid", "This link has ended or was used already. Ask for another mail.");

/** Whose token it is, read before Better Auth uses it up. */
async function personOfReset(desk: Desk, token: string): Promise<{ id: string; email: string } | null> {
  const { internalAdapter } = await (await authOf(desk.env)).$context;
  const found = await internalAdapter.findVerificationValue(`reset-password:${token}`);
  if (found === null || found === undefined) return null;
  return desk.db.prepare("SELECT id, email FROM people WHERE id = ?").bind(found.value).first();
}

/**
 * Marks the address as confirmed, as long as the password is the one that the mailbox's owner has just chosen: a sign-up
 * of somebody else may have replaced it a moment ago.
 */
async function confirm(desk: Desk, personId: string, password: string): Promise<boolean> {
  const person = await desk.db.prepare("SELECT emailVerified FROM people WHERE id = ?").bind(personId).first();
  if (person?.emailVerified === 1) return true;
  const { hash } = (await credentialOf(desk, "id", personId)) ?? { hash: null };
  if (hash === null || !(await verifyPassword({ hash, password }))) return false;
  const { meta } = await desk.db
    .prepare(
      `UPDATE people SET emailVerified = 1, updatedAt = ?2 WHERE id = ?1 AND EXISTS
         (SELECT 1 FROM people_accounts WHERE userId = ?1 AND providerId = 'credential' AND password = ?3)`,
    )
    .bind(personId, new Date().toISOString(), hash)
    .run();
  return meta.changes > 0;
}

export async function changePassword(
  desk: Desk,
  request: Request,
  { current, password }: { current: string; password: string },
): Promise<Outcome<null>> {
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  const { email } = me.person;
  const refusal = passwordRefusal(password, email);
  if (refusal !== null) return refusal;
  return withPassword(desk, me.person.id, async () => {
    const answer = await ask(desk, request, {
      path: "/change-password",
      body: { currentPassword: current, newPassword: password, revokeOtherSessions: true },
    });
    if (answer.status !== 200) return refusalOf(answer, (code) => passwordProblem(code, "current"));
    const mine = await signedIn(desk, browserWith(desk, answer.cookies));
    await endEverythingOf(desk, me.person.id, mine?.session_id);
    post(desk, email, { kind: "password_changed", link: `${desk.base}/dashboard` });
    return done(null, answer.cookies);
  });
}

/**
 * Guesses at the password of an open session are as few as those at the sign-in. They are counted by themselves: whoever
 * locks the sign-in from outside must not keep its owner from choosing another password.
 */
export async function withPassword<T>(
  desk: Desk,
  personId: string,
  attempt: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const wait = await take(desk, "password", personId);
  if (wait !== null) return throttled(wait);
  const outcome = await attempt();
  if (outcome.ok || outcome.code !== "wrong_password") await giveBack(desk, "password", personId);
  return outcome;
}

export function passwordProblem(code: string, field: string): ReturnType<typeof refuse> | null {
  if (code === "INVALID_PASSWORD") return refuse("wrong_password", "This is not your password.", field);
  if (code === "CREDENTIAL_ACCOUNT_NOT_FOUND") {
    return refuse(
      "no_password",
      "Your account has no password yet. Sign out and ask for one on the sign-in page.",
      field,
    );
  }
  return null;
}
