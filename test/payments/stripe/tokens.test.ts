import { describe, expect, it, vi } from "vitest";
import type { TokenSeen } from "../../../src/payments/acp/api.ts";
import { open } from "../../../src/payments/seal.ts";
import { issueToken, readToken, revokeToken } from "../../../src/payments/stripe/tokens.ts";
import type { Seen } from "../support.ts";
import {
  account,
  context,
  cut,
  env,
  errorBody,
  json,
  ORGANIZATION,
  sealed,
  stripe,
  tokenBody,
  tokenOrder,
} from "./support.ts";

type Answer = (request: Seen) => Response | Promise<Response>;
const ID = "spt_1Canary";
const handle = { ...account, sealed_token: await sealed("payment_token", ID) };
const captured = (value: unknown, currency: unknown = "usd") => ({ amount_captured: { value, currency } });
const ended = (deactivated_reason: unknown, usage_details: unknown = { amount_captured: null }) =>
  tokenBody({ status: "deactivated", deactivated_reason, usage_details });

const issued = async (answer: Answer) => {
  const out = stripe(answer);
  const made = await issueToken(context(out), tokenOrder);
  expect(JSON.stringify(made)).not.toContain("Canary");
  return { made, out };
};
const called = async (what: typeof readToken, answer: Answer, order = handle) => {
  const out = stripe(answer);
  const seen = await what(context(out), order);
  expect(JSON.stringify(seen)).not.toContain("Canary");
  return { seen, out };
};

describe("a token that is issued", () => {
  it("is for exactly one total, seller and session, and leaves under seal", async () => {
    const { made, out } = await issued(() => json(tokenBody()));
    if (made.kind !== "token") throw new Error(made.kind);
    expect(made.seen).toEqual({ kind: "active", needs_action: false });
    const opened = await open(env.SEALING_SECRETS, ORGANIZATION, "payment_token", made.sealed_token);
    expect(opened.ok && opened.value.plaintext).toBe(ID);
    expect(out.seen).toHaveLength(1);
    const { method, url, headers, body } = out.seen[0]!;
    expect([method, url]).toEqual(["POST", "https://api.stripe.com/v1/shared_payment/issued_tokens"]);
    expect(headers.get("stripe-version")).toBe("2026-08-26.preview");
    expect(headers.get("idempotency-key")).toBe(`quetra-token-${tokenOrder.transaction_id}`);
    expect(Object.fromEntries(new URLSearchParams(body ?? ""))).toEqual({
      payment_method: "pm_1",
      "seller_details[network_business_profile]": "profile_1",
      "seller_details[external_id]": "cs_1",
      "usage_limits[currency]": "usd",
      "usage_limits[max_amount]": "2500",
      "usage_limits[expires_at]": String(tokenOrder.expires_at),
      "shared_metadata[quetra_transaction]": tokenOrder.transaction_id,
    });
  });

  it("can want its cardholder first, and be used already when the order is sent again", async () => {
    const waiting = await issued(() => json(tokenBody({ status: "requires_action" })));
    expect(waiting.made).toMatchObject({ kind: "token", seen: { kind: "active", needs_action: true } });
    const used = await issued(() => json(ended("consumed", captured(2500))));
    expect(used.made).toMatchObject({ kind: "token", seen: { kind: "consumed", amount: 2500, currency: "usd" } });
  });

  it.each([
    { id: "pi_1" },
    { object: "shared_payment.granted_token" },
    { livemode: true },
    { payment_method: "pm_2" },
    { seller_details: { network_business_profile: "profile_2", external_id: "cs_1" } },
    { seller_details: { network_business_profile: "profile_1", external_id: "cs_2" } },
    { seller_details: null },
    { usage_limits: { currency: "usd", max_amount: 2501, expires_at: tokenOrder.expires_at } },
    { usage_limits: { currency: "eur", max_amount: 2500, expires_at: tokenOrder.expires_at } },
    { usage_limits: { currency: "usd", max_amount: 2500, expires_at: tokenOrder.expires_at + 1 } },
    { usage_limits: { currency: "usd", max_amount: 2500, expires_at: null } },
  ])("with %j is not ours", async (changes) => {
    expect((await issued(() => json(tokenBody(changes)))).made).toEqual({ kind: "unclear", why: "not_ours" });
  });

  it.each([
    [400, { code: "parameter_missing" }, "parameter_missing"],
    [401, {}, "key_refused"],
    [402, { type: "card_error", code: "card_declined", decline_code: "lost_card" }, "lost_card"],
    [403, {}, "key_rights"],
    [404, { code: "resource_missing" }, "resource_missing"],
  ])("with %d and %j is refused", async (status, error, code) => {
    expect((await issued(() => json(errorBody(error), status))).made).toEqual({ kind: "refused", code });
  });

  it("is busy or unclear as a charge is", async () => {
    const busy = await issued(() => json({}, 429, { "retry-after": "1" }));
    expect(busy.made).toEqual({ kind: "busy", retry_after_ms: 1000 });
    expect((await issued(() => json(tokenBody(), 500))).made).toEqual({ kind: "unclear", why: "status_500" });
    expect((await issued(() => cut(200))).made).toEqual({ kind: "unclear", why: "body_error" });
  });

  it("reaches both fault points", async () => {
    const points: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      points.push(url.split("=")[1] ?? "");
      return new Response();
    });
    const out = stripe(() => {
      points.push("sent");
      return json(tokenBody());
    });
    await issueToken(context(out, { TEST_FAULT_URL: "http://127.0.0.1:1/" }), tokenOrder);
    vi.unstubAllGlobals();
    expect(points).toEqual(["before_send", "sent", "after_send"]);
  });
});

describe("what a token is now", () => {
  const consumed = (amount: number): TokenSeen => ({ kind: "consumed", amount, currency: "usd" });

  it.each([
    [tokenBody(), { kind: "active", needs_action: false }],
    [tokenBody({ usage_details: null }), { kind: "active", needs_action: false }],
    [tokenBody({ status: "requires_action" }), { kind: "active", needs_action: true }],
    // The rest can still be taken until it is revoked.
    [tokenBody({ usage_details: captured(100) }), { kind: "active", needs_action: false }],
    [tokenBody({ usage_details: captured(2500) }), consumed(2500)],
    [ended("consumed", captured(2500)), consumed(2500)],
    [ended("consumed", captured(100)), consumed(100)],
    [ended("expired"), { kind: "dead", why: "expired" }],
    [ended("revoked"), { kind: "dead", why: "revoked" }],
    [ended("resolved"), { kind: "dead", why: "other" }],
    [ended("revoked", null), { kind: "dead", why: "revoked" }],
    [ended("revoked", captured(0)), { kind: "dead", why: "revoked" }],
    [ended("expired", captured(1)), consumed(1)],
    [ended("revoked", captured(2500)), consumed(2500)],
    [ended("resolved", captured(2500)), consumed(2500)],
    [ended("consumed"), { kind: "unclear", why: "consumed_without_amount" }],
    [ended("a_new_reason"), { kind: "unclear", why: "unknown_end" }],
    [ended("constructor"), { kind: "unclear", why: "unknown_end" }],
    [ended(null), { kind: "unclear", why: "unknown_end" }],
    [tokenBody({ status: "a_new_status" }), { kind: "unclear", why: "unknown_status" }],
    [tokenBody({ status: null }), { kind: "unclear", why: "unknown_status" }],
    [tokenBody({ status: "a_new_status", usage_details: captured(5) }), consumed(5)],
    [
      { ...ended("revoked"), usage_details: undefined },
      { kind: "unclear", why: "malformed_token" },
    ],
    [ended("revoked", {}), { kind: "unclear", why: "malformed_token" }],
    [ended("revoked", captured("2500")), { kind: "unclear", why: "malformed_token" }],
    [ended("revoked", captured(-1)), { kind: "unclear", why: "malformed_token" }],
    [ended("revoked", captured(0.5)), { kind: "unclear", why: "malformed_token" }],
    [ended("revoked", captured(1, "USD")), { kind: "unclear", why: "malformed_token" }],
    [tokenBody({ id: "spt_2" }), { kind: "unclear", why: "not_ours" }],
    [tokenBody({ livemode: true }), { kind: "unclear", why: "not_ours" }],
  ])("%#: by reading and by revoking", async (body, seen) => {
    expect((await called(readToken, () => json(body))).seen).toEqual(seen);
    expect((await called(revokeToken, () => json(body))).seen).toEqual(seen);
  });

  it("is read with one GET of the preview version", async () => {
    const { out } = await called(readToken, () => json(tokenBody()));
    expect(out.seen.map(({ method, url }) => [method, url])).toEqual([
      ["GET", `https://api.stripe.com/v1/shared_payment/issued_tokens/${ID}`],
    ]);
    expect(out.seen[0]?.headers.get("stripe-version")).toBe("2026-08-26.preview");
  });

  it.each([400, 401, 402, 403, 404, 409, 429, 500])("is unclear after %d, and never dead", async (status) => {
    expect((await called(readToken, () => json(errorBody(), status))).seen.kind).toBe("unclear");
    expect((await called(revokeToken, () => json(errorBody(), status))).seen.kind).toBe("unclear");
  });

  it("under the seal of something else, or of somebody else, is not asked for", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const foreign = await sealed("payment_token", ID, "org_0000000000000000000002");
    for (const sealed_token of [foreign, await sealed("stripe_key", ID), await sealed("payment_token", "../x"), ""]) {
      const { seen, out } = await called(readToken, () => json(tokenBody()), { ...handle, sealed_token });
      expect([seen, out.seen]).toEqual([{ kind: "unclear", why: "token_unreadable" }, []]);
    }
    vi.restoreAllMocks();
  });
});

describe("a token that is revoked", () => {
  it("is one POST, each time under another key", async () => {
    const calls = [
      await called(revokeToken, () => json(ended("revoked"))),
      await called(revokeToken, () => json(ended("revoked"))),
    ];
    const [one, two] = calls.map(({ out }) => out.seen[0]!);
    expect([one?.method, one?.url]).toEqual([
      "POST",
      `https://api.stripe.com/v1/shared_payment/issued_tokens/${ID}/revoke`,
    ]);
    expect(one?.headers.get("idempotency-key")).not.toBe(two?.headers.get("idempotency-key"));
  });

  it("that was used before says so: Stripe refuses, and is asked what it is", async () => {
    const { seen, out } = await called(revokeToken, ({ method }) =>
      method === "POST"
        ? json(errorBody({ code: "shared_payment_token_deactivated" }), 400)
        : json(ended("consumed", captured(2500))),
    );
    expect(seen).toEqual({ kind: "consumed", amount: 2500, currency: "usd" });
    expect(out.seen.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });

  it("with no answer is not asked again here", async () => {
    const { seen, out } = await called(revokeToken, () => Promise.reject(new TypeError("reset")));
    expect([seen, out.seen.length]).toEqual([{ kind: "unclear", why: "no_answer" }, 1]);
  });
});
