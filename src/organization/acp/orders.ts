import { micros } from "../../money.ts";
import type {
  CheckoutBuyer,
  CheckoutCompleteOrder,
  CheckoutSessionOrder,
  TokenHandle,
  TokenOrder,
} from "../../payments/acp/api.ts";
import { toStripeMinor } from "../../payments/stripe/minor-units.ts";
import type { MandateCache } from "../judge.ts";
import { merchantById, merchantHandle } from "../merchants.ts";
import type { AcpProfile } from "../profiles.ts";
import { first } from "../sql.ts";
import { stripeKey } from "../stripe/keys.ts";
import type { Work } from "../work.ts";
import { type CheckoutRow, writeCompleting } from "./journal.ts";
import { find, isOpen, standingOf } from "./record.ts";
import { CALL_MS } from "./table.ts";

/**
 * What Rails is asked for a checkout, made of its journal alone: the same order each time, so that whatever is asked twice
 * is one thing to Stripe and to the merchant.
 */

/** Null once the merchant is no longer configured: nobody can be asked then. */
export function sessionOrder(work: Work, checkout: CheckoutRow): CheckoutSessionOrder | null {
  const merchant = merchantById(work, checkout.merchant_id);
  if (merchant === undefined) return null;
  return {
    merchant: merchantHandle(work, merchant),
    version: checkout.protocol_version,
    api_base_url: checkout.api_base_url,
    session_id: checkout.session_id,
    transaction_id: checkout.transaction_id,
  };
}

function account(work: Work, checkout: CheckoutRow) {
  const key = checkout.stripe_key_id === null ? undefined : stripeKey(work, checkout.stripe_key_id);
  if (key === undefined) throw new Error("a checkout was begun without a key");
  const { id, mode } = work.organization;
  return { organization_id: id, mode, sealed_key: key.sealed_key };
}

export function tokenOrder(work: Work, id: string): TokenOrder {
  const { row, checkout } = find(work, id);
  const amount = toStripeMinor(micros(checkout.total), row.currency);
  if (!amount.ok || checkout.token_expires_at === null) throw new Error("a checkout was begun without its terms");
  return {
    ...account(work, checkout),
    transaction_id: id,
    payment_method: checkout.payment_method,
    seller_profile: checkout.seller_profile,
    session_id: checkout.session_id,
    max_amount: amount.value,
    currency: row.currency.toLowerCase(),
    expires_at: checkout.token_expires_at,
  };
}

export const tokenHandle = (work: Work, checkout: CheckoutRow): TokenHandle | null =>
  checkout.sealed_token === null ? null : { ...account(work, checkout), sealed_token: checkout.sealed_token };

/**
 * The request to complete, for the first time: from this transaction on the merchant may have the token. Null where it
 * must not be sent: spending was stopped meanwhile, or the call has taken so long that the watch is in charge.
 */
export function firstCompletion(work: Work, cache: MandateCache, id: string): CheckoutCompleteOrder | null {
  const { row, checkout } = find(work, id);
  const at = standingOf(work, cache, row, checkout);
  if (row.status !== "executing" || at.completed_at !== null || at.stopped) return null;
  if (at.now >= at.began_at + CALL_MS || at.now >= at.token_ends_at) return null;
  const order = completion(work, checkout);
  if (order !== null) writeCompleting(work, id);
  return order;
}

/** The same request again; null where the profile says something else by now, or spending was stopped. */
export function repeatedCompletion(work: Work, cache: MandateCache, id: string): CheckoutCompleteOrder | null {
  const { row, checkout } = find(work, id);
  const at = standingOf(work, cache, row, checkout);
  const wanted = isOpen(row) && at.completed_at !== null && !at.stopped && at.now < at.token_ends_at;
  return wanted ? completion(work, checkout) : null;
}

function completion(work: Work, checkout: CheckoutRow): CheckoutCompleteOrder | null {
  const session = sessionOrder(work, checkout);
  const buyer = buyerOf(work, checkout);
  if (session === null || buyer === null || checkout.sealed_token === null) return null;
  return { ...session, sealed_token: checkout.sealed_token, handler_id: checkout.handler_id, buyer };
}

/** The buyer of the profile as it was judged: an edited one would make another request of it. */
function buyerOf(work: Work, checkout: CheckoutRow): CheckoutBuyer | null {
  const row = first<{ config: string }>(
    work.sql,
    "SELECT config FROM profiles WHERE id = ? AND kind = 'acp' AND version = ?",
    checkout.profile_id,
    checkout.profile_version,
  );
  return row === undefined ? null : (JSON.parse(row.config) as AcpProfile).buyer;
}
