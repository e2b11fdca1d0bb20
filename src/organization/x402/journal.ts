import type { HttpAnswer, PayableOption, PaymentGrant, SellerReceipt, X402Network } from "../../payments/rails-api.ts";
import { changeOne, first } from "../sql.ts";
import type { Work } from "../work.ts";

/**
 * What became of a payment:
 * `paid` the chain took it and the seller delivered · `paid_not_delivered` taken, but an error, a hang or a broken
 * connection came back · `paid_late` taken only after the seller had refused or fallen silent · `held` not taken yet and
 * not delivered · `delivered_held` delivered, not taken yet · `unknown` the chain cannot be read · `released` expired
 * unused · `not_sent` nothing was signed.
 */
export type PaymentResult =
  | "paid"
  | "paid_not_delivered"
  | "paid_late"
  | "held"
  | "delivered_held"
  | "unknown"
  | "released"
  | "not_sent";

/**
 * The journal of one x402 payment. The terms are written when a quote is judged; `from_address` to `signed_at` together
 * with the step to `executing`, before anything is signed. They say everything that the signature will say, so what
 * became of it can be read from the chain without the signature.
 */
export interface PaymentRow {
  readonly transaction_id: string;
  readonly method: string;
  /** Origin and path: a query can hold a secret. */
  readonly url: string;
  /** Binds method, whole URL and body. */
  readonly request_hash: string;
  readonly network: X402Network;
  readonly asset: string;
  readonly pay_to: string;
  /** Micros = atomic units: what is signed. At most the transaction's amount. */
  readonly value: number;
  readonly version: 1 | 2;
  readonly from_address: string | null;
  readonly nonce: string | null;
  /** Unix seconds. */
  readonly valid_before: number | null;
  /** Unix seconds. */
  readonly signed_at: number | null;
  readonly polls: number;
  /** When the timer that looks at the chain is due, ms; null when nothing is open. */
  readonly watch_at: number | null;
  /** What the seller answered to the paid request; null = nothing. */
  readonly http_status: number | null;
  /** JSON: the seller's word. */
  readonly receipt: string | null;
  readonly settlement_hash: string | null;
  readonly outcome: PaymentResult | null;
}

/** A request in the form that the journal and the fingerprint want it. */
export interface Target {
  readonly method: string;
  /** Whole, without its fragment. */
  readonly url: URL;
  readonly request_hash: string;
}

export const PAYMENT_BY_TRANSACTION = "SELECT * FROM x402_payments WHERE transaction_id = ?";

export const paymentOf = (work: Work, transactionId: string): PaymentRow | undefined =>
  first<PaymentRow>(work.sql, PAYMENT_BY_TRANSACTION, transactionId);

/** Writes the terms that were judged, or those of a new quote that were judged again. */
export function writeTerms(
  work: Work,
  transactionId: string,
  target: Target,
  option: PayableOption,
  version: 1 | 2,
): void {
  work.exec(
    `INSERT INTO x402_payments (transaction_id, method, url, request_hash, network, asset, pay_to, value, version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (transaction_id) DO UPDATE SET value = excluded.value, version = excluded.version
     WHERE nonce IS NULL`,
    transactionId,
    target.method,
    target.url.origin + target.url.pathname,
    target.request_hash,
    option.network,
    option.asset,
    option.pay_to,
    option.amount,
    version,
  );
}

/** Pins wallet, nonce and validity. Once only: a payment that has a nonce is never signed again. */
export function writeGrant(work: Work, transactionId: string, grant: PaymentGrant, signedAt: number): void {
  changeOne(
    work.sql,
    `UPDATE x402_payments SET from_address = ?, nonce = ?, valid_before = ?, signed_at = ?
     WHERE transaction_id = ? AND nonce IS NULL`,
    grant.from,
    grant.nonce,
    grant.valid_before,
    signedAt,
    transactionId,
  );
}

export function writeAnswer(
  work: Work,
  transactionId: string,
  answer: HttpAnswer | null,
  receipt: SellerReceipt | null,
): void {
  changeOne(
    work.sql,
    "UPDATE x402_payments SET http_status = ?, receipt = ? WHERE transaction_id = ?",
    answer?.status ?? null,
    receipt === null ? null : JSON.stringify(receipt),
    transactionId,
  );
}

export function writeOutcome(
  work: Work,
  transactionId: string,
  outcome: PaymentResult,
  settlementHash: string | null,
): void {
  changeOne(
    work.sql,
    "UPDATE x402_payments SET outcome = ?, settlement_hash = COALESCE(?, settlement_hash) WHERE transaction_id = ?",
    outcome,
    settlementHash,
    transactionId,
  );
}

/** Moves the timer that looks at the chain; null ends the watch. */
export function setWatch(work: Work, payment: PaymentRow, dueAt: number | null): void {
  if (payment.watch_at !== null) work.clearTimer(payment.watch_at, "x402_watch", payment.transaction_id);
  changeOne(
    work.sql,
    "UPDATE x402_payments SET watch_at = ?, polls = polls + 1 WHERE transaction_id = ?",
    dueAt,
    payment.transaction_id,
  );
  if (dueAt !== null) work.setTimer(dueAt, "x402_watch", payment.transaction_id);
}
