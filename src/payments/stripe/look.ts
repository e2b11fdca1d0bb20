import type Stripe from "stripe";
import type { StripeIntent, StripeLookOrder, StripeSeen } from "./api.ts";
import { readCharge } from "./charge.ts";
import { unclear } from "./client.ts";
import { metadataOf } from "./fields.ts";
import { readIntent, TRANSACTION } from "./intent.ts";
import { STRIPE_LIMITS } from "./limits.ts";
import { readPages } from "./pages.ts";
import type { RailContext } from "./rails.ts";

const PATH = "/v1/payment_intents";
const PAGE = { size: STRIPE_LIMITS.intentsPerPage, pages: STRIPE_LIMITS.intentPages };

/**
 * What has become of the charge. With an id it is read; without one the customer's PaymentIntents of the time in
 * which it was sent are, all of them, and ours is known by its metadata. That time has an end as well, or a busy customer's list
 * would grow until it could never be read again. Lists are consistent, unlike the search, which is a minute late. `absent` is
 * said only of a list that was read to its end.
 */
export async function look(context: RailContext, order: StripeLookOrder): Promise<StripeSeen> {
  const { payment_intent, customer, sent_at, posted_at } = order;
  if (payment_intent !== null) return readCharge(context, { ...order, payment_intent });
  const parameters = {
    customer,
    // Our clock may be ahead of Stripe's or behind it, and a PaymentIntent that is missed would count as absent.
    created: { gte: sent_at - STRIPE_LIMITS.clockSeconds, lte: posted_at + STRIPE_LIMITS.clockSeconds },
  } satisfies Stripe.PaymentIntentListParams;
  const all = await readPages(context, order, { path: PATH, parameters, ...PAGE });
  if (!all.ok) return all.error;
  const ours = all.value.filter((item) => metadataOf(item, TRANSACTION) === order.transaction_id);
  if (ours.length === 0) return { kind: "absent" };
  // Two of one transaction are nothing that an answer here can say; a person has to see them.
  if (ours.length > 1) return unclear("several");
  const intent: StripeIntent | null = readIntent(ours[0], { ...order, id: null, amount: null, currency: null }, null);
  return intent === null ? unclear("not_ours") : { kind: "intent", intent };
}
