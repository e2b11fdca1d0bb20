import type { Env } from "../../env.ts";
import type { Outbound } from "../send.ts";
import type { StripeRails } from "./api.ts";
import { cancelCharge, charge } from "./charge.ts";
import { openEvent, sealHookSecret } from "./event.ts";
import { look } from "./look.ts";
import { refund, refunds } from "./refund.ts";
import { checkCard, sealStripeKey } from "./setup.ts";

/** What the calls of one request work with. */
export interface RailContext {
  readonly env: Env;
  readonly outbound: Outbound;
  /** ms. */
  readonly now: () => number;
}

/** Stripe's part of Rails. */
export function stripeRails(context: RailContext): StripeRails {
  return {
    sealStripeKey: (order) => sealStripeKey(context, order),
    checkStripeCard: (order) => checkCard(context, order),
    stripeCharge: (order) => charge(context, order),
    stripeLook: (order) => look(context, order),
    stripeCancel: (order) => cancelCharge(context, order),
    stripeRefund: (order) => refund(context, order),
    stripeRefunds: (order) => refunds(context, order),
    openStripeEvent: (order) => openEvent(context, order),
    sealHookSecret: (organizationId, secret) => sealHookSecret(context.env, organizationId, secret),
  };
}
