import type { TransactionStatus, TransactionView } from "../schema/transaction.ts";
import { badInput } from "./problem.ts";
import { first, type SqlValue } from "./sql.ts";
import type { TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

export interface TransactionFilter {
  readonly agent_id?: string | undefined;
  readonly status?: TransactionStatus | undefined;
  readonly vendor?: string | undefined;
  readonly protocol?: TransactionView["protocol"] | undefined;
  readonly currency?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly before_seq: number | null;
  readonly limit: number;
}

export interface TransactionPage {
  readonly rows: readonly TransactionRow[];
  readonly next_cursor: string | null;
}

/** What has no index of its own: compared row by row. */
const COMPARED = ["status", "vendor", "protocol", "currency"] as const satisfies readonly (keyof TransactionFilter)[];

/** Rows looked at per page: a rare filter over a long history answers in steps instead of reading all of it at once. */
export const SCAN_PER_PAGE = 2_000;

/**
 * Transactions, newest first. A page can come back short, even empty, with a cursor: then the rest of the history has
 * not been looked at yet.
 */
export function listTransactions(work: Work, filter: TransactionFilter): TransactionPage {
  const where = ["seq < ?"];
  const values: SqlValue[] = [filter.before_seq ?? Number.MAX_SAFE_INTEGER];
  const and = (clause: string, value: SqlValue) => {
    where.push(clause);
    values.push(value);
  };
  if (filter.agent_id === undefined) {
    // `created_at` never falls as `seq` grows, so a bound in time is a bound in seq, found by halving.
    if (filter.since !== undefined) and("seq >= ?", firstSeqSince(work, filter.since));
    if (filter.until !== undefined) and("seq < ?", firstSeqSince(work, filter.until));
  } else {
    and("agent_id = ?", filter.agent_id);
    if (filter.since !== undefined) and("created_at >= ?", filter.since);
    if (filter.until !== undefined) and("created_at < ?", filter.until);
    // The index is by time: without this bound each further page would walk over all earlier ones again.
    const reached = filter.before_seq === null ? undefined : instantOf(work, filter.before_seq);
    if (reached !== undefined) and("created_at <= ?", reached);
  }
  const order = filter.agent_id === undefined ? "seq DESC" : "created_at DESC, seq DESC";
  const cursor = work.sql.exec(
    `SELECT * FROM transactions WHERE ${where.join(" AND ")} ORDER BY ${order} LIMIT ?`,
    ...values,
    SCAN_PER_PAGE,
  );
  const rows: TransactionRow[] = [];
  let scanned = 0;
  let lastSeq: number | null = null;
  for (const raw of cursor) {
    const row = raw as unknown as TransactionRow;
    scanned += 1;
    const wanted = COMPARED.every((name) => filter[name] === undefined || row[name] === filter[name]);
    if (wanted && rows.length === filter.limit) return { rows, next_cursor: encodeCursor(lastSeq) };
    lastSeq = row.seq;
    if (wanted) rows.push(row);
  }
  return { rows, next_cursor: scanned === SCAN_PER_PAGE ? encodeCursor(lastSeq) : null };
}

/** The transaction at a seq or the next one after it. */
const AT_OR_AFTER = "SELECT seq, created_at FROM transactions WHERE seq >= ? ORDER BY seq LIMIT 1";

const instantOf = (work: Work, seq: number): number | undefined =>
  first<{ created_at: number }>(work.sql, AT_OR_AFTER, seq)?.created_at;

/** The lowest seq whose transaction was made at or after an instant; one above the newest if there is none. */
export function firstSeqSince(work: Work, instant: number): number {
  let low = 0;
  let high = (first<{ seq: number }>(work.sql, "SELECT seq FROM transactions ORDER BY seq DESC LIMIT 1")?.seq ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const at = instantOf(work, middle);
    if (at === undefined || at >= instant) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Cursors are opaque to callers. */
export const encodeCursor = (seq: number | null): string | null => (seq === null ? null : `c${seq.toString(36)}`);

export function decodeCursor(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = /^c[0-9a-z]{1,11}$/.test(text) ? Number.parseInt(text.slice(1), 36) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw badInput("The cursor is not one that this API gave out. Start again without it.");
  }
  return value;
}

/** Reads an RFC 3339 instant of a filter. */
export function readInstant(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(ms)) {
    throw badInput(`${name} must be a date or an RFC 3339 instant, for example 2026-11-21T08:00:00Z.`, [
      { path: `/${name}`, message: "Must be a date or an instant." },
    ]);
  }
  return ms;
}
