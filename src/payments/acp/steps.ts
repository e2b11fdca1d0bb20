import { log } from "../../edge/log.ts";
import { LIMITS } from "../../limits.ts";
import { faultPoint } from "../fault.ts";
import { deadline } from "../guard.ts";
import { open } from "../seal.ts";
import type { RailContext } from "../stripe/rails.ts";
import type { CheckoutCompleteOrder, CheckoutSeen, CheckoutSessionOrder } from "./api.ts";
import { openBearer } from "./merchant.ts";
import { type Call, type Heard, PROTOCOLS } from "./protocol.ts";

/**
 * Completes a session with its token: one request, under a key that belongs to the transaction, so that the same order
 * again is the same request. Whether it paid is not the merchant's word, but Stripe's on the token.
 */
export async function completeSession(order: CheckoutCompleteOrder, desk: RailContext): Promise<CheckoutSeen> {
  const { env } = desk;
  const { merchant, session_id, transaction_id, handler_id, buyer } = order;
  const call = await callOf(order, desk, `quetra-complete-${transaction_id}`);
  const token = await open(env.SEALING_SECRETS, merchant.organization_id, "payment_token", order.sealed_token);
  if (!token.ok) {
    log("error", "payment_token_unreadable", { reason: token.error.reason, hint: token.error.message });
    return NOT_SENT;
  }
  if (call === null) return NOT_SENT;
  await faultPoint(env, "before_send");
  const payment = { token: token.value.plaintext, handler_id, buyer };
  const heard = await PROTOCOLS[merchant.protocol].complete(call, session_id, payment);
  await faultPoint(env, "after_send");
  return seen(heard);
}

export async function readSession(order: CheckoutSessionOrder, desk: RailContext): Promise<CheckoutSeen> {
  const call = await callOf(order, desk, null);
  return call === null ? NOT_SENT : seen(await PROTOCOLS[order.merchant.protocol].read(call, order.session_id));
}

/** A session that cannot be canceled any more is refused with 405, which is as good. */
export async function cancelSession(order: CheckoutSessionOrder, desk: RailContext): Promise<CheckoutSeen> {
  const call = await callOf(order, desk, `quetra-cancel-${order.transaction_id}`);
  return call === null ? NOT_SENT : seen(await PROTOCOLS[order.merchant.protocol].cancel(call, order.session_id));
}

/** Null when the bearer cannot be opened. Later steps go where the session was made, whatever discovery says by then. */
async function callOf(order: CheckoutSessionOrder, desk: RailContext, key: string | null): Promise<Call | null> {
  const bearer = await openBearer(order.merchant, desk.env);
  const { api_base_url, version } = order;
  const signal = deadline(LIMITS.providerCallMs);
  return bearer === null ? null : { desk, place: { api_base_url, version }, bearer, key, signal };
}

const seen = (heard: Heard): CheckoutSeen =>
  heard.kind === "session" ? { kind: "session", session: heard.view.session } : heard;

/** Unclear and not refused: an earlier request of the same order may have arrived. */
const NOT_SENT: CheckoutSeen = { kind: "unclear", why: "not_sent_unreadable_seal" };
