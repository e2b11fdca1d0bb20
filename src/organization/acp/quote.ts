import { LIMITS } from "../../limits.ts";
import { hasUnsafeCharacters } from "../../mcp/text.ts";
import { currencyExponent, type Micros, micros } from "../../money.ts";
import type { CheckoutSession } from "../../payments/acp/api.ts";
import { toStripeMinor } from "../../payments/stripe/minor-units.ts";
import { err, ok, type Result } from "../../result.ts";
import { MERCHANT_ID_CHARS } from "./journal.ts";

/** A session that can be paid, with its total in micros. */
export interface Priced {
  readonly session: CheckoutSession;
  readonly total: Micros;
}

/** Why a session is not paid. */
export type QuoteFault =
  | "needs_human"
  | "not_ready"
  | "bad_session"
  | "wrong_currency"
  | "no_total"
  | "amount_not_exact"
  | "session_expires"
  | "seller_mismatch";

/** A token that ends sooner could end in the middle of the payment. */
export const MIN_VALIDITY_S = 60;

/**
 * Can this session be paid as it is? Everything that must be certain before budget is held for it. Pure.
 *
 * @param currency The mandate's, ISO 4217.
 * @param seller Whom the administrator says tokens for this merchant pay. The merchant may repeat it, not choose it.
 */
export function priceOf(
  session: CheckoutSession,
  currency: string,
  seller: string,
  now: number,
): Result<Priced, QuoteFault> {
  if (session.status === "needs_human" || session.status === "authentication_required") return err("needs_human");
  if (session.status !== "ready") return err("not_ready");
  if (!isKept(session)) return err("bad_session");
  if (session.currency !== currency) return err("wrong_currency");
  if (session.total === null) return err("no_total");
  const total = minorToMicros(session.total, currency);
  if (total === null || total <= 0 || total > LIMITS.amountMicros) return err("no_total");
  const stripe = toStripeMinor(total, currency);
  // Where Stripe counts another unit than ISO 4217, the merchant and Stripe could mean two amounts by one number.
  if (!stripe.ok || stripe.value !== session.total) return err("amount_not_exact");
  if (session.expires_at !== null && session.expires_at * 1000 < now + MIN_VALIDITY_S * 1000) {
    return err("session_expires");
  }
  const named = session.handler?.merchant_id ?? null;
  return named === null || named === seller ? ok({ session, total }) : err("seller_mismatch");
}

/** What of the session goes into the journal has a limit, and nothing in it that a reader cannot see. */
const isKept = ({ id, api_base_url, handler }: CheckoutSession): boolean =>
  id !== "" &&
  [id, handler?.id ?? ""].every((text) => text.length <= MERCHANT_ID_CHARS && !hasUnsafeCharacters(text)) &&
  api_base_url.length <= LIMITS.urlBytes;

/** ISO 4217 minor units as micros; null for what is no whole, safe number of them. */
export function minorToMicros(minor: number, currency: string): Micros | null {
  const exponent = currencyExponent(currency);
  if (exponent === undefined || !Number.isSafeInteger(minor) || minor < 0) return null;
  const amount = minor * 10 ** (6 - exponent);
  return Number.isSafeInteger(amount) ? micros(amount) : null;
}
