import { createHash } from "node:crypto";
import { LIMITS } from "../limits.ts";
import type { Desk } from "./desk.ts";

/** What is counted, each by itself. The subject of the last one is the client's address. */
export type Counted =
  | "sign_in"
  | "password"
  | "second_factor"
  | "mail"
  | "invitation_mail"
  | "invitation"
  | "member_change"
  | "founding"
  | "resend";

interface Bound {
  readonly max: number;
  readonly windowMs: number;
}
const HOUR_MS = 3_600_000;
const BOUNDS: Readonly<Record<Counted, Bound>> = {
  sign_in: { max: LIMITS.signInsPerAccount, windowMs: LIMITS.signInWindowMs },
  password: { max: LIMITS.signInsPerAccount, windowMs: LIMITS.signInWindowMs },
  second_factor: { max: LIMITS.signInsPerAccount, windowMs: LIMITS.signInWindowMs },
  mail: { max: LIMITS.mailsPerAddressPerHour, windowMs: HOUR_MS },
  invitation_mail: { max: LIMITS.mailsPerAddressPerHour, windowMs: HOUR_MS },
  invitation: { max: LIMITS.invitationsPerPersonPerHour, windowMs: HOUR_MS },
  member_change: { max: LIMITS.memberChangesPerPersonPerMinute, windowMs: 60_000 },
  founding: { max: LIMITS.foundingsPerPersonPerDay, windowMs: 24 * HOUR_MS },
  resend: { max: LIMITS.mailRequestsPerClient, windowMs: 60_000 },
};
/** Longer than any window: older rows say nothing any more. */
const KEPT_MS = 24 * HOUR_MS;
const PRUNED_AT_ONCE = 100;

/** Null: allowed, and counted. Otherwise the seconds until the window ends. */
export async function take(desk: Desk, what: Counted, subject: string): Promise<number | null> {
  const { max, windowMs } = BOUNDS[what];
  const now = Date.now();
  // One statement counts and reads, so that attempts at the same instant cannot all pass below the bound.
  const row = await desk.db
    .prepare(
      `INSERT INTO people_throttles (key, count, since) VALUES (?1, 1, ?2)
       ON CONFLICT (key) DO UPDATE SET
         count = CASE WHEN since <= ?2 - ?3 THEN 1 ELSE count + 1 END,
         since = CASE WHEN since <= ?2 - ?3 THEN ?2 ELSE since END
       RETURNING count, since`,
    )
    .bind(keyOf(what, subject), now, windowMs)
    .first<{ count: number; since: number }>();
  const { count, since } = row!;
  if (count === 1) desk.later("prune_throttles", () => prune(desk, now));
  return count <= max * desk.throttleFactor ? null : Math.ceil((since + windowMs - now) / 1000);
}

/** Takes one back: what succeeded was no failure. Those that failed before stay counted. */
export const giveBack = async (desk: Desk, what: Counted, subject: string): Promise<void> => {
  await desk.db
    .prepare("UPDATE people_throttles SET count = max(0, count - 1) WHERE key = ?")
    .bind(keyOf(what, subject))
    .run();
};

/** For a person who has just proven the mailbox: whoever locked the account from outside keeps nobody out. */
export const forget = async (desk: Desk, what: Counted, subject: string): Promise<void> => {
  await desk.db.prepare("DELETE FROM people_throttles WHERE key = ?").bind(keyOf(what, subject)).run();
};

async function prune({ db }: Desk, now: number): Promise<void> {
  await db
    .prepare(
      `DELETE FROM people_throttles WHERE key IN
         (SELECT key FROM people_throttles WHERE since < ? ORDER BY since LIMIT ${PRUNED_AT_ONCE})`,
    )
    .bind(now - KEPT_MS)
    .run();
}

/** Hashed, because addresses that nobody has an account for are counted too, and are none of our business. */
const keyOf = (what: Counted, subject: string): string =>
  `${what}:${createHash("sha256").update(subject.toLowerCase()).digest("hex")}`;
