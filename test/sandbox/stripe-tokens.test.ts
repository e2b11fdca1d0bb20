import type StripePreview from "stripe-preview";
import { describe, expect, it } from "vitest";
import { PROFILE, previewSdk, refusal, SELLER, type StandIn, sdk, standIn } from "./stripe-stand-in.ts";

type Terms = StripePreview.SharedPayment.IssuedTokenCreateParams;

const terms = (more: Partial<Terms> = {}): Terms => ({
  payment_method: "pm_card_visa",
  seller_details: { network_business_profile: PROFILE, external_id: "checkout_session_1" },
  usage_limits: { currency: "usd", max_amount: 4_200 },
  shared_metadata: { hold: "txn_1" },
  ...more,
});
const issue = (stand: StandIn, more: Partial<Terms> = {}) =>
  previewSdk(stand).sharedPayment.issuedTokens.create(terms(more));
const read = (stand: StandIn, id: string) => previewSdk(stand).sharedPayment.issuedTokens.retrieve(id);

/** What the seller sends. */
const spend = (token: string, more: Partial<StripePreview.PaymentIntentCreateParams> = {}) => ({
  amount: 4_200,
  currency: "usd",
  confirm: true,
  payment_method_data: {
    shared_payment_granted_token: token,
  } as StripePreview.PaymentIntentCreateParams.PaymentMethodData,
  ...more,
});
const seller = (stand: StandIn, key = SELLER) => previewSdk(stand, key).paymentIntents;

describe("a shared payment token", () => {
  it("is issued, seen by its seller, spent once, and says so to both", async () => {
    const stand = await standIn();
    const token = await issue(stand);
    expect(token).toMatchObject({ object: "shared_payment.issued_token", status: "active" });
    expect(token.id).toMatch(/^spt_/);
    expect(token.usage_details).toEqual({ amount_captured: null });
    const granted = await previewSdk(stand, SELLER).sharedPayment.grantedTokens.retrieve(token.id);
    expect(granted).toMatchObject({
      id: token.id,
      usage_limits: { max_amount: 4_200 },
      shared_metadata: { hold: "txn_1" },
    });
    expect(JSON.stringify(granted)).not.toContain("pm_card_visa");

    const paid = await seller(stand).create(spend(token.id, { amount: 4_000 }));
    expect(paid).toMatchObject({ status: "succeeded", amount_received: 4_000, customer: null });
    const captured = {
      deactivated_reason: "consumed",
      usage_details: { amount_captured: { currency: "usd", value: 4_000 } },
    };
    expect(await read(stand, token.id)).toMatchObject({ status: "deactivated", ...captured });
    expect(await previewSdk(stand, SELLER).sharedPayment.grantedTokens.retrieve(token.id)).toMatchObject(captured);
    expect((await refusal(seller(stand).create(spend(token.id, { amount: 200 })))).statusCode).toBe(400);
    expect((await sdk(stand, SELLER).balance.retrieve()).available).toMatchObject([{ amount: 4_000 }]);
    expect((await sdk(stand).balance.retrieve()).available).toMatchObject([{ amount: 0 }]);
    const revoked = await refusal(previewSdk(stand).sharedPayment.issuedTokens.revoke(token.id));
    expect(revoked.statusCode).toBe(400);
  });

  it("is taken in the older form too, at the top level", async () => {
    const stand = await standIn();
    const token = await issue(stand);
    const { payment_method_data, ...rest } = spend(token.id);
    const body = { ...rest, shared_payment_granted_token: token.id };
    const paid = await seller(stand).create(body as StripePreview.PaymentIntentCreateParams);
    expect(paid.status).toBe("succeeded");
  });

  it.each([
    ["above its limit", { amount: 4_201 }, "amount"],
    ["in another currency", { currency: "eur" }, "currency"],
  ])("is not spent %s", async (_, more, param) => {
    const stand = await standIn();
    const { id } = await issue(stand);
    expect(await refusal(seller(stand).create(spend(id, more)))).toMatchObject({ statusCode: 400, param });
    expect(await read(stand, id)).toMatchObject({ status: "active", usage_details: { amount_captured: null } });
  });

  it("is not spent, or seen, by another seller, nor by its issuer", async () => {
    const stand = await standIn();
    const { id } = await issue(stand);
    for (const key of ["sk_test_seller2_sandbox", "sk_test_org_sandbox"]) {
      expect(await refusal(seller(stand, key).create(spend(id)))).toMatchObject({ code: "resource_missing" });
      const seen = previewSdk(stand, key).sharedPayment.grantedTokens.retrieve(id);
      expect(await refusal(seen)).toMatchObject({ statusCode: 404 });
    }
    const foreign = previewSdk(stand, "sk_test_other_sandbox").sharedPayment.issuedTokens;
    expect(await refusal(foreign.revoke(id))).toMatchObject({ statusCode: 404 });
    expect((await seller(stand).create(spend(id))).status).toBe("succeeded");
  });

  it("ends when it is revoked or expires", async () => {
    const stand = await standIn();
    const { issuedTokens } = previewSdk(stand).sharedPayment;
    const revoked = await issue(stand);
    expect(await issuedTokens.revoke(revoked.id)).toMatchObject({ deactivated_reason: "revoked" });
    expect(await issuedTokens.revoke(revoked.id)).toMatchObject({ deactivated_reason: "revoked" });
    const now = Math.floor(Date.now() / 1000);
    const expired = await issue(stand, { usage_limits: { ...terms().usage_limits, expires_at: now + 600 } });
    const other = await issue(stand);
    await stand.control("revoke", { token: other.id });
    await stand.control("clock", { advance_ms: 601_000 });
    for (const { id } of [revoked, expired, other])
      expect((await refusal(seller(stand).create(spend(id)))).statusCode).toBe(400);
    expect(await read(stand, expired.id)).toMatchObject({ status: "deactivated", deactivated_reason: "expired" });
    const late = issue(stand, { usage_limits: { ...terms().usage_limits, expires_at: now } });
    expect(await refusal(late)).toMatchObject({ param: "usage_limits[expires_at]" });
    expect((await sdk(stand, SELLER).balance.retrieve()).available).toMatchObject([{ amount: 0 }]);
  });

  it("survives a decline, and is spent by one of 20 charges at once", async () => {
    const stand = await standIn();
    const bad = await issue(stand, { payment_method: "pm_card_chargeDeclinedInsufficientFunds" });
    expect(await refusal(seller(stand).create(spend(bad.id)))).toMatchObject({
      statusCode: 402,
      decline_code: "insufficient_funds",
    });
    expect((await read(stand, bad.id)).status).toBe("active");

    const { id } = await issue(stand);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => seller(stand).create(spend(id))));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { payment_intents } = await stand.control("state");
    const succeeded = payment_intents.filter(({ status }: { status: string }) => status === "succeeded");
    expect(succeeded).toMatchObject([{ amount_received: 4_200 }]);
  });

  it("is kept for the payment that is under way with it", async () => {
    const stand = await standIn();
    const { id } = await issue(stand, { payment_method: "pm_card_processing" });
    const slow = await seller(stand).create(spend(id));
    expect(slow.status).toBe("processing");
    expect((await refusal(seller(stand).create(spend(id)))).statusCode).toBe(400);
    await stand.control("finish", { payment_intent: slow.id, outcome: "failed" });
    const again = await seller(stand).create(spend(id));
    // To revoke it stops what is new, and not what was begun; the amount tells.
    await previewSdk(stand).sharedPayment.issuedTokens.revoke(id);
    await stand.control("finish", { payment_intent: again.id, outcome: "succeeded" });
    expect(await read(stand, id)).toMatchObject({
      deactivated_reason: "revoked",
      usage_details: { amount_captured: { value: 4_200 } },
    });
  });

  it("is held with capture_method manual, and free again when that is canceled", async () => {
    const stand = await standIn();
    const { id } = await issue(stand);
    const held = await seller(stand).create(spend(id, { capture_method: "manual" }));
    expect(held.status).toBe("requires_capture");
    expect((await refusal(seller(stand).create(spend(id)))).statusCode).toBe(400);
    expect((await read(stand, id)).usage_details).toEqual({ amount_captured: null });
    await seller(stand).cancel(held.id);
    const other = await seller(stand).create(spend(id, { capture_method: "manual" }));
    await seller(stand).capture(other.id, { amount_to_capture: 1_000 });
    expect(await read(stand, id)).toMatchObject({ usage_details: { amount_captured: { value: 1_000 } } });
  });

  it("needs a preview version, a seller and a right", async () => {
    const stand = await standIn();
    const stable = sdk(stand);
    const path = "/v1/shared_payment/issued_tokens";
    const old = await refusal(stable.rawRequest("POST", path, { ...terms() }));
    expect(old).toMatchObject({ statusCode: 400, type: "StripeInvalidRequestError" });
    const raw = await stable.rawRequest("POST", path, { ...terms() }, { apiVersion: "2026-08-26.preview" });
    expect(raw).toMatchObject({ object: "shared_payment.issued_token", status: "active" });
    const { id } = await issue(stand);
    const unknown = await refusal(sdk(stand, SELLER).paymentIntents.create(spend(id) as never));
    expect(unknown).toMatchObject({ code: "parameter_unknown" });

    const param = async (more: Record<string, unknown>) => (await refusal(issue(stand, more))).param;
    expect(await param({ seller_details: undefined })).toBe("seller_details");
    expect(await param({ seller_details: { external_id: "x" } })).toBe("seller_details[network_business_profile]");
    expect(await param({ seller_details: { network_business_profile: "profile_test_nobody" } })).toBe(
      "seller_details[network_business_profile]",
    );
    expect(await param({ payment_method: "pm_other_card_visa" })).toBe("payment_method");
    expect(await param({ usage_limits: { currency: "usd", max_amount: 0 } })).toBe("usage_limits[max_amount]");
    const restricted = previewSdk(stand, "rk_test_norefund_sandbox").sharedPayment.issuedTokens;
    expect((await restricted.create(terms())).status).toBe("active");
  });

  it("can be made by a seller for its tests", async () => {
    const stand = await standIn();
    const { grantedTokens } = previewSdk(stand, SELLER).testHelpers.sharedPayment;
    const create = () =>
      grantedTokens.create({ payment_method: "pm_card_visa", usage_limits: { currency: "usd", max_amount: 1_000 } });
    const token = await create();
    expect(token).toMatchObject({
      object: "shared_payment.granted_token",
      agent_details: { network_business_profile: null },
    });
    expect((await seller(stand).create(spend(token.id, { amount: 1_000 }))).status).toBe("succeeded");
    const other = await create();
    expect(await grantedTokens.revoke(other.id)).toMatchObject({ deactivated_reason: "revoked" });
    expect((await refusal(seller(stand).create(spend(other.id, { amount: 1_000 })))).statusCode).toBe(400);
  });
});
