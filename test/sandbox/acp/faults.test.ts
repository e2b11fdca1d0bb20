import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openShop, type Shop } from "./buyer.ts";

let mart: Shop;
beforeEach(async () => {
  mart = await openShop();
});
afterEach(() => mart.close());

describe("a fault", () => {
  it.each([
    ["item_500", 0],
    ["item_500_after", 1],
  ])("%s is 500 with %i orders made, and the same key goes on", async (item, made) => {
    const { path, token } = await mart.cart([item]);
    expect((await mart.complete(path, token, { key: "k" })).status).toBe(500);
    expect((await mart.state()).orders).toHaveLength(made);
    expect((await mart.ask("GET", path)).body.status).toBe(made === 1 ? "completed" : "ready_for_payment");
    const again = await mart.complete(path, token, { key: "k" });
    expect([again.body.status, again.headers.get("idempotent-replayed")]).toEqual(["completed", null]);
    expect((await mart.state()).orders).toHaveLength(1);
    expect(mart.stripe.payments.size).toBe(1);
  });

  it.each([
    ["item_reset", 0],
    ["item_reset_after", 1],
  ])("%s breaks the connection with %i orders made", async (item, made) => {
    const { path, token } = await mart.cart([item]);
    await expect(mart.complete(path, token, { key: "k" })).rejects.toThrow();
    expect((await mart.state()).orders).toHaveLength(made);
    expect((await mart.complete(path, token, { key: "k" })).body.status).toBe("completed");
    expect(mart.stripe.payments.size).toBe(1);
  });

  it.each([
    ["item_silent", 0],
    ["item_silent_after", 1],
  ])("%s never answers, with %i orders made", async (item, made) => {
    const { path, token } = await mart.cart([item]);
    const signal = AbortSignal.timeout(1_500);
    await expect(mart.complete(path, token, { key: "k", signal })).rejects.toThrow();
    expect((await mart.state()).orders).toHaveLength(made);
    expect((await mart.complete(path, token, { key: "k" })).body.status).toBe("completed");
    expect(mart.stripe.payments.size).toBe(1);
  });

  it("a silent shop can be stopped", async () => {
    const { path, token } = await mart.cart(["item_silent"]);
    const hanging = mart.complete(path, token).catch(() => "broken");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await mart.shop.stop();
    expect(await hanging).toBe("broken");
    mart = await openShop();
  });

  it("cuts an answer in the middle", async () => {
    await mart.control("mode", { mode: "cut_after" });
    const { path, token } = await mart.cart(["paper"]);
    await expect(mart.complete(path, token, { key: "k" })).rejects.toThrow();
    expect((await mart.complete(path, token, { key: "k" })).body.status).toBe("completed");
    expect(mart.stripe.payments.size).toBe(1);
  });

  it("429 says when to come back", async () => {
    const { path, token } = await mart.cart(["item_429"]);
    const busy = await mart.complete(path, token, { key: "k" });
    expect([busy.status, busy.body.code, busy.headers.get("retry-after")]).toEqual([429, "rate_limited", "1"]);
    expect((await mart.complete(path, token, { key: "k" })).body.status).toBe("completed");
  });

  it("happens at the step that is named, as often as it is told to", async () => {
    await mart.control("mode", { mode: "500_before", on: "read", times: 2 });
    const { path } = await mart.cart(["paper"]);
    const reads = [];
    for (let read = 0; read < 3; read += 1) reads.push((await mart.ask("GET", path)).status);
    expect(reads).toEqual([500, 500, 200]);
    await mart.control("mode", { mode: "reset_after", times: 2 });
    const twice = await mart.cart(["paper"]);
    const pay = () => mart.complete(twice.path, twice.token, { key: "k" });
    await expect(pay()).rejects.toThrow();
    await expect(pay()).rejects.toThrow();
    expect((await pay()).headers.get("idempotent-replayed")).toBe("true");
    expect(mart.stripe.payments.size).toBe(1);
  });
});
