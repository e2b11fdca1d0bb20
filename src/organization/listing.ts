import type { TransactionStatus } from "../schema/transaction.ts";
import { badInput } from "./problem.ts";
import type { SqlValue } from "./sql.ts";
import type { TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

export interface TransactionFilter {
  readonly agent_id?: string | undefined;
  readonly status?: TransactionStatus | undefined;
  readonly vendor?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly before_seq: number | null;
  readonly limit: number;
}

export interface TransactionPage {
  readonly rows: readonly TransactionRow[];
  readonly next_cursor: string | null;
}

/** Rows looked at per page: a rare filter over a long history answers in steps instead of reading all of it at once. */
export const SCAN_PER_PAGE = 2_000;

/**
 * Transactions, newest first. A page can come back short, even empty, with a cursor: then the rest of the history has
 * not been looked at yet.
 */
export function listTransactions(work: Work, filter: TransactionFilter): TransactionPage {
  const where: string[] = [];
  const values: SqlValue[] = [];
  const and = (clause: string, value: SqlValue | undefined) => {
    if (value === undefined || value === null) return;
    where.push(clause);
    values.push(value);
  };
  and("agent_id = ?", filter.agent_id);
  and("seq < ?", filter.before_seq ?? undefined);
  and("created_at >= ?", filter.since);
  and("created_at < ?", filter.until);
  const clause = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
  // `seq` follows `created_at`, so this order is the index's own and nothing is sorted.
  const order = filter.agent_id === undefined ? "seq DESC" : "created_at DESC, seq DESC";
  const cursor = work.sql.exec(
    `SELECT * FROM transactions ${clause} ORDER BY ${order} LIMIT ?`,
    ...values,
    SCAN_PER_PAGE,
  );
  const rows: TransactionRow[] = [];
  let scanned = 0;
  let lastSeq: number | null = null;
  for (const raw of cursor) {
    const row = raw as unknown as TransactionRow;
    scanned += 1;
    const wanted =
      (filter.status === undefined || row.status === filter.status) &&
      (filter.vendor === undefined || row.vendor === filter.vendor);
    if (wanted && rows.length === filter.limit) return { rows, next_cursor: encodeCursor(lastSeq) };
    lastSeq = row.seq;
    if (wanted) rows.push(row);
  }
  return { rows, next_cursor: scanned === SCAN_PER_PAGE ? encodeCursor(lastSeq) : null };
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
  const ms = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(ms)) {
    throw badInput(`${name} must be a date or an RFC 3339 instant, for example 2026-11-21T08:00:00Z.`);
  }
  return ms;
}
