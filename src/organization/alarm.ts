import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { runTimer } from "./due.ts";
import { followLog } from "./follow-log.ts";
import type { MandateCache } from "./judge.ts";
import { backOff } from "./projection.ts";
import { dueTimers, dueWatches, type TimerRow } from "./timers.ts";
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
}

export interface AlarmOutcome {
  /** When to come back whatever else is due, ms; null = only for the next timer. */
  readonly retryAt: number | null;
  /** Not before this instant does the projection try again. */
  readonly projectAfter: number;
}

/**
 * What is due: the ledger's timers first, each in its own transaction; then what needs the network, within seconds; then
 * D1 follows, so that what the chain has said is in it. Never throws.
 */
export async function runAlarm(desk: AlarmDesk): Promise<AlarmOutcome> {
  let retryAt: number | null = null;
  try {
    runTimers(desk);
    await watch(desk, dueWatches(desk.sql, desk.now(), LIMITS.timersPerAlarm));
  } catch (error) {
    report("timers_failed", error);
    retryAt = Date.now() + 1_000;
  }
  try {
    const projectAt = await followLog(desk.sql, desk.env, desk.now);
    return { retryAt: projectAt ?? retryAt, projectAfter: projectAt ?? 0 };
  } catch (error) {
    report("projection_failed", error);
    const projectAt = Date.now() + backOff(desk.sql);
    return { retryAt: projectAt, projectAfter: projectAt };
  }
}

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

async function watch(desk: AlarmDesk, due: readonly TimerRow[]): Promise<void> {
  if (due.length === 0) return;
  const { sql, cache, transact } = desk;
  try {
    const rails = desk.env.RAILS;
    await watchPayments({ sql, rails, cache, transact, postpone: (timer) => postpone(desk, timer) }, due);
  } catch (error) {
    report("watch_failed", error);
    for (const timer of due) postpone(desk, timer);
  }
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
