import type { RailContext } from "../stripe/rails.ts";
import { issueToken, readToken, revokeToken } from "../stripe/tokens.ts";
import type { CheckoutRails } from "./api.ts";
import { openMerchantEvent } from "./events.ts";
import { sealMerchant } from "./merchant.ts";
import { quote } from "./quote.ts";
import { cancelSession, completeSession, readSession } from "./steps.ts";

/** The merchants' part of Rails. Tokens are Stripe's. */
export function checkoutRails(context: RailContext): CheckoutRails {
  return {
    sealMerchant: (order) => sealMerchant(order, context),
    checkoutQuote: (order) => quote(order, context),
    issueToken: (order) => issueToken(context, order),
    checkoutComplete: (order) => completeSession(order, context),
    checkoutRead: (order) => readSession(order, context),
    checkoutCancel: (order) => cancelSession(order, context),
    readToken: (order) => readToken(context, order),
    revokeToken: (order) => revokeToken(context, order),
    openMerchantEvent: (order) => openMerchantEvent(order, context),
  };
}
