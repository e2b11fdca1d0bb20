import { createHash } from "node:crypto";
import { LIMITS } from "../limits.ts";
import { passwordProblem, withPassword } from "./account.ts";
import type { Outcome } from "./api.ts";
import { ask, refusalOf } from "./ask.ts";
import { authOf } from "./auth.ts";
import { credentialOf, endEverythingOf, unchanged, undoSignIn } from "./credential.ts";
import type { Desk } from "./desk.ts";
import { done, refuse, signedOut, throttled } from "./outcome.ts";
import { post } from "./post.ts";
import { browserWith, signedIn, trimSessions } from "./session.ts";
import { giveBack, take } from "./throttle.ts";

const wrongCode = (): ReturnType<typeof refuse> =>
  refuse("wrong_code", "This code is wrong, or was used already. Wait for the next one.", "code");
const noChallenge = (): ReturnType<typeof refuse> =>
  refuse("challenge_ended", "This sign-in took too long. Please begin again with your password.");

type Kind = "totp" | "backup";

/** The second step of a sign-in. Failures count per person, however many sign-ins they are spread over. */
export async function secondFactor(
  desk: Desk,
  request: Request,
  input: { code: string; kind: Kind },
): Promise<Outcome<null>> {
  const challenge = await openChallenge(desk, request);
  if (challenge === null) return noChallenge();
  const { personId, cookie } = challenge;
  const wait = await take(desk, "second_factor", personId);
  if (wait !== null) return throttled(wait);
  const { code, path } = codeOf(input);
  const before = await credentialOf(desk, "id", personId);
  const use = input.kind === "totp" ? await useCode(desk, personId, code) : null;
  if (use?.fresh === false) return wrongCode();
  const answer = await ask(desk, request, { path, body: { code }, cookies: cookie });
  if (answer.status !== 200) {
    await use?.undo();
    return refusalOf(answer, codeProblem);
  }
  await giveBack(desk, "second_factor", personId);
  if (!(await unchanged(desk, before))) {
    await undoSignIn(desk, personId, answer.body.token);
    return noChallenge();
  }
  await trimSessions(desk, personId);
  return done(null, answer.cookies);
}

const codeOf = ({ code, kind }: { code: string; kind: Kind }) =>
  kind === "totp"
    ? { code: code.replace(/\s/g, ""), path: "/two-factor/verify-totp" }
    : { code: code.trim(), path: "/two-factor/verify-backup-code" };

function codeProblem(code: string): ReturnType<typeof refuse> | null {
  if (code === "INVALID_CODE" || code === "INVALID_BACKUP_CODE") return wrongCode();
  if (code === "ACCOUNT_TEMPORARILY_LOCKED") return throttled(LIMITS.signInWindowMs / 1000);
  if (code === "INVALID_TWO_FACTOR_COOKIE" || code.startsWith("TOO_MANY_ATTEMPTS")) return noChallenge();
  if (code === "TOTP_NOT_ENABLED" || code === "BACKUP_CODES_NOT_ENABLED") return noChallenge();
  return null;
}

/** Only the challenge's own cookie: with a session beside it, Better Auth would answer for that one. */
async function openChallenge(desk: Desk, request: Request): Promise<{ personId: string; cookie: string } | null> {
  const { createAuthCookie, internalAdapter } = await (await authOf(desk.env)).$context;
  const { name } = createAuthCookie("two_factor");
  const cookie = (request.headers.get("cookie") ?? "")
    .split(";")
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`));
  if (cookie === undefined) return null;
  // The signature is Better Auth's to check; an identifier that was made up names no challenge.
  const identifier = decodeURIComponentSafe(cookie.slice(name.length + 1)).split(".")[0]!;
  if (!identifier.startsWith("2fa-")) return null;
  const found = await internalAdapter.findVerificationValue(identifier);
  return found === null || found === undefined ? null : { personId: found.value, cookie };
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Marks a code as used before it is tried, so that of two tries at the same instant one comes too late. */
async function useCode(desk: Desk, personId: string, code: string): Promise<{ fresh: boolean; undo(): Promise<void> }> {
  const { db } = desk;
  const now = Date.now();
  const key = createHash("sha256").update(`${personId}\n${code}`).digest("hex");
  const [, inserted] = await db.batch([
    db.prepare("DELETE FROM people_used_codes WHERE used_at <= ?").bind(now - LIMITS.codeMs),
    db.prepare("INSERT OR IGNORE INTO people_used_codes (key, used_at) VALUES (?, ?)").bind(key, now),
  ]);
  return {
    fresh: inserted!.meta.changes > 0,
    undo: async () => {
      await db.prepare("DELETE FROM people_used_codes WHERE key = ?").bind(key).run();
    },
  };
}

export async function beginTwoFactor(
  desk: Desk,
  request: Request,
  password: string,
): Promise<Outcome<{ uri: string; secret: string; backup_codes: readonly string[] }>> {
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  if (!me.person.has_password) return passwordProblem("CREDENTIAL_ACCOUNT_NOT_FOUND", "password")!;
  return withPassword(desk, me.person.id, async () => {
    const answer = await ask(desk, request, { path: "/two-factor/enable", body: { password, method: "totp" } });
    if (answer.status !== 200) {
      return refusalOf(answer, (code) =>
        code === "TOTP_ALREADY_ENABLED"
          ? refuse("two_factor_on", "Two-factor sign-in is on already. Switch it off first to set it up anew.")
          : passwordProblem(code, "password"),
      );
    }
    const { totpURI: uri, backupCodes } = answer.body as { totpURI: string; backupCodes: string[] };
    const secret = new URL(uri).searchParams.get("secret") ?? "";
    return done({ uri, secret, backup_codes: backupCodes }, answer.cookies);
  });
}

export async function confirmTwoFactor(desk: Desk, request: Request, given: string): Promise<Outcome<null>> {
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  if (me.person.two_factor) return refuse("two_factor_on", "Two-factor sign-in is on already.");
  const wait = await take(desk, "second_factor", me.person.id);
  if (wait !== null) return throttled(wait);
  const { code, path } = codeOf({ code: given, kind: "totp" });
  const use = await useCode(desk, me.person.id, code);
  if (!use.fresh) return wrongCode();
  const answer = await ask(desk, request, { path, body: { code } });
  if (answer.status !== 200) {
    await use.undo();
    return refusalOf(answer, (problem) =>
      problem === "TOTP_NOT_ENABLED"
        ? refuse("not_begun", "Begin again with your password: there is no code to confirm.")
        : codeProblem(problem),
    );
  }
  await giveBack(desk, "second_factor", me.person.id);
  await keepThisOnly(desk, me.person.id, answer.cookies);
  post(desk, me.person.email, { kind: "two_factor_on", link: `${desk.base}/dashboard` });
  return done(null, answer.cookies);
}

/**
 * Sessions that began without the second factor would otherwise go on without it, a thief's among them. This one has just
 * got another token.
 */
async function keepThisOnly(desk: Desk, personId: string, cookies: readonly string[]): Promise<void> {
  const mine = await signedIn(desk, browserWith(desk, cookies));
  await endEverythingOf(desk, personId, mine?.session_id);
}

export async function endTwoFactor(desk: Desk, request: Request, password: string): Promise<Outcome<null>> {
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  return withPassword(desk, me.person.id, async () => {
    const answer = await ask(desk, request, { path: "/two-factor/disable", body: { password } });
    if (answer.status !== 200) return refusalOf(answer, (code) => passwordProblem(code, "password"));
    await keepThisOnly(desk, me.person.id, answer.cookies);
    if (me.person.two_factor) post(desk, me.person.email, { kind: "two_factor_off", link: `${desk.base}/dashboard` });
    return done(null, answer.cookies);
  });
}
