import { describe, expect, it } from "vitest";
import { STRIPE_LIMITS } from "../../../src/payments/stripe/limits.ts";
import { stripeRails } from "../../../src/payments/stripe/rails.ts";
import type { Seen } from "../support.ts";
import {
  context,
  cut,
  declined,
  errorBody,
  intentBody,
  json,
  list,
  lookOrder,
  stripe,
  TRANSACTION,
} from "./support.ts";

type Answer = (request: Seen) => Response | Promise<Response>;

async function looked(answer: Answer, changes = {}) {
  const out = stripe(answer);
  return { seen: await stripeRails(context(out)).stripeLook({ ...lookOrder, ...changes }), out };
}
const intent = { id: "pi_1", status: "succeeded", amount: 2500, amount_received: 2500, charge: "ch_1", failure: null };
const other = (n: number) => intentBody({ id: `pi_other${n}`, metadata: { quetra_transaction: `txn_other${n}` } });

describe("a look by id", () => {
  const byId = (answer: Answer) => looked(answer, { payment_intent: "pi_1" });

  it("is one GET of that PaymentIntent", async () => {
    const { seen, out } = await byId(() => json(intentBody()));
    expect(seen).toMatchObject({ kind: "intent", intent });
    const [{ method, url, body, headers } = {} as Seen] = out.seen;
    expect(out.seen).toHaveLength(1);
    expect([method, url, body]).toEqual([
      "GET",
      "https://api.stripe.com/v1/payment_intents/pi_1?expand[0]=latest_charge",
      null,
    ]);
    expect([headers.get("idempotency-key"), headers.get("content-type")]).toEqual([null, null]);
  });

  it("says another amount than was charged: what counts is what Stripe has", async () => {
    const { seen } = await byId(() => json(intentBody({ amount: 9, amount_received: 8, currency: "eur" })));
    expect(seen).toMatchObject({ intent: { amount: 9, amount_received: 8, currency: "eur" } });
  });

  it("says why it failed, out of the PaymentIntent itself", async () => {
    const body = intentBody({
      status: "requires_payment_method",
      amount_received: 0,
      last_payment_error: { code: "card_declined", decline_code: "expired_card", message: "Words" },
    });
    const failure = { code: "card_declined", decline_code: "expired_card", advice_code: null };
    expect((await byId(() => json(body))).seen).toMatchObject({ intent: { failure } });
  });

  it.each([{ id: "pi_2" }, { livemode: true }, { customer: "cus_2" }, { metadata: {} }, { status: "new" }])(
    "of one with %j is unclear",
    async (changes) => {
      expect((await byId(() => json(intentBody(changes)))).seen).toEqual({ kind: "unclear", why: "not_ours" });
    },
  );

  it.each([400, 401, 403, 404])(
    "that is refused with %d proves nothing: neither absent nor refused",
    async (status) => {
      expect((await byId(() => json(errorBody(), status))).seen).toMatchObject({ kind: "unclear" });
      expect((await byId(() => json(declined({}, { id: "pi_2" }), 402))).seen).toMatchObject({ kind: "unclear" });
    },
  );

  it("can be busy", async () => {
    const busy = await byId(() => json({}, 429, { "retry-after": "2" }));
    expect(busy.seen).toEqual({ kind: "busy", retry_after_ms: 2000 });
  });

  it.each(["..", "pi_1/cancel", ""])("of %j asks nothing", async (payment_intent) => {
    const { seen, out } = await looked(() => json(intentBody()), { payment_intent });
    expect([seen.kind, out.seen]).toEqual(["unclear", []]);
  });
});

describe("a look without an id", () => {
  it("reads the customer's PaymentIntents of the time in which it was sent, to the end, and knows ours by its metadata", async () => {
    const { seen, out } = await looked((request) =>
      json(request.url.includes("starting_after") ? list([other(2), intentBody()]) : list([other(0), other(1)], true)),
    );
    expect(seen).toMatchObject({ kind: "intent", intent });
    const gte = lookOrder.sent_at - STRIPE_LIMITS.clockSeconds;
    const lte = lookOrder.posted_at + STRIPE_LIMITS.clockSeconds;
    const base = `https://api.stripe.com/v1/payment_intents?customer=cus_1&created[gte]=${gte}&created[lte]=${lte}&limit=40`;
    expect(out.seen.map(({ url }) => url)).toEqual([base, `${base}&starting_after=pi_other1`]);
  });

  it("is absent only when the whole list was read", async () => {
    expect((await looked(() => json(list([])))).seen).toEqual({ kind: "absent" });
    expect((await looked(() => json(list([other(0), other(1)])))).seen).toEqual({ kind: "absent" });
    let page = 0;
    const broken = await looked(() => (page++ === 0 ? json(list([other(0)], true)) : cut(200)));
    expect(broken.seen).toEqual({ kind: "unclear", why: "body_error" });
  });

  it("of as many pages as are read, and of one more", async () => {
    const pages = (count: number) => {
      let page = 0;
      return looked(() => json(list([other(page++)], page < count)));
    };
    const most = await pages(STRIPE_LIMITS.intentPages);
    expect([most.seen, most.out.seen.length]).toEqual([{ kind: "absent" }, STRIPE_LIMITS.intentPages]);
    const more = await pages(STRIPE_LIMITS.intentPages + 1);
    expect([more.seen, more.out.seen.length]).toEqual([
      { kind: "unclear", why: "too_many" },
      STRIPE_LIMITS.intentPages,
    ]);
  });

  it("meets the same object on two pages once, and two of one transaction as what a person has to see", async () => {
    const overlap = await looked((request) => json(list([intentBody()], !request.url.includes("starting_after"))));
    expect(overlap.seen).toMatchObject({ kind: "intent", intent });
    const circle = await looked(() => json(list([intentBody()], true)));
    expect([circle.seen, circle.out.seen.length]).toEqual([{ kind: "unclear", why: "not_a_list" }, 2]);
    const several = await looked(() => json(list([intentBody(), intentBody({ id: "pi_2" })])));
    expect(several.seen).toEqual({ kind: "unclear", why: "several" });
    const same = await looked(() => json(list([intentBody(), intentBody()])));
    expect(same.seen).toMatchObject({ kind: "intent", intent });
  });

  it.each([
    { object: "search_result", data: [], has_more: false },
    { object: "list", data: {}, has_more: false },
    { object: "list", data: [] },
    { object: "list", data: [], has_more: true },
    { object: "list", data: [null], has_more: false },
    { object: "list", data: [{ id: "../x" }], has_more: false },
    {},
  ])("of %j is unclear", async (body) => {
    expect((await looked(() => json(body))).seen).toEqual({ kind: "unclear", why: "not_a_list" });
  });

  it.each([{ livemode: true }, { customer: "cus_2" }, { status: "new" }, { amount: 1.5 }])(
    "of ours with %j is unclear, and not absent",
    async (changes) => {
      const { seen } = await looked(() => json(list([intentBody(changes)])));
      expect(seen).toEqual({ kind: "unclear", why: "not_ours" });
    },
  );

  it.each([400, 401, 402, 403, 404, 500])("that fails with %d is unclear, and not absent", async (status) => {
    expect((await looked(() => json(errorBody(), status))).seen).toMatchObject({ kind: "unclear" });
  });

  it("is not deceived by the metadata of a prototype", async () => {
    const item = JSON.parse(`{"id":"pi_9","metadata":{"__proto__":{"quetra_transaction":"${TRANSACTION}"}}}`);
    expect((await looked(() => json(list([item])))).seen).toEqual({ kind: "absent" });
  });
});
