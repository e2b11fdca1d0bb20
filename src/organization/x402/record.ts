import { micros } from "../../money.ts";
import type { Observation, PaymentOutcome } from "../../payments/rails-api.ts";
import { advance } from "../advance.ts";
import type { MandateCache } from "../judge.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import { resealAddress } from "../wallets.ts";
import type { Work } from "../work.ts";
import { keepAnswer } from "./answers.ts";
import { type PaymentResult, type PaymentRow, paymentOf, setWatch, writeAnswer, writeOutcome } from "./journal.ts";

/** After how long an open outcome is announced as `unknown`. */
const ANNOUNCE_UNKNOWN_MS = 60_000;

/**
 * Records what Rails brought back from the one paid request. The seller's word is kept and decides nothing; the chain's
 * word decides, now or when the watch reads it.
 */
export function recordPayment(
  work: Work,
  cache: MandateCache,
  transactionId: string,
  outcome: PaymentOutcome,
): TransactionRow {
  const { row, payment } = find(work, transactionId);
  if (outcome.resealed !== null && payment.from_address !== null) {
    resealAddress(work, payment.from_address, outcome.resealed);
  }
  if (!outcome.signed) return callOff(work, cache, row, payment, outcome.refusal?.code ?? "not_signed");
  writeAnswer(work, row.id, outcome.answer, outcome.receipt);
  if (outcome.answer !== null) keepAnswer(work, row, outcome.answer);
  return applyObservation(work, cache, transactionId, outcome.observation, "answered");
}

/** Nothing was signed, and nothing will be: a payment with a nonce is never begun again. */
function callOff(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  payment: PaymentRow,
  why: string,
): TransactionRow {
  // The chain has spoken already: whatever Rails says, it outweighs.
  if (payment.watch_at === null) return row;
  setWatch(work, payment, null);
  writeOutcome(work, row.id, "not_sent", null);
  return isOpen(row) ? advance(work, cache, row, { type: "void" }, { why }) : row;
}

/**
 * Books what the chain says: a used nonce has moved exactly the signed value to exactly the payee, because that is all
 * that was ever signed under it (EIP-3009). An unused one frees the budget only with the proof that it can never be used.
 * A transaction that a person has ended meanwhile is corrected by a later proof of use, and by nothing else.
 *
 * @param during `answered`: the paid request is over; `watch`: it may still be on its way.
 */
export function applyObservation(
  work: Work,
  cache: MandateCache,
  transactionId: string,
  seen: Observation,
  during: "answered" | "watch" = "watch",
): TransactionRow {
  const { row, payment } = find(work, transactionId);
  if (payment.watch_at === null) return correctDelivery(work, row, payment);
  const facts = { proof: { ...seen, network: payment.network } };
  if (seen.state === "used") {
    setWatch(work, payment, null);
    writeOutcome(work, row.id, resultOfUse(payment), seen.transaction_hash);
    if (row.settled < payment.value) {
      return advance(work, cache, row, { type: "complete", amount: micros(payment.value) }, facts);
    }
    return proven(work, row, facts);
  }
  if (seen.state === "expired") {
    setWatch(work, payment, null);
    writeOutcome(work, row.id, "released", null);
    return isOpen(row) ? advance(work, cache, row, { type: "void" }, facts) : proven(work, row, facts);
  }
  const announce = work.now >= (payment.signed_at ?? 0) * 1000 + ANNOUNCE_UNKNOWN_MS;
  // Without a result the request is still on its way: what the watch sees meanwhile says nothing about the seller.
  if (during === "answered" || payment.outcome !== null || announce) {
    writeOutcome(work, row.id, openResult(payment, seen), null);
  }
  setWatch(work, payment, nextLook(work.now, payment));
  return row.status === "executing" && announce
    ? advance(work, cache, row, { type: "lose_sight" }, { outcome: openResult(payment, seen) })
    : row;
}

/** The chain was faster than the seller: what had looked undelivered was delivered after all. */
function correctDelivery(work: Work, row: TransactionRow, payment: PaymentRow): TransactionRow {
  const taken = payment.outcome === "paid_late" || payment.outcome === "paid_not_delivered";
  if (!taken || !delivered(payment.http_status)) return row;
  writeOutcome(work, row.id, "paid", null);
  return proven(work, row, { outcome: "paid" });
}

/** Says what became known of a transaction whose amounts it does not change. */
function proven(work: Work, row: TransactionRow, facts: Readonly<Record<string, unknown>>): TransactionRow {
  work.log("transaction.proof", row.id, { transaction_id: row.id, agent_id: row.agent_id, ...facts });
  return row;
}

const isOpen = (row: TransactionRow): boolean => row.status === "executing" || row.status === "unknown";
/** A redirect or an error after the payment delivers nothing. */
const delivered = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

function resultOfUse(payment: PaymentRow): PaymentResult {
  if (delivered(payment.http_status)) return "paid";
  return payment.outcome === null ? "paid_not_delivered" : "paid_late";
}

function openResult(payment: PaymentRow, seen: Observation): PaymentResult {
  if (seen.state === "unreadable") return "unknown";
  return delivered(payment.http_status) ? "delivered_held" : "held";
}

/** Seconds after signing at which the chain is looked at; then by the validity, and ever more rarely. */
const LOOKS_SECONDS: readonly number[] = [2, 5, 15, 30, 60];

/** When to look again, ms. An open payment is looked at for ever: only proof ends it. */
export function nextLook(now: number, payment: Pick<PaymentRow, "signed_at" | "valid_before">): number {
  const signed = (payment.signed_at ?? 0) * 1000;
  const early = LOOKS_SECONDS.map((seconds) => signed + seconds * 1000).find((at) => at > now);
  if (early !== undefined) return early;
  const expired = (payment.valid_before ?? 0) * 1000;
  if (now < expired) return expired + 1_000;
  const since = now - expired;
  const pause = since < 600_000 ? 15_000 : since < 86_400_000 ? 300_000 : 3_600_000;
  return now + pause;
}

function find(work: Work, transactionId: string): { row: TransactionRow; payment: PaymentRow } {
  const row = findTransaction(work, transactionId);
  const payment = paymentOf(work, transactionId);
  if (row === undefined || payment === undefined) throw new Error("a payment without its transaction");
  return { row, payment };
}
