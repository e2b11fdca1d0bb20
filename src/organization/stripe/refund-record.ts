import type { Micros } from "../../money.ts";
import type { StripeRefundSeen, StripeRefundState } from "../../payments/stripe/api.ts";
import { fromStripeMinor } from "../../payments/stripe/minor-units.ts";
import { advance } from "../advance.ts";
import type { MandateCache } from "../judge.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { setWatch } from "./journal.ts";
import { IN_FLIGHT_MS } from "./record.ts";
import {
  insertRefund,
  isUnderWay,
  type RefundRow,
  refundRow,
  refundsOf,
  statusOf,
  writeRefund,
} from "./refund-journal.ts";
import { nextLateLook, nextLook, REFUNDS_AGAIN_MS } from "./schedule.ts";
import { ABSENT_AFTER_MS, REPEAT_WITHIN_MS } from "./verdict.ts";

/**
 * Records what Stripe has answered to a request that makes a refund.
 *
 * @param first No earlier request for it went out, so a refusal is the end of it.
 */
export function recordRefund(
  work: Work,
  cache: MandateCache,
  refundId: string,
  seen: StripeRefundSeen,
  first: boolean,
): void {
  const refund = refundRow(work, refundId);
  if (refund === undefined) throw new Error("a refund that was never written");
  // Where a list has named it meanwhile, the answer that made it is the older word, and may be a repeated one of yesterday.
  if (seen.kind === "refund" && refund.refund === null) takeOver(work, cache, refund, seen.refund);
  else if (seen.kind === "refused" && first && refund.status === "sending") {
    writeRefund(work, refund.id, { status: "refused" });
  }
  planRefunds(work, refund.transaction_id, seen.kind === "refund" || seen.kind === "refused");
}

/**
 * Books every refund that Stripe lists, each exactly once by its own id, whoever made it; and takes again what has come
 * back. Answers the refunds of ours that Stripe does not have and that are to be asked for once more.
 *
 * @param proves Does an absence say something of a refund that was begun with this key? Not where the list may be another
 *   account's.
 */
export function reconcileRefunds(
  work: Work,
  cache: MandateCache,
  transactionId: string,
  listed: readonly StripeRefundState[],
  proves: (keyId: string | null) => boolean,
): readonly string[] {
  for (const state of listed) {
    const refund = ownerOf(work, transactionId, state);
    if (refund !== null) takeOver(work, cache, refund, state);
  }
  const again: string[] = [];
  for (const refund of refundsOf(work, transactionId)) {
    const sentAt = refund.sent_at;
    if (refund.status !== "sending" || sentAt === null || !proves(refund.stripe_key_id)) continue;
    if (work.now - sentAt < IN_FLIGHT_MS) continue;
    if (work.now - refund.created_at < REPEAT_WITHIN_MS) {
      writeRefund(work, refund.id, { sent_at: work.now });
      again.push(refund.id);
    } else if (work.now - sentAt >= ABSENT_AFTER_MS) writeRefund(work, refund.id, { status: "refused" });
  }
  planRefunds(work, transactionId);
  return again;
}

/** The journal's row of a refund that Stripe lists; one that nobody here has asked for gets its own. */
function ownerOf(work: Work, transactionId: string, state: StripeRefundState): RefundRow | null {
  const rows = refundsOf(work, transactionId);
  const known =
    rows.find(({ refund }) => refund === state.id) ??
    rows.find(({ id, refund }) => refund === null && id === state.refund_id);
  if (known !== undefined) return known;
  const row = findTransaction(work, transactionId);
  const amount = row === undefined ? null : fromStripeMinor(state.amount, row.currency);
  if (amount === null || amount === 0) return null;
  return insertRefund(work, {
    transaction_id: transactionId,
    refund: state.id,
    amount,
    status: "pending",
    sent_at: null,
    stripe_key_id: null,
  });
}

function takeOver(work: Work, cache: MandateCache, refund: RefundRow, state: StripeRefundState): void {
  const row = findTransaction(work, refund.transaction_id);
  if (row === undefined) throw new Error("a refund without its transaction");
  // Another currency or another refund under our id: not ours to book.
  if (state.currency.toUpperCase() !== row.currency || (refund.refund ?? state.id) !== state.id) return;
  const proven = fromStripeMinor(state.amount, row.currency);
  if (proven === null || proven === 0) return;
  const status = statusOf(state);
  const booked = book(work, cache, row, refund, status, proven, state.id);
  const changed = refund.status !== status || refund.refund === null || refund.booked !== booked;
  // A booked amount is the one that would be taken again.
  const amount = refund.booked === 1 ? refund.amount : proven;
  if (!changed) return;
  writeRefund(work, refund.id, { refund: state.id, amount, status, booked });
  if (status === "succeeded" && booked === 0) {
    const { id: transaction_id, agent_id } = row;
    work.log("transaction.proof", row.id, { transaction_id, agent_id, stripe_refund: state.id, unbooked: proven });
  }
}

/** Gives back or takes again. Never above what was settled: such a refund stays unbooked, and budgets stay as they are. */
function book(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  refund: RefundRow,
  status: RefundRow["status"],
  proven: Micros,
  stripeId: string,
): number {
  const facts = { refund_id: refund.id, stripe_refund: stripeId };
  if (status === "succeeded" && refund.booked === 0) {
    if (row.settled - row.refunded < proven) return 0;
    advance(work, cache, row, { type: "refund", amount: proven }, { ...facts, refund: proven });
    return 1;
  }
  if (status !== "succeeded" && refund.booked === 1) {
    const amount = refund.amount as Micros;
    advance(work, cache, row, { type: "refund_failed", amount }, { ...facts, refund: amount });
    return 0;
  }
  return refund.booked;
}

/**
 * When to look at the refunds of a charge again: soon while one is under way, and a few times later, while one can fail.
 *
 * @param heard Has Stripe said what it has? An event that told of a refund comes once: where the look that it woke brought
 *   nothing, there has to be another one.
 */
export function planRefunds(work: Work, transactionId: string, heard = true): void {
  const refunds = refundsOf(work, transactionId);
  const begun = refunds.filter(isUnderWay).map(({ created_at }) => created_at);
  const sent = refunds.filter(({ status }) => status === "sending").map(({ sent_at }) => sent_at ?? 0);
  const again = sent.map((at) => at + ABSENT_AFTER_MS);
  const done = refunds.filter(({ stripe_key_id, refund }) => stripe_key_id !== null || refund !== null);
  const at =
    begun.length > 0
      ? nextLook(work.now, Math.max(...begun), { also: again, heard })
      : !heard
        ? work.now + REFUNDS_AGAIN_MS
        : done.length === 0
          ? null
          : nextLateLook(work.now, Math.max(...done.map(({ updated_at }) => updated_at)));
  setWatch(work, transactionId, at);
}
