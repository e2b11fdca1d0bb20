import { describe, expect, it } from "vitest";
import type { ApprovalSheet, VisitAnswer } from "../../../src/approvals/visit.ts";
import { answerPage, locatingPage, notAvailable, refusedPage, throttledPage } from "../../../src/edge/approve/page.tsx";
import { dateWords, grouped, plain, spanWords } from "../../../src/edge/approve/words.ts";

const NOW = Date.UTC(2026, 10, 21, 10);
const LINK = { door: "link" } as const;

const sheet = (more: Partial<ApprovalSheet> = {}): ApprovalSheet => ({
  organization: "Acme Ltd",
  mode: "live",
  agent_name: "Buyer",
  amount: "1250000.50",
  currency: "USD",
  vendor: "shop.example",
  vendor_kind: "host",
  protocol: "external",
  category: null,
  reason: null,
  payment: null,
  checkout: null,
  asks: ["A human must approve purchases above 20.00 USD; this one is 50.00 USD."],
  mandate: { name: "Standard", version: 3, status: "active", summary: ["at most 100.00 USD per purchase"] },
  budgets: [{ label: "daily", limit: "5000.00", left_after: "-10.00" }],
  requested_at: NOW - 60_000,
  expires_at: NOW + 29 * 60_000,
  terms: "ab".repeat(32),
  ...more,
});
type Open = Extract<VisitAnswer, { state: "open" }>;
const open = (more: Partial<ApprovalSheet> = {}, state: Partial<Open> = {}): Open => ({
  state: "open",
  sheet: sheet(more),
  refusals: [],
  stopped: null,
  ...state,
});
const htmlOf = (answer: VisitAnswer, decided = false, door: Parameters<typeof answerPage>[1] = LINK) =>
  answerPage(answer, door, decided, NOW).text();

/** Everything between tags, as a browser would show it. */
const textOf = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>/s, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");

const XSS = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  "</title><script>alert(1)</script>",
  "</style><script>alert(1)</script>",
  "</textarea><script>alert(1)</script>",
  '" autofocus onfocus="alert(1)',
  "javascript:alert(1)",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "<!--<script>-->",
  "]]><script>alert(1)</script>",
  "{{constructor.constructor('alert(1)')()}}",
  "\u003cscript\u003ealert(1)\u003c/script\u003e",
  "<iframe srcdoc='<script>alert(1)</script>'>",
  '<form action="https://evil.example"><button>Approve',
  "<base href=https://evil.example>",
  "<meta http-equiv=refresh content=0;url=https://evil.example>",
];
/** Every tag of a page, to be compared with those of a page whose texts hold nothing odd. */
const tagsOf = (html: string): string[] =>
  [...html.replace(/<style>.*?<\/style>/s, "").matchAll(/<\/?[a-zA-Z!][^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => !tag.startsWith("<input"));

describe("somebody else's text", () => {
  const fields = (text: string): Partial<ApprovalSheet> => ({
    vendor: text,
    vendor_kind: "name",
    agent_name: text,
    organization: text,
    category: text,
    reason: text,
    asks: [text],
    payment: { pay_to: text, network: text, asset: text, request: text, profile: text, seller_profile: text },
    checkout: { merchant: text, items: [{ id: text, quantity: 1 }], more: 1 },
    mandate: { name: text, version: 1, status: "active", summary: [text] },
    budgets: [{ label: text, limit: text, left_after: text }],
  });

  it.each(XSS)("adds no tag and no attribute to any page: %s", async (text) => {
    for (const door of [LINK, { door: "key", key: text, signIn: null } as const]) {
      const stopped = { code: "policy_refuses_now", message: text };
      const state = { refusals: [text], stopped };
      const html = await htmlOf(open(fields(text), state), true, door);
      expect(tagsOf(html)).toEqual(
        tagsOf(
          await htmlOf(
            open(fields("harmless"), { refusals: ["harmless"], stopped: { ...stopped, message: "harmless" } }),
            true,
            door,
          ),
        ),
      );
      expect(textOf(html)).toContain(text.replaceAll(/\s+/g, " "));
    }
    const closed: VisitAnswer = {
      state: "closed",
      status: "approved",
      by: "link",
      at: NOW,
      now: true,
      purchase: { amount: "1.00", currency: "USD", vendor: text, agent_name: text },
    };
    const harmless = { ...closed, purchase: { ...closed.purchase, vendor: "x", agent_name: "x" } };
    expect(tagsOf(await htmlOf(closed, true))).toEqual(tagsOf(await htmlOf(harmless, true)));
  });

  it("cannot turn, hide or stretch what stands beside it", async () => {
    const text = "shop\u202eelpmaxe.\u200bpohs\u0000\u2028\u{E0041}";
    const html = await htmlOf(open(fields(text)));
    for (const hidden of ["\u202e", "\u200b", "\u0000", "\u2028", "\u{E0041}"])
      expect(html.includes(hidden)).toBe(false);
    expect(plain("x".repeat(5_000)).length).toBeLessThanOrEqual(2_000);
  });

  it("is marked as such", async () => {
    const named = textOf(
      await htmlOf(open({ vendor: "office supplies (approved)", vendor_kind: "name", reason: "It is urgent" })),
    );
    expect(named).toContain("free text in the agent's own words");
    expect(named).toContain("The agent's own words, not checked It is urgent");
    expect(textOf(await htmlOf(open()))).toContain("named by the agent. Quetra has not checked who is paid");
    expect(textOf(await htmlOf(open({ protocol: "x402" })))).toContain("from the request itself");
  });
});

describe("a purchase that waits", () => {
  it("is shown with everything that a person needs to decide", async () => {
    const payment = { pay_to: "0xabc", network: "eip155:8453", asset: "0xdef", request: "GET https://api.example/x" };
    const text = textOf(await htmlOf(open({ protocol: "x402", payment, category: "data", reason: "For the report" })));
    for (const part of [
      "Acme Ltd",
      "Buyer asks to spend",
      "1\u202f250\u202f000.50 USD".replaceAll("\u202f", " "),
      "shop.example",
      "data",
      "For the report",
      "0xabc",
      "Base (eip155:8453)",
      "0xdef",
      "GET https://api.example/x",
      "above 20.00 USD",
      "daily",
      "-10.00",
      "Standard , version 3, active",
      "at most 100.00 USD per purchase",
      "29 minutes left",
      "21 November 2026 at 10:29 UTC",
      "Approve",
      "Deny",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain("Test mode");
    expect(textOf(await htmlOf(open({ mode: "test" })))).toContain("Test mode");
  });

  it("says of a checkout who sells, whom it pays, by which profile, and what the agent calls the items", async () => {
    const payment = { profile: "office", profile_version: "2", seller_profile: "profile_shop", merchant_id: "mer_1" };
    const items = [{ id: "sku <1>", quantity: 3 }];
    const checkout = { merchant: "Paper Ltd", items, more: 0 };
    const text = textOf(await htmlOf(open({ protocol: "acp", payment, checkout })));
    for (const words of [
      "Merchant Paper Ltd",
      "Paid to (Stripe profile) profile_shop",
      "Profile office",
      "Version of the profile 2",
      "The agent's own words for what it buys, not checked 3 × sku <1>",
      "The merchant that an administrator has configured for this host.",
    ]) {
      expect(text).toContain(words);
    }
    expect(text).not.toContain("named by the agent");
    expect(text).not.toContain(" more ");
    const many = open({ protocol: "acp", payment, checkout: { ...checkout, merchant: null, more: 7 } });
    expect(textOf(await htmlOf(many))).toContain("and 7 more");
    expect(textOf(await htmlOf(many))).toContain("no longer configured");
    // Held by quetra_evaluate, nobody but the agent has named the vendor.
    expect(textOf(await htmlOf(open({ protocol: "acp" })))).toContain("named by the agent");
  });

  it("offers no approval where it would be refused, and still a denial", async () => {
    const html = await htmlOf(open({}, { refusals: ["All spending is frozen."] }));
    expect(html).toContain("All spending is frozen.");
    expect(html).not.toContain('value="approve"');
    expect(html).toContain('value="deny"');
  });

  it("holds a key only where the person came in with one", async () => {
    expect(await htmlOf(open())).not.toContain('name="key"');
    expect(await htmlOf(open(), false, { door: "key", key: "sk_x", signIn: null })).toContain(
      'type="hidden" name="key" value="sk_x"',
    );
  });

  it("says without a mandate, a reason and budgets that there are none", async () => {
    const text = textOf(await htmlOf(open({ mandate: null, budgets: [] })));
    expect(text).toContain("No mandate is in force for this agent.");
    expect(text).toContain("The agent gave none.");
    expect(text).not.toContain("Budgets after");
  });
});

describe("every other state", () => {
  const closed = (more: object) => ({
    state: "closed" as const,
    status: "approved" as const,
    by: "key" as const,
    at: NOW,
    now: false,
    purchase: { amount: "50.00", currency: "USD", vendor: "shop.example", agent_name: "Buyer" },
    ...more,
  });
  it.each([
    [{ now: true }, true, 200, "You approved this purchase"],
    [{}, false, 200, "This purchase is already approved"],
    [{}, true, 409, "changed nothing"],
    [{ status: "denied", now: true }, true, 200, "You denied this purchase"],
    [{ status: "denied", by: "link" }, false, 200, "through a one-time link"],
    [{ status: "expired", by: "nobody" }, false, 200, "The time to decide has run out"],
    [{ status: "expired", by: "nobody" }, true, 409, "counts as denied"],
    [{ status: "cancelled" }, false, 200, "This purchase was called off"],
  ])("%j after a decision (%s): %i, %s", async (more, decided, status, words) => {
    const response = answerPage(closed(more) as VisitAnswer, LINK, decided, NOW);
    expect(response.status).toBe(status);
    const html = await response.text();
    expect(html).toContain(words);
    expect(html).not.toContain("<form");
  });

  it("has its status and its sentence", async () => {
    for (const [response, status, words] of [
      [refusedPage("link"), 404, "This link is not valid"],
      [refusedPage("key"), 404, "Nothing is shown for this key here"],
      [refusedPage("address"), 404, "Nothing is here"],
      [throttledPage(7), 429, "Wait 7 seconds"],
      [notAvailable(), 503, "Not available now"],
      [locatingPage(null), 200, "it needs the key of an approver"],
      [locatingPage("/dashboard/approvals/x"), 200, "it needs you to sign in, or the key of an approver"],
      [answerPage({ state: "refused" }, LINK, true, NOW), 404, "This link is not valid"],
      [answerPage({ state: "throttled", retry_after_seconds: 3 }, LINK, true, NOW), 429, "Wait 3 seconds"],
      [answerPage(open({}, { stopped: { code: "terms_changed", message: "" } }), LINK, true, NOW), 409, "has changed"],
    ] as const) {
      expect(response.status).toBe(status);
      expect(textOf(await response.text())).toContain(words);
    }
    expect(throttledPage(7).headers.get("retry-after")).toBe("7");
  });

  it("is a whole document with a language, one main landmark, one first heading and a label for every field", async () => {
    for (const response of [
      answerPage(open(), LINK, false, NOW),
      answerPage(closed({}), LINK, false, NOW),
      locatingPage(null),
      locatingPage("/dashboard/approvals/x"),
      refusedPage("link"),
    ]) {
      const html = await response.text();
      expect(html).toMatch(/^<!DOCTYPE html><html lang="en">/);
      for (const once of [/<main>/g, /<h1[ >]/g, /<title>/g]) expect(html.match(once)).toHaveLength(1);
      for (const [, id] of html.matchAll(/<(?:textarea|input)[^>]* ?id="(\w+)"/g)) {
        expect(html).toContain(`<label for="${id}">`);
      }
    }
  });
});

describe("words", () => {
  it("groups long amounts, and rounds time down", () => {
    expect(["1", "100.00", "1000.00", "1234567.5 USD", "-1234.00 USD", "x"].map(grouped)).toEqual([
      "1",
      "100.00",
      "1\u202f000.00",
      "1\u202f234\u202f567.5 USD",
      "-1\u202f234.00 USD",
      "x",
    ]);
    expect(
      [-5, 59_999, 60_000, 119_999, 7_199_999, 7_200_000, 47.9 * 3_600_000, 48 * 3_600_000].map(spanWords),
    ).toEqual([
      "less than a minute",
      "less than a minute",
      "1 minute",
      "1 minute",
      "119 minutes",
      "2 hours",
      "47 hours",
      "2 days",
    ]);
    expect(dateWords(NOW)).toBe("21 November 2026 at 10:00 UTC");
  });
});
