import type Stripe from "stripe-preview";
import { log } from "../../edge/log.ts";
import type { TokenHandle, TokenIssued, TokenOrder, TokenSeen } from "../acp/api.ts";
import { faultPoint } from "../fault.ts";
import { open, seal } from "../seal.ts";
import { callStripe, refusalCode, type StripeAnswer, type StripeRequest, unclear } from "./client.ts";
import { isStripeId } from "./fields.ts";
import type { RailContext } from "./rails.ts";
import { isTokenOf, seenOf, tokenId } from "./token.ts";

const PATH = "/v1/shared_payment/issued_tokens";
const FIELD = "payment_token";

/**
 * A Shared Payment Token for exactly this total, seller and session, sealed. The same order again replays the same one. A
 * token that was refused is one that nobody has: without its id nothing can be taken with it.
 */
export async function issueToken(context: RailContext, order: TokenOrder): Promise<TokenIssued> {
  await faultPoint(context.env, "before_send");
  const answer = await callStripe(context, order, {
    method: "POST",
    path: PATH,
    parameters: tokenParameters(order),
    idempotencyKey: `quetra-token-${order.transaction_id}`,
    preview: true,
  });
  await faultPoint(context.env, "after_send");
  if (answer.kind === "error") return { kind: "refused", code: refusalCode(answer.error) };
  if (answer.kind !== "ok") return answer;
  const id = tokenId(answer.body, order.mode);
  if (id === null || !isTokenOf(answer.body, order)) return unclear("not_ours");
  const sealed = await seal(context.env.SEALING_SECRETS, order.organization_id, FIELD, id);
  if (!sealed.ok) return unclear("not_sealed");
  return { kind: "token", sealed_token: sealed.value, seen: seenOf(answer.body) };
}

/** The seller sees the metadata: it holds the transaction's id, and no more. */
export const tokenParameters = (order: TokenOrder) =>
  ({
    payment_method: order.payment_method,
    seller_details: { network_business_profile: order.seller_profile, external_id: order.session_id },
    usage_limits: { currency: order.currency, max_amount: order.max_amount, expires_at: order.expires_at },
    shared_metadata: { quetra_transaction: order.transaction_id },
  }) satisfies Stripe.SharedPayment.IssuedTokenCreateParams;

/** What Stripe says of the token now. */
export async function readToken(context: RailContext, order: TokenHandle): Promise<TokenSeen> {
  const id = await openToken(context, order);
  return id === null ? unclear("token_unreadable") : readById(context, order, id);
}

/**
 * Revokes the token where it is unused; answers what it is now. One that Stripe will not revoke is read: it may have been
 * used already. The key is another one each time, so that no stored answer of an earlier try speaks for the present.
 */
export async function revokeToken(context: RailContext, order: TokenHandle): Promise<TokenSeen> {
  const id = await openToken(context, order);
  if (id === null) return unclear("token_unreadable");
  const answer = await callStripe(context, order, {
    method: "POST",
    path: `${PATH}/${id}/revoke`,
    parameters: {} satisfies Stripe.SharedPayment.IssuedTokenRevokeParams,
    idempotencyKey: `quetra-revoke-${crypto.randomUUID()}`,
    preview: true,
  });
  return answer.kind === "error" ? readById(context, order, id) : seen(answer, order, id);
}

async function readById(context: RailContext, order: TokenHandle, id: string): Promise<TokenSeen> {
  const request: StripeRequest = {
    method: "GET",
    path: `${PATH}/${id}`,
    parameters: {} satisfies Stripe.SharedPayment.IssuedTokenRetrieveParams,
    idempotencyKey: null,
    preview: true,
  };
  return seen(await callStripe(context, order, request), order, id);
}

/** That a token is not found proves nothing: the key may be of another account by now. */
function seen(answer: StripeAnswer, { mode }: TokenHandle, id: string): TokenSeen {
  switch (answer.kind) {
    case "ok":
      return tokenId(answer.body, mode) === id ? seenOf(answer.body) : unclear("not_ours");
    case "error":
      return unclear(`refused_${refusalCode(answer.error)}`);
    case "busy":
      return unclear("busy");
    case "unclear":
      return answer;
  }
}

async function openToken({ env }: RailContext, order: TokenHandle): Promise<string | null> {
  const opened = await open(env.SEALING_SECRETS, order.organization_id, FIELD, order.sealed_token);
  if (opened.ok) return isStripeId(opened.value.plaintext) ? opened.value.plaintext : null;
  log("error", "payment_token_unreadable", { reason: opened.error.reason, hint: opened.error.message });
  return null;
}
