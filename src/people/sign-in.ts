import { LIMITS } from "../limits.ts";
import type { Outcome } from "./api.ts";
import { ask, refusalOf } from "./ask.ts";
import { credentialOf, unchanged, undoSignIn } from "./credential.ts";
import type { Desk } from "./desk.ts";
import { emailRefusal, normalEmail } from "./email.ts";
import { done, refuse, throttled } from "./outcome.ts";
import { trimSessions } from "./session.ts";
import { giveBack, take } from "./throttle.ts";

type Next = { readonly next: "signed_in" | "two_factor" | "verify_email" };

/** The one refusal: whether there is such an account, or it has a password, is not said. */
const wrong = (): ReturnType<typeof refuse> =>
  refuse("wrong_credentials", "The e-mail address or the password is wrong.");

export async function signIn(
  desk: Desk,
  request: Request,
  input: { email: string; password: string },
): Promise<Outcome<Next>> {
  const email = normalEmail(input.email);
  if (emailRefusal(email) !== null || input.password.length > LIMITS.passwordCharsMax) return wrong();
  const wait = await take(desk, "sign_in", email);
  if (wait !== null) return throttled(wait);
  const before = await credentialOf(desk, "email", email);
  const answer = await ask(desk, request, {
    path: "/sign-in/email",
    body: { email, password: input.password },
    cookies: "none",
  });
  const unconfirmed = answer.status === 403 && answer.body?.code === "EMAIL_NOT_VERIFIED";
  // What was right is no failure, and what the client's own throttle refused was no guess.
  if (answer.status === 200 || answer.status === 429 || unconfirmed) await giveBack(desk, "sign_in", email);
  if (unconfirmed) return done({ next: "verify_email" });
  if (answer.status !== 200) return refusalOf(answer, credentialProblem);
  if (before === null || !(await unchanged(desk, before))) {
    if (before !== null) await undoSignIn(desk, before.personId, answer.body.token);
    return wrong();
  }
  if (answer.body.twoFactorRedirect === true) return done({ next: "two_factor" }, answer.cookies);
  await trimSessions(desk, before.personId);
  return done({ next: "signed_in" }, answer.cookies);
}

const credentialProblem = (code: string): ReturnType<typeof wrong> | null =>
  code.startsWith("INVALID_") && code !== "INVALID_ORIGIN" ? wrong() : null;
