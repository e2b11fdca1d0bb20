import { LIMITS } from "../limits.ts";
import type { LoginSession, Outcome, SignedIn } from "./api.ts";
import { ask, refusalOf } from "./ask.ts";
import { authOf } from "./auth.ts";
import { authCalls, type Desk } from "./desk.ts";
import { done, notFound, signedOut } from "./outcome.ts";

/** Whose session the request's cookie names. The rows are read each time: a session that was ended counts no more. */
export async function signedIn(desk: Desk, request: Request): Promise<SignedIn | null> {
  const cookie = request.headers.get("cookie");
  if (cookie === null) return null;
  const auth = await authOf(desk.env);
  const { headers, response } = await authCalls.run({ desk }, () =>
    auth.api.getSession({ headers: new Headers({ cookie }), returnHeaders: true }),
  );
  // Nobody gets a session before the address is confirmed; a session that stands all the same opens nothing.
  if (response === null || !response.user.emailVerified) return null;
  const { user, session } = response;
  // Use prolongs a session, also a thief's: none of them goes on for ever.
  if (session.createdAt.getTime() <= oldest()) return null;
  const password = await desk.db
    .prepare("SELECT 1 FROM people_accounts WHERE userId = ? AND providerId = 'credential' AND password IS NOT NULL")
    .bind(user.id)
    .first();
  const cookies = headers.getSetCookie();
  return {
    session_id: session.id,
    person: {
      id: user.id,
      email: user.email,
      name: user.name,
      two_factor: (user as { twoFactorEnabled?: boolean | null }).twoFactorEnabled === true,
      has_password: password !== null,
    },
    ...(cookies.length === 0 ? {} : { cookies }),
  };
}

/** Sessions that began at this time or before are over. */
const oldest = (): number => Date.now() - LIMITS.sessionAgeMs;

/** The next request of a browser that has taken these cookies. */
export const browserWith = ({ base }: Desk, cookies: readonly string[]): Request =>
  new Request(base, { headers: { cookie: cookies.map((line) => line.split(";", 1)[0]).join("; ") } });

export async function signOut(desk: Desk, request: Request): Promise<Outcome<null>> {
  const answer = await ask(desk, request, { path: "/sign-out" });
  return answer.status === 200 ? done(null, answer.cookies) : refusalOf(answer, () => null);
}

/** The oldest sessions beyond the bound end, and those that have ended by time or age go. */
export async function trimSessions({ db }: Desk, personId: string): Promise<void> {
  await db
    .prepare(
      `DELETE FROM people_sessions WHERE userId = ?1 AND (expiresAt <= ?2 OR createdAt <= ?4 OR id NOT IN
         (SELECT id FROM people_sessions WHERE userId = ?1 AND expiresAt > ?2
          ORDER BY createdAt DESC, rowid DESC LIMIT ?3))`,
    )
    .bind(personId, new Date().toISOString(), LIMITS.sessionsPerPerson, new Date(oldest()).toISOString())
    .run();
}

export async function sessions(desk: Desk, request: Request): Promise<readonly LoginSession[]> {
  const me = await signedIn(desk, request);
  if (me === null) return [];
  const { results } = await desk.db
    .prepare(
      `SELECT id, createdAt, expiresAt, ipAddress, userAgent FROM people_sessions
       WHERE userId = ? AND expiresAt > ? AND createdAt > ? ORDER BY createdAt DESC, rowid DESC`,
    )
    .bind(me.person.id, new Date().toISOString(), new Date(oldest()).toISOString())
    .all<{ id: string; createdAt: string; expiresAt: string; ipAddress: string | null; userAgent: string | null }>();
  return results.map((row) => ({
    id: row.id,
    current: row.id === me.session_id,
    created_at: Date.parse(row.createdAt),
    expires_at: Date.parse(row.expiresAt),
    ip: row.ipAddress === "" ? null : row.ipAddress,
    user_agent: row.userAgent === "" ? null : row.userAgent,
  }));
}

export async function endSession(desk: Desk, request: Request, sessionId: string): Promise<Outcome<null>> {
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  const { meta } = await desk.db
    .prepare("DELETE FROM people_sessions WHERE id = ? AND userId = ?")
    .bind(sessionId, me.person.id)
    .run();
  return meta.changes === 0 ? notFound("session") : done(null);
}

export async function endOtherSessions(desk: Desk, request: Request): Promise<Outcome<null>> {
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  await desk.db
    .prepare("DELETE FROM people_sessions WHERE userId = ? AND id <> ?")
    .bind(me.person.id, me.session_id)
    .run();
  return done(null);
}
