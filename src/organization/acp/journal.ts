import type { AcpVersion, CheckoutItem, CheckoutSession, SessionStatus } from "../../payments/acp/api.ts";
import { changeOne, first } from "../sql.ts";
import type { Work } from "../work.ts";

/**
 * `ordered` paid, and the merchant has the order · `paid_no_order` paid, and no order is known · `in_progress` the
 * merchant works on it · `needs_human` a person has to act at the merchant · `unpaid` ended, and nothing was taken ·
 * `refused` no token was made, so nothing was sent · `unknown` nobody can say yet.
 */
export type CheckoutResult =
  | "ordered"
  | "paid_no_order"
  | "in_progress"
  | "needs_human"
  | "unpaid"
  | "refused"
  | "unknown";

/** The journal of one checkout. The terms are written when a total is judged; `began_at` with the step to `executing`. */
export interface CheckoutRow {
  readonly transaction_id: string;
  readonly merchant_id: string;
  readonly merchant_version: number;
  readonly profile_id: string;
  readonly profile_name: string;
  readonly profile_version: number;
  /** JSON: `CheckoutItem[]`. */
  readonly items: string;
  readonly items_hash: string;
  readonly session_id: string;
  readonly protocol_version: AcpVersion;
  readonly api_base_url: string;
  readonly handler_id: string | null;
  /** Whom the token pays. */
  readonly seller_profile: string;
  readonly payment_method: string;
  /** Micros: what was judged, and the most that the token allows. */
  readonly total: number;
  /** Unix seconds. */
  readonly session_expires_at: number | null;
  /** The Stripe key that issues the token; null = not begun. */
  readonly stripe_key_id: string | null;
  /** ms. From then on money may move. */
  readonly began_at: number | null;
  readonly sealed_token: string | null;
  /** Unix seconds; written with `began_at`, because it is part of what is asked of Stripe. */
  readonly token_expires_at: number | null;
  /** When the request to complete was about to be sent first, ms. */
  readonly completed_at: number | null;
  readonly session_status: SessionStatus | null;
  readonly order_id: string | null;
  /** JSON: `RefundNote[]`, what the merchant has said of refunds, each id once. */
  readonly refunds: string;
  readonly looks: number;
  readonly watch_at: number | null;
  readonly outcome: CheckoutResult | null;
  /** When the merchant first answered the request to complete with its session, ms. */
  readonly answered_at: number | null;
  /** When Stripe first called the token dead, ms. */
  readonly dead_at: number | null;
}

export const CHECKOUT_BY_TRANSACTION = "SELECT * FROM acp_checkouts WHERE transaction_id = ?";

export const checkoutOf = (work: Pick<Work, "sql">, transactionId: string): CheckoutRow | undefined =>
  first<CheckoutRow>(work.sql, CHECKOUT_BY_TRANSACTION, transactionId);

export const itemsOf = (row: CheckoutRow): readonly CheckoutItem[] => JSON.parse(row.items) as CheckoutItem[];

/** A refund of which the merchant has told. One that came before the payment was proven waits for that. */
export interface RefundNote {
  readonly id: string;
  /** Micros. */
  readonly amount: number;
  readonly booked: boolean;
  /** It came back to the merchant. Stays so, because an older message may still come. */
  readonly failed?: true;
}

export const refundNotes = (row: CheckoutRow): readonly RefundNote[] => JSON.parse(row.refunds) as RefundNote[];

/** What is written when a total has been judged. */
export type CheckoutTerms = Pick<
  CheckoutRow,
  | "merchant_id"
  | "merchant_version"
  | "profile_id"
  | "profile_name"
  | "profile_version"
  | "items"
  | "items_hash"
  | "session_id"
  | "protocol_version"
  | "api_base_url"
  | "handler_id"
  | "seller_profile"
  | "payment_method"
  | "total"
  | "session_expires_at"
>;

/** Writes the terms that were judged, or the session of a new quote for the same terms. Never after it was begun. */
export function writeTerms(work: Work, transactionId: string, terms: CheckoutTerms): CheckoutRow {
  const names = Object.keys(terms);
  changeOne(
    work.sql,
    `INSERT INTO acp_checkouts (transaction_id, ${names.join(", ")}) VALUES (?${", ?".repeat(names.length)})
     ON CONFLICT (transaction_id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(", ")}
     WHERE began_at IS NULL`,
    transactionId,
    ...Object.values(terms),
  );
  return requireCheckout(work, transactionId);
}

/** Pins the key and the token's validity: what is asked of Stripe is the same from here on, however often it is asked. */
export function writeBegin(work: Work, transactionId: string, stripeKeyId: string, tokenExpiresAt: number): void {
  changeOne(
    work.sql,
    `UPDATE acp_checkouts SET stripe_key_id = ?, began_at = ?, token_expires_at = ?
     WHERE transaction_id = ? AND began_at IS NULL`,
    stripeKeyId,
    work.now,
    tokenExpiresAt,
    transactionId,
  );
}

export function writeToken(work: Work, transactionId: string, sealedToken: string): void {
  work.exec(
    "UPDATE acp_checkouts SET sealed_token = ? WHERE transaction_id = ? AND sealed_token IS NULL",
    sealedToken,
    transactionId,
  );
}

/** From here on the merchant may hold the token. */
export function writeCompleting(work: Work, transactionId: string): void {
  changeOne(
    work.sql,
    "UPDATE acp_checkouts SET completed_at = ? WHERE transaction_id = ? AND completed_at IS NULL",
    work.now,
    transactionId,
  );
}

/** What the merchant says of session and order. Kept for showing and for finding, never for deciding about money. */
export function writeSession(work: Work, transactionId: string, session: CheckoutSession): void {
  changeOne(
    work.sql,
    "UPDATE acp_checkouts SET session_status = ?, order_id = COALESCE(?, order_id) WHERE transaction_id = ?",
    session.status,
    session.order === null || session.order.id.length > MERCHANT_ID_CHARS ? null : session.order.id,
    transactionId,
  );
}

/** Longest id of a merchant's session, order or refund that is kept. */
export const MERCHANT_ID_CHARS = 255;

/** The merchant has dealt with the request to complete: from here on its session says what became of it. */
export function writeAnswered(work: Work, transactionId: string): void {
  work.exec(
    "UPDATE acp_checkouts SET answered_at = ? WHERE transaction_id = ? AND answered_at IS NULL",
    work.now,
    transactionId,
  );
}

/** From here on nothing new can be begun with the token. What was begun before may still arrive. */
export function writeDead(work: Work, transactionId: string): void {
  work.exec(
    "UPDATE acp_checkouts SET dead_at = ? WHERE transaction_id = ? AND dead_at IS NULL",
    work.now,
    transactionId,
  );
}

export function writeOutcome(work: Work, transactionId: string, outcome: CheckoutResult): void {
  changeOne(work.sql, "UPDATE acp_checkouts SET outcome = ? WHERE transaction_id = ?", outcome, transactionId);
}

export function writeRefunds(work: Work, transactionId: string, notes: readonly RefundNote[]): void {
  changeOne(
    work.sql,
    "UPDATE acp_checkouts SET refunds = ? WHERE transaction_id = ?",
    JSON.stringify(notes),
    transactionId,
  );
}

/** Moves the timer that looks again; null ends the watch. */
export function setWatch(
  work: Work,
  checkout: Pick<CheckoutRow, "transaction_id" | "watch_at">,
  dueAt: number | null,
): void {
  const id = checkout.transaction_id;
  if (checkout.watch_at !== null) work.clearTimer(checkout.watch_at, "acp_watch", id);
  changeOne(work.sql, "UPDATE acp_checkouts SET watch_at = ?, looks = looks + 1 WHERE transaction_id = ?", dueAt, id);
  if (dueAt !== null) work.setTimer(dueAt, "acp_watch", id);
}

export function requireCheckout(work: Pick<Work, "sql">, transactionId: string): CheckoutRow {
  const checkout = checkoutOf(work, transactionId);
  if (checkout === undefined) throw new Error("a checkout without its journal");
  return checkout;
}
