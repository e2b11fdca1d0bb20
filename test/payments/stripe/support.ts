import type { Env } from "../../../src/env.ts";
import type { TokenOrder } from "../../../src/payments/acp/api.ts";
import { type SealedField, seal } from "../../../src/payments/seal.ts";
import type { StripeChargeOrder, StripeLookOrder, StripeRefundOrder } from "../../../src/payments/stripe/api.ts";
import type { RailContext } from "../../../src/payments/stripe/rails.ts";
import { type Seen, type World, world } from "../support.ts";

export const ORGANIZATION = "org_0000000000000000000001";
export const TRANSACTION = "txn_0000000000000000000001";
export const KEY = "rk_test_51Quetra00000000000000Canary";
export const LIVE_KEY = "sk_live_51Quetra00000000000000Canary";
export const env = { SEALING_SECRETS: "s1:fedcba9876543210fedcba9876543210" } as Env;
/** ms. */
export const NOW = 1_800_000_000_000;

export async function sealed(field: SealedField, text: string, organization = ORGANIZATION): Promise<string> {
  const result = await seal(env.SEALING_SECRETS, organization, field, text);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

export const account = {
  organization_id: ORGANIZATION,
  mode: "test",
  sealed_key: await sealed("stripe_key", KEY),
} as const;

export const chargeOrder: StripeChargeOrder = {
  ...account,
  transaction_id: TRANSACTION,
  charge: {
    amount: 2500,
    currency: "usd",
    customer: "cus_1",
    payment_method: "pm_1",
    description: "Ten seats & a [chair] (it's 100% *new*!)",
    statement_descriptor_suffix: "ACME",
    agent_id: "agt_1",
    mandate_id: "mnd_1",
    mandate_version: 3,
  },
};

export const lookOrder: StripeLookOrder = {
  ...account,
  transaction_id: TRANSACTION,
  customer: "cus_1",
  payment_intent: null,
  sent_at: NOW / 1000,
  posted_at: NOW / 1000 + 7_200,
};

export const refundOrder: StripeRefundOrder = {
  ...account,
  refund_id: "rfd_0000000000000000000001",
  payment_intent: "pi_1",
  amount: 700,
};

export const tokenOrder: TokenOrder = {
  ...account,
  transaction_id: TRANSACTION,
  payment_method: "pm_1",
  seller_profile: "profile_1",
  session_id: "cs_1",
  max_amount: 2500,
  currency: "usd",
  expires_at: NOW / 1000 + 600,
};

type Changes = Readonly<Record<string, unknown>>;

/** A PaymentIntent of `chargeOrder`, with what is of no interest here as well. */
export const intentBody = (changes: Changes = {}): Record<string, unknown> => ({
  id: "pi_1",
  object: "payment_intent",
  amount: 2500,
  amount_received: 2500,
  currency: "usd",
  customer: "cus_1",
  livemode: false,
  status: "succeeded",
  latest_charge: { id: "ch_1", object: "charge" },
  last_payment_error: null,
  metadata: { quetra_transaction: TRANSACTION, quetra_agent: "agt_1", quetra_mandate: "mnd_1@3" },
  a_new_member: { of: ["Stripe"] },
  ...changes,
});

export const refundBody = (changes: Changes = {}): Record<string, unknown> => ({
  id: "re_1",
  object: "refund",
  amount: 700,
  currency: "usd",
  payment_intent: "pi_1",
  status: "succeeded",
  metadata: { quetra_refund: refundOrder.refund_id },
  ...changes,
});

export const tokenBody = (changes: Changes = {}): Record<string, unknown> => ({
  id: "spt_1Canary",
  object: "shared_payment.issued_token",
  livemode: false,
  payment_method: "pm_1",
  status: "active",
  deactivated_reason: null,
  seller_details: { network_business_profile: "profile_1", external_id: "cs_1" },
  usage_limits: { currency: "usd", max_amount: 2500, expires_at: NOW / 1000 + 600 },
  usage_details: { amount_captured: null },
  ...changes,
});

export const errorBody = (changes: Changes = {}) => ({
  error: { type: "invalid_request_error", message: "Words of Stripe with rk_test_Canary", ...changes },
});

export const declined = (changes: Changes = {}, intent: Changes = {}) =>
  errorBody({
    type: "card_error",
    code: "card_declined",
    decline_code: "insufficient_funds",
    advice_code: "try_again_later",
    payment_intent: intentBody({ status: "requires_payment_method", amount_received: 0, ...intent }),
    ...changes,
  });

export const list = (data: readonly unknown[], has_more = false) => ({ object: "list", data, has_more, url: "/v1/x" });

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers });

export const stripe = (answer: (request: Seen) => Response | Promise<Response>, policy?: World["policy"]): World =>
  world(answer, policy);

export const context = (outbound: World, changes: Partial<Env> = {}): RailContext => ({
  env: { ...env, ...changes },
  outbound,
  now: () => NOW,
});

/** A body that breaks off. */
export const cut = (status: number): Response => {
  let sent = false;
  const stream = new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(new Error("cut"));
      sent = true;
      controller.enqueue(new TextEncoder().encode('{"id":'));
    },
  });
  return new Response(stream, { status });
};
