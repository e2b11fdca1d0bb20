import type { Work } from "../work.ts";
import { checkoutOf } from "./journal.ts";

/** The terms and the outcome of a checkout, for every edge. What the merchant calls its session and order is its own. */
export function checkoutFacts(work: Work, transactionId: string): Readonly<Record<string, string>> | null {
  const checkout = checkoutOf(work, transactionId);
  if (checkout === undefined) return null;
  const { profile_name, profile_version, merchant_id, items_hash, seller_profile, outcome } = checkout;
  return {
    profile: profile_name,
    profile_version: String(profile_version),
    merchant_id,
    seller_profile,
    items_hash,
    ...(outcome === null ? {} : { outcome }),
  };
}
