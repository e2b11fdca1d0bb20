import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { completion, creation, openShop, type Shop } from "./buyer.ts";

let mart: Shop;
beforeEach(async () => {
  mart = await openShop();
});
afterEach(() => mart.close());

const NEW = creation("2026-04-17", ["paper"]);

describe("a key", () => {
  it("is required since 2026-04-17, and may be left out before", async () => {
    const refused = await mart.ask("POST", "/checkout_sessions", NEW, { key: null });
    expect([refused.status, refused.body.code]).toEqual([400, "idempotency_key_required"]);
    const older = { key: null, release: "2026-01-30" } as const;
    expect((await mart.ask("POST", "/checkout_sessions", NEW, older)).status).toBe(201);
  });

  it("has 255 characters at most", async () => {
    expect((await mart.ask("POST", "/checkout_sessions", NEW, { key: "k".repeat(255) })).status).toBe(201);
    expect((await mart.ask("POST", "/checkout_sessions", NEW, { key: "k".repeat(256) })).status).toBe(400);
  });

  it("makes one session, whatever the order of the members", async () => {
    const first = await mart.ask("POST", "/checkout_sessions", NEW, { key: "k1" });
    const turned = Object.fromEntries(Object.entries(NEW).reverse());
    const again = await mart.ask("POST", "/checkout_sessions", turned, { key: "k1" });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await mart.state()).sessions).toHaveLength(1);
  });

  it.each([
    ["another body", { ...NEW, locale: "en" }],
    ["null instead of nothing", { ...NEW, metadata: { a: null } }],
  ])("with %s is a conflict", async (_, body) => {
    const before = { ...NEW, metadata: {} };
    await mart.ask("POST", "/checkout_sessions", before, { key: "k1" });
    const refused = await mart.ask("POST", "/checkout_sessions", body, { key: "k1" });
    expect([refused.status, refused.body.code]).toEqual([422, "idempotency_conflict"]);
    const older = { key: "k2", release: "2026-01-30" } as const;
    await mart.ask("POST", "/checkout_sessions", NEW, older);
    const conflict = await mart.ask("POST", "/checkout_sessions", { ...NEW, locale: "en" }, older);
    expect([conflict.status, conflict.body.type]).toEqual([409, "request_not_idempotent"]);
  });

  it("belongs to its path", async () => {
    const one = await mart.cart(["paper"]);
    const two = await mart.cart(["paper"]);
    expect((await mart.complete(one.path, one.token, { key: "k" })).body.status).toBe("completed");
    expect((await mart.complete(two.path, two.token, { key: "k" })).body.id).toBe(two.id);
  });

  it("replays a refusal, but never a failure of the server", async () => {
    const wrong = creation("2026-04-17", ["item_none"]);
    const first = await mart.ask("POST", "/checkout_sessions", wrong, { key: "k" });
    const again = await mart.ask("POST", "/checkout_sessions", wrong, { key: "k" });
    expect([again.status, again.body]).toEqual([400, first.body]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    await mart.control("mode", { mode: "500_before", on: "create" });
    expect((await mart.ask("POST", "/checkout_sessions", NEW, { key: "k2" })).status).toBe(500);
    expect((await mart.ask("POST", "/checkout_sessions", NEW, { key: "k2" })).status).toBe(201);
  });

  it("is forgotten after a day, not before", async () => {
    await mart.close();
    const start = Date.now();
    mart = await openShop({ now: () => start });
    await mart.ask("POST", "/checkout_sessions", NEW, { key: "k" });
    await mart.control("clock", { advance_ms: 24 * 3_600_000 });
    const kept = await mart.ask("POST", "/checkout_sessions", NEW, { key: "k" });
    expect(kept.headers.get("idempotent-replayed")).toBe("true");
    await mart.control("clock", { advance_ms: 1 });
    const fresh = await mart.ask("POST", "/checkout_sessions", NEW, { key: "k" });
    expect(fresh.headers.get("idempotent-replayed")).toBeNull();
  });
});

describe("twenty at once", () => {
  it("with the same key make one order and one payment", async () => {
    const { path, token, total } = await mart.cart(["paper"]);
    mart.stripe.next.push("slow");
    const answers = await Promise.all(Array.from({ length: 20 }, () => mart.complete(path, token, { key: "k" })));
    const flight = answers.filter(({ status }) => status === 409);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20 - flight.length);
    expect(flight.length).toBeGreaterThan(0);
    for (const { body, headers } of flight)
      expect([body.code, headers.get("retry-after")]).toEqual(["idempotency_in_flight", "1"]);
    const replay = await mart.complete(path, token, { key: "k" });
    expect([replay.body.status, replay.headers.get("idempotent-replayed")]).toEqual(["completed", "true"]);
    expect((await mart.state()).orders).toHaveLength(1);
    expect(mart.stripe.calls).toHaveLength(1);
    expect([...mart.stripe.payments.values()].map(({ amount }) => amount)).toEqual([total]);
  });

  it("with keys of their own make one order and one payment", async () => {
    const { path, token } = await mart.cart(["paper"]);
    mart.stripe.next.push("slow");
    const answers = await Promise.all(Array.from({ length: 20 }, () => mart.complete(path, token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await mart.state()).orders).toHaveLength(1);
    expect(mart.stripe.payments.size).toBe(1);
  });

  it("without any idempotency make one order and one payment", async () => {
    await mart.control("deviation", { name: "no_idempotency" });
    const { path, token } = await mart.cart(["paper"]);
    await Promise.all(Array.from({ length: 20 }, () => mart.complete(path, token, { key: "k" })));
    expect((await mart.state()).orders).toHaveLength(1);
    expect(mart.stripe.payments.size).toBe(1);
    const again = await mart.complete(path, token, { key: "k" });
    expect([again.status, again.body.code]).toEqual([400, "invalid_status"]);
  });
});

describe("a shop that differs", () => {
  it("answers a conflict with 409", async () => {
    await mart.control("deviation", { name: "conflict_409" });
    await mart.ask("POST", "/checkout_sessions", NEW, { key: "k" });
    const refused = await mart.ask("POST", "/checkout_sessions", { ...NEW, locale: "en" }, { key: "k" });
    expect([refused.status, refused.body.code]).toEqual([409, "request_not_idempotent"]);
  });

  it("does not say that it replays", async () => {
    await mart.control("deviation", { name: "no_replayed_header" });
    const first = await mart.ask("POST", "/checkout_sessions", NEW, { key: "k" });
    const again = await mart.ask("POST", "/checkout_sessions", NEW, { key: "k" });
    expect([again.body, again.headers.get("idempotent-replayed")]).toEqual([first.body, null]);
  });

  it("adds instants that an older release does not know", async () => {
    await mart.control("deviation", { name: "extra_timestamps" });
    const release = "2025-09-29" as const;
    const body = creation(release, ["paper"]);
    const made = await mart.ask("POST", "/checkout_sessions", body, { release, judge: false });
    expect(made.body).toMatchObject({ created_at: expect.any(String), updated_at: expect.any(String) });
    await mart.control("deviation", { name: "extra_timestamps", on: false });
    expect((await mart.ask("POST", "/checkout_sessions", body, { release })).status).toBe(201);
  });
});

it("a payment with a new token after a refusal has a key of its own at the bank", async () => {
  const { path, total } = await mart.cart(["paper"]);
  const small = await mart.complete(path, mart.stripe.token(total - 1));
  expect([small.body.status, small.body.messages[0].code]).toEqual(["ready_for_payment", "payment_declined"]);
  const done = await mart.ask("POST", `${path}/complete`, completion("2026-04-17", mart.stripe.token(total)));
  expect(done.body.status).toBe("completed");
  expect(new Set(mart.stripe.calls.map(({ key }) => key)).size).toBe(2);
  expect(mart.stripe.calls[0]?.key).toBe(done.body.id);
});
