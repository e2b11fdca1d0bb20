import type { Decision } from "../policy/types.ts";
import { advance } from "./advance.ts";
import { idempotencyConflict, transactionNotFound } from "./authorize.ts";
import { type Case, decideCase, type MandateCache, type OwnHold, openCase, readAgent } from "./judge.ts";
import { conflict } from "./problem.ts";
import { findByKey, findTransaction, requestOf, reservations, type TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

/** How a payment tool's call names the purchase that it is about. */
export interface CallKeys {
  readonly agent_id: string;
  readonly idempotency_key: string | null;
  readonly transaction_id: string | null;
  /** The fingerprint of the call. */
  readonly print: string;
}

/**
 * The transaction that a payment tool's call is about: by its key, or by the id that it names; null for a new purchase.
 *
 * @param same Is this transaction, which the call names by its id, the purchase that the call describes?
 * @param terms What must be the same, for the refusal.
 * @throws Problem `idempotency_conflict`, `transaction_not_found`, `transaction_mismatch`.
 */
export function earlierPurchase(
  work: Work,
  call: CallKeys,
  same: (row: TransactionRow) => boolean,
  terms: string,
): TransactionRow | null {
  if (call.idempotency_key !== null) {
    const row = findByKey(work, call.agent_id, call.idempotency_key);
    if (row !== undefined && row.fingerprint !== call.print) throw idempotencyConflict();
    return row ?? null;
  }
  if (call.transaction_id === null) return null;
  const row = findTransaction(work, call.transaction_id);
  if (row === undefined || row.agent_id !== call.agent_id) throw transactionNotFound();
  if (!same(row)) throw conflict("transaction_mismatch", `This transaction_id belongs to another purchase: ${terms}`);
  return row;
}

/** An authorization whose time is over is released here, when its timer has not come to it yet. */
export function inTime(work: Work, cache: MandateCache, row: TransactionRow | null): TransactionRow | null {
  const over = row?.status === "authorized" && row.settle_by !== null && row.settle_by <= work.now;
  return over ? advance(work, cache, row, { type: "release" }) : row;
}

/** What the transaction holds already, so that it does not count against itself. */
export const ownHold = (row: TransactionRow): OwnHold => ({
  counters: reservations(row),
  held: row.held,
  created_at: row.created_at,
});

/** The held purchase as the mandate sees it now, without its own hold. */
export const judgeRow = (
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
): { readonly decision: Decision; readonly judged: Case } =>
  decideCase(work, openCase(work, cache, requestOf(row), readAgent(work, row.agent_id, true), ownHold(row)));
