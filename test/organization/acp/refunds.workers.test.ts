import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { type ShopSetting, shopSetting } from "../../support/fake-shop.ts";
import { api, eventTypes, type Json, selfCheck, sql } from "../../support/service.ts";

afterEach(() => {
  vi.useRealTimers();
});

const budget = async ({ organization, mandate }: ShopSetting) => {
  const rows = await sql<Json>(organization, "SELECT held, settled FROM counters WHERE owner = ?", mandate);
  return rows.map(({ held, settled }: Json) => held + settled);
};

describe("a refund that the merchant tells of", () => {
  const bought = async () => {
    const here = await shopSetting();
    const { transaction_id } = await here.buy();
    const session_id = here.shop.completions[0]!.session_id;
    return { here, transaction_id, session_id };
  };

  it("returns exactly that part to the purchase's own period, once, however often it is told", async () => {
    const { here, transaction_id, session_id } = await bought();
    const refunds = [{ id: "r1", amount: 599 }];
    await here.hear({ session_id, refunds });
    await here.hear({ order_id: "order_1", refunds });
    await here.hear({ session_id, order_id: "order_1", refunds: [...refunds, { id: "r2", amount: 1 }] });
    expect(await here.row(transaction_id)).toMatchObject({ status: "completed", amount_refunded: 6 });
    expect(await budget(here)).toEqual([19_990_000]);
    const events = await sql<{ body: string }>(
      here.organization,
      "SELECT body FROM events WHERE type = 'transaction.refunded'",
    );
    expect(events.map(({ body }) => JSON.parse(body).data)).toMatchObject([
      { refund: 5_990_000, by: "merchant" },
      { refund: 10_000, by: "merchant" },
    ]);
    await here.hear({ session_id, refunds: [{ id: "r3", amount: 1_999 }] });
    expect(await here.row(transaction_id)).toMatchObject({ status: "refunded" });
    expect(await budget(here)).toEqual([0]);
    expect((await selfCheck(here.organization)).ledger.valid).toBe(true);
  });

  it("of more than was paid, of nothing, or of no amount at all is refused", async () => {
    const { here, transaction_id, session_id } = await bought();
    for (const amount of [2_600, 0, -1, 1.5, Number.MAX_SAFE_INTEGER, Number.NaN]) {
      await here.hear({ session_id, refunds: [{ id: `r${amount}`, amount }] });
    }
    await here.hear({
      session_id,
      refunds: [
        { id: "a", amount: 2_000 },
        { id: "b", amount: 600 },
        { id: "c", amount: 599 },
      ],
    });
    expect(await here.row(transaction_id)).toMatchObject({ status: "refunded", amount_refunded: 25.99 });
    expect(await budget(here)).toEqual([0]);
    expect((await selfCheck(here.organization)).ledger.valid).toBe(true);
  });

  it("in another currency than the purchase's is refused, and one that names the same is booked", async () => {
    const { here, transaction_id, session_id } = await bought();
    const warned = vi.spyOn(console, "warn");
    await here.hear({ session_id, refunds: [{ id: "r1", amount: 599, currency: "JPY" }] });
    expect(await here.row(transaction_id)).not.toHaveProperty("amount_refunded");
    expect(warned.mock.calls.join()).toContain("merchant_refund_refused");
    await here.hear({ session_id, refunds: [{ id: "r2", amount: 100, currency: "USD" }] });
    expect((await here.row(transaction_id)).amount_refunded).toBe(1);
    // It was not kept either: a later proof of payment would have booked it.
    expect(await sql(here.organization, "SELECT refunds FROM acp_checkouts")).toEqual([
      { refunds: JSON.stringify([{ id: "r2", amount: 1_000_000, booked: true }]) },
    ]);
    warned.mockRestore();
  });

  it("is booked only where the administrator trusts the merchant with it", async () => {
    const { here, transaction_id, session_id } = await bought();
    await sql(here.organization, "UPDATE merchants SET book_refunds = 0");
    await here.hear({ session_id, refunds: [{ id: "r1", amount: 599 }] });
    expect(await here.row(transaction_id)).not.toHaveProperty("amount_refunded");
    expect(await eventTypes(here.organization)).not.toContain("transaction.refunded");
  });

  it("about a session or an order that is not its own changes nothing", async () => {
    const { here, transaction_id, session_id } = await bought();
    await sql(here.organization, "UPDATE acp_checkouts SET merchant_id = 'mer_2'");
    const refunds = [{ id: "r1", amount: 599 }];
    for (const event of [{ session_id }, { order_id: "order_1" }, { session_id: "cs_none", order_id: "none" }, {}]) {
      await here.hear({ ...event, refunds });
    }
    expect(await here.row(transaction_id)).not.toHaveProperty("amount_refunded");
  });

  it("that names two different purchases is about neither", async () => {
    const { here, session_id } = await bought();
    await here.buy({ idempotency_key: "k2" });
    await here.hear({ session_id, order_id: "order_2", refunds: [{ id: "r1", amount: 599 }] });
    expect(await eventTypes(here.organization)).not.toContain("transaction.refunded");
  });

  it("before the payment is proven waits for the proof", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const here = await shopSetting();
    here.shop.onComplete = ({ session_id }) => {
      here.shop.sessions.get(session_id)!.status = "in_progress";
      return here.shop.seen(session_id);
    };
    const { transaction_id } = await here.buy();
    const session_id = here.shop.completions[0]!.session_id;
    await here.hear({ session_id, refunds: [{ id: "r1", amount: 599 }] });
    expect(await here.row(transaction_id)).toMatchObject({ amount_held: 25.99, amount_settled: 0 });
    here.shop.consume(transaction_id);
    await here.pass(1);
    expect(await here.row(transaction_id)).toMatchObject({ amount_settled: 25.99, amount_refunded: 5.99 });
    expect(await budget(here)).toEqual([20_000_000]);
    expect((await selfCheck(here.organization)).ledger.valid).toBe(true);
  });

  it("that only the session shows is found when the order is looked at", async () => {
    const { here, transaction_id, session_id } = await bought();
    here.shop.sessions.get(session_id)!.refunds.push({ id: "r1", amount: 599 });
    expect(await here.buy()).toMatchObject({ replayed: true, outcome: "ordered" });
    expect((await here.row(transaction_id)).amount_refunded).toBe(5.99);
  });

  it("is one of so many at most (refundsPerTransaction)", async () => {
    const { here, transaction_id, session_id } = await bought();
    const many = (from: number, n: number) =>
      here.hear({ session_id, refunds: Array.from({ length: n }, (_, at) => ({ id: `r${from + at}`, amount: 1 })) });
    await many(0, LIMITS.refundsPerTransaction);
    expect((await here.row(transaction_id)).amount_refunded).toBe(0.5);
    await many(LIMITS.refundsPerTransaction, 1);
    expect((await here.row(transaction_id)).amount_refunded).toBe(0.5);
  });
});

describe("a message of the merchant", () => {
  it("makes the watch look now, and proves nothing by itself", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const here = await shopSetting();
    here.shop.onComplete = ({ session_id }) => {
      here.shop.sessions.get(session_id)!.status = "in_progress";
      return here.shop.seen(session_id);
    };
    const { transaction_id } = await here.buy();
    await here.pass(100);
    const session_id = here.shop.completions[0]!.session_id;
    await here.hear({ session_id, status: "completed" });
    await here.pass(1);
    expect(await here.row(transaction_id)).toMatchObject({ amount_held: 25.99, amount_settled: 0 });
    here.shop.consume(transaction_id);
    await here.hear({ session_id, status: "canceled" });
    await here.pass(1);
    expect(await here.row(transaction_id)).toMatchObject({ status: "completed", amount_settled: 25.99 });
  });
});

describe("many messages of the merchant", () => {
  it("make one look, and do not put it off", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const here = await shopSetting();
    here.shop.onComplete = ({ session_id }) => {
      here.shop.sessions.get(session_id)!.status = "in_progress";
      return here.shop.seen(session_id);
    };
    await here.buy();
    await here.pass(100);
    const session_id = here.shop.completions[0]!.session_id;
    const due = Date.now() + 1_000;
    for (let n = 0; n < 5; n += 1) {
      await here.hear({ session_id });
      const [timer] = await sql<Json>(here.organization, "SELECT due_at FROM timers WHERE kind = 'acp_watch'");
      expect(timer.due_at).toBe(due);
      vi.setSystemTime(Date.now() + 100);
    }
  });
});

describe("a message about what has ended unused", () => {
  const ended = async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const here = await shopSetting();
    here.shop.onComplete = ({ session_id }) => here.shop.seen(session_id);
    const { transaction_id } = await here.buy();
    await here.settleDown(720);
    expect(await watched(here)).toEqual([]);
    here.shop.capture(transaction_id);
    return { here, transaction_id, session_id: here.shop.completions[0]!.session_id };
  };
  const watched = ({ organization }: ShopSetting) =>
    sql<Json>(organization, "SELECT * FROM timers WHERE kind = 'acp_watch'");

  it("makes the token be read once more, and what came late is booked", async () => {
    const { here, transaction_id, session_id } = await ended();
    await here.hear({ session_id });
    await here.pass(1);
    expect(await here.row(transaction_id)).toMatchObject({ status: "completed", amount_settled: 25.99 });
    expect(await watched(here)).toEqual([]);
  });

  it("asks nobody where the key is gone", async () => {
    const { here, session_id } = await ended();
    await sql(here.organization, "DELETE FROM stripe_keys");
    await here.hear({ session_id });
    expect(await watched(here)).toEqual([]);
  });
});

describe("an administrator", () => {
  it("cannot refund what only the merchant can", async () => {
    const here = await shopSetting();
    const { transaction_id } = await here.buy();
    const answer = await api(here.organization.admin, "POST", `/transactions/${transaction_id}/refund`, { amount: 1 });
    expect(answer).toMatchObject({ status: 409, body: { code: "merchant_refunds" } });
  });
});
