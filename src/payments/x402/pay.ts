import { log } from "../../edge/log.ts";
import type { Env } from "../../env.ts";
import { answerOf } from "../answer.ts";
import { faultPoint } from "../fault.ts";
import { deadline, GUARD_LIMITS } from "../guard.ts";
import type {
  HttpAnswer,
  Observation,
  PaymentGrant,
  PaymentOrder,
  PaymentOutcome,
  RequestRefusal,
  SellerReceipt,
} from "../rails-api.ts";
import { type Outbound, type Prepared, send } from "../send.ts";
import { observe } from "./chain.ts";
import { checkOrder, SIGNER_REFUSED } from "./check-order.ts";
import { type PaymentHeader, signPayment } from "./payload.ts";
import { readReceipt } from "./receipt.ts";
import { openWallet } from "./wallet.ts";

export interface PayContext {
  readonly env: Env;
  readonly outbound: Outbound;
  /** Unix seconds; asked before the signature and again for the look at the chain. */
  readonly now: () => number;
}

/**
 * One decision, one signature, one request. Whatever is not exactly as it was decided is not signed; whatever happens
 * after the signature is an outcome, and never a reason to sign or to send again (x402.md section 3).
 */
export async function pay(order: PaymentOrder, context: PayContext): Promise<PaymentOutcome> {
  const { env, outbound, now } = context;
  const checked = checkOrder(order, outbound.policy, now());
  if (!checked.ok) return notSigned(checked.error, null);
  const wallet = await openWallet(env, order.organization_id, order.sealed_key);
  if (!wallet.ok) {
    log("error", "wallet_unreadable", { reason: wallet.error.reason, hint: wallet.error.message });
    return notSigned(WALLET_UNREADABLE, null);
  }
  const { account, resealed } = wallet.value;
  const payment = await signPayment(order, checked.value.quote, account);
  if (payment === null) return notSigned(SIGNER_REFUSED, resealed);
  const signedAt = now();
  await faultPoint(env, "after_sign");

  const { answer, receipt } = await sendPaid(checked.value.request, payment, outbound);
  await faultPoint(env, "after_send");
  const observation = await observeGrant(order.grant, signedAt, context);
  await faultPoint(env, "after_observe");
  return { signed: true, refusal: null, answer, receipt, observation, resealed };
}

/** A redirect is not followed: the signature is for the resource that was quoted, and for nobody else's eyes. */
async function sendPaid(
  request: Prepared,
  payment: PaymentHeader,
  outbound: Outbound,
): Promise<{ answer: HttpAnswer | null; receipt: SellerReceipt | null }> {
  const signal = deadline();
  const headers = { ...request.headers, [payment.name]: payment.value };
  const sent = await send(outbound, { ...request, headers }, signal);
  if (!sent.ok) return { answer: null, receipt: null };
  const { status, headers: received } = sent.value;
  const receipt = readReceipt(status, received);
  const body = await sent.value.read(GUARD_LIMITS.responseBytes);
  const isBroken = body.ended === "timeout" || body.ended === "error";
  return { answer: isBroken ? null : answerOf(request.url, sent.value, body), receipt };
}

async function observeGrant(
  { network, asset, from, nonce, valid_after, valid_before }: PaymentGrant,
  signedAt: number,
  { env, outbound, now }: PayContext,
): Promise<Observation> {
  const signed = { network, asset, from, nonce, valid_after, valid_before, signed_at: signedAt };
  const [observation] = await observe([signed], { env, outbound, now: now() });
  return observation ?? { state: "unreadable" };
}

const notSigned = (refusal: RequestRefusal, resealed: string | null): PaymentOutcome => ({
  signed: false,
  refusal,
  answer: null,
  receipt: null,
  observation: { state: "unreadable" },
  resealed,
});

const WALLET_UNREADABLE: RequestRefusal = {
  code: "wallet_unreadable",
  message: "The organization's wallet could not be opened; nothing was signed. Its operator has to look at it.",
};
