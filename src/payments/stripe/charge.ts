import type Stripe from "stripe";
import { faultPoint } from "../fault.ts";
import type { StripeCharge, StripeChargeOrder, StripeLookOrder, StripeSeen } from "./api.ts";
import { callStripe, refusalCode, type StripeAnswer, unclear } from "./client.ts";
import { isStripeId } from "./fields.ts";
import { type ExpectedIntent, readIntent, TRANSACTION } from "./intent.ts";
import type { RailContext } from "./rails.ts";

const PATH = "/v1/payment_intents";

/**
 * Creates and confirms the PaymentIntent of this transaction, while its cardholder is away. The idempotency key is made of the
 * transaction's id alone, so that the same order is carried out once however often it is sent.
 */
export async function charge(context: RailContext, order: StripeChargeOrder): Promise<StripeSeen> {
  await faultPoint(context.env, "before_send");
  const answer = await callStripe(context, order, {
    method: "POST",
    path: PATH,
    parameters: chargeParameters(order.transaction_id, order.charge),
    idempotencyKey: `quetra-charge-${order.transaction_id}`,
  });
  await faultPoint(context.env, "after_send");
  const { customer, amount, currency } = order.charge;
  return seen(answer, { ...order, customer, amount, currency, id: null }, "create");
}

/**
 * `error_on_requires_action`: a card that wants its holder is an error, and not a PaymentIntent that waits for somebody who
 * is not there. `allow_redirects`: for the same reason. `off_session` tells the bank that this is so.
 */
export function chargeParameters(transactionId: string, charge: StripeCharge) {
  const { amount, currency, customer, payment_method, description, statement_descriptor_suffix } = charge;
  return {
    amount,
    currency,
    customer,
    payment_method,
    confirm: true,
    off_session: true,
    error_on_requires_action: true,
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    ...(description === null ? {} : { description }),
    ...(statement_descriptor_suffix === null ? {} : { statement_descriptor_suffix }),
    metadata: {
      [TRANSACTION]: transactionId,
      quetra_agent: charge.agent_id,
      quetra_mandate: `${charge.mandate_id}@${charge.mandate_version}`,
    },
    expand: ["latest_charge"],
  } satisfies Stripe.PaymentIntentCreateParams;
}

/** Reads the PaymentIntent by its id. */
export async function readCharge(
  context: RailContext,
  order: StripeLookOrder & { readonly payment_intent: string },
): Promise<StripeSeen> {
  if (!isStripeId(order.payment_intent)) return unclear("malformed_id");
  const answer = await callStripe(context, order, {
    method: "GET",
    path: `${PATH}/${order.payment_intent}`,
    parameters: { expand: ["latest_charge"] } satisfies Stripe.PaymentIntentRetrieveParams,
    idempotencyKey: null,
  });
  return seen(answer, { ...order, ...ANY_AMOUNT, id: order.payment_intent }, "other");
}

/**
 * Cancels what can still be canceled. Its key is another one each time: a cancel that is carried out twice does no more
 * than once, while the stored answer of an earlier one would say for a day what the PaymentIntent was then.
 */
export async function cancelCharge(
  context: RailContext,
  order: StripeLookOrder & { readonly payment_intent: string },
): Promise<StripeSeen> {
  if (!isStripeId(order.payment_intent)) return unclear("malformed_id");
  const answer = await callStripe(context, order, {
    method: "POST",
    path: `${PATH}/${order.payment_intent}/cancel`,
    parameters: {
      cancellation_reason: "abandoned",
      expand: ["latest_charge"],
    } satisfies Stripe.PaymentIntentCancelParams,
    idempotencyKey: `quetra-cancel-${order.transaction_id}-${crypto.randomUUID()}`,
  });
  return seen(answer, { ...order, ...ANY_AMOUNT, id: order.payment_intent }, "other");
}

/** A look does not know what was asked for: the object compares. */
const ANY_AMOUNT = { amount: null, currency: null } as const;

/**
 * The outcome table. An error that carries a PaymentIntent is about one that exists, whatever its status. Without one, an
 * error of 402 is unclear: the card was asked, so there should be one. Refused is only what Stripe judged before it made
 * anything, and only of the request that creates: that a look or a cancel is refused says nothing of the money.
 */
function seen(answer: StripeAnswer, expected: ExpectedIntent, asked: "create" | "other"): StripeSeen {
  if (answer.kind === "busy" || answer.kind === "unclear") return answer;
  const error = answer.kind === "error" ? answer.error : null;
  const found = answer.kind === "ok" ? answer.body : answer.error.payment_intent;
  const intent = readIntent(found, expected, error);
  if (intent !== null) return { kind: "intent", intent };
  if (error === null || found !== null) return unclear("not_ours");
  if (error.status === 402) return unclear("card_error_alone");
  const code = refusalCode(error);
  return asked === "create" ? { kind: "refused", code } : unclear(`refused_${code}`);
}
