import { describe, expect, it } from "vitest";
import { stripeRails } from "../../../src/payments/stripe/rails.ts";
import type { Seen } from "../support.ts";
import { context, errorBody, intentBody, json, lookOrder, stripe } from "./support.ts";

type Answer = (request: Seen) => Response | Promise<Response>;

describe("a cancellation", () => {
  const order = { ...lookOrder, payment_intent: "pi_1" };
  const cancel = async (answer: Answer, changes = {}) => {
    const out = stripe(answer);
    return { seen: await stripeRails(context(out)).stripeCancel({ ...order, ...changes }), out };
  };

  it("says what the PaymentIntent is now, each time under another key", async () => {
    const body = intentBody({ status: "canceled", amount_received: 0 });
    const [one, two] = [await cancel(() => json(body)), await cancel(() => json(body))];
    expect(one.seen).toMatchObject({ kind: "intent", intent: { id: "pi_1", status: "canceled" } });
    const [request] = one.out.seen;
    expect([request?.method, request?.url]).toEqual(["POST", "https://api.stripe.com/v1/payment_intents/pi_1/cancel"]);
    expect(request?.body).toBe("cancellation_reason=abandoned&expand[0]=latest_charge");
    const keys = [one, two].map(({ out }) => out.seen[0]?.headers.get("idempotency-key"));
    expect(keys[0]).toMatch(/^quetra-cancel-txn_/);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("that comes too late is the PaymentIntent that succeeded", async () => {
    const body = errorBody({ code: "payment_intent_unexpected_state", payment_intent: intentBody() });
    expect((await cancel(() => json(body, 400))).seen).toMatchObject({
      kind: "intent",
      intent: { id: "pi_1", status: "succeeded" },
    });
  });

  it.each([400, 401, 403, 404])("that is refused with %d proves nothing", async (status) => {
    expect((await cancel(() => json(errorBody(), status))).seen).toMatchObject({ kind: "unclear" });
  });

  it("of another PaymentIntent than was asked for is none", async () => {
    expect((await cancel(() => json(intentBody({ id: "pi_2" })))).seen).toMatchObject({ kind: "unclear" });
  });

  it.each(["../refunds", "pi_1/capture", "pi_1?x", ""])("of %j asks nothing", async (payment_intent) => {
    const { seen, out } = await cancel(() => json(intentBody()), { payment_intent });
    expect(seen).toEqual({ kind: "unclear", why: "malformed_id" });
    expect(out.seen).toEqual([]);
  });
});
