import type { MerchantEvent } from "../../payments/acp/api.ts";
import type { MandateCache } from "../judge.ts";
import { all } from "../sql.ts";
import { stripeKey } from "../stripe/keys.ts";
import type { Work } from "../work.ts";
import { type CheckoutRow, setWatch } from "./journal.ts";
import { noteRefunds } from "./refunds.ts";

export const CHECKOUTS_BY_SESSION =
  "SELECT * FROM acp_checkouts WHERE merchant_id = ? AND session_id = ? AND began_at IS NOT NULL LIMIT 2";
export const CHECKOUTS_BY_ORDER = "SELECT * FROM acp_checkouts WHERE merchant_id = ? AND order_id = ? LIMIT 2";

/**
 * What a verified message of a merchant makes the organization do. Called once per event id, in one transaction. It makes
 * the watch look within a second, and it can tell of refunds; about a payment it proves nothing.
 */
export function applyMerchantEvent(work: Work, cache: MandateCache, merchantId: string, event: MerchantEvent): void {
  const checkout = meant(work, merchantId, event);
  if (checkout === null) return;
  if (isWorthALook(work, checkout)) setWatch(work, checkout, work.now + SOON_MS);
  noteRefunds(work, cache, checkout.transaction_id, event.refunds);
}

/** So soon it is looked at. A flood of messages makes one look of a second of them, and not one of each. */
const SOON_MS = 1_000;

/**
 * Is there something to be seen that is not looked at soon anyway? Of what has ended unused a payment that was begun before
 * can still come, long after the last look, as long as there is a key to ask with.
 */
function isWorthALook(work: Work, { watch_at, outcome, completed_at, stripe_key_id }: CheckoutRow): boolean {
  if (watch_at !== null) return watch_at > work.now + 2 * SOON_MS;
  if (outcome !== "unpaid" || completed_at === null || stripe_key_id === null) return false;
  return stripeKey(work, stripe_key_id) !== undefined;
}

/** The one checkout at this merchant that the message names; null where it names none, two, or two different ones. */
function meant(work: Work, merchantId: string, { session_id, order_id }: MerchantEvent): CheckoutRow | null {
  const found = [
    session_id === null ? [] : all<CheckoutRow>(work.sql, CHECKOUTS_BY_SESSION, merchantId, session_id),
    order_id === null ? [] : all<CheckoutRow>(work.sql, CHECKOUTS_BY_ORDER, merchantId, order_id),
  ].flat();
  const [one] = found;
  return one !== undefined && found.every((row) => row.transaction_id === one.transaction_id) ? one : null;
}
