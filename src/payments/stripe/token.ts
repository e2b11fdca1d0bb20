import type { TokenOrder, TokenSeen } from "../acp/api.ts";
import { unclear } from "./client.ts";
import { codeOf, type Fields, isCurrency, isFields, isMinor, isStripeId } from "./fields.ts";

/** Is this the token of this order: its seller and session, its card, and not a unit or a second more than was asked? */
export function isTokenOf(token: Fields, order: TokenOrder): boolean {
  const { seller_details: seller, usage_limits: limits } = token;
  if (!isFields(seller) || !isFields(limits)) return false;
  return (
    seller.network_business_profile === order.seller_profile &&
    seller.external_id === order.session_id &&
    limits.max_amount === order.max_amount &&
    limits.currency === order.currency &&
    limits.expires_at === order.expires_at &&
    token.payment_method === order.payment_method
  );
}

/** The id of an issued token of this mode; null for anything else. */
export function tokenId(token: Fields, mode: "test" | "live"): string | null {
  const { object, id, livemode } = token;
  const isIssued = object === "shared_payment.issued_token" && livemode === (mode === "live");
  return isIssued && isStripeId(id) && id.startsWith("spt_") ? id : null;
}

const ENDS: Readonly<Record<string, "expired" | "revoked" | "other">> = {
  expired: "expired",
  revoked: "revoked",
  resolved: "other",
};

/**
 * What a token is now. What was captured counts, whatever the status says; but while the token is in force and part of it is
 * left, more can be taken, so it is `active` until it is revoked. A token that is `consumed` without an amount may stand
 * for a payment that the seller authorized and has still to capture: that is not known, and not dead.
 */
export function seenOf(token: Fields): TokenSeen {
  const captured = capturedOf(token);
  if (captured === null) return unclear("malformed_token");
  const { status, usage_limits: limits } = token;
  const isOpen = status === "active" || status === "requires_action";
  if (isOpen && isFields(limits) && isMinor(limits.max_amount) && captured.amount < limits.max_amount) {
    return { kind: "active", needs_action: status === "requires_action" };
  }
  if (captured.amount > 0) return { kind: "consumed", ...captured };
  if (status !== "deactivated") return unclear("unknown_status");
  const reason = codeOf(token.deactivated_reason) ?? "";
  const why = Object.hasOwn(ENDS, reason) ? ENDS[reason] : undefined;
  return why === undefined
    ? unclear(reason === "consumed" ? "consumed_without_amount" : "unknown_end")
    : { kind: "dead", why };
}

/** Nothing was captured where Stripe writes null. Null for what cannot be read. */
function capturedOf({ usage_details: details }: Fields): { readonly amount: number; readonly currency: string } | null {
  if (details === null) return NOTHING;
  if (!isFields(details)) return null;
  if (details.amount_captured === null) return NOTHING;
  if (!isFields(details.amount_captured)) return null;
  const { value, currency } = details.amount_captured;
  return isMinor(value) && isCurrency(currency) ? { amount: value, currency } : null;
}

const NOTHING = { amount: 0, currency: "" } as const;
