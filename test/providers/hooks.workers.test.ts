import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, type Json, sql, stateOf } from "../support/service.ts";
import { expectAgreement } from "./oracle.ts";
import { about, carry, carryAll, caught, type Message, merchantHook, stripeHook } from "./post.ts";
import {
  buy,
  charge,
  fault,
  MINUTE,
  merchant,
  newScene,
  nextTimer,
  PAPER,
  pass,
  type Scene,
  startClock,
  stripe,
  transaction,
  untilResolved,
} from "./support.ts";

beforeEach(startClock);
afterEach(async () => {
  vi.useRealTimers();
  await stripe("reset_faults", {});
});

const eventCount = async (scene: Scene): Promise<number> =>
  (await sql<{ n: number }>(scene, "SELECT COUNT(*) AS n FROM hook_events"))[0]!.n;

/** A message with one thing changed, by the name of the change. */
const TAMPERED: Readonly<Record<string, (message: Message) => Message>> = {
  "one byte of the body": (message) => ({
    ...message,
    body: message.body.replace(/\d(?=\D*$)/, (n) => `${(+n + 1) % 10}`),
  }),
  "a space at its end": (message) => ({ ...message, body: `${message.body} ` }),
  "one digit of the signature": (message) =>
    edited(message, (text) => text.replace(/.$/, (last) => (last === "0" ? "1" : "0"))),
  "the time in the signature": (message) => edited(message, (text) => text.replace(/t=(\d+)/, (_, t) => `t=${+t + 1}`)),
  "a signature of nothing": (message) => edited(message, () => "t=1,v1="),
  "the header of the other provider": ({ stripe, merchant, body }) => ({
    body,
    ...(stripe === undefined ? {} : { merchant: stripe }),
    ...(merchant === undefined ? {} : { stripe: merchant }),
  }),
  "no signature": ({ body }) => ({ body }),
};

const edited = ({ stripe, merchant, body }: Message, edit: (text: string) => string): Message => ({
  body,
  ...(stripe === undefined ? {} : { stripe: edit(stripe) }),
  ...(merchant === undefined ? {} : { merchant: edit(merchant) }),
});

describe("a message of Stripe", () => {
  it("has an open charge looked at, at once, in whatever order and however often it comes", async () => {
    for (const order of [
      (all: Message[]) => all,
      (all: Message[]) => all.toReversed(),
      (all: Message[]) => [...all, ...all],
    ]) {
      const scene = await newScene();
      const hook = await stripeHook(scene);
      await fault("reset_after", "/v1/payment_intents");
      const { transaction_id } = await charge(scene);
      await carryAll(hook, order(await about(hook, transaction_id)));
      await runDurableObjectAlarm(scene.stub);
      expect(await transaction(scene, transaction_id)).toMatchObject({ status: "completed", amount_settled: 12.34 });
      await expectAgreement(scene);
    }
  });

  it("counts once, however often it comes", async () => {
    const scene = await newScene();
    const hook = await stripeHook(scene);
    const { transaction_id } = await charge(scene);
    const messages = await about(hook, transaction_id);
    await carryAll(hook, messages);
    const count = await eventCount(scene);
    expect(count).toBe(messages.length);
    const before = await stateOf(scene);
    await carryAll(hook, messages);
    expect(await stateOf(scene)).toBe(before);
  });

  it.each(Object.keys(TAMPERED))("is refused with %s changed, and changes nothing", async (name) => {
    const scene = await newScene();
    const hook = await stripeHook(scene);
    await charge(scene);
    const [message] = await caught(hook);
    const before = await stateOf(scene);
    expect(await carry(hook, TAMPERED[name]!(message!))).toMatchObject({ status: 400, body: { code: "hook_refused" } });
    expect(await stateOf(scene)).toBe(before);
    expect(await carry(hook, message!)).toMatchObject({ status: 200 });
  });

  it("is refused when it comes again after six minutes", async () => {
    const scene = await newScene();
    const hook = await stripeHook(scene);
    await charge(scene);
    const [message] = await caught(hook);
    await pass(6 * MINUTE);
    const before = await stateOf(scene);
    expect(await carry(hook, message!)).toMatchObject({ status: 400 });
    expect(await stateOf(scene)).toBe(before);
  });

  it("at the hook of another organization is refused like any that is not signed", async () => {
    const [scene, other] = [await newScene(), await newScene()];
    const hook = await stripeHook(scene);
    const foreign = await stripeHook(other);
    const { transaction_id } = await charge(scene);
    const [message] = await about(hook, transaction_id);
    const refused = await carry(foreign, message!);
    const unsigned = await carry(foreign, { ...message!, stripe: `t=1,v1=${"0".repeat(64)}` });
    const { request_id: _one, ...first } = refused.body;
    const { request_id: _two, ...second } = unsigned.body;
    expect({ ...refused, body: first }).toEqual({ ...unsigned, body: second });
    expect(await eventCount(other)).toBe(0);
  });

  it("at another organization that shares the secret is taken, and moves nothing there", async () => {
    const [scene, other] = [await newScene(), await newScene()];
    const secret = "whsec_shared_by_two_organizations";
    const hook = await stripeHook(scene, secret);
    const foreign = await stripeHook(other, secret);
    const { transaction_id, payment_intent } = await charge(scene);
    await stripe("refund", { payment_intent, amount: 100 });
    const [, otherCharge] = [transaction_id, await charge(other)];
    await carryAll(foreign, await about(hook, transaction_id));
    await runDurableObjectAlarm(other.stub);
    expect(await transaction(other, otherCharge.transaction_id)).toMatchObject({ status: "completed" });
    await expectAgreement(other);
  });
});

describe("a message of the merchant", () => {
  it("has an open checkout looked at, and names its order", async () => {
    const scene = await newScene();
    const hook = await merchantHook(scene);
    const { transaction_id } = await buy(scene, "item_async");
    const { sessions } = await merchant("state");
    await merchant("finish", { session: sessions.at(-1).id });
    await carryAll(hook, await caught(hook));
    await nextTimer(scene, transaction_id);
    expect(await transaction(scene, transaction_id)).toMatchObject({ status: "completed" });
    await expectAgreement(scene);
  });

  it.each(Object.keys(TAMPERED))("is refused with %s changed, and changes nothing", async (name) => {
    const scene = await newScene();
    const hook = await merchantHook(scene);
    await buy(scene, "paper");
    const [message] = await caught(hook);
    const before = await stateOf(scene);
    expect(await carry(hook, TAMPERED[name]!(message!))).toMatchObject({ status: 400, body: { code: "hook_refused" } });
    expect(await stateOf(scene)).toBe(before);
    expect(await carry(hook, message!)).toMatchObject({ status: 200 });
  });

  it("is refused after six minutes, and at the hook of another organization", async () => {
    const [scene, other] = [await newScene(), await newScene()];
    const foreign = await merchantHook(other);
    const hook = await merchantHook(scene);
    await buy(scene, "paper");
    const [message] = await caught(hook);
    expect(await carry(foreign, message!)).toMatchObject({ status: 400 });
    await pass(6 * MINUTE);
    expect(await carry(hook, message!)).toMatchObject({ status: 400 });
    expect((await eventCount(scene)) + (await eventCount(other))).toBe(0);
  });

  it("books each refund once, duplicated and in the wrong order", async () => {
    const scene = await newScene();
    const hook = await merchantHook(scene);
    const { transaction_id, order_id } = await buy(scene, "paper");
    for (const amount of [500, 250]) await merchant("refund", { order: order_id, amount });
    const messages = await caught(hook);
    await carryAll(hook, [...messages.toReversed(), ...messages]);
    expect(await transaction(scene, transaction_id)).toMatchObject({ amount_settled: PAPER, amount_refunded: 7.5 });
    await expectAgreement(scene);
  });

  it("books no refund above what was settled, and none where it is not trusted with it", async () => {
    const scene = await newScene();
    const hook = await merchantHook(scene);
    const { transaction_id, order_id } = await buy(scene, "paper");
    await merchant("refund", { order: order_id, amount: 1500 });
    await merchant("refund", { order: order_id, amount: 1500, force: true, stripe: false });
    await carryAll(hook, await caught(hook));
    expect(await transaction(scene, transaction_id)).toMatchObject({ amount_refunded: 15 });
    await expectAgreement(scene);

    const shop = (await api(scene.admin, "GET", `/integrations/acp/merchants/${scene.merchantId}`)).body;
    const { name, url, seller_profile } = shop;
    await api(
      scene.admin,
      "PUT",
      `/integrations/acp/merchants/${scene.merchantId}`,
      { name, url, seller_profile, book_refunds: false },
      { "if-match": String(shop.version) },
    );
    const second = await buy(scene, "paper");
    const orderId = second.order_id;
    const known = (await caught(hook)).length;
    await merchant("refund", { order: orderId, amount: 500, stripe: false });
    await carryAll(hook, (await caught(hook)).slice(known));
    expect(await transaction(scene, second.transaction_id)).not.toHaveProperty("amount_refunded");
    await expectAgreement(scene);
  });

  it("of a refund that has failed takes the budget again, also when an older message comes after it", async () => {
    const scene = await newScene();
    const hook = await merchantHook(scene);
    const { transaction_id, order_id } = await buy(scene, "paper");
    const { id } = await merchant("refund", { order: order_id, amount: 1000, stripe: false });
    const older = await caught(hook);
    await carryAll(hook, older);
    expect(await transaction(scene, transaction_id)).toMatchObject({ amount_refunded: 10 });
    await merchant("refund_status", { order: order_id, refund: id, status: "failed" });
    await carryAll(hook, (await caught(hook)).slice(older.length));
    expect(await transaction(scene, transaction_id)).not.toHaveProperty("amount_refunded");
    await expectAgreement(scene);

    const second = await buy(scene, "paper");
    const known = (await caught(hook)).length;
    const late = await merchant("refund", { order: second.order_id, amount: 1000, stripe: false });
    await merchant("refund_status", { order: second.order_id, refund: late.id, status: "failed" });
    await carryAll(hook, (await caught(hook)).slice(known).toReversed());
    expect(await transaction(scene, second.transaction_id)).not.toHaveProperty("amount_refunded");
    await expectAgreement(scene);
  });
});

describe("a dispute", () => {
  it.each([false, true])("is told by an alert, and suspends the agent where that is wished: %s", async (wished) => {
    const scene = await newScene({ card: "pm_card_createDispute" });
    await api(scene.admin, "PATCH", "/integrations/stripe", { suspend_on_dispute: wished });
    const hook = await stripeHook(scene);
    const { transaction_id } = await charge(scene);
    await carryAll(hook, await caught(hook));
    for (let turn = 0; turn < 3; turn++) {
      await pass(1_000);
      await runDurableObjectAlarm(scene.stub);
    }
    const { data } = (await api(scene.read, "GET", "/alerts")).body;
    expect(data.filter(({ kind }: Json) => kind === "dispute")).toEqual([
      expect.objectContaining({ severity: "critical", transaction_id }),
    ]);
    expect((await api(scene.read, "GET", `/agents/${scene.agent}`)).body.status).toBe(wished ? "suspended" : "active");
    expect((await charge(scene)).outcome).toBe(wished ? "rejected" : "charged");
    await expectAgreement(scene);
  });
});

it("whatever is lost on the way is found by timers", async () => {
  const scene = await newScene();
  await stripeHook(scene);
  await fault("reset_after", "/v1/payment_intents");
  const { transaction_id } = await charge(scene);
  expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "completed" });
  await expectAgreement(scene);
});
