import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { alertsFollower } from "./alerts/follow.ts";
import { type EventRow, readEvents } from "./event-log.ts";
import type { MandateCache } from "./judge.ts";
import { shadowFollower } from "./rehearsal/follow.ts";
import { all, changeOne } from "./sql.ts";
import { webhookFollower } from "./webhooks/follow.ts";
import type { Work } from "./work.ts";

/**
 * Reads the event log behind the payments, with a cursor of its own, in the alarm: what it does costs a purchase nothing.
 * It may write its own tables, set timers, and log events, which it meets itself afterwards.
 */
export interface Follower {
  readonly name: "alerts" | "shadow" | "webhooks";
  /** Events in one transaction, where each of them can be much work; otherwise `followBatch`. */
  batch?(sql: SqlStorage): number;
  /** One event, oldest first, each exactly once: cursor and writes are committed together. */
  follow(work: Work, cache: MandateCache, event: EventRow, env: Env): void;
}

/** In this order, so that an alert is sent in the same turn in which it is raised. */
const FOLLOWERS: readonly Follower[] = [alertsFollower, shadowFollower, webhookFollower];

export interface FollowDesk {
  readonly sql: SqlStorage;
  readonly env: Env;
  readonly cache: MandateCache;
  /** The object's clock, ms. */
  readonly now: () => number;
  readonly transact: (action: (work: Work) => void) => void;
}

/**
 * Lets every follower take its next events, but for those that wait after a failure.
 *
 * @returns Is there more to take at once?
 */
export function runFollowers(desk: FollowDesk, followers: readonly Follower[] = FOLLOWERS): boolean {
  const full = followers.map((follower) => takeNext(desk, follower));
  return full.includes(true);
}

/** Answers whether the log held more than one batch. */
function takeNext(desk: FollowDesk, follower: Follower): boolean {
  const { seq, retry_at } = cursorOf(desk.sql, follower.name);
  if (retry_at > desk.now()) return false;
  const batch = follower.batch?.(desk.sql) ?? LIMITS.followBatch;
  const events = readEvents(desk.sql, seq, batch);
  if (events.length === 0) return false;
  try {
    take(desk, follower, events);
  } catch {
    // One by one, so that what stands before the event that fails is not kept back by it.
    for (const event of events) if (!takeAlone(desk, follower, event)) return false;
  }
  return events.length === batch;
}

function take(desk: FollowDesk, follower: Follower, events: readonly EventRow[]): void {
  desk.transact((work) => {
    for (const event of events) follower.follow(work, desk.cache, event, desk.env);
    moveTo(work.sql, follower.name, events.at(-1)!.seq);
  });
}

/**
 * What fails may pass later (a full disk, a deployment that is taken back), so the event is tried again before any later
 * one, at growing distances for a quarter of an hour. Only one that always fails is left out, because it would keep back
 * everything after it for good; the log says so.
 */
function takeAlone(desk: FollowDesk, follower: Follower, event: EventRow): boolean {
  const { name } = follower;
  try {
    take(desk, follower, [event]);
    return true;
  } catch (error) {
    const failures = cursorOf(desk.sql, name).failures + 1;
    const given_up = failures >= LIMITS.followAttempts;
    const { id: event_id, type, seq } = event;
    log("error", "follower_failed", { follower: name, event_id, type, given_up, ...errorFields(error) });
    if (given_up) {
      desk.transact((work) => {
        work.log("log.event_left_out", work.organization.id, { follower: name, seq, event_id, type });
        moveTo(work.sql, name, seq);
      });
    } else {
      const retryAt = desk.now() + Math.min(60_000, 1_000 * 2 ** (failures - 1));
      changeOne(desk.sql, "UPDATE cursors SET failures = ?, retry_at = ? WHERE name = ?", failures, retryAt, name);
    }
    return given_up;
  }
}

/** When the next follower has something to do, ms: `soon` unless it waits after a failure. Null = all have everything. */
export function nextFollow(sql: SqlStorage, soon: number): number | null {
  const [row] = all<{ at: number | null }>(sql, BEHIND);
  return row?.at == null ? null : Math.max(row.at, soon);
}

const BEHIND = `SELECT MIN(retry_at) AS at FROM cursors WHERE name <> 'projection'
  AND seq < (SELECT COALESCE(MAX(seq), 0) FROM events)`;

interface Cursor {
  readonly seq: number;
  readonly failures: number;
  readonly retry_at: number;
}

function cursorOf(sql: SqlStorage, name: Follower["name"]): Cursor {
  const [row] = all<Cursor>(sql, "SELECT seq, failures, retry_at FROM cursors WHERE name = ?", name);
  if (row === undefined) throw new Error("a follower has no cursor");
  return row;
}

const moveTo = (sql: SqlStorage, name: Follower["name"], seq: number): void =>
  changeOne(sql, "UPDATE cursors SET seq = MAX(seq, ?), failures = 0, retry_at = 0 WHERE name = ?", seq, name);
