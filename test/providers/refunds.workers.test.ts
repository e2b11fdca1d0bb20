import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, api, type Json, sql } from "../support/service.ts";
import { expectAgreement } from "./oracle.ts";
import { carryAll, caught, stripeHook } from "./post.ts";
import {
  charge,
  DAY,
  fault,
  freshKey,
  HOUR,
  impatient,
  KEY,
  must,
  newScene,
  nextTimer,
  pass,
  type Scene,
  SILENT,
  shared,
  startClock,
  stripe,
  transaction,
} from "./support.ts";

beforeEach(startClock);
afterEach(async () => {
  vi.useRealTimers();
  await stripe("reset_faults", {});
});

const visa = shared();
const refund = (scene: Scene, id: string, amount: number, key = freshKey()): Promise<Answer> =>
  api(scene.admin, "POST", `/transactions/${id}/refund`, { amount }, { "idempotency-key": key });

const refundsAtStripe = async ({ payment_intent }: Json): Promise<Json[]> =>
  (await stripe("state")).refunds.filter((one: Json) => one.payment_intent === payment_intent);

/** What is spent of the mandate's budgets, by the label of their periods, in major units. */
async function spent(scene: Scene): Promise<Record<string, number>> {
  const rows = await sql<{ label: string; settled: number }>(
    scene,
    "SELECT label, settled FROM counters WHERE owner = ? ORDER BY label",
    scene.mandate,
  );
  return Object.fromEntries(rows.map(({ label, settled }) => [label, settled / 1_000_000]));
}

describe("a refund of a charge", () => {
  it("in part returns exactly that part, to the period of the charge, also across the end of a month", async () => {
    const scene = await newScene();
    const made = await charge(scene, { amount: 12.34 });
    const [first] = Object.keys(await spent(scene));
    await pass(32 * DAY);
    const later = await charge(scene, { amount: 5 });
    expect(await refund(scene, made.transaction_id, 2.34)).toMatchObject({
      status: 200,
      body: { status: "completed", amount_refunded: 2.34, refund: { status: "succeeded", amount: 2.34 } },
    });
    const now = await spent(scene);
    expect(now[first!]).toBe(10);
    expect(Object.values(now)).toEqual([10, 5]);
    expect(await transaction(scene, later.transaction_id)).not.toHaveProperty("amount_refunded");
    await expectAgreement(scene);
  });

  it("is made once under one key, and twice under two", async () => {
    const scene = await visa();
    const made = await charge(scene);
    const key = freshKey();
    const answers = await Promise.all([1, 2, 3].map(() => refund(scene, made.transaction_id, 1, key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await refundsAtStripe(made)).toHaveLength(1);
    expect(await refund(scene, made.transaction_id, 1)).toMatchObject({ status: 200 });
    expect(await refundsAtStripe(made)).toHaveLength(2);
    expect(await transaction(scene, made.transaction_id)).toMatchObject({ amount_refunded: 2 });
    await expectAgreement(scene);
  });

  it("is never above what was settled, also when many ask at once", async () => {
    const scene = await visa();
    const made = await charge(scene, { amount: 10 });
    expect(await refund(scene, made.transaction_id, 10.01)).toMatchObject({ status: 409 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => refund(scene, made.transaction_id, 4)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409, 409]);
    expect(await refund(scene, made.transaction_id, 2)).toMatchObject({ status: 200, body: { status: "refunded" } });
    expect(await refund(scene, made.transaction_id, 0.01)).toMatchObject({ status: 409 });
    await expectAgreement(scene);
  });

  it("that does not fit a minor unit is refused before anything is sent", async () => {
    const scene = await newScene({ terms: { currency: "JPY" } });
    const made = await charge(scene, { amount: 980, currency: "JPY" });
    expect(await refund(scene, made.transaction_id, 0.5)).toMatchObject({ status: 400 });
    expect(await refundsAtStripe(made)).toEqual([]);
    expect(await refund(scene, made.transaction_id, 80)).toMatchObject({ status: 200 });
    await expectAgreement(scene);
  });

  it("that takes its time returns the budget when it has arrived, and not before", async () => {
    const scene = await newScene({ card: "pm_card_pendingRefund" });
    const made = await charge(scene);
    expect(await refund(scene, made.transaction_id, 2)).toMatchObject({ body: { refund: { status: "pending" } } });
    expect(await transaction(scene, made.transaction_id)).not.toHaveProperty("amount_refunded");
    const [{ id }] = (await refundsAtStripe(made)) as [Json];
    await stripe("finish", { refund: id, outcome: "succeeded" });
    await nextTimer(scene, made.transaction_id);
    expect(await transaction(scene, made.transaction_id)).toMatchObject({ amount_refunded: 2 });
    await expectAgreement(scene);
  });

  it.each(["reset", "hang", "500_before", "429", "409", "reset_after", "hang_after", "500_after", "cut_body", "slow"])(
    "that meets %s is found out by timers, and made once",
    async (kind) => {
      const scene = await visa();
      const made = await charge(scene);
      await fault(kind, "/v1/refunds");
      const ask = () => refund(scene, made.transaction_id, 2.5);
      expect(await (SILENT.has(kind) ? impatient(ask) : ask())).toMatchObject({ status: 200 });
      for (let turn = 0; turn < 6; turn++) await nextTimer(scene, made.transaction_id);
      expect(await transaction(scene, made.transaction_id)).toMatchObject({ amount_refunded: 2.5 });
      expect(await refundsAtStripe(made)).toHaveLength(1);
      await expectAgreement(scene);
    },
  );

  it("is found out by timers although its key was replaced while nobody knew", async () => {
    const scene = await newScene();
    const made = await charge(scene);
    await must(scene, "PUT", "/integrations/stripe", { key: "sk_test_org_sandbox" });
    await fault("reset", "/v1/refunds");
    await refund(scene, made.transaction_id, 2.5);
    await must(scene, "PUT", "/integrations/stripe", { key: KEY });
    for (let turn = 0; turn < 6; turn++) await nextTimer(scene, made.transaction_id);
    expect(await refundsAtStripe(made)).toHaveLength(1);
    expect(await transaction(scene, made.transaction_id)).toMatchObject({ amount_refunded: 2.5 });
    await expectAgreement(scene);
  });
});

describe("a refund that fails after it has succeeded", () => {
  it("is taken again, by a webhook or by a later look", async () => {
    for (const isTold of [true, false]) {
      const scene = await newScene({ card: "pm_card_refundFail" });
      const hook = await stripeHook(scene);
      const made = await charge(scene);
      await refund(scene, made.transaction_id, 12.34);
      expect(await transaction(scene, made.transaction_id)).toMatchObject({ status: "refunded" });
      const known = (await caught(hook)).length;
      const [{ id }] = (await refundsAtStripe(made)) as [Json];
      await stripe("finish", { refund: id, outcome: "failed" });
      if (isTold) {
        await carryAll(hook, (await caught(hook)).slice(known));
        await runDurableObjectAlarm(scene.stub);
      } else await nextTimer(scene, made.transaction_id);
      expect(await transaction(scene, made.transaction_id)).toMatchObject({
        status: "completed",
        amount_settled: 12.34,
      });
      await expectAgreement(scene);
    }
  });

  it("is an overdraft where the budget was spent meanwhile, which is flagged and stops further spending", async () => {
    const scene = await newScene({
      card: "pm_card_refundFail",
      terms: { budgets: [{ period: "monthly", limit: 20 }] },
    });
    const made = await charge(scene, { amount: 15 });
    await refund(scene, made.transaction_id, 15);
    expect(await charge(scene, { amount: 18 })).toMatchObject({ outcome: "charged" });
    const [{ id }] = (await refundsAtStripe(made)) as [Json];
    await stripe("finish", { refund: id, outcome: "failed" });
    await nextTimer(scene, made.transaction_id);
    expect(await transaction(scene, made.transaction_id)).toMatchObject({ status: "completed", overdraft: true });
    expect(await charge(scene, { amount: 0.5 })).toMatchObject({ outcome: "rejected" });
    for (let turn = 0; turn < 3; turn++) {
      await pass(1_000);
      await runDurableObjectAlarm(scene.stub);
    }
    const { data } = (await api(scene.read, "GET", "/alerts")).body;
    expect(data.map(({ kind }: Json) => kind)).toContain("overdraft");
    await expectAgreement(scene);
  });
});

describe("a refund that somebody makes in Stripe's dashboard", () => {
  it("is booked once, in whatever order the messages come", async () => {
    const scene = await newScene();
    const hook = await stripeHook(scene);
    const made = await charge(scene);
    const known = (await caught(hook)).length;
    for (const amount of [200, 34]) await stripe("refund", { payment_intent: made.payment_intent, amount });
    const messages = (await caught(hook)).slice(known);
    await carryAll(hook, [...messages.toReversed(), ...messages]);
    await runDurableObjectAlarm(scene.stub);
    expect(await transaction(scene, made.transaction_id)).toMatchObject({ amount_refunded: 2.34 });
    expect(await refund(scene, made.transaction_id, 10.01)).toMatchObject({ status: 409 });
    expect(await refund(scene, made.transaction_id, 10)).toMatchObject({ body: { status: "refunded" } });
    await pass(HOUR);
    await expectAgreement(scene);
  });

  it("meets one that is asked for here at the same time: never more than was taken is given back", async () => {
    const scene = await newScene();
    const hook = await stripeHook(scene);
    const made = await charge(scene, { amount: 10 });
    await stripe("refund", { payment_intent: made.payment_intent, amount: 800 });
    // Nobody has told us yet, so only Stripe can refuse it.
    expect(await refund(scene, made.transaction_id, 5)).toMatchObject({ body: { refund: { status: "refused" } } });
    await carryAll(hook, await caught(hook));
    await runDurableObjectAlarm(scene.stub);
    expect(await transaction(scene, made.transaction_id)).toMatchObject({ amount_refunded: 8 });
    await expectAgreement(scene);
  });
});
