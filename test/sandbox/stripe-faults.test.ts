import { describe, expect, it } from "vitest";
import { charge, refusal, type StandIn, sdk, standIn } from "./stripe-stand-in.ts";

const path = "/v1/payment_intents";
const strike = (stand: StandIn, kind: string, more: Record<string, unknown> = {}) =>
  stand.control("fault", { match: { method: "POST", path }, kind, ...more });
const made = async (stand: StandIn): Promise<number> => (await stand.control("state")).payment_intents.length;
/** With its fetch client the library hands the headers on as they are. */
const header = (answer: { lastResponse: { headers: unknown } }, name: string): string | null =>
  (answer.lastResponse.headers as Headers).get(name);

describe("an idempotency key", () => {
  const key = { idempotencyKey: "hold_1" };

  it("replays status and body, and says so", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const first = await stripe.paymentIntents.create(charge(), key);
    const again = await stripe.paymentIntents.create(charge(), key);
    expect(again).toEqual(first);
    expect(header(first, "idempotent-replayed")).toBe(null);
    expect(header(again, "idempotent-replayed")).toBe("true");
    expect(header(again, "idempotency-key")).toBe("hold_1");
    const { metadata, ...rest } = charge();
    await stripe.paymentIntents.create({ metadata: metadata ?? {}, ...rest }, key);
    expect(await made(stand)).toBe(1);
    await stripe.paymentIntents.create(charge(), { idempotencyKey: "hold_2" });
    expect(await made(stand)).toBe(2);
  });

  it("replays what it answered then, and not what is true now", async () => {
    const stripe = sdk(await standIn());
    const { id } = await stripe.paymentIntents.create(charge({ capture_method: "manual" }), key);
    await stripe.paymentIntents.cancel(id);
    expect((await stripe.paymentIntents.create(charge({ capture_method: "manual" }), key)).status).toBe(
      "requires_capture",
    );
  });

  it("replays a decline", async () => {
    const stand = await standIn();
    const declined = charge({ payment_method: "pm_card_chargeDeclined" });
    const errors = [1, 2].map(() => refusal(sdk(stand).paymentIntents.create(declined, key)));
    for (const error of [await errors[0]!, await refusal(sdk(stand).paymentIntents.create(declined, key))])
      expect(error).toMatchObject({ statusCode: 402, code: "card_declined" });
    await errors[1];
    expect(await made(stand)).toBe(1);
  });

  it("is refused with other parameters, and at another endpoint", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const { id } = await stripe.paymentIntents.create(charge(), key);
    const other = await refusal(stripe.paymentIntents.create(charge({ amount: 2_501 }), key));
    expect(other).toMatchObject({ type: "StripeIdempotencyError", statusCode: 400 });
    expect(await refusal(stripe.refunds.create({ payment_intent: id }, key))).toMatchObject({
      type: "StripeIdempotencyError",
    });
    expect(await made(stand)).toBe(1);
  });

  it("belongs to one account", async () => {
    const stand = await standIn();
    await sdk(stand).paymentIntents.create(charge(), key);
    const other = charge({ customer: "cus_sandbox_other", payment_method: "pm_other_card_visa" });
    await sdk(stand, "sk_test_other_sandbox").paymentIntents.create(other, key);
    expect(await made(stand)).toBe(2);
    // Two keys of one account share it.
    await sdk(stand, "rk_test_org_sandbox").paymentIntents.create(charge(), key);
    expect(await made(stand)).toBe(2);
  });

  it("is not used up by a request that fails validation, and is forgotten after 24 hours", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const wrong = { ...charge(), nonsense: 1 } as ReturnType<typeof charge>;
    expect(await refusal(stripe.paymentIntents.create(wrong, key))).toMatchObject({ code: "parameter_unknown" });
    const first = await stripe.paymentIntents.create(charge(), key);
    await stand.control("clock", { advance_ms: 24 * 3_600_000 - 60_000 });
    expect((await stripe.paymentIntents.create(charge(), key)).id).toBe(first.id);
    await stand.control("clock", { advance_ms: 60_000 });
    expect((await stripe.paymentIntents.create(charge(), key)).id).not.toBe(first.id);
  });

  it("has 255 characters at most", async () => {
    const stripe = sdk(await standIn());
    await stripe.paymentIntents.create(charge(), { idempotencyKey: "k".repeat(255) });
    const error = await refusal(stripe.paymentIntents.create(charge(), { idempotencyKey: "k".repeat(256) }));
    expect(error.statusCode).toBe(400);
  });

  it("makes one PaymentIntent of 50 calls at once", async () => {
    const stand = await standIn();
    const calls = Array.from({ length: 50 }, () => sdk(stand).paymentIntents.create(charge(), key));
    const results = await Promise.allSettled(calls);
    const ids = results.flatMap((each) => (each.status === "fulfilled" ? [each.value.id] : []));
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(1);
    for (const each of results)
      if (each.status === "rejected")
        expect(each.reason).toMatchObject({ statusCode: 409, code: "idempotency_key_in_use" });
    expect(results.some(({ status }) => status === "rejected")).toBe(true);
    expect(await made(stand)).toBe(1);
    expect((await sdk(stand).balance.retrieve()).available).toMatchObject([{ amount: 2_500 }]);
  });
});

describe("a fault", () => {
  const key = { idempotencyKey: "hold_1" };

  it.each([
    ["reset", "StripeConnectionError"],
    ["500_before", "StripeAPIError"],
    ["429", "StripeRateLimitError"],
    ["409", "StripeAPIError"],
  ])("%s leaves nothing, and the same key works afterwards", async (kind, type) => {
    const stand = await standIn();
    await strike(stand, kind);
    expect((await refusal(sdk(stand).paymentIntents.create(charge(), key))).type).toBe(type);
    expect(await made(stand)).toBe(0);
    expect((await sdk(stand).paymentIntents.create(charge(), key)).status).toBe("succeeded");
    expect(await made(stand)).toBe(1);
  });

  it.each(["reset_after", "cut_body"])("%s has charged; list and the same key find it", async (kind) => {
    const stand = await standIn();
    await strike(stand, kind);
    expect((await refusal(sdk(stand).paymentIntents.create(charge(), key))).type).toBe("StripeConnectionError");
    const { data } = await sdk(stand).paymentIntents.list({ customer: "cus_sandbox_acme" });
    expect(data).toMatchObject([{ status: "succeeded", metadata: { quetra_transaction: "txn_1" } }]);
    expect((await sdk(stand).paymentIntents.create(charge(), key)).id).toBe(data[0]?.id);
    expect(await made(stand)).toBe(1);
  });

  it.each([
    ["hang", 0],
    ["hang_after", 1],
  ])("%s never answers", async (kind, count) => {
    const stand = await standIn();
    await strike(stand, kind);
    const error = await refusal(sdk(stand).paymentIntents.create(charge(), { ...key, timeout: 1_000 }));
    expect(error.type).toBe("StripeConnectionError");
    expect(await made(stand)).toBe(count);
    expect((await sdk(stand).paymentIntents.create(charge(), key)).status).toBe("succeeded");
    expect(await made(stand)).toBe(1);
  });

  it("500_after has charged, and the key replays the 500 until it is forgotten", async () => {
    const stand = await standIn();
    await strike(stand, "500_after");
    for (let n = 0; n < 3; n += 1)
      expect(await refusal(sdk(stand).paymentIntents.create(charge(), key))).toMatchObject({ statusCode: 500 });
    const { data } = await sdk(stand).paymentIntents.list();
    expect(data).toMatchObject([{ status: "succeeded" }]);
  });

  it("500_stored has charged nothing, and the key replays the 500", async () => {
    const stand = await standIn();
    await strike(stand, "500_stored");
    for (let n = 0; n < 3; n += 1)
      expect(await refusal(sdk(stand).paymentIntents.create(charge(), key))).toMatchObject({ statusCode: 500 });
    expect(await made(stand)).toBe(0);
  });

  it("late charges when nobody waits any more, once", async () => {
    const stand = await standIn();
    await strike(stand, "late", { delay_ms: 60_000 });
    expect((await refusal(sdk(stand).paymentIntents.create(charge(), key))).type).toBe("StripeConnectionError");
    expect((await sdk(stand).paymentIntents.list()).data).toEqual([]);
    await stand.control("clock", { advance_ms: 60_000 });
    await stand.control("settled", {});
    expect(await made(stand)).toBe(1);
    expect((await sdk(stand).paymentIntents.create(charge(), key)).status).toBe("succeeded");
    expect(await made(stand)).toBe(1);
  });

  it("slow answers in the end", async () => {
    const stand = await standIn();
    await strike(stand, "slow", { delay_ms: 300 });
    const error = await refusal(sdk(stand).paymentIntents.create(charge(), { ...key, timeout: 100 }));
    expect(error.type).toBe("StripeConnectionError");
    expect((await sdk(stand).paymentIntents.create(charge(), key)).status).toBe("succeeded");
    expect(await made(stand)).toBe(1);
  });

  it("strikes the nth request that fits, as often as it is told, and no other", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    await stand.control("fault", { match: { method: "GET", path: "/v1/payment_*", nth: 2 }, kind: "429", times: 2 });
    await stripe.paymentIntents.create(charge());
    const statuses: (number | undefined)[] = [];
    for (let n = 0; n < 4; n += 1)
      statuses.push(
        await stripe.paymentIntents.list().then(
          () => 200,
          (error) => error.statusCode,
        ),
      );
    expect(statuses).toEqual([200, 429, 429, 200]);
    await strike(stand, "429", { times: 9 });
    await stand.control("reset_faults", {});
    expect((await stripe.paymentIntents.create(charge())).status).toBe("succeeded");
    await expect(strike(stand, "earthquake")).rejects.toThrow("earthquake");
  });
});
