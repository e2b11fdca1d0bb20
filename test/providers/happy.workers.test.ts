import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../support/service.ts";
import { expectAgreement, intentsOf } from "./oracle.ts";
import {
  buy,
  charge,
  freshKey,
  merchant,
  newScene,
  PAPER,
  providers,
  type Scene,
  startClock,
  stripe,
  transaction,
} from "./support.ts";

beforeEach(startClock);
afterEach(() => vi.useRealTimers());

/** How much has been asked of Stripe and of the merchant. */
const asked = async (): Promise<number> =>
  (await stripe("state")).requests.length + (await merchant("state")).requests.length;

const approve = async (scene: Scene, approvalId: string): Promise<void> => {
  const { status } = await api(scene.approve, "POST", `/approvals/${approvalId}/decision`, { decision: "approve" });
  expect(status).toBe(200);
};

const ASK = { rules: [{ type: "approval", above: 5 }] };

describe("a charge", () => {
  it.each([
    ["USD", 12.34, 1234],
    ["JPY", 980, 980],
    ["KWD", 1.25, 1250],
  ])("in %s is what Stripe has, to the minor unit", async (currency, amount, minor) => {
    const scene = await newScene({ terms: { currency } });
    const answer = await charge(scene, { amount, currency });
    expect(answer).toMatchObject({ outcome: "charged", amount, currency, profile: "card" });
    const [intent, ...more] = intentsOf({ id: answer.transaction_id, session_id: null }, await stripe("state"));
    expect(more).toEqual([]);
    expect(intent).toMatchObject({
      id: answer.payment_intent,
      status: "succeeded",
      amount: minor,
      amount_received: minor,
      currency: currency.toLowerCase(),
      customer: "cus_sandbox_acme",
      payment_method: "pm_card_visa",
    });
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({
      status: "completed",
      amount_settled: amount,
      amount_held: 0,
    });
    await expectAgreement(scene);
  });

  it.each([
    ["USD", 0.005],
    ["USD", 12.345],
    ["JPY", 10.5],
    ["KWD", 1.251],
    ["KWD", 1.2501],
  ])("that does not fit a minor unit of %s is refused before anything is sent: %d", async (currency, amount) => {
    const scene = await newScene({ terms: { currency } });
    const before = await asked();
    expect(await charge(scene, { amount, currency })).toMatchObject({
      outcome: "failed",
      code: "amount_not_chargeable",
    });
    expect(await asked()).toBe(before);
    await expectAgreement(scene);
  });

  it("in another currency than the mandate's is rejected, and nothing is sent", async () => {
    const scene = await newScene();
    const before = await asked();
    expect(await charge(scene, { currency: "EUR" })).toMatchObject({
      outcome: "rejected",
      checks: [expect.objectContaining({ code: "currency_mismatch" })],
    });
    expect(await asked()).toBe(before);
    await expectAgreement(scene);
  });

  it("is made once, however often the same call comes, also at the same time", async () => {
    const scene = await newScene();
    const idempotency_key = freshKey();
    const answers = await Promise.all(Array.from({ length: 5 }, () => charge(scene, { idempotency_key })));
    answers.push(await charge(scene, { idempotency_key }));
    expect(new Set(answers.map(({ transaction_id }) => transaction_id)).size).toBe(1);
    expect(answers.at(-1)).toMatchObject({ outcome: "charged", replayed: true });
    await expectAgreement(scene);
  });

  it("waits for a person, and is then made once, by the same call or by its transaction_id", async () => {
    const scene = await newScene({ terms: ASK });
    const idempotency_key = freshKey();
    const before = await asked();
    const waiting = await charge(scene, { idempotency_key });
    expect(waiting).toMatchObject({ outcome: "pending_approval", approval_id: expect.any(String) });
    expect(await asked()).toBe(before);
    await approve(scene, waiting.approval_id);
    const { transaction_id } = waiting;
    const calls = [{ idempotency_key }, { transaction_id, idempotency_key: undefined }];
    const answers = await Promise.all([...calls, ...calls].map((more) => charge(scene, more)));
    answers.push(await charge(scene, { transaction_id, idempotency_key: undefined }));
    expect(answers.map((answer) => answer.transaction_id)).toEqual(answers.map(() => transaction_id));
    expect(answers.at(-1)).toMatchObject({ outcome: "charged" });
    await expectAgreement(scene);
  });
});

describe("a checkout", () => {
  it.each([
    ["USD", "US", "paper", 1299 + 107 + 595, 20.01],
    ["JPY", "JP", "paper", 1950 + 195 + 600, 2745],
    ["KWD", "KW", "paper", 3980 + 1500, 5.48],
    ["USD", "US", "licence", 4900 + 404, 53.04],
  ])("in %s is what the merchant sold and Stripe took (%s, %s)", async (currency, country, item, minor, amount) => {
    const scene = await newScene({ terms: { currency }, country });
    const answer = await buy(scene, item, { max_amount: 10_000 });
    expect(answer).toMatchObject({ outcome: "ordered", amount, currency, profile: "supplies" });
    const [intent, ...more] = await paymentsOf(answer.order_id);
    expect(more).toEqual([]);
    expect(intent).toMatchObject({ amount_received: minor, currency: currency.toLowerCase() });
    const { orders } = await merchant("state");
    expect(orders.filter(({ id }: { id: string }) => id === answer.order_id)).toEqual([
      expect.objectContaining({ paid: minor, payment: intent.id, currency: currency.toLowerCase() }),
    ]);
    await expectAgreement(scene);
  });

  it("of several items is paid for all of them", async () => {
    const scene = await newScene();
    const answer = await buy(scene, "paper", {
      items: [
        { id: "paper", quantity: 2 },
        { id: "cartridge", quantity: 3 },
      ],
    });
    expect(answer).toMatchObject({ outcome: "ordered" });
    const { sessions } = await merchant("state");
    const { items } = sessions.find(({ order }: { order: string }) => order === answer.order_id);
    expect(items).toEqual([
      { id: "cartridge", quantity: 3 },
      { id: "paper", quantity: 2 },
    ]);
    await expectAgreement(scene);
  });

  it("is paid once, however often the same call comes, also at the same time", async () => {
    const scene = await newScene();
    const idempotency_key = freshKey();
    const answers = await Promise.all(Array.from({ length: 4 }, () => buy(scene, "paper", { idempotency_key })));
    answers.push(await buy(scene, "paper", { idempotency_key }));
    expect(new Set(answers.map(({ transaction_id }) => transaction_id)).size).toBe(1);
    expect(answers.at(-1)).toMatchObject({ outcome: "ordered", replayed: true });
    await expectAgreement(scene);
  });

  it("waits for a person, and is then paid once", async () => {
    const scene = await newScene({ terms: ASK });
    const waiting = await buy(scene, "paper");
    expect(waiting).toMatchObject({ outcome: "pending_approval", amount: PAPER });
    expect((await stripe("state")).tokens.filter(isOf(waiting.transaction_id))).toEqual([]);
    await approve(scene, waiting.approval_id);
    const { transaction_id } = waiting;
    const more = { transaction_id, idempotency_key: undefined };
    const answers = await Promise.all([buy(scene, "paper", more), buy(scene, "paper", more)]);
    expect(answers.map((answer) => answer.transaction_id)).toEqual([transaction_id, transaction_id]);
    expect(await buy(scene, "paper", more)).toMatchObject({ outcome: "ordered", transaction_id });
    await expectAgreement(scene);
  });

  it("above the call's own ceiling is not paid", async () => {
    const scene = await newScene();
    expect(await buy(scene, "paper", { max_amount: 20 })).toMatchObject({
      outcome: "failed",
      code: "above_max_amount",
    });
    expect(await buy(scene, "paper", { max_amount: PAPER })).toMatchObject({ outcome: "ordered" });
    await expectAgreement(scene);
  });
});

describe("both", () => {
  it("spend one budget, and no more than that", async () => {
    const scene = await newScene({ terms: { budgets: [{ period: "monthly", limit: 40 }] } });
    expect(await buy(scene, "paper")).toMatchObject({ outcome: "ordered", amount: PAPER });
    const answers = await Promise.all(Array.from({ length: 4 }, () => charge(scene, { amount: 9.99 })));
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(["charged", "charged", "rejected", "rejected"]);
    expect(await buy(scene, "paper")).toMatchObject({ outcome: "rejected" });
    await expectAgreement(scene);
  });

  it("keep to evaluate's hold: it is used, and not counted twice", async () => {
    const scene = await newScene({ terms: { budgets: [{ period: "monthly", limit: 40 }] } });
    const { hostname } = new URL(providers.merchant);
    const held = await api(scene.spend, "POST", "/evaluate", {
      agent_id: scene.agent,
      amount: 40,
      currency: "USD",
      vendor: hostname,
      protocol: "acp",
      idempotency_key: freshKey(),
    });
    expect(held.body).toMatchObject({ outcome: "approved" });
    const { transaction_id } = held.body;
    const answer = await buy(scene, "paper", { transaction_id, idempotency_key: undefined });
    expect(answer).toMatchObject({ outcome: "ordered", transaction_id, amount: PAPER });
    await expectAgreement(scene);
  });
});

/** The PaymentIntents of an order's session. */
async function paymentsOf(orderId: string) {
  const { orders } = await merchant("state");
  const { session } = orders.find(({ id }: { id: string }) => id === orderId);
  return intentsOf({ id: "", session_id: session }, await stripe("state"));
}

const isOf =
  (id: string) =>
  ({ shared_metadata }: { shared_metadata: { quetra_transaction?: string } }) =>
    shared_metadata.quetra_transaction === id;
