import { afterEach, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { portion, spoken } from "../../../sandbox/acp/money.mjs";
import { openShop, type Shop } from "./buyer.ts";

let mart: Shop;
beforeEach(async () => {
  mart = await openShop();
});
afterEach(() => mart.close());

const page = async (path: string) => {
  const response = await fetch(`${mart.shop.url}${path}`);
  return { status: response.status, headers: response.headers, html: await response.text() };
};
const decide = (id: string, decision: string, headers: Record<string, string> = {}) =>
  fetch(`${mart.shop.url}/continue/${id}`, {
    method: "POST",
    body: new URLSearchParams({ decision }),
    redirect: "manual",
    headers,
  });

describe("the shop's page", () => {
  it("says what is sold, and which orders there are", async () => {
    expect((await page("/")).html).toContain("None yet.");
    const { path, token } = await mart.cart(["paper", "paper"]);
    const { order } = (await mart.complete(path, token)).body;
    await mart.control("refund", { order: order.id, amount: 250 });
    const { html, headers } = await page("/");
    for (const text of [">paper<", "12.99 USD", "1950 JPY", "3.980 KWD", "item_async", "Sold out"])
      expect(html).toContain(text);
    expect(html).toMatch(/SB-00001[\s\S]*34\.07 USD[\s\S]*2 items[\s\S]*2\.50 USD given back/);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(html).not.toContain("<script");
  });

  it("of an order shows what was paid, and no licence key", async () => {
    const { path, token } = await mart.cart(["licence"]);
    const { order } = (await mart.complete(path, token)).body;
    const { html } = await page(`/orders/${order.id}`);
    expect(html).toContain("1 × Typeface licence, one seat");
    expect(html).not.toContain(order.fulfillments[0].digital_delivery.license_key);
    expect((await page("/orders/ord_none")).status).toBe(404);
  });
});

describe("the page on which a person acts", () => {
  async function waiting() {
    const { path, token, id, total } = await mart.cart(["item_escalate"]);
    await mart.complete(path, token);
    return { path, id, total };
  }

  it("buys when the person says so, once", async () => {
    const { path, id, total } = await waiting();
    expect((await page(`/continue/${id}`)).html).toContain("Buy for");
    expect((await decide(id, "approve")).status).toBe(303);
    expect((await decide(id, "approve")).status).toBe(303);
    expect((await mart.ask("GET", path)).body.status).toBe("completed");
    expect(mart.stripe.taken()).toBe(total);
    expect((await page(`/continue/${id}`)).html).toContain("the order is placed");
  });

  it("does not when the person says no", async () => {
    const { path, id } = await waiting();
    await decide(id, "decline");
    expect((await mart.ask("GET", path)).body.status).toBe("canceled");
    expect(mart.stripe.payments.size).toBe(0);
  });

  it("is deaf to other pages, and to other words", async () => {
    const { path, id } = await waiting();
    expect((await decide(id, "approve", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    await decide(id, "maybe");
    expect((await mart.ask("GET", path)).body.status).toBe("requires_escalation");
    expect((await decide("cs_none", "approve")).status).toBe(404);
  });
});

describe("amounts", () => {
  it.each([
    [2499, "usd", "24.99 USD"],
    [5, "usd", "0.05 USD"],
    [-250, "usd", "-2.50 USD"],
    [3700, "jpy", "3700 JPY"],
    [1, "kwd", "0.001 KWD"],
  ])("%i of %s are %s", (amount, currency, text) => {
    expect(spoken(amount, currency)).toBe(text);
  });

  it.each([
    [2499, 825, "usd", 206],
    [1000, 25, "usd", 3],
    [1000, 24, "usd", 2],
    [7650, 825, "kwd", 630],
    [9_007_199_254_740_991, 10_000, "usd", 9_007_199_254_740_991],
  ])("%i × %i basis points of %s are %i", (amount, points, currency, part) => {
    expect(portion(amount, points, currency)).toBe(part);
  });
});
