import { LIMITS } from "../../limits.ts";
import { formatMoney, type Micros, toMajor } from "../../money.ts";
import { toStripeMinor } from "../../payments/stripe/minor-units.ts";
import type { TransactionView } from "../../schema/transaction.ts";
import { advance } from "../advance.ts";
import type { MandateCache } from "../judge.ts";
import { badInput, conflict } from "../problem.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import { transactionView } from "../views.ts";
import type { Work } from "../work.ts";
import { chargeOf } from "./journal.ts";
import { activeStripeKey } from "./keys.ts";
import { insertRefund, isUnderWay, type RefundRow, refundsOf, writeRefund } from "./refund-journal.ts";
import { planRefunds } from "./refund-record.ts";

/**
 * Begins the refund of a charge, in part or whole: everything of it is journaled before it is sent. A simulated charge is
 * given back at once.
 *
 * @param amount Micros.
 * @throws Problem `refund_exceeds_settled`, `not_charged`, `limit_reached`, `no_stripe_key`, `invalid_request`.
 */
export function beginRefund(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  amount: Micros,
  note: string | null,
): TransactionView {
  const refund = journal(work, row, amount, note);
  if (row.simulated === 1) {
    writeRefund(work, refund.id, { booked: 1 });
    const facts = { refund_id: refund.id, refund: amount, note };
    return refundView(work, advance(work, cache, row, { type: "refund", amount }, facts), refund.id);
  }
  planRefunds(work, row.id);
  return refundView(work, row, refund.id);
}

function journal(work: Work, row: TransactionRow, amount: Micros, note: string | null): RefundRow {
  const charge = chargeOf(work, row.id);
  const refundable = row.status === "completed" || row.status === "refunded";
  if (!refundable || (charge?.outcome !== "charged" && charge?.outcome !== "simulated")) {
    throw conflict("not_charged", "Only what Stripe has proven to be charged can be refunded.", {
      status_now: row.status,
    });
  }
  const minor = toStripeMinor(amount, row.currency);
  if (!minor.ok) throw badInput("The amount cannot be refunded.", [{ path: "/amount", message: minor.error }]);
  const refunds = refundsOf(work, row.id);
  const underWay = refunds.filter(isUnderWay).reduce((sum, refund) => sum + refund.amount, 0);
  const left = row.settled - row.refunded - underWay;
  if (amount > left) {
    const most = formatMoney(Math.max(0, left), row.currency);
    throw conflict("refund_exceeds_settled", `At most ${most} of this charge can be refunded now.`);
  }
  if (refunds.length >= LIMITS.refundsPerTransaction) {
    throw conflict("limit_reached", `A charge can have at most ${LIMITS.refundsPerTransaction} refunds.`);
  }
  const simulated = row.simulated === 1;
  const key = simulated ? null : activeStripeKey(work);
  if (key === undefined) throw conflict("no_stripe_key", "This organization has no Stripe key to refund with.");
  const refund = insertRefund(work, {
    transaction_id: row.id,
    refund: null,
    amount,
    status: simulated ? "succeeded" : "sending",
    sent_at: simulated ? null : work.now,
    stripe_key_id: key?.id ?? null,
  });
  work.log("transaction.refund_requested", row.id, {
    transaction_id: row.id,
    agent_id: row.agent_id,
    refund_id: refund.id,
    refund: amount,
    note,
  });
  return refund;
}

/** The transaction with one of its refunds, both as they are now. */
export function refundView(work: Work, before: TransactionRow, refundId: string): TransactionView {
  const row = findTransaction(work, before.id) ?? before;
  const refund = refundsOf(work, row.id).find(({ id }) => id === refundId);
  if (refund === undefined) throw new Error("a refund that was never written");
  const { id, status, amount } = refund;
  return {
    ...transactionView(work, row),
    refund: { id, status, amount: toMajor(amount), message: WORDS[status] },
  };
}

const WORDS: Readonly<Record<RefundRow["status"], string>> = {
  sending: "It is not known yet whether Stripe has taken the refund on; Quetra finds out by itself.",
  pending: "Stripe has taken the refund on; the budget returns when the money has.",
  succeeded: "The money is back, and its budget with it.",
  failed: "The refund did not arrive; the money counts as spent.",
  refused: "Stripe refused the refund, or has never had it; nothing was given back. A new Idempotency-Key asks again.",
};
