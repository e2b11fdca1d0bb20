import type { CheckoutRefusal } from "./api.ts";

/** Why a merchant cannot be bought from. The words are ours; what the merchant says stands beside them, framed. */
const REFUSALS = {
  needs_human: "The merchant wants a person to act (sign in, confirm, or pay on its page). Nothing was bought.",
  out_of_stock: "The merchant says that an item is out of stock. Choose another one.",
  quantity_exceeded: "The merchant does not sell that many of an item. Ask for fewer.",
  item_not_found: "The merchant does not know an item. Check the ids; they are the merchant's own.",
  minimum_not_met: "The order is below the merchant's minimum.",
  maximum_exceeded: "The order is above the merchant's maximum.",
  region_restricted: "The merchant does not sell this to the address of the payment profile.",
  unsupported: "The merchant does not support a part of this order.",
  unsupported_handler: "The merchant takes no payment tokens of Stripe, which are the only ones that can be paid with.",
  currency_mismatch: "The merchant does not sell in the currency of the mandate.",
  total_unclear: "The merchant did not name one clear total above zero, so nothing can be judged or paid.",
  items_changed: "The merchant put something else into the order than was asked for. Nothing was bought.",
  no_delivery:
    "The merchant offers no delivery that the payment profile allows: an address is missing, or does not fit.",
  not_ready: "The merchant wants more than the payment profile says before it can be paid.",
  session_ended: "The merchant ended the checkout before it could be paid. Try again.",
  already_paid: "The merchant called the checkout paid before anything was sent. Nothing was bought by this call.",
  too_many_items: "Too many pieces for one order; split it.",
  credentials_refused: "The merchant does not accept its configured bearer. An administrator has to renew it.",
  version_refused:
    "The merchant does not speak the configured version of the protocol. An administrator has to change it.",
  merchant_refused: "The merchant refused the order as it was asked for. Check the item ids.",
  no_answer: "The merchant did not answer as the protocol says. Nothing was bought; try again later.",
  bearer_unreadable: "The merchant's sealed bearer could not be opened. The service's operator has to look at it.",
} as const;

export type RefusalCode = keyof typeof REFUSALS;

export const refusalOf = (code: RefusalCode): CheckoutRefusal => ({ code, message: REFUSALS[code] });

/**
 * Published message codes that end a quote, in the order in which they count. What is not here (`missing`, `invalid`)
 * can be cured by an update, or shows in the status.
 */
const ENDING: readonly (readonly [code: string, refusal: RefusalCode])[] = [
  ["requires_sign_in", "needs_human"],
  ["requires_3ds", "needs_human"],
  ["intervention_required", "needs_human"],
  ["age_verification_required", "needs_human"],
  ["approval_required", "needs_human"],
  ["out_of_stock", "out_of_stock"],
  ["low_stock", "quantity_exceeded"],
  ["quantity_exceeded", "quantity_exceeded"],
  ["not_found", "item_not_found"],
  ["region_restricted", "region_restricted"],
  ["minimum_not_met", "minimum_not_met"],
  ["maximum_exceeded", "maximum_exceeded"],
  ["unsupported", "unsupported"],
  ["expired", "session_ended"],
  ["payment_declined", "merchant_refused"],
  ["conflict", "merchant_refused"],
  ["rate_limited", "no_answer"],
];

/** The refusal that these message codes mean; null when none of them ends a quote. */
export const endingOf = (codes: readonly string[]): RefusalCode | null =>
  ENDING.find(([code]) => codes.includes(code))?.[1] ?? null;

/** What a refused request of a quote means. */
export function refusedRequest(status: number, code: string): RefusalCode {
  if (status === 401 || status === 403) return "credentials_refused";
  if (code === "unsupported_api_version" || code === "missing_api_version") return "version_refused";
  if (code === "unsupported_currency") return "currency_mismatch";
  return endingOf([code]) ?? "merchant_refused";
}
