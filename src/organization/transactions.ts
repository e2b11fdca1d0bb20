import type { LedgerState } from "../ledger/machine.ts";
import { type Micros, micros, ZERO } from "../money.ts";
import type { Protocol, PurchaseRequest } from "../policy/types.ts";
import type { TransactionStatus } from "../schema/transaction.ts";
import { changeOne, first } from "./sql.ts";
import type { Work } from "./work.ts";

export interface TransactionRow {
  readonly seq: number;
  readonly id: string;
  readonly agent_id: string;
  readonly idempotency_key: string | null;
  readonly fingerprint: string;
  readonly status: TransactionStatus;
  readonly vendor: string;
  readonly amount: Micros;
  readonly currency: string;
  readonly category: string | null;
  readonly protocol: Protocol;
  readonly country: string | null;
  readonly held: Micros;
  readonly settled: Micros;
  readonly refunded: Micros;
  readonly claimed: Micros | null;
  readonly overdraft: number;
  readonly presumed: number;
  readonly late: number;
  readonly simulated: number;
  /** JSON array of counter ids: the reservations. Each counts this row's `held` and `settled − refunded`. */
  readonly counters: string;
  /** JSON array of reason codes of a rejection. */
  readonly codes: string | null;
  readonly approved_rules: string;
  readonly mandate_id: string | null;
  readonly mandate_version: number | null;
  readonly reason: string | null;
  readonly metadata: string | null;
  readonly waiting_for: string | null;
  readonly waiting_until: number | null;
  readonly key_id: string;
  readonly repeat_count: number;
  readonly settle_by: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export const TRANSACTION_BY_ID = "SELECT * FROM transactions WHERE id = ?";
export const TRANSACTION_BY_KEY = "SELECT * FROM transactions WHERE agent_id = ? AND idempotency_key = ?";
export const RECENT_REJECTIONS =
  "SELECT * FROM transactions WHERE agent_id = ? AND created_at > ? AND status = 'rejected' ORDER BY created_at DESC, seq DESC LIMIT ?";

export const findTransaction = (work: Pick<Work, "sql">, id: string): TransactionRow | undefined =>
  first<TransactionRow>(work.sql, TRANSACTION_BY_ID, id);

export const findByKey = (work: Work, agentId: string, key: string): TransactionRow | undefined =>
  first<TransactionRow>(work.sql, TRANSACTION_BY_KEY, agentId, key);

export const reservations = (row: TransactionRow): number[] => JSON.parse(row.counters) as number[];

/** The pure state machine's view of a row. */
export function ledgerState(row: TransactionRow): LedgerState {
  return {
    status: row.status,
    protocol: row.protocol,
    amount: row.amount,
    held: row.held,
    settled: row.settled,
    refunded: row.refunded,
    claimed: row.claimed,
    overdraft: row.overdraft === 1,
    presumed: row.presumed === 1,
    late: row.late === 1,
  };
}

/** The purchase as it was asked, to be judged again. */
export function requestOf(row: TransactionRow): PurchaseRequest {
  return {
    agent_id: row.agent_id,
    vendor: row.vendor,
    amount: row.amount,
    currency: row.currency,
    category: row.category,
    protocol: row.protocol,
    country: row.country,
    approved_rules: JSON.parse(row.approved_rules) as string[],
  };
}

/** Everything a new row says; the rest starts at its default. */
export interface NewTransaction {
  readonly id: string;
  readonly idempotency_key: string | null;
  readonly fingerprint: string;
  readonly status: TransactionStatus;
  readonly request: PurchaseRequest & { readonly amount: Micros };
  readonly held: number;
  readonly counters: readonly number[];
  readonly codes: readonly string[];
  readonly mandate_id: string | null;
  readonly mandate_version: number | null;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly settle_by: number | null;
}

const INSERT = `INSERT INTO transactions (id, agent_id, idempotency_key, fingerprint, status, vendor, amount, currency,
  category, protocol, country, held, counters, codes, mandate_id, mandate_version, reason, metadata, key_id, settle_by,
  created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`;

export function insertTransaction(work: Work, row: NewTransaction): TransactionRow {
  const { request } = row;
  const written = {
    id: row.id,
    agent_id: request.agent_id,
    idempotency_key: row.idempotency_key,
    fingerprint: row.fingerprint,
    status: row.status,
    vendor: request.vendor,
    amount: request.amount,
    currency: request.currency,
    category: request.category,
    protocol: request.protocol,
    country: request.country,
    held: row.held,
    counters: JSON.stringify(row.counters),
    codes: row.codes.length === 0 ? null : JSON.stringify(row.codes),
    mandate_id: row.mandate_id,
    mandate_version: row.mandate_version,
    reason: row.reason,
    metadata: row.metadata === null ? null : JSON.stringify(row.metadata),
    key_id: work.keyId ?? work.actor.id,
    settle_by: row.settle_by,
    created_at: work.now,
    updated_at: work.now,
  };
  // The columns of INSERT in their order. Reading the row back would cost as much as writing it.
  const inserted = first<{ seq: number }>(work.sql, INSERT, ...Object.values(written));
  if (inserted === undefined) throw new Error("a transaction was not written");
  return { ...FRESH, ...written, held: micros(row.held), seq: inserted.seq };
}

/** What the table's defaults say about a row that was just written. */
const FRESH = {
  settled: ZERO,
  refunded: ZERO,
  claimed: null,
  overdraft: 0,
  presumed: 0,
  late: 0,
  simulated: 0,
  approved_rules: "[]",
  waiting_for: null,
  waiting_until: null,
  repeat_count: 1,
} as const;

const UPDATE = `UPDATE transactions SET status = ?, held = ?, settled = ?, refunded = ?, claimed = ?, overdraft = ?,
  presumed = ?, late = ?, simulated = ?, approved_rules = ?, settle_by = ?, waiting_for = ?, waiting_until = ?, updated_at = ?
  WHERE id = ?`;

/** Writes the outcome of a ledger step. */
export function saveState(
  work: Work,
  row: TransactionRow,
  state: LedgerState,
  change: Partial<Pick<TransactionRow, "approved_rules" | "settle_by" | "waiting_for" | "waiting_until" | "simulated">>,
): TransactionRow {
  const next: TransactionRow = {
    ...row,
    ...change,
    status: state.status,
    held: state.held,
    settled: state.settled,
    refunded: state.refunded,
    claimed: state.claimed,
    overdraft: state.overdraft ? 1 : 0,
    presumed: state.presumed ? 1 : 0,
    late: state.late ? 1 : 0,
    updated_at: work.now,
  };
  changeOne(
    work.sql,
    UPDATE,
    next.status,
    next.held,
    next.settled,
    next.refunded,
    next.claimed,
    next.overdraft,
    next.presumed,
    next.late,
    next.simulated,
    next.approved_rules,
    next.settle_by,
    next.waiting_for,
    next.waiting_until,
    next.updated_at,
    next.id,
  );
  return next;
}
