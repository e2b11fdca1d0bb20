import { env } from "cloudflare:workers";
import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { type RailContext, stripeRails } from "../../../src/payments/stripe/rails.ts";
import { issueToken } from "../../../src/payments/stripe/tokens.ts";
import { chargeOrder, intentBody, json, KEY, list, ORGANIZATION, stripe, tokenBody, tokenOrder } from "./support.ts";

describe("Stripe's side of Rails, in workerd", () => {
  it("opens what it sealed, charges with it, and issues a token", async () => {
    const out = stripe(({ url, method }) => {
      if (url.endsWith("issued_tokens")) return json(tokenBody());
      return json(method === "POST" ? intentBody() : list([]));
    });
    const context: RailContext = { env, outbound: out, now: Date.now };
    const rails = stripeRails(context);
    const kept = await rails.sealStripeKey({ organization_id: ORGANIZATION, mode: "test", key: KEY });
    if (!kept.ok) throw new Error(kept.error.message);
    const { sealed_key } = kept.value;
    const seen = await rails.stripeCharge({ ...chargeOrder, sealed_key });
    expect(seen).toMatchObject({ kind: "intent", intent: { status: "succeeded", amount_received: 2500 } });
    const made = await issueToken(context, { ...tokenOrder, sealed_key });
    expect(made).toMatchObject({ kind: "token", seen: { kind: "active" } });
    expect(out.seen.map(({ headers }) => headers.get("authorization"))).toEqual(Array(3).fill(`Bearer ${KEY}`));
  });

  it("verifies through the entrypoint what Stripe's library signed, and nothing else", async () => {
    const secret = "whsec_0123456789abcdef0123456789abcdef";
    const sealed_secrets = [await env.RAILS.sealHookSecret(ORGANIZATION, secret)];
    const body = JSON.stringify({
      ...{ id: "evt_1", object: "event", type: "charge.refunded", livemode: false, created: 1 },
      data: { object: { object: "charge", id: "ch_1", payment_intent: "pi_1" } },
    });
    const { webhooks } = new Stripe(KEY);
    const cryptoProvider = Stripe.createSubtleCryptoProvider();
    const signature = await webhooks.generateTestHeaderStringAsync({ payload: body, secret, cryptoProvider });
    const message = { organization_id: ORGANIZATION, sealed_secrets, signature, body };
    expect(await env.RAILS.openStripeEvent(message)).toMatchObject({ id: "evt_1", payment_intent: "pi_1" });
    expect(await env.RAILS.openStripeEvent({ ...message, body: `${body} ` })).toBeNull();
    const organization_id = "org_0000000000000000000002";
    expect(await env.RAILS.openStripeEvent({ ...message, organization_id })).toBeNull();
  });

  it("a key of the wrong kind is refused through the entrypoint before anything is asked", async () => {
    const key = "pk_test_51Quetra00000000000000Canary";
    const refused = await env.RAILS.sealStripeKey({ organization_id: ORGANIZATION, mode: "test", key });
    expect(refused).toEqual({
      ok: false,
      error: { code: "publishable_key", message: expect.not.stringContaining("Canary") },
    });
  });
});
