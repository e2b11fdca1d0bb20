import { newId } from "../../keys/ids.ts";
import type { StripeRefundState } from "../../payments/stripe/api.ts";
import { all, changeOne, first } from "../sql.ts";
import type { Work } from "../work.ts";

/**
 * `sending` asked of Stripe, and not known to be there · `pending` Stripe has taken it on · `succeeded` the money is back ·
 * `failed` it did not arrive · `refused` Stripe made nothing of it.
 */
export type RefundStatus = "sending" | "pending" | "succeeded" | "failed" | "refused";

/** The journal of one refund: of ours, or of one that somebody made in Stripe's dashboard. */
export interface RefundRow {
  readonly seq: number;
  /** `rfd_…` */
  readonly id: string;
  readonly transaction_id: string;
  /** `re_…`; null until Stripe has named it. */
  readonly refund: string | null;
  /** Micros. */
  readonly amount: number;
  readonly status: RefundStatus;
  /** 1: its amount has returned to the budget. */
  readonly booked: number;
  /** When the request that creates it was sent last, ms; null: not by us. */
  readonly sent_at: number | null;
  /** The key that it was begun with; null: not by us, or simulated. */
  readonly stripe_key_id: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export const REFUNDS_OF_TRANSACTION = "SELECT * FROM stripe_refunds WHERE transaction_id = ? ORDER BY seq";

export const refundsOf = (work: Pick<Work, "sql">, transactionId: string): RefundRow[] =>
  all<RefundRow>(work.sql, REFUNDS_OF_TRANSACTION, transactionId);

export const refundRow = (work: Pick<Work, "sql">, id: string): RefundRow | undefined =>
  first<RefundRow>(work.sql, "SELECT * FROM stripe_refunds WHERE id = ?", id);

/** Not over: the amount may still leave, so nothing else may be given back in its place. */
export const isUnderWay = ({ status }: RefundRow): boolean => status === "sending" || status === "pending";

export function insertRefund(
  work: Work,
  row: Pick<RefundRow, "transaction_id" | "refund" | "amount" | "status" | "sent_at" | "stripe_key_id">,
): RefundRow {
  const inserted = first<RefundRow>(
    work.sql,
    `INSERT INTO stripe_refunds (id, transaction_id, refund, amount, status, sent_at, stripe_key_id, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
    newId("rfd"),
    row.transaction_id,
    row.refund,
    row.amount,
    row.status,
    row.sent_at,
    row.stripe_key_id,
    work.now,
    work.now,
  );
  if (inserted === undefined) throw new Error("a refund was not written");
  return inserted;
}

export function writeRefund(work: Work, id: string, change: Partial<RefundRow>): void {
  const before = refundRow(work, id);
  if (before === undefined) throw new Error("a refund that was never written");
  const next = { ...before, ...change };
  changeOne(
    work.sql,
    "UPDATE stripe_refunds SET refund = ?, amount = ?, status = ?, booked = ?, sent_at = ?, updated_at = ? WHERE id = ?",
    next.refund,
    next.amount,
    next.status,
    next.booked,
    next.sent_at,
    work.now,
    id,
  );
}

export function statusOf({ status }: StripeRefundState): RefundStatus {
  switch (status) {
    case "pending":
    case "requires_action":
      return "pending";
    case "succeeded":
      return "succeeded";
    case "failed":
    case "canceled":
      return "failed";
  }
}
