import { describe, expect, it, vi } from "vitest";
import { STRIPE_LIMITS } from "../../../src/payments/stripe/limits.ts";
import { stripeRails } from "../../../src/payments/stripe/rails.ts";
import type { Seen } from "../support.ts";
import { context, cut, errorBody, json, list, lookOrder, refundBody, refundOrder, stripe } from "./support.ts";

type Answer = (request: Seen) => Response | Promise<Response>;
const refunded = async (answer: Answer) => {
  const out = stripe(answer);
  return { seen: await stripeRails(context(out)).stripeRefund(refundOrder), out };
};
const listed = async (answer: Answer, payment_intent = "pi_1") => {
  const out = stripe(answer);
  return { seen: await stripeRails(context(out)).stripeRefunds({ ...lookOrder, payment_intent }), out };
};
const refund = { id: "re_1", refund_id: refundOrder.refund_id, status: "succeeded", amount: 700, currency: "usd" };

describe("a refund", () => {
  it("is one POST under a key of its own id", async () => {
    const { seen, out } = await refunded(() => json(refundBody()));
    expect(seen).toEqual({ kind: "refund", refund });
    expect(out.seen).toHaveLength(1);
    const { url, method, headers, body } = out.seen[0]!;
    expect([method, url]).toEqual(["POST", "https://api.stripe.com/v1/refunds"]);
    expect(headers.get("idempotency-key")).toBe(`quetra-refund-${refundOrder.refund_id}`);
    expect(body).toBe(`payment_intent=pi_1&amount=700&metadata[quetra_refund]=${refundOrder.refund_id}`);
  });

  it.each(["pending", "requires_action", "failed", "canceled"])("can be %s", async (status) => {
    const { seen } = await refunded(() => json(refundBody({ status, payment_intent: { id: "pi_1" } })));
    expect(seen).toEqual({ kind: "refund", refund: { ...refund, status } });
  });

  it.each([
    { object: "charge" },
    { id: "" },
    { amount: 701 },
    { amount: 0 },
    { amount: 699.5 },
    { currency: "USD" },
    { payment_intent: "pi_2" },
    { payment_intent: null },
    { status: "a_new_status" },
    { status: null },
    { metadata: {} },
    { metadata: { quetra_refund: "rfd_2" } },
  ])("with %j is unclear", async (changes) => {
    expect((await refunded(() => json(refundBody(changes)))).seen).toEqual({ kind: "unclear", why: "not_ours" });
  });

  it.each([
    [400, { code: "charge_already_refunded" }, "charge_already_refunded"],
    [401, {}, "key_refused"],
    [403, {}, "key_rights"],
    [404, { code: "resource_missing" }, "resource_missing"],
  ])("with %d and %j is refused", async (status, error, code) => {
    expect((await refunded(() => json(errorBody(error), status))).seen).toEqual({ kind: "refused", code });
  });

  it.each([402, 500, 503, 302])("with %d is unclear", async (status) => {
    expect((await refunded(() => json(errorBody(), status))).seen).toEqual({
      kind: "unclear",
      why: `status_${status}`,
    });
  });

  it("without a whole answer is unclear, and a lock is busy", async () => {
    expect((await refunded(() => cut(200))).seen).toEqual({ kind: "unclear", why: "body_error" });
    const reset = await refunded(() => Promise.reject(new TypeError("reset")));
    expect(reset.seen).toEqual({ kind: "unclear", why: "no_answer" });
    const busy = await refunded(() => json(errorBody({ code: "lock_timeout" }), 409, { "retry-after": "1" }));
    expect(busy.seen).toEqual({ kind: "busy", retry_after_ms: 1000 });
  });

  it("reaches both fault points", async () => {
    const points: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      points.push(url.split("=")[1] ?? "");
      return new Response();
    });
    const out = stripe(() => {
      points.push("sent");
      return json(refundBody());
    });
    await stripeRails(context(out, { TEST_FAULT_URL: "http://127.0.0.1:1/" })).stripeRefund(refundOrder);
    vi.unstubAllGlobals();
    expect(points).toEqual(["before_send", "sent", "after_send"]);
  });
});

describe("the refunds of a PaymentIntent", () => {
  it("are those of all pages, and those that a person made at Stripe", async () => {
    const byHand = refundBody({ id: "re_2", amount: 5, metadata: {}, status: "pending" });
    const { seen, out } = await listed((request) =>
      json(request.url.includes("starting_after=re_2") ? list([refundBody()]) : list([byHand], true)),
    );
    expect(seen).toEqual({
      kind: "refunds",
      refunds: [{ id: "re_2", refund_id: null, status: "pending", amount: 5, currency: "usd" }, refund],
    });
    expect(out.seen[0]?.url).toBe("https://api.stripe.com/v1/refunds?payment_intent=pi_1&limit=100");
    expect((await listed(() => json(list([])))).seen).toEqual({ kind: "refunds", refunds: [] });
  });

  it("are so many pages and not one more", async () => {
    const pages = (count: number) => {
      let page = 0;
      return listed(() => json(list([refundBody({ id: `re_${page++}` })], page < count)));
    };
    expect((await pages(STRIPE_LIMITS.refundPages)).seen.kind).toBe("refunds");
    expect((await pages(STRIPE_LIMITS.refundPages + 1)).seen).toEqual({ kind: "unclear", why: "too_many" });
  });

  it("are unclear as a whole when one of them is", async () => {
    for (const changes of [{ status: "new" }, { payment_intent: "pi_2" }, { amount: -1 }]) {
      const { seen } = await listed(() => json(list([refundBody({ id: "re_2" }), refundBody(changes)])));
      expect(seen).toEqual({ kind: "unclear", why: "not_ours" });
    }
    for (const status of [401, 403, 404, 429, 500]) {
      expect((await listed(() => json(errorBody(), status))).seen.kind).toBe("unclear");
    }
  });
});
