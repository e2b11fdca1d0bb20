import { all, first } from "./sql.ts";
import type { TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

/**
 * `settle_by`: presume an external purchase; `release`: give an unused payment tool's hold back; `approval`: nobody
 * decided in time; `mandate_end`: a mandate's `valid_until` has come; `x402_watch`: look at the chain for a payment whose
 * outcome is open; `stripe_watch`, `acp_watch`: the same at Stripe and at a merchant; `x402_forget`: a kept answer has expired; `stripe_forget`: is a retired key still needed?; `webhook`: an endpoint has deliveries due; `sign`: something
 * waits for the organization's signature. Of these, `NetworkKind` need the network, so the alarm runs them apart.
 * `alert_unknown`: an outcome may have been unknown for too long.
 */
export type TimerKind = LedgerKind | NetworkKind;
export type LedgerKind =
  | "settle_by"
  | "release"
  | "approval"
  | "mandate_end"
  | "x402_forget"
  | "stripe_forget"
  | "alert_unknown";
export type NetworkKind = (typeof NETWORK_KINDS)[number];
const NETWORK_KINDS = ["x402_watch", "stripe_watch", "acp_watch", "webhook", "sign"] as const;

export interface TimerRow {
  readonly due_at: number;
  readonly kind: TimerKind;
  readonly ref: string;
}

export const NEXT_TIMER = "SELECT due_at FROM timers ORDER BY due_at LIMIT 1";
export const DUE_TIMERS = `SELECT due_at, kind, ref FROM timers WHERE due_at <= ?
  AND kind NOT IN (${NETWORK_KINDS.map((kind) => `'${kind}'`).join(", ")}) ORDER BY due_at LIMIT ?`;
/** Apart from the others, so that no kind can keep another one waiting. */
export const DUE_OF_KIND =
  "SELECT due_at, kind, ref FROM timers WHERE due_at <= ? AND kind = ? ORDER BY due_at LIMIT ?";

export const nextTimer = (sql: SqlStorage): number | null => first<{ due_at: number }>(sql, NEXT_TIMER)?.due_at ?? null;

export const dueTimers = (sql: SqlStorage, now: number, limit: number): TimerRow[] =>
  all<TimerRow>(sql, DUE_TIMERS, now, limit);

export const dueOfKind = (sql: SqlStorage, kind: NetworkKind, now: number, limit: number): TimerRow[] =>
  all<TimerRow>(sql, DUE_OF_KIND, now, kind, limit);

const kindFor = (protocol: string): TimerKind => (protocol === "external" ? "settle_by" : "release");

/** Starts the clock of an authorized transaction. */
export function setDeadline(work: Work, row: { readonly id: string; readonly protocol: string }, dueAt: number): void {
  work.setTimer(dueAt, kindFor(row.protocol), row.id);
}

/** Stops the clock of a transaction that leaves `authorized`. */
export function clearDeadline(work: Work, row: TransactionRow): void {
  if (row.settle_by !== null && row.status === "authorized") {
    work.clearTimer(row.settle_by, kindFor(row.protocol), row.id);
  }
}
