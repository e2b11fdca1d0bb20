import type Stripe from "stripe";
import { err, ok, type Result } from "../../result.ts";
import type { SealedStripeKey, StripeCardOrder, StripeKeyOrder, StripeKeyRefusal } from "./api.ts";
import { callStripe, callWithKey, type StripeAnswer } from "./client.ts";
import { isStripeId, referenceOf } from "./fields.ts";
import { keyFormat, sealKey } from "./key.ts";
import type { RailContext } from "./rails.ts";

/** Asks Stripe with one read whether the key works, and seals it. What was not tried is not kept. */
export async function sealStripeKey(
  context: RailContext,
  { organization_id, mode, key }: StripeKeyOrder,
): Promise<Result<SealedStripeKey, StripeKeyRefusal>> {
  const format = keyFormat(key, mode);
  if (!format.ok) return format;
  const answer = await callWithKey(context, key, mode, {
    method: "GET",
    path: "/v1/payment_methods",
    parameters: { limit: 1 } satisfies Stripe.PaymentMethodListParams,
    idempotencyKey: null,
  });
  if (answer.kind !== "ok") return err(refusalOf(answer, NO_ANSWER));
  if (answer.body.object !== "list") return err(NO_ANSWER);
  return ok({ ...format.value, sealed_key: await sealKey(context.env, organization_id, key) });
}

/** A payment method that is attached to this customer: Stripe lets a customer's card be charged for no other one. */
export async function checkCard(context: RailContext, order: StripeCardOrder): Promise<Result<null, StripeKeyRefusal>> {
  const { customer, payment_method, mode } = order;
  if (!isStripeId(payment_method) || !isStripeId(customer)) return err(NOT_FOUND);
  const answer = await callStripe(context, order, {
    method: "GET",
    path: `/v1/payment_methods/${payment_method}`,
    parameters: {},
    idempotencyKey: null,
  });
  if (answer.kind !== "ok") return err(refusalOf(answer, NOT_FOUND));
  const { object, id, livemode, customer: attachedTo } = answer.body;
  const isCard = object === "payment_method" && id === payment_method && livemode === (mode === "live");
  if (!isCard) return err(NO_ANSWER);
  return referenceOf(attachedTo) === customer ? ok(null) : err(NOT_ATTACHED);
}

/** @param unknown What it means that Stripe does not know what was asked for. */
function refusalOf(answer: Exclude<StripeAnswer, { kind: "ok" }>, unknown: StripeKeyRefusal): StripeKeyRefusal {
  if (answer.kind !== "error") return NO_ANSWER;
  switch (answer.error.status) {
    case 401:
      return REFUSED;
    case 403:
      return RIGHTS;
    case 400:
    case 404:
      return unknown;
    default:
      return NO_ANSWER;
  }
}

const REFUSED: StripeKeyRefusal = {
  code: "key_refused",
  message:
    "Stripe refuses this key: it was revoked, has expired, or was never one. Make a new one in Stripe's dashboard.",
};
const RIGHTS: StripeKeyRefusal = {
  code: "key_rights",
  message:
    "This key may not read payment methods. A restricted key needs: PaymentIntents write, Refunds write, Charges read, Customers read, PaymentMethods read, and for buying from merchants Shared Payment write.",
};
const NOT_FOUND: StripeKeyRefusal = {
  code: "not_found",
  message:
    "The Stripe account of this key has no such payment method. Check the ids, and that they are of the same mode.",
};
const NOT_ATTACHED: StripeKeyRefusal = {
  code: "not_found",
  message:
    "This payment method is not attached to this customer. Attach it at Stripe, or name the customer that it belongs to.",
};
const NO_ANSWER: StripeKeyRefusal = {
  code: "no_answer",
  message: "Stripe gave no usable answer, so nothing was kept. Try again later.",
};
