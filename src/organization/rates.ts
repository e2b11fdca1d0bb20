import type { RateRef } from "../policy/types.ts";
import { first } from "./sql.ts";
import type { Work } from "./work.ts";

/**
 * Sliding windows in constant work. Every counted transaction of a rule is slot n, n+1, n+2 …, and instants never fall,
 * so the window holds `max` or more exactly when the slot `max − 1` before the newest lies inside it. Nothing scans the
 * ledger: a count is a binary search over slots, and each new slot drops the one that no question can need any more.
 */
export interface BoundRate {
  readonly ref: RateRef;
  readonly owner: string;
  /** Number of the newest slot; 0 = none yet. */
  readonly newest: number;
  readonly count: number;
  readonly frees_at: number | null;
}

export const NEWEST_SLOT = "SELECT n, at FROM rate_slots WHERE owner = ? AND ref = ? ORDER BY n DESC LIMIT 1";
export const SLOT = "SELECT at FROM rate_slots WHERE owner = ? AND ref = ? AND n = ?";

/**
 * Reads one window.
 *
 * @param ownAt Instant of the judged transaction if it is itself counted in here already: it does not count against itself.
 */
export function bindRate(work: Work, owner: string, ref: RateRef, ownAt: number | null): BoundRate {
  const newest = first<{ n: number; at: number }>(work.sql, NEWEST_SLOT, owner, ref.id);
  const opens = work.now - ref.window_ms;
  if (newest === undefined || newest.at <= opens) {
    return { ref, owner, newest: newest?.n ?? 0, count: 0, frees_at: null };
  }
  const at = (n: number): number => first<{ at: number }>(work.sql, SLOT, owner, ref.id, n)?.at ?? -1;
  const own = ownAt !== null && ownAt > opens ? 1 : 0;
  // Invariant: slot `low` is outside the window (or does not exist), slot `high` is inside.
  let low = Math.max(0, newest.n - ref.max - 1);
  let high = newest.n;
  if (low > 0 && at(low) > opens) high = low;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) > opens) high = middle;
    else low = middle;
  }
  const count = newest.n - high + 1 - own;
  // A slot frees when so many have left the window that one below `max` remain.
  const freeing = newest.n - own - ref.max + 1;
  return { ref, owner, newest: newest.n, count, frees_at: count >= ref.max ? at(freeing) + ref.window_ms : null };
}

/** Counts one transaction. Windows count what was ever authorized or pending, even if voided later. */
export function takeSlot(work: Work, rate: BoundRate): void {
  const n = rate.newest + 1;
  work.exec("INSERT INTO rate_slots (owner, ref, n, at) VALUES (?, ?, ?, ?)", rate.owner, rate.ref.id, n, work.now);
  // One slot more than `max` is kept, because a judged transaction may have to leave itself out.
  const unneeded = n - rate.ref.max - 2;
  if (unneeded > 0) {
    work.exec("DELETE FROM rate_slots WHERE owner = ? AND ref = ? AND n = ?", rate.owner, rate.ref.id, unneeded);
  }
}

/** Counts a window anew from the instants (oldest first) of the transactions that it should hold. */
export function rebuildSlots(work: Work, owner: string, ref: RateRef, instants: readonly number[]): void {
  work.exec("DELETE FROM rate_slots WHERE owner = ? AND ref = ?", owner, ref.id);
  const kept = instants.slice(-(ref.max + 2));
  for (const [index, at] of kept.entries()) {
    work.exec("INSERT INTO rate_slots (owner, ref, n, at) VALUES (?, ?, ?, ?)", owner, ref.id, index + 1, at);
  }
}
