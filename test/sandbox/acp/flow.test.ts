import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ADDRESS, completion, creation, judge, openShop, RELEASES, type Shop, selection } from "./buyer.ts";

let mart: Shop;
beforeEach(async () => {
  mart = await openShop();
});
afterEach(() => mart.close());

const totalOf = (body: { totals: { type: string; amount: number }[] }) =>
  body.totals.filter(({ type }) => type === "total").map(({ amount }) => amount);

describe.each(RELEASES)("a purchase by %s", (release) => {
  it("goes from cart to order, and takes the total once", async () => {
    const items = ["paper", "paper", "licence"];
    for (const [shape, body] of [
      ["CheckoutSessionCreateRequest", creation(release, items)],
      ["CheckoutSessionUpdateRequest", selection(release, "ship_standard", items)],
      ["CheckoutSessionCompleteRequest", completion(release, "spt_1")],
    ] as const)
      expect(judge(release, shape)(body)).toBe(true);
    const { path, ready, total, token } = await mart.cart(items, release);
    expect(ready.body.status).toBe("ready_for_payment");
    // 2 × 12.99 + 49.00, 8.25 % of each line rounded, 5.95 for the parcel.
    expect(totalOf(ready.body)).toEqual([2598 + 4900 + 214 + 404 + 595]);
    const done = await mart.complete(path, token, { release });
    expect(done.status).toBe(200);
    expect(done.body.status).toBe("completed");
    expect(totalOf(done.body)).toEqual([total]);
    expect([...mart.stripe.payments.values()]).toEqual([{ amount: total, status: "succeeded" }]);
    const read = await mart.ask("GET", path, undefined, { release });
    expect(read.body).toEqual(done.body);
    const state = await mart.state();
    expect(state.orders).toMatchObject([{ id: done.body.order.id, paid: total, payment: "pi_1", currency: "usd" }]);
    expect([state.violations, state.faults]).toEqual([[], []]);
  });

  it("is canceled once, and never after it was paid", async () => {
    const { path } = await mart.cart(["paper"], release);
    const canceled = await mart.ask("POST", `${path}/cancel`, undefined, { release });
    expect([canceled.status, canceled.body.status]).toEqual([200, "canceled"]);
    expect((await mart.ask("POST", `${path}/cancel`, undefined, { release })).status).toBe(405);
    const other = await mart.cart(["paper"], release);
    await mart.complete(other.path, other.token, { release });
    expect((await mart.ask("POST", `${other.path}/cancel`, undefined, { release })).status).toBe(405);
  });

  it("refuses what the schema of the release refuses", async () => {
    const strange = { ...creation(release, ["paper"]), vendor: "x" };
    const refused = await mart.ask("POST", "/checkout_sessions", strange, { release });
    expect([refused.status, refused.body.code, refused.body.param]).toEqual([400, "invalid", "$.vendor"]);
    expect((await mart.state()).violations).toMatchObject([{ step: "create", version: release, param: "$.vendor" }]);
  });
});

describe("what is sold", () => {
  it.each([
    ["usd", 1299 + 107 + 595],
    ["jpy", 1950 + 161 + 600],
    ["kwd", 3980 + 330 + 1500],
  ])("has one total in %s, to the minor unit", async (currency, total) => {
    const cart = await mart.cart(["paper"], "2026-04-17", currency);
    expect(cart.total).toBe(total);
    expect((await mart.complete(cart.path, cart.token)).body.status).toBe("completed");
    expect(mart.stripe.taken()).toBe(total);
  });

  it("needs no address when it is sent by e-mail", async () => {
    const { fulfillment_details: _, ...body } = creation("2026-04-17", ["licence"]) as Record<string, unknown>;
    const made = await mart.ask("POST", "/checkout_sessions", body);
    expect(made.body.status).toBe("ready_for_payment");
    const done = await mart.complete(`/checkout_sessions/${made.body.id}`, mart.stripe.token(4900));
    expect(done.body.order.fulfillments[0].digital_delivery.license_key).toMatch(/^LIC-/);
  });

  it("costs more when it is to be fast", async () => {
    const { path, total } = await mart.cart(["paper"]);
    const fast = await mart.ask("POST", path, selection("2026-04-17", "ship_express", ["paper"]));
    expect(totalOf(fast.body)).toEqual([total - 595 + 1495]);
  });

  it("is bounded by the stock, at N and N + 1, also for two who want the last ones at once", async () => {
    const four = await mart.cart(Array.from({ length: 4 }, () => "stand"));
    expect([four.ready.body.status, four.ready.body.messages[0].code]).toEqual([
      "not_ready_for_payment",
      "quantity_exceeded",
    ]);
    const three = ["stand", "stand", "stand"];
    const [one, two] = [await mart.cart(three), await mart.cart(three)];
    const done = await Promise.all([one, two].map(({ path, token }) => mart.complete(path, token)));
    expect(done.map(({ body }) => body.status).sort()).toEqual(["completed", "not_ready_for_payment"]);
    expect((await mart.state()).stock.stand).toBe(0);
    const desk = await mart.cart(["desk"]);
    expect(desk.ready.body.messages[0].code).toBe("out_of_stock");
    expect((await mart.complete(desk.path, desk.token)).body.status).toBe("not_ready_for_payment");
    expect(mart.stripe.payments.size).toBe(1);
  });

  it.each(["AQ", "constructor", ""])("goes nowhere where the shop does not send: %j", async (country) => {
    const body = creation("2026-04-17", ["paper"], "usd", { ...ADDRESS, country });
    const made = await mart.ask("POST", "/checkout_sessions", body);
    expect([made.body.status, made.body.messages[0].code]).toEqual(["not_ready_for_payment", "region_restricted"]);
  });
});

describe("a request", () => {
  it("needs the bearer, a release that is spoken, and JSON", async () => {
    const body = creation("2026-04-17", ["paper"]);
    const ask = (headers: Record<string, string>) => mart.ask("POST", "/checkout_sessions", body, { headers });
    expect((await ask({ authorization: "Bearer other" })).status).toBe(401);
    const version = await ask({ "api-version": "2024-01-01" });
    expect([version.status, version.body.code]).toEqual([400, "unsupported_api_version"]);
    expect(version.body.supported_versions).toEqual([...RELEASES].reverse());
    expect((await ask({ "content-type": "text/plain" })).status).toBe(415);
    const echo = await ask({ "request-id": "req_7" });
    expect([echo.headers.get("request-id"), echo.headers.get("idempotency-key")?.length]).toEqual([
      "req_7",
      expect.any(Number),
    ]);
  });

  it("for what is not there is 404, and for an unknown item 400", async () => {
    expect((await mart.ask("GET", "/checkout_sessions/cs_none")).status).toBe(404);
    const refused = await mart.ask("POST", "/checkout_sessions", creation("2026-04-17", ["item_none"]));
    expect([refused.body.code, refused.body.param]).toEqual(["invalid_item_id", "$.line_items[0].id"]);
    const euro = await mart.ask("POST", "/checkout_sessions", creation("2026-04-17", ["paper"], "eur"));
    expect([euro.status, euro.body.param]).toEqual([400, "$.currency"]);
  });

  it("takes half of nothing, which the oldest schema would allow", async () => {
    const body = { items: [{ id: "paper", quantity: 0.5 }] };
    const refused = await mart.ask("POST", "/checkout_sessions", body, { release: "2025-09-29" });
    expect([refused.status, refused.body.param]).toEqual([400, "$.items[0].quantity"]);
  });

  it("is never heard under another name", async () => {
    const { port } = mart.shop;
    const { request } = await import("node:http");
    const status = await new Promise((resolve) =>
      request({ port, host: "127.0.0.1", headers: { host: "attacker.example" } }, (r) => resolve(r.statusCode)).end(),
    );
    expect(status).toBe(421);
  });
});

it("gives no answer that breaks the contract: that is a defect, and it says so", async () => {
  await mart.close();
  mart = await openShop({ publicUrl: "not a URL" });
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const broken = await mart.ask("POST", "/checkout_sessions", creation("2026-04-17", ["paper"]));
  expect([broken.status, broken.body.type]).toEqual([500, "processing_error"]);
  expect(said.mock.calls[0]?.[0]).toContain("own CheckoutSession of 2026-04-17 is not valid at $.links[0].url");
  said.mockRestore();
  expect(mart.shop.world.faults.splice(0)).toHaveLength(2);
});

it("says where it is, and what it speaks", async () => {
  const response = await fetch(`${mart.shop.url}/.well-known/acp.json`);
  expect(response.headers.get("cache-control")).toBe("public, max-age=3600");
  const document = (await response.json()) as Record<string, unknown>;
  expect(judge("2026-04-17", "DiscoveryResponse")(document)).toBe(true);
  expect(document.api_base_url).toBe(mart.shop.apiUrl);
  await mart.control("deviation", { name: "no_discovery" });
  expect((await fetch(`${mart.shop.url}/.well-known/acp.json`)).status).toBe(404);
});

it("takes a session's time away when it is over", async () => {
  await mart.close();
  const start = Date.now();
  mart = await openShop({ now: () => start });
  const { path, token } = await mart.cart(["paper"]);
  await mart.control("clock", { advance_ms: 30 * 60_000 - 1 });
  expect((await mart.ask("GET", path)).body.status).toBe("ready_for_payment");
  await mart.control("clock", { advance_ms: 1 });
  expect((await mart.ask("GET", path)).body.status).toBe("expired");
  expect((await mart.complete(path, token)).body.code).toBe("invalid_status");
  expect(mart.stripe.taken()).toBe(0);
});

it("answers an older buyer in its own words, whoever made the session", async () => {
  const { path } = await mart.cart(["item_escalate"]);
  for (const release of RELEASES) expect((await mart.ask("GET", path, undefined, { release })).status).toBe(200);
});
