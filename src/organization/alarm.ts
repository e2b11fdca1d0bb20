import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { watchCheckouts } from "./acp/watch.ts";
import { planSigning, signDue } from "./audit/sign.ts";
import { runTimer } from "./due.ts";
import { followLog } from "./follow-log.ts";
import { runFollowers } from "./followers.ts";
import type { MandateCache } from "./judge.ts";
import { backOff } from "./projection.ts";
import { watchCharges } from "./stripe/watch.ts";
import { dueOfKind, dueTimers, type NetworkKind, type TimerRow } from "./timers.ts";
import { dispatchWebhooks } from "./webhooks/dispatch.ts";
import type { Work } from "./work.ts";
import { watchPayments } from "./x402/watch.ts";

export interface AlarmDesk {
  readonly sql: SqlStorage;
  readonly env: Env;
  readonly cache: MandateCache;
  /** The object's clock, ms. */
  readonly now: () => number;
  /** One storage transaction in the name of the system. */
  readonly transact: (action: (work: Work) => void) => void;
  /** After a failure of D1 the back-off decides when to try again, not the next event. */
  readonly projectAfter: number;
}

export interface AlarmOutcome {
  /** When to come back whatever else is due, ms; null = only for the next timer. */
  readonly retryAt: number | null;
  /** Not before this instant does the projection try again. */
  readonly projectAfter: number;
}

/**
 * What is due: the ledger's timers first, each in its own transaction; then whoever follows the log; then what needs the
 * network, within seconds; then D1, so that what the chain has said is in it. Never throws.
 */
export async function runAlarm(desk: AlarmDesk): Promise<AlarmOutcome> {
  let retryAt: number | null = null;
  // Each by itself: what cannot run must not keep the others from theirs, least of all from the ends of holds.
  const step = async (name: string, run: () => unknown): Promise<void> => {
    try {
      await run();
    } catch (error) {
      report(`${name}_failed`, error);
      retryAt = earlier(retryAt, Date.now() + 1_000);
    }
  };
  await step("timers", () => runTimers(desk));
  await step("followers", () => {
    if (runFollowers(desk)) retryAt = Date.now();
  });
  // What only leaves a message goes before what waits for answers.
  await step("webhook", () => errand(desk, "webhook", dispatchWebhooks));
  await step("sign", () => {
    planSigning(desk);
    return errand(desk, "sign", signDue);
  });
  // Beside each other: they ask three worlds, and one that hangs must not keep the others waiting.
  await Promise.all([
    step("x402_watch", () => errand(desk, "x402_watch", (due) => watch(desk, due))),
    step("stripe_watch", () => errand(desk, "stripe_watch", watchCharges)),
    step("acp_watch", () => errand(desk, "acp_watch", watchCheckouts)),
  ]);
  const { projectAfter } = desk;
  if (Date.now() < projectAfter) return { retryAt: earlier(retryAt, projectAfter), projectAfter };
  try {
    const projectAt = await followLog(desk.sql, desk.env, desk.now);
    return { retryAt: earlier(retryAt, projectAt), projectAfter: projectAt ?? 0 };
  } catch (error) {
    report("projection_failed", error);
    const projectAt = Date.now() + backOff(desk.sql);
    return { retryAt: earlier(retryAt, projectAt), projectAfter: projectAt };
  }
}

const earlier = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** Runs what is due and needs nothing but the ledger. */
function runTimers(desk: AlarmDesk): void {
  for (const timer of dueTimers(desk.sql, desk.now(), LIMITS.timersPerAlarm)) {
    try {
      desk.transact((work) => runTimer(work, desk.cache, timer));
    } catch (error) {
      report("timer_failed", error);
      postpone(desk, timer);
    }
  }
}

/** Runs the due timers of one kind that needs the network. What it throws brings them back later. */
async function errand(
  desk: AlarmDesk,
  kind: NetworkKind,
  run: (due: readonly TimerRow[], desk: AlarmDesk) => Promise<void>,
): Promise<void> {
  const due = dueOfKind(desk.sql, kind, desk.now(), LIMITS.timersPerAlarm);
  if (due.length === 0) return;
  try {
    await run(due, desk);
  } catch (error) {
    report(`${kind}_failed`, error);
    for (const timer of due) postpone(desk, timer);
  }
}

function watch(desk: AlarmDesk, due: readonly TimerRow[]): Promise<void> {
  const { sql, cache, transact } = desk;
  const rails = desk.env.RAILS;
  return watchPayments({ sql, rails, cache, transact, postpone: (timer) => postpone(desk, timer) }, due);
}

/** One timer that cannot run must not keep the others from their turn: it comes back in a minute. */
function postpone({ sql, now }: AlarmDesk, timer: TimerRow): void {
  sql.exec(
    "UPDATE OR REPLACE timers SET due_at = ? WHERE due_at = ? AND kind = ? AND ref = ?",
    now() + 60_000,
    timer.due_at,
    timer.kind,
    timer.ref,
  );
}

const report = (event: string, error: unknown): void => log("error", event, errorFields(error));
