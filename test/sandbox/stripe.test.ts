import { describe, expect, it } from "vitest";
import { charge, refusal, sdk, standIn } from "./stripe-stand-in.ts";

describe("a charge", () => {
  it("succeeds, is found by list and later by search, and stands in the balance", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const intent = await stripe.paymentIntents.create(charge({ expand: ["latest_charge"] }));
    expect(intent).toMatchObject({ status: "succeeded", amount: 2_500, amount_received: 2_500, livemode: false });
    expect(intent.latest_charge).toMatchObject({ object: "charge", captured: true, amount_captured: 2_500 });

    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ id: intent.id });
    const window = { customer: "cus_sandbox_acme", created: { gte: intent.created, lte: intent.created } };
    expect((await stripe.paymentIntents.list(window)).data.map(({ id }) => id)).toEqual([intent.id]);
    const late = { ...window, created: { gt: intent.created } };
    expect((await stripe.paymentIntents.list(late)).data).toEqual([]);

    const query = "metadata['quetra_transaction']:'txn_1' AND status:'succeeded'";
    expect((await stripe.paymentIntents.search({ query })).data).toEqual([]);
    await stand.control("clock", { advance_ms: 60_000 });
    expect((await stripe.paymentIntents.search({ query })).data.map(({ id }) => id)).toEqual([intent.id]);
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 2_500, currency: "usd" }]);
  });

  it.each([
    ["chargeDeclined", "card_declined", "generic_decline", "try_again_later"],
    ["chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", "try_again_later"],
    ["chargeDeclinedLostCard", "card_declined", "lost_card", "do_not_try_again"],
    ["chargeDeclinedStolenCard", "card_declined", "stolen_card", "do_not_try_again"],
    ["chargeDeclinedExpiredCard", "expired_card", undefined, "confirm_card_data"],
    ["chargeDeclinedProcessingError", "processing_error", undefined, "try_again_later"],
    ["authenticationRequired", "authentication_required", "authentication_required", undefined],
  ])("with pm_card_%s is a card error", async (card, code, decline_code, advice_code) => {
    const stand = await standIn();
    const error = await refusal(sdk(stand).paymentIntents.create(charge({ payment_method: `pm_card_${card}` })));
    expect(error).toMatchObject({ type: "StripeCardError", statusCode: 402, code });
    // The library makes an empty text of a code that is not there.
    expect(error.decline_code || undefined).toBe(decline_code);
    expect(error.advice_code).toBe(advice_code);
    expect(error.payment_intent).toMatchObject({ status: "requires_payment_method", amount_received: 0 });
    expect((await sdk(stand).balance.retrieve()).available).toMatchObject([{ amount: 0 }]);
    const { payment_intents } = await stand.control("state");
    expect(payment_intents).toMatchObject([{ id: error.payment_intent?.id, last_payment_error: { code } }]);
  });

  it("that needs its cardholder waits, where it may", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const { off_session, error_on_requires_action, ...rest } = charge({
      payment_method: "pm_card_authenticationRequired",
    });
    const intent = await stripe.paymentIntents.create(rest);
    expect(intent).toMatchObject({ status: "requires_action", next_action: { type: "use_stripe_sdk" } });
    expect(await stripe.paymentIntents.cancel(intent.id)).toMatchObject({ status: "canceled", next_action: null });
    const again = await refusal(stripe.paymentIntents.cancel(intent.id));
    expect(again).toMatchObject({ code: "payment_intent_unexpected_state", statusCode: 400 });
    expect(again.payment_intent).toMatchObject({ id: intent.id, status: "canceled" });

    const other = await stripe.paymentIntents.create(rest);
    await stand.control("finish", { payment_intent: other.id, outcome: "succeeded" });
    expect(await stripe.paymentIntents.retrieve(other.id)).toMatchObject({ status: "succeeded" });
  });

  it("that is processing ends when it is told, or after its time", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const create = () => stripe.paymentIntents.create(charge({ payment_method: "pm_card_processing" }));
    const [good, bad] = [await create(), await create()];
    expect(good).toMatchObject({ status: "processing", amount_received: 0 });
    expect(await refusal(stripe.paymentIntents.cancel(good.id))).toMatchObject({
      code: "payment_intent_unexpected_state",
    });
    await stand.control("finish", { payment_intent: good.id, outcome: "succeeded" });
    await stand.control("finish", { payment_intent: bad.id, outcome: "failed" });
    expect(await stripe.paymentIntents.retrieve(good.id)).toMatchObject({
      status: "succeeded",
      amount_received: 2_500,
    });
    expect(await stripe.paymentIntents.retrieve(bad.id)).toMatchObject({ status: "requires_payment_method" });
    await expect(stand.control("finish", { payment_intent: good.id, outcome: "failed" })).rejects.toThrow();

    await stand.control("settings", { async: { after_ms: 30_000 } });
    const timed = await create();
    await stand.control("clock", { advance_ms: 29_000 });
    expect((await stripe.paymentIntents.retrieve(timed.id)).status).toBe("processing");
    await stand.control("clock", { advance_ms: 2_000 });
    expect((await stripe.paymentIntents.retrieve(timed.id)).status).toBe("succeeded");
  });

  it("is held first and captured in part with capture_method manual", async () => {
    const stripe = sdk(await standIn());
    const held = await stripe.paymentIntents.create(charge({ capture_method: "manual" }));
    expect(held).toMatchObject({ status: "requires_capture", amount_capturable: 2_500, amount_received: 0 });
    expect(await refusal(stripe.paymentIntents.capture(held.id, { amount_to_capture: 2_501 }))).toMatchObject({
      code: "amount_too_large",
    });
    const taken = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 1_000 });
    expect(taken).toMatchObject({ status: "succeeded", amount_received: 1_000, amount_capturable: 0 });
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 1_000 }]);
    expect(await refusal(stripe.refunds.create({ payment_intent: held.id, amount: 1_001 }))).toMatchObject({
      param: "amount",
    });
    const released = await stripe.paymentIntents.create(charge({ capture_method: "manual" }));
    expect(await stripe.paymentIntents.cancel(released.id)).toMatchObject({ status: "canceled" });
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 1_000 }]);
  });

  it("can be made first and confirmed later", async () => {
    const stripe = sdk(await standIn());
    const { confirm, off_session, error_on_requires_action, payment_method, ...rest } = charge();
    const made = await stripe.paymentIntents.create(rest);
    expect(made.status).toBe("requires_payment_method");
    expect(await refusal(stripe.paymentIntents.confirm(made.id))).toMatchObject({ statusCode: 400 });
    const paid = await stripe.paymentIntents.confirm(made.id, { payment_method: "pm_card_visa" });
    expect(paid.status).toBe("succeeded");
    expect(await refusal(stripe.paymentIntents.confirm(made.id))).toMatchObject({
      code: "payment_intent_unexpected_state",
    });
  });
});

describe("what a charge may be", () => {
  it.each([
    [50, "jpy"],
    [10, "kwd"],
    [100, "isk"],
    [30, "gbp"],
    [99_999_999, "usd"],
  ])("%i %s is taken", async (amount, currency) => {
    const stripe = sdk(await standIn());
    expect(await stripe.paymentIntents.create(charge({ amount, currency }))).toMatchObject({
      status: "succeeded",
      amount_received: amount,
      currency,
    });
  });

  it.each([
    [49, "usd", "amount_too_small"],
    [49, "jpy", "amount_too_small"],
    [29, "gbp", "amount_too_small"],
    [0, "usd", "parameter_invalid_integer"],
    [-5, "usd", "parameter_invalid_integer"],
    [100_000_000, "usd", "amount_too_large"],
    [1_001, "kwd", undefined],
    [150, "ugx", undefined],
  ])("%i %s is refused", async (amount, currency, code) => {
    const stand = await standIn();
    const error = await refusal(sdk(stand).paymentIntents.create(charge({ amount, currency })));
    expect(error).toMatchObject({ statusCode: 400, param: "amount" });
    expect(error.code).toBe(code);
    expect((await stand.control("state")).payment_intents).toEqual([]);
  });

  it("is refused for what does not fit together, and then nothing was made", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const param = async (more: Parameters<typeof charge>[0]) =>
      (await refusal(stripe.paymentIntents.create(charge(more)))).param;
    expect(await param({ currency: "zzz" })).toBe("currency");
    expect(await param({ currency: "USD" })).toBe("currency");
    expect(await param({ customer: "cus_nobody" })).toBe("customer");
    expect(await param({ payment_method: "pm_nothing" })).toBe("payment_method");
    expect(await param({ payment_method: "pm_other_card_visa" })).toBe("payment_method");
    expect(await param({ confirm: false })).toBe("off_session");
    expect(await param({ statement_descriptor: "X" })).toBe("statement_descriptor");
    expect(await param({ allowed_payment_method_types: ["card"] })).toBe("automatic_payment_methods");
    expect(await param({ automatic_payment_methods: { enabled: true } })).toBe("return_url");
    expect(await param({ expand: ["nothing"] })).toBe("expand");
    expect(await param({ expand: ["latest_charge.nothing"] })).toBe("expand");
    expect(await param({ expand: ["data.latest_charge"] })).toBe("expand");
    const { customer, ...without } = charge();
    expect(await refusal(stripe.paymentIntents.create(without))).toMatchObject({ param: "payment_method" });
    const { payment_intents, events } = await stand.control("state");
    expect([payment_intents, events]).toEqual([[], []]);
  });
});

describe("refunds", () => {
  it("return a part, then the rest, and never more", async () => {
    const stripe = sdk(await standIn());
    const { id } = await stripe.paymentIntents.create(charge());
    const part = await stripe.refunds.create({ payment_intent: id, amount: 700, metadata: { refund: "rfd_1" } });
    expect(part).toMatchObject({ status: "succeeded", amount: 700, currency: "usd", metadata: { refund: "rfd_1" } });
    expect(await refusal(stripe.refunds.create({ payment_intent: id, amount: 1_801 }))).toMatchObject({
      param: "amount",
    });
    expect(await stripe.refunds.create({ payment_intent: id })).toMatchObject({ amount: 1_800 });
    expect(await refusal(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      code: "charge_already_refunded",
    });
    expect((await stripe.refunds.list({ payment_intent: id })).data.map(({ amount }) => amount)).toEqual([1_800, 700]);
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 0 }]);
  });

  it("fail later, and the money is back with the seller", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const { id } = await stripe.paymentIntents.create(charge({ payment_method: "pm_card_refundFail" }));
    const refund = await stripe.refunds.create({ payment_intent: id, amount: 500 });
    expect(refund.status).toBe("succeeded");
    await stand.control("finish", { refund: refund.id, outcome: "failed" });
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ status: "failed" });
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 2_500 }]);
    await expect(stand.control("finish", { refund: refund.id, outcome: "failed" })).rejects.toThrow();
  });

  it("are pending until they are told, and can be made in the dashboard", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const { id } = await stripe.paymentIntents.create(charge({ payment_method: "pm_card_pendingRefund" }));
    const refund = await stripe.refunds.create({ payment_intent: id, amount: 500 });
    expect(refund.status).toBe("pending");
    await stand.control("finish", { refund: refund.id, outcome: "succeeded" });
    const other = await stand.control("refund", { payment_intent: id, amount: 100 });
    expect(other).toMatchObject({ status: "pending", metadata: {} });
    await stand.control("finish", { refund: other.id, outcome: "canceled" });
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 2_000 }]);
    await expect(stand.control("refund", { payment_intent: id, amount: 2_001 })).rejects.toThrow();
  });

  it("wait for the end of a dispute", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const intent = await stripe.paymentIntents.create(charge({ payment_method: "pm_card_createDispute" }));
    expect(intent.status).toBe("succeeded");
    expect(await refusal(stripe.refunds.create({ payment_intent: intent.id }))).toMatchObject({
      code: "charge_disputed",
    });
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 0 }]);
    const { disputes } = await stand.control("state");
    expect(disputes).toMatchObject([{ amount: 2_500, status: "needs_response", payment_intent: intent.id }]);
    await stand.control("finish", { dispute: disputes[0].id, outcome: "won" });
    expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 2_500 }]);
  });
});

describe("lists", () => {
  it("page in both directions without a gap", async () => {
    const stripe = sdk(await standIn());
    const made: string[] = [];
    for (let n = 0; n < 7; n += 1) made.unshift((await stripe.paymentIntents.create(charge())).id);
    const all: string[] = [];
    for await (const { id } of stripe.paymentIntents.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(made);
    const filled = await stripe.paymentIntents.list({ limit: 1, expand: ["data.latest_charge.refunds"] });
    expect(filled.data).toMatchObject([{ latest_charge: { refunds: { data: [] } } }]);
    const before = await stripe.paymentIntents.list({ ending_before: made[4]!, limit: 2 });
    expect(before.data.map(({ id }) => id)).toEqual(made.slice(2, 4));
    expect(before.has_more).toBe(true);
    expect(await refusal(stripe.paymentIntents.list({ starting_after: "pi_nothing" }))).toMatchObject({
      code: "resource_missing",
    });
    expect(await refusal(stripe.paymentIntents.list({ limit: 101 }))).toMatchObject({ param: "limit" });
  });

  it("show the cards of a customer", async () => {
    const stripe = sdk(await standIn());
    const { data } = await stripe.paymentMethods.list({ customer: "cus_sandbox_acme", type: "card", limit: 100 });
    expect(data.map(({ id }) => id)).toContain("pm_card_visa");
    expect(new Set(data.map(({ customer }) => customer))).toEqual(new Set(["cus_sandbox_acme"]));
    expect(await stripe.paymentMethods.retrieve("pm_card_visa")).toMatchObject({ card: { last4: "4242" } });
    expect(await stripe.customers.retrieve("cus_sandbox_acme")).toMatchObject({ name: "Acme" });
    expect((await stripe.customers.listPaymentMethods("cus_sandbox_acme", { limit: 3 })).data).toHaveLength(3);
  });
});
