import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StripeChargeOrder } from "../../../src/payments/stripe/api.ts";
import { stripeRails } from "../../../src/payments/stripe/rails.ts";
import { POLICY, type Seen } from "../support.ts";
import { account, chargeOrder, context, intentBody, json, KEY, LIVE_KEY, sealed, stripe } from "./support.ts";

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ["info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
  }
});
afterEach(() => vi.restoreAllMocks());

type Answer = (request: Seen) => Response | Promise<Response>;

async function charged(answer: Answer, order: StripeChargeOrder = chargeOrder, changes = {}, policy = POLICY) {
  const out = stripe(answer, policy);
  const seen = await stripeRails(context(out, changes)).stripeCharge(order);
  expect(JSON.stringify(seen) + lines.join()).not.toMatch(/Canary|Words of Stripe|pm_1|cus_1/);
  return { seen, out };
}

describe("a key", () => {
  const nothing = { kind: "unclear", why: "key_unreadable" };

  it("of another organization, another field or a changed seal asks nothing", async () => {
    const foreign = await sealed("stripe_key", KEY, "org_0000000000000000000002");
    const field = await sealed("hook_secret", KEY);
    for (const sealed_key of [foreign, field, `${account.sealed_key}A`, "", KEY]) {
      const { seen, out } = await charged(() => json(intentBody()), { ...chargeOrder, sealed_key });
      expect(seen).toEqual(nothing);
      expect(out.seen).toEqual([]);
    }
    const { seen } = await charged(() => json(intentBody()), chargeOrder, { SEALING_SECRETS: "" });
    expect(seen).toEqual(nothing);
  });

  it("of the other mode asks nothing", async () => {
    const live = await sealed("stripe_key", LIVE_KEY);
    for (const order of [{ ...chargeOrder, sealed_key: live }, { ...chargeOrder, mode: "live" } as const]) {
      const { seen, out } = await charged(() => json(intentBody()), order);
      expect(seen).toEqual(nothing);
      expect(out.seen).toEqual([]);
    }
  });
});

describe("where Stripe is asked", () => {
  const SANDBOX = { ...POLICY, allowLoopback: true, loopbackPorts: [4242] };
  const answer = () => json(intentBody());

  it.each(["http://127.0.0.1:4242", "http://localhost:4242/"])("%s for a test organization", async (url) => {
    const { seen, out } = await charged(answer, chargeOrder, { STRIPE_API_URL: url }, SANDBOX);
    expect(seen.kind).toBe("intent");
    expect(out.seen[0]?.url).toBe(`${url.replace(/\/$/, "")}/v1/payment_intents`);
  });

  it.each([
    ["http://127.0.0.1:4243", SANDBOX],
    ["http://127.0.0.1:4242", POLICY],
    ["http://127.0.0.1:4242", { ...POLICY, allowLoopback: true }],
    ["https://evil.example.com", SANDBOX],
    ["https://api.stripe.com", SANDBOX],
    ["http://127.0.0.1:4242@evil.example.com", SANDBOX],
    ["http://127.0.0.1:4242/path", SANDBOX],
    ["http://127.0.0.1:4242?x=", SANDBOX],
    ["http://2130706433:4242", SANDBOX],
    ["http://10.0.0.1:4242", SANDBOX],
    [" ", SANDBOX],
  ])("nobody, with %j", async (url, policy) => {
    const { seen, out } = await charged(answer, chargeOrder, { STRIPE_API_URL: url }, policy);
    expect(seen).toEqual({ kind: "unclear", why: "not_configured" });
    expect(out.seen).toEqual([]);
  });

  it("Stripe alone for a live one, with its own key", async () => {
    const order = { ...chargeOrder, mode: "live", sealed_key: await sealed("stripe_key", LIVE_KEY) } as const;
    const live = () => json(intentBody({ livemode: true }));
    const { seen, out } = await charged(live, order, { STRIPE_API_URL: "http://127.0.0.1:4242" }, SANDBOX);
    expect(seen.kind).toBe("intent");
    expect(out.seen[0]?.url).toBe("https://api.stripe.com/v1/payment_intents");
    expect(out.seen[0]?.headers.get("authorization")).toBe(`Bearer ${LIVE_KEY}`);
  });
});
