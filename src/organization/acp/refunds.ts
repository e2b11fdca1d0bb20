import { log } from "../../edge/log.ts";
import { LIMITS } from "../../limits.ts";
import { micros } from "../../money.ts";
import type { MerchantRefund } from "../../payments/acp/api.ts";
import { advance } from "../advance.ts";
import type { MandateCache } from "../judge.ts";
import { merchantById } from "../merchants.ts";
import { findTransaction } from "../transactions.ts";
import type { Work } from "../work.ts";
import { MERCHANT_ID_CHARS, type RefundNote, refundNotes, requireCheckout, writeRefunds } from "./journal.ts";
import { minorToMicros } from "./quote.ts";

/**
 * Takes down the refunds that a merchant tells of, each id once, and books them where its administrator trusts that
 * merchant with it. They return budget to the period of the purchase; what is more than was paid is refused. One that has
 * failed takes its budget again, whoever is trusted: that opens nothing.
 */
export function noteRefunds(work: Work, cache: MandateCache, id: string, refunds: readonly MerchantRefund[]): void {
  const checkout = requireCheckout(work, id);
  const trusted = merchantById(work, checkout.merchant_id)?.book_refunds === 1;
  const heard = refunds.filter(({ failed }) => trusted || failed === true);
  const row = findTransaction(work, id);
  if (heard.length === 0 || row === undefined) return;
  const before = refundNotes(checkout);
  const notes = before.map((note) =>
    heard.some((refund) => refund.id === note.id && refund.failed === true) ? takeAgain(work, cache, id, note) : note,
  );
  for (const refund of heard) {
    if (notes.some((note) => note.id === refund.id)) continue;
    const note = noteOf(refund, row.currency, checkout.total);
    if (note === null || notes.length >= LIMITS.refundsPerTransaction) refused(id);
    else notes.push(note);
  }
  if (notes.some((note, at) => note !== before[at])) writeRefunds(work, id, notes);
  if (trusted) bookKept(work, cache, id);
}

/** Null for what cannot be a refund of this purchase. */
function noteOf(refund: MerchantRefund, currency: string, total: number): RefundNote | null {
  const { id, failed } = refund;
  const amount = minorToMicros(refund.amount, currency);
  const isOurs = id !== "" && id.length <= MERCHANT_ID_CHARS && (refund.currency ?? currency) === currency;
  if (!isOurs || amount === null || amount <= 0 || amount > total) return null;
  return { id, amount, booked: false, ...(failed === true ? { failed } : {}) };
}

function takeAgain(work: Work, cache: MandateCache, id: string, note: RefundNote): RefundNote {
  if (note.failed === true) return note;
  const row = findTransaction(work, id);
  if (note.booked && row !== undefined) {
    const amount = micros(note.amount);
    advance(work, cache, row, { type: "refund_failed", amount }, { refund: amount, by: "merchant" });
  }
  return { ...note, booked: false, failed: true };
}

/** Books the refunds that were taken down, once Stripe has proven the payment and as far as it goes. */
export function bookKept(work: Work, cache: MandateCache, id: string): void {
  const checkout = requireCheckout(work, id);
  const notes = refundNotes(checkout);
  const paid = checkout.outcome === "ordered" || checkout.outcome === "paid_no_order";
  if (!paid || notes.every(isOver)) return;
  const after = notes.map((note) => {
    const row = findTransaction(work, id);
    if (isOver(note) || (row?.status !== "completed" && row?.status !== "refunded")) return note;
    if (note.amount > row.settled - row.refunded) {
      refused(id);
      return note;
    }
    const amount = micros(note.amount);
    advance(work, cache, row, { type: "refund", amount }, { refund: amount, by: "merchant" });
    return { ...note, booked: true };
  });
  writeRefunds(work, id, after);
}

const isOver = ({ booked, failed }: RefundNote): boolean => booked || failed === true;

const refused = (id: string): void => log("warn", "merchant_refund_refused", { transaction_id: id });
