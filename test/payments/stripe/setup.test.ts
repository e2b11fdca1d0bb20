import { describe, expect, it } from "vitest";
import { open } from "../../../src/payments/seal.ts";
import type { StripeKeyOrder } from "../../../src/payments/stripe/api.ts";
import { stripeRails } from "../../../src/payments/stripe/rails.ts";
import type { Seen } from "../support.ts";
import { account, context, cut, env, errorBody, json, KEY, LIVE_KEY, list, ORGANIZATION, stripe } from "./support.ts";

type Answer = (request: Seen) => Response | Promise<Response>;
const order: StripeKeyOrder = { organization_id: ORGANIZATION, mode: "test", key: KEY };

const kept = async (answer: Answer, changes: Partial<StripeKeyOrder> = {}, variables = {}) => {
  const out = stripe(answer);
  const result = await stripeRails(context(out, variables)).sealStripeKey({ ...order, ...changes });
  if (!result.ok) expect(JSON.stringify(result)).not.toMatch(/Canary|Words of Stripe/);
  return { result, out };
};
const carded = async (answer: Answer, changes = {}) => {
  const out = stripe(answer);
  const rails = stripeRails(context(out));
  return {
    result: await rails.checkStripeCard({ ...account, customer: "cus_1", payment_method: "pm_1", ...changes }),
    out,
  };
};
const refusal = (code: string) => ({ ok: false, error: { code, message: expect.any(String) } });

describe("a key that is to be kept", () => {
  it("is asked once for something harmless, and sealed", async () => {
    const { result, out } = await kept(() => json(list([])));
    if (!result.ok) throw new Error(result.error.message);
    expect(out.seen.map(({ method, url }) => [method, url])).toEqual([
      ["GET", "https://api.stripe.com/v1/payment_methods?limit=1"],
    ]);
    expect(out.seen[0]?.headers.get("authorization")).toBe(`Bearer ${KEY}`);
    expect(result.value).toEqual({ kind: "restricted", last4: "nary", sealed_key: expect.stringMatching(/^v1\.s1\./) });
    const opened = await open(env.SEALING_SECRETS, ORGANIZATION, "stripe_key", result.value.sealed_key);
    expect(opened.ok && opened.value.plaintext).toBe(KEY);
    const secret = await kept(() => json(list([])), { key: "sk_test_org_sandbox" });
    expect(secret.result).toMatchObject({ ok: true, value: { kind: "secret", last4: "dbox" } });
    const live = await kept(() => json(list([])), { key: LIVE_KEY, mode: "live" });
    expect(live.result).toMatchObject({ ok: true, value: { kind: "secret" } });
  });

  it.each([
    ["pk_test_51Quetra00000000Canary", "test", "publishable_key"],
    ["pk_live_51Quetra00000000Canary", "test", "publishable_key"],
    [LIVE_KEY, "test", "wrong_mode"],
    [KEY, "live", "wrong_mode"],
    ["sk_test_short", "test", "key_format"],
    ["sk_org_live_51Canary00000000", "live", "key_format"],
    [`${KEY} `, "test", "key_format"],
    [`${KEY}\nx: y`, "test", "key_format"],
    [`sk_test_${"a".repeat(241)}`, "test", "key_format"],
    ["whsec_Canary", "test", "key_format"],
    ["", "test", "key_format"],
  ] as const)("%j for %s is not even asked: %s", async (key, mode, code) => {
    const { result, out } = await kept(() => json(list([])), { key, mode });
    expect(result).toEqual(refusal(code));
    expect(out.seen).toEqual([]);
  });

  it.each([
    [401, "key_refused"],
    [403, "key_rights"],
    [402, "no_answer"],
    [404, "no_answer"],
    [429, "no_answer"],
    [500, "no_answer"],
  ])("that Stripe answers with %d is %s", async (status, code) => {
    expect((await kept(() => json(errorBody(), status))).result).toEqual(refusal(code));
  });

  it("says which rights are missing", async () => {
    const { result } = await kept(() => json(errorBody(), 403));
    expect(!result.ok && result.error.message).toMatch(/payment methods.*PaymentIntents write.*Refunds write/s);
  });

  it("is not kept after a broken answer, nor without a sealing secret", async () => {
    for (const answer of [
      () => cut(200),
      () => json({ object: "balance" }),
      () => Promise.reject(new TypeError(KEY)),
    ]) {
      expect((await kept(answer)).result).toEqual(refusal("no_answer"));
    }
    await expect(kept(() => json(list([])), {}, { SEALING_SECRETS: "" })).rejects.toThrow("SEALING_SECRETS is not set");
  });

  it("goes to nobody where Stripe is misconfigured", async () => {
    const { result, out } = await kept(() => json(list([])), {}, { STRIPE_API_URL: "https://evil.example.com" });
    expect([result, out.seen]).toEqual([refusal("no_answer"), []]);
  });
});

describe("a card", () => {
  const method = (changes = {}) => ({
    id: "pm_1",
    object: "payment_method",
    customer: "cus_1",
    livemode: false,
    ...changes,
  });

  it("of the customer is right", async () => {
    const { result, out } = await carded(() => json(method()));
    expect(result).toEqual({ ok: true, value: null });
    expect(out.seen.map(({ method, url }) => [method, url])).toEqual([
      ["GET", "https://api.stripe.com/v1/payment_methods/pm_1"],
    ]);
  });

  it.each([{ customer: "cus_2" }, { customer: null }, { customer: { id: "cus_2" } }])(
    "with %j is not",
    async (changes) => {
      expect((await carded(() => json(method(changes)))).result).toEqual(refusal("not_found"));
    },
  );

  it.each([{ id: "pm_2" }, { livemode: true }, { object: "card" }])("with %j is no answer", async (changes) => {
    expect((await carded(() => json(method(changes)))).result).toEqual(refusal("no_answer"));
  });

  it.each([
    [401, "key_refused"],
    [403, "key_rights"],
    [404, "not_found"],
    [400, "not_found"],
    [500, "no_answer"],
    [429, "no_answer"],
  ])("that Stripe answers with %d is %s", async (status, code) => {
    expect((await carded(() => json(errorBody(), status))).result).toEqual(refusal(code));
  });

  it.each([{ payment_method: "../customers/cus_1" }, { payment_method: "" }, { customer: "cus 1" }])(
    "called %j is not asked for",
    async (changes) => {
      const { result, out } = await carded(() => json(method()), changes);
      expect([result, out.seen]).toEqual([refusal("not_found"), []]);
    },
  );
});
