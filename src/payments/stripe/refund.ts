import type Stripe from "stripe";
import { faultPoint } from "../fault.ts";
import type {
  StripeLookOrder,
  StripeRefundOrder,
  StripeRefundSeen,
  StripeRefundState,
  StripeRefundsSeen,
} from "./api.ts";
import { callStripe, refusalCode, unclear } from "./client.ts";
import { isCurrency, isFields, isMinor, isStripeId, metadataOf, referenceOf } from "./fields.ts";
import { STRIPE_LIMITS } from "./limits.ts";
import { readPages } from "./pages.ts";
import type { RailContext } from "./rails.ts";

/** Name in the metadata by which a refund of ours is told from one that a person made at Stripe. */
const REFUND = "quetra_refund";
const PATH = "/v1/refunds";
const PAGE = { size: STRIPE_LIMITS.refundsPerPage, pages: STRIPE_LIMITS.refundPages };

const STATUSES: readonly string[] = [
  "pending",
  "requires_action",
  "succeeded",
  "failed",
  "canceled",
] satisfies StripeRefundState["status"][];

/** Creates one refund, once per id of ours, however often it is sent. */
export async function refund(context: RailContext, order: StripeRefundOrder): Promise<StripeRefundSeen> {
  await faultPoint(context.env, "before_send");
  const answer = await callStripe(context, order, {
    method: "POST",
    path: PATH,
    parameters: refundParameters(order),
    idempotencyKey: `quetra-refund-${order.refund_id}`,
  });
  await faultPoint(context.env, "after_send");
  switch (answer.kind) {
    case "ok": {
      const made = readRefund(answer.body, order.payment_intent);
      const isOurs = made !== null && made.refund_id === order.refund_id && made.amount === order.amount;
      return isOurs ? { kind: "refund", refund: made } : unclear("not_ours");
    }
    case "error":
      // No refund is made with a card's answer, so a 402 is nothing that is known here.
      return answer.error.status === 402 ? unclear("status_402") : { kind: "refused", code: refusalCode(answer.error) };
    default:
      return answer;
  }
}

export const refundParameters = ({ payment_intent, amount, refund_id }: StripeRefundOrder) =>
  ({ payment_intent, amount, metadata: { [REFUND]: refund_id } }) satisfies Stripe.RefundCreateParams;

/** All refunds of a PaymentIntent, also those that were made at Stripe by hand. */
export async function refunds(
  context: RailContext,
  order: StripeLookOrder & { readonly payment_intent: string },
): Promise<StripeRefundsSeen> {
  const { payment_intent } = order;
  const parameters = { payment_intent } satisfies Stripe.RefundListParams;
  const all = await readPages(context, order, { path: PATH, parameters, ...PAGE });
  if (!all.ok) return all.error.kind === "busy" ? unclear("busy") : all.error;
  const read: StripeRefundState[] = [];
  for (const item of all.value) {
    const one = readRefund(item, payment_intent);
    if (one === null) return unclear("not_ours");
    read.push(one);
  }
  return { kind: "refunds", refunds: read };
}

/** Null for what is no refund of this PaymentIntent, and for a status that is not known. */
function readRefund(value: unknown, paymentIntent: string): StripeRefundState | null {
  if (!isFields(value) || value.object !== "refund" || referenceOf(value.payment_intent) !== paymentIntent) return null;
  const { id, status, amount, currency } = value;
  if (!isStripeId(id) || !isMinor(amount) || amount === 0 || !isCurrency(currency) || !isStatus(status)) return null;
  return { id, refund_id: metadataOf(value, REFUND), status, amount, currency };
}

const isStatus = (value: unknown): value is StripeRefundState["status"] =>
  typeof value === "string" && STATUSES.includes(value);
