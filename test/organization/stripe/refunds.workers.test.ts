import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, eventTypes, selfCheck, sql, tool } from "../../support/service.ts";
import { addKey, type SceneOptions, type StripeScene, scene } from "../../support/stripe-scene.ts";

afterEach(() => vi.useRealTimers());
const DAY = 86_400;

async function charged(options: SceneOptions = {}) {
  const made = await scene(options);
  const { transaction_id: id } = await made.charge();
  return { ...made, id: id as string };
}

const rows = ({ organization }: StripeScene) =>
  sql<Record<string, unknown>>(organization, "SELECT * FROM stripe_refunds ORDER BY seq");

/** Something at Stripe tells us to look. */
async function wake({ organization }: StripeScene, id: string) {
  await sql(organization, `INSERT OR IGNORE INTO timers VALUES (1, 'stripe_watch', '${id}')`);
}

async function expectBooked(made: StripeScene, id: string, refunded: number) {
  expect((await made.show(id)).amount_refunded ?? 0).toBe(refunded);
  expect((await selfCheck(made.organization)).ledger).toEqual({ valid: true, problems: [] });
}

describe("a refund by REST", () => {
  it("of a part returns exactly that part, to the period of the purchase, and the rest later", async () => {
    const made = await charged();
    const { stripe, refund, id, used, organization } = made;
    const part = await refund(id, 7.5);
    expect(part).toMatchObject({
      status: 200,
      body: {
        id,
        status: "completed",
        amount_refunded: 7.5,
        refund: { id: expect.stringMatching(/^rfd_/), status: "succeeded", amount: 7.5 },
      },
    });
    expect(stripe.refundOrders).toEqual([
      {
        organization_id: organization.id,
        mode: "test",
        sealed_key: "v1.s1.stk_1",
        refund_id: part.body.refund.id,
        payment_intent: stripe.intents.get(id)!.id,
        amount: 750,
      },
    ]);
    expect(await used()).toMatchObject({ settled: 12.5, held: 0 });
    await made.at(DAY);
    expect(await refund(id, 12.5)).toMatchObject({ body: { status: "refunded", amount_refunded: 20 } });
    const counters = await sql(organization, "SELECT label, settled FROM counters WHERE owner LIKE 'mdt_%'");
    expect(counters).toEqual([{ label: "2026-11-20", settled: 0 }]);
    await expectBooked(made, id, 20);
  });

  it("is the same refund under the same key, and another one under another", async () => {
    const { stripe, refund, id } = await charged();
    const first = await refund(id, 5, "key-1");
    const again = await refund(id, 5, "key-1");
    expect(again.body.refund).toEqual(first.body.refund);
    expect(await refund(id, 6, "key-1")).toMatchObject({ status: 409, body: { code: "idempotency_conflict" } });
    expect(stripe.refundOrders).toHaveLength(1);
    await refund(id, 5, "key-2");
    expect(stripe.refunds).toHaveLength(2);
  });

  it("never goes above what was settled, also counting what is under way", async () => {
    const { stripe, refund, id } = await charged();
    expect(await refund(id, 20.01)).toMatchObject({ status: 409, body: { code: "refund_exceeds_settled" } });
    stripe.refundFates = ["pends", "lost_before", "succeeds"];
    expect((await refund(id, 8)).body.refund.status).toBe("pending");
    expect((await refund(id, 8)).body.refund.status).toBe("sending");
    expect(await refund(id, 4.01)).toMatchObject({ status: 409, body: { code: "refund_exceeds_settled" } });
    expect((await refund(id, 4)).body.refund.status).toBe("succeeded");
    expect(stripe.refundOrders).toHaveLength(3);
  });

  it("that Stripe refuses gives nothing back, and leaves room for another", async () => {
    const made = await charged();
    made.stripe.refundFates = ["refuses", "succeeds"];
    const { body } = await made.refund(made.id, 20, "k1");
    expect(body).toMatchObject({ status: "completed", refund: { status: "refused" } });
    expect(body).not.toHaveProperty("amount_refunded");
    expect((await made.refund(made.id, 20, "k1")).body.refund.status).toBe("refused");
    expect((await made.refund(made.id, 20, "k2")).body).toMatchObject({ status: "refunded" });
    await expectBooked(made, made.id, 20);
  });

  it.each(["lost_before", "lost_after", "throws", "busy"] as const)("%s: ends by the timers, once", async (fate) => {
    const made = await charged();
    made.stripe.refundFates = [fate, "succeeds"];
    expect((await made.refund(made.id, 5, "k")).body.refund.status).toBe("sending");
    for (const seconds of [5, 15]) await made.at(seconds);
    // The first request may still be under way.
    if (fate !== "lost_after") expect(made.stripe.refundOrders).toHaveLength(1);
    for (const seconds of [60, 300]) await made.at(seconds);
    expect(made.stripe.refunds).toHaveLength(1);
    expect(await made.used()).toMatchObject({ settled: 15 });
    expect((await made.refund(made.id, 5, "k")).body.refund.status).toBe("succeeded");
    await expectBooked(made, made.id, 5);
  });

  it("pending returns no budget until it has arrived", async () => {
    const made = await charged();
    made.stripe.refundFates = ["pends"];
    await made.refund(made.id, 5);
    await made.at(60);
    expect(await made.used()).toMatchObject({ settled: 20 });
    made.stripe.changeRefund("re_1", "succeeded");
    await made.at(300);
    expect(await made.used()).toMatchObject({ settled: 15 });
  });

  it("is for administrators, for proven charges, and exact", async () => {
    const made = await charged();
    const path = `/transactions/${made.id}/refund`;
    for (const key of [made.organization.spend, made.organization.read, made.organization.approve]) {
      expect((await api(key, "POST", path, { amount: 1 })).status).toBe(403);
    }
    expect((await made.refund(made.id, 0.001)).body.code).toBe("invalid_request");
    made.stripe.fates = ["processes"];
    const open = await made.charge({ idempotency_key: "k2" });
    expect(await made.refund(open.transaction_id, 1)).toMatchObject({ status: 409, body: { code: "not_charged" } });
    expect(await made.refund("txn_nothing", 1)).toMatchObject({ status: 404 });
    expect(made.stripe.refundOrders).toEqual([]);
  });

  it("goes out with the active key, and is repeated with the key that it was begun with only", async () => {
    const made = await charged();
    await sql(made.organization, "UPDATE stripe_keys SET active = 0");
    await addKey(made.organization, "stk_2");
    made.stripe.refundFates = ["lost_before", "succeeds"];
    await made.refund(made.id, 5);
    await sql(made.organization, "UPDATE stripe_keys SET active = 0");
    await addKey(made.organization, "stk_3");
    for (const seconds of [60, 300]) await made.at(seconds);
    expect((await rows(made)).map(({ status }) => status)).toEqual(["succeeded"]);
    expect(made.stripe.refundOrders.map(({ sealed_key }) => sealed_key)).toEqual(["v1.s1.stk_2", "v1.s1.stk_2"]);
    await expectBooked(made, made.id, 5);
  });

  it.each([
    ["the account of the charge", "refused"],
    ["another account", "sending"],
  ])("whose key works no more ends when a later key is one of %s: %s", async (account, status) => {
    const made = await charged();
    const { stripe, organization } = made;
    stripe.refundFates = ["lost_before"];
    await made.refund(made.id, 5);
    await sql(organization, "UPDATE stripe_keys SET active = 0");
    await addKey(organization, "stk_2");
    stripe.deadKeys.add("v1.s1.stk_1");
    if (account === "another account") stripe.lookAnswers = { kind: "unclear", why: "refused_resource_missing" };
    for (const seconds of [60, 300, 1_900, 2 * DAY, 3 * DAY, 4 * DAY]) await made.at(seconds);
    expect((await rows(made)).map((row) => row.status)).toEqual([status]);
    expect(new Set(stripe.refundOrders.map(({ sealed_key }) => sealed_key))).toEqual(new Set(["v1.s1.stk_1"]));
    await expectBooked(made, made.id, 0);
  });

  it("that a list has named already is not taken for what the answer that made it says later", async () => {
    const made = await charged();
    const { stripe, id } = made;
    // It fails before the answer to its making has come, and a look books that first.
    await stripe.during(
      () => made.refund(id, 5, "k"),
      async () => {
        stripe.changeRefund("re_1", "failed");
        await made.at(6);
      },
    );
    expect((await made.refund(id, 5, "k")).body.refund.status).toBe("failed");
    expect(await made.used()).toMatchObject({ settled: 20 });
    await expectBooked(made, id, 0);
  });

  it("leaves the alarm in time when many of them hang", async () => {
    const made = await charged();
    const { stripe, id } = made;
    stripe.refundFates = ["lost_before", "lost_before", "lost_before", "lost_before", "succeeds"];
    for (let n = 0; n < 4; n++) await made.refund(id, 1);
    let [under, most] = [0, 0];
    const refund = stripe.stripeRefund;
    stripe.stripeRefund = async (order) => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 100));
      under -= 1;
      return refund(order);
    };
    await made.at(60);
    expect((await rows(made)).map(({ status }) => status)).toEqual(Array(4).fill("succeeded"));
    expect(most).toBe(4);
  });

  it("of a simulated charge is booked at once, and asks nobody", async () => {
    const made = await charged({ key: false });
    expect(await made.refund(made.id, 5)).toMatchObject({
      body: { simulated: true, amount_refunded: 5, refund: { status: "succeeded" } },
    });
    expect(await made.refund(made.id, 15.01)).toMatchObject({ status: 409 });
    expect(made.stripe.refundOrders).toEqual([]);
    await expectBooked(made, made.id, 5);
  });

  it(`refundsPerTransaction: there can be ${LIMITS.refundsPerTransaction}`, async () => {
    const made = await charged();
    await sql(
      made.organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${LIMITS.refundsPerTransaction - 1})
       INSERT INTO stripe_refunds (id, transaction_id, refund, amount, status, created_at, updated_at)
       SELECT 'rfd_' || i, ?, 're_x' || i, 1, 'failed', 0, 0 FROM n`,
      made.id,
    );
    expect((await made.refund(made.id, 1)).status).toBe(200);
    expect(await made.refund(made.id, 1)).toMatchObject({ status: 409, body: { code: "limit_reached" } });
    expect(made.stripe.refundOrders).toHaveLength(1);
  });
});

describe("a refund that Stripe tells of", () => {
  it("made in the dashboard is booked once, however often it is looked at", async () => {
    const made = await charged();
    made.stripe.giveBack(300, null);
    made.stripe.giveBack(200, "rfd_foreign");
    for (let turn = 0; turn < 3; turn++) {
      await wake(made, made.id);
      await made.at(10 + turn);
    }
    expect(await made.used()).toMatchObject({ settled: 15 });
    expect((await eventTypes(made.organization)).filter((type) => type === "transaction.refunded")).toHaveLength(2);
    await expectBooked(made, made.id, 5);
  });

  it("is asked for again where the look that an event woke brought no answer", async () => {
    const made = await charged();
    made.stripe.giveBack(300, null);
    made.stripe.listsRefunds = false;
    await wake(made, made.id);
    await made.at(10);
    await made.at(3_700);
    made.stripe.listsRefunds = true;
    await made.at(7_400);
    expect(await made.used()).toMatchObject({ settled: 17 });
    await expectBooked(made, made.id, 3);
  });

  it("that fails after it was booked takes the budget again, flagged where that is an overdraft", async () => {
    const made = await charged();
    await made.refund(made.id, 15);
    // What came back was spent again meanwhile.
    await made.charge({ amount: 90, idempotency_key: "k2" });
    made.stripe.changeRefund("re_1", "failed");
    await made.at(DAY + 1);
    const row = await made.show(made.id);
    expect(row).toMatchObject({ status: "completed", amount_settled: 20, overdraft: true });
    expect(row).not.toHaveProperty("amount_refunded");
    const types = await eventTypes(made.organization);
    expect(types).toContain("transaction.refund_failed");
    expect(types).toContain("transaction.overdraft");
    for (const seconds of [2 * DAY, 9 * DAY]) await made.at(seconds);
    expect((await eventTypes(made.organization)).filter((type) => type === "transaction.refund_failed")).toHaveLength(
      1,
    );
    await expectBooked(made, made.id, 0);
  });

  it("above what was settled is not booked", async () => {
    const made = await charged();
    made.stripe.giveBack(1500, null);
    made.stripe.giveBack(600, null);
    await wake(made, made.id);
    await made.at(10);
    await expectBooked(made, made.id, 15);
    expect((await rows(made)).map(({ status, booked }) => [status, booked])).toEqual([
      ["succeeded", 1],
      ["succeeded", 0],
    ]);
  });

  it("in another currency is not booked", async () => {
    const made = await charged();
    const { id } = made.stripe.giveBack(500, null);
    const at = made.stripe.refunds.findIndex((refund) => refund.id === id);
    made.stripe.refunds[at] = { ...made.stripe.refunds[at]!, currency: "jpy" };
    await wake(made, made.id);
    await made.at(10);
    await expectBooked(made, made.id, 0);
  });

  it.each([
    ["JPY", 1200, 700, 700],
    ["KWD", 1.5, 0.75, 750],
  ])("in %s is exact", async (currency, amount, back, minor) => {
    const made = await scene({
      terms: { currency, per_transaction_limit: 5000, budgets: [{ period: "daily", limit: 9000 }] },
    });
    const { transaction_id } = await made.charge({ amount, currency });
    expect((await made.refund(transaction_id, back)).body.amount_refunded).toBe(back);
    expect(made.stripe.refundOrders[0]!.amount).toBe(minor);
    expect((await made.used()).settled).toBe(amount - back);
  });
});

it("an agent sees that its purchase was refunded, and charges nothing by the old key", async () => {
  const made = await charged();
  await made.refund(made.id, 20);
  expect(await made.charge()).toMatchObject({ outcome: "already_used", replayed: true });
  const seen = await tool(made.organization.spend, "quetra_transactions", {
    agent_id: made.agent,
    transaction_id: made.id,
  });
  expect(JSON.stringify(seen)).toContain("refunded");
  expect(JSON.stringify(seen)).not.toMatch(/cus_|pm_main|v1\.s1|4242/);
});
