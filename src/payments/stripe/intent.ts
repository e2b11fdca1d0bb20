import type { StripeFailure, StripeIntent } from "./api.ts";
import type { StripeError } from "./client.ts";
import { codeOf, type Fields, isCurrency, isFields, isMinor, isStripeId, metadataOf, referenceOf } from "./fields.ts";

/** Name in the metadata by which a PaymentIntent is found again. */
export const TRANSACTION = "quetra_transaction";

const STATUSES: readonly string[] = [
  "succeeded",
  "processing",
  "requires_action",
  "requires_payment_method",
  "requires_confirmation",
  "requires_capture",
  "canceled",
] satisfies StripeIntent["status"][];

/** What a PaymentIntent must be to be ours; what is null is not known and not asked. */
export interface ExpectedIntent {
  readonly transaction_id: string;
  readonly mode: "test" | "live";
  readonly customer: string;
  readonly id: string | null;
  /** Minor units. */
  readonly amount: number | null;
  readonly currency: string | null;
}

/**
 * Reads a PaymentIntent that must be the one of this transaction. Null for any other, and for what is none or has a
 * status that is not known: a new member is no matter, a new status could mean anything.
 *
 * @param error The error that it came with: why the attempt failed.
 */
export function readIntent(value: unknown, expected: ExpectedIntent, error: StripeError | null): StripeIntent | null {
  if (!isFields(value) || value.object !== "payment_intent") return null;
  const { id, status, amount, amount_received, currency } = value;
  if (!isStripeId(id) || (expected.id !== null && id !== expected.id)) return null;
  if (!isMinor(amount) || !isMinor(amount_received) || !isCurrency(currency) || !isStatus(status)) return null;
  if (expected.amount !== null && amount !== expected.amount) return null;
  if (expected.currency !== null && currency !== expected.currency) return null;
  if (value.livemode !== (expected.mode === "live") || referenceOf(value.customer) !== expected.customer) return null;
  if (metadataOf(value, TRANSACTION) !== expected.transaction_id) return null;
  // Money that was received without an amount cannot be booked.
  if (status === "succeeded" && amount_received === 0) return null;
  const charge = referenceOf(value.latest_charge);
  return { id, status, amount, amount_received, currency, charge, failure: failureOf(value, error) };
}

const isStatus = (value: unknown): value is StripeIntent["status"] =>
  typeof value === "string" && STATUSES.includes(value);

/** A PaymentIntent keeps the error of an attempt for a while after another one went well: then it is none any more. */
function failureOf(intent: Fields, error: StripeError | null): StripeFailure | null {
  if (intent.status === "succeeded" || intent.status === "processing") return null;
  const source = error ?? intent.last_payment_error;
  if (!isFields(source)) return null;
  const [code, decline_code, advice_code] = [source.code, source.decline_code, source.advice_code].map(codeOf);
  return { code: code ?? "unknown", decline_code: decline_code ?? null, advice_code: advice_code ?? null };
}
