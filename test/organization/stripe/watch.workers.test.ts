import { afterEach, describe, expect, it, vi } from "vitest";
import { api, eventTypes, selfCheck, sql } from "../../support/service.ts";
import { addKey, type Fate, type SceneOptions, START, type StripeScene, scene } from "../../support/stripe-scene.ts";

afterEach(() => vi.useRealTimers());
const HOUR = 3_600;
const DAY = 86_400;

/** A charge whose first request met this fate. */
async function open(fate: Fate, then: Fate = "succeeds", options: SceneOptions = {}) {
  const made = await scene(options);
  made.stripe.fates = [fate, then];
  const answer = await made.charge();
  return { ...made, answer, id: answer.transaction_id as string };
}

/** The end of every story: what is open here is nothing, and the ledger agrees with Stripe. */
async function expectEnd({ organization, stripe, used }: StripeScene, id: string, settled: number) {
  expect((await selfCheck(organization)).ledger).toEqual({ valid: true, problems: [] });
  expect(await sql(organization, "SELECT * FROM timers WHERE kind = 'stripe_watch'")).toEqual([]);
  expect(await used()).toMatchObject({ settled, held: 0 });
  expect((stripe.intents.get(id)?.amount_received ?? 0) / 100).toBe(settled);
  for (const order of stripe.charges) expect(order).toEqual(stripe.charges[0]);
}

const OPEN = { outcome: "unsettled" };
const HELD = { amount_held: 20, amount_settled: 0 };

describe("what the answer to the one request makes of a charge", () => {
  it.each([
    ["declines", "declined", "insufficient_funds", "declined"],
    ["wants_cardholder", "declined", "authentication_required", "needs_cardholder"],
  ] as const)("%s: canceled at Stripe, then voided", async (fate, outcome, code, journal) => {
    const made = await open(fate);
    expect(made.answer).toMatchObject({ outcome, code });
    expect(made.stripe.cancels).toHaveLength(1);
    expect(made.stripe.intents.get(made.id)!.status).toBe("canceled");
    expect(await made.show(made.id)).toMatchObject({ status: "voided", payment: { outcome: journal } });
    expect(await made.charge()).toMatchObject({ outcome, code, replayed: true });
    expect(made.stripe.charges).toHaveLength(1);
    await expectEnd(made, made.id, 0);
  });

  it("a decline that cannot be canceled yet stays held, and is canceled by the watch", async () => {
    const made = await scene();
    made.stripe.fates = ["declines"];
    made.stripe.cancelWorks = false;
    const { transaction_id: id, outcome } = await made.charge();
    expect(outcome).toBe("unsettled");
    await made.at(5);
    expect(await made.show(id)).toMatchObject({ status: "executing", ...HELD });
    made.stripe.cancelWorks = true;
    await made.at(15);
    expect(await made.show(id)).toMatchObject({ status: "voided", payment: { outcome: "declined" } });
    expect(await made.charge()).toMatchObject({ outcome: "declined", code: "insufficient_funds", replayed: true });
    await expectEnd(made, id, 0);
  });

  it("a payment that succeeds while it is being canceled is booked", async () => {
    const made = await scene();
    made.stripe.fates = ["declines"];
    const cancel = made.stripe.stripeCancel;
    made.stripe.stripeCancel = async (order) => {
      made.stripe.change(order.transaction_id, { status: "succeeded", amount_received: 2000 });
      return cancel(order);
    };
    const { transaction_id, outcome } = await made.charge();
    expect(outcome).toBe("charged");
    await expectEnd(made, transaction_id, 20);
  });

  it("refused: voided, and nothing is asked again", async () => {
    const made = await open("refuses");
    expect(made.answer).toMatchObject({ outcome: "failed", code: "refused" });
    await expectEnd(made, made.id, 0);
    expect(made.stripe.charges).toHaveLength(1);
  });

  it("more than was asked for is booked as proven, as an overdraft", async () => {
    const made = await scene();
    const charge = made.stripe.stripeCharge;
    made.stripe.stripeCharge = async (order) => {
      await charge(order);
      made.stripe.change(order.transaction_id, { amount_received: 2500 });
      return { kind: "intent", intent: made.stripe.intents.get(order.transaction_id)! };
    };
    const { transaction_id } = await made.charge();
    expect(await made.show(transaction_id)).toMatchObject({ amount_settled: 25, overdraft: true });
    await expectEnd(made, transaction_id, 25);
  });
});

describe("an open charge ends by its timers alone", () => {
  it.each([
    ["lost_after", "succeeds", 1],
    ["lost_before", "succeeds", 2],
    ["throws", "succeeds", 2],
    ["busy", "succeeds", 2],
    ["lost_before", "lost_after", 2],
    ["throws", "throws", null],
  ] as const)("%s, then %s", async (fate, then, requests) => {
    const made = await open(fate, then);
    expect(made.answer).toMatchObject(OPEN);
    expect(await made.charge()).toMatchObject({ ...OPEN, replayed: true });
    expect(await made.show(made.id)).toMatchObject({ status: "executing", ...HELD });
    for (const seconds of [5, 15, 60, 300]) await made.at(seconds);
    if (requests === null) {
      expect(await made.show(made.id)).toMatchObject({ status: "unknown", ...HELD });
      made.stripe.fates = ["succeeds"];
      await made.at(1_800);
    }
    expect(await made.show(made.id)).toMatchObject({ status: "completed", amount_settled: 20 });
    if (requests !== null) expect(made.stripe.charges).toHaveLength(requests);
    await expectEnd(made, made.id, 20);
  });

  it("what brings no answer is asked again within a minute for an hour, and is then planned as ever", async () => {
    const made = await open("lost_after");
    made.stripe.lookAnswers = { kind: "busy", retry_after_ms: null };
    const due = async () =>
      (await sql<{ due_at: number }>(made.organization, "SELECT due_at FROM timers WHERE kind = 'stripe_watch'"))[0]!
        .due_at;
    for (const seconds of [5, 15, 60, 105, 1_000, 3_599]) {
      await made.at(seconds);
      const wait = (await due()) / 1000 - START / 1000 - seconds;
      expect([seconds, wait > 0 && wait <= 60]).toEqual([seconds, true]);
    }
    await made.at(3_700);
    expect((await due()) - START).toBe(6 * HOUR * 1000);
    made.stripe.lookAnswers = null;
    await made.at(6 * HOUR);
    await expectEnd(made, made.id, 20);
  });

  it("is looked for in the time from its first request to its last one", async () => {
    const made = await open("lost_before", "lost_before");
    for (const seconds of [5, 15]) await made.at(seconds);
    const sent = START / 1000;
    const times = made.stripe.lookOrders.map(({ sent_at, posted_at }) => [sent_at - sent, posted_at - sent]);
    expect(times).toEqual([
      [0, 0],
      [0, 5],
    ]);
  });

  it("one that hangs keeps the alarm for seconds, and is looked at again", { timeout: 30_000 }, async () => {
    const made = await open("lost_after");
    const look = made.stripe.stripeLook;
    made.stripe.stripeLook = () => new Promise(() => {});
    const began = performance.now();
    await made.at(60);
    expect(performance.now() - began).toBeLessThan(20_000);
    made.stripe.stripeLook = look;
    await made.at(120);
    await expectEnd(made, made.id, 20);
  });

  it("a look that leaves no record is begun again", async () => {
    const made = await open("lost_after");
    await sql(
      made.organization,
      "CREATE TRIGGER broken BEFORE UPDATE OF outcome ON stripe_charges BEGIN SELECT RAISE(ABORT, 'x'); END",
    );
    await made.at(60);
    await sql(made.organization, "DROP TRIGGER broken");
    await made.at(121);
    await expectEnd(made, made.id, 20);
  });

  it("processing is looked at until Stripe decides, however long that takes", async () => {
    const made = await open("processes");
    expect(made.answer).toMatchObject({ ...OPEN, code: "processing" });
    for (const seconds of [5, 15, 60]) await made.at(seconds);
    expect(await made.show(made.id)).toMatchObject({ status: "unknown", ...HELD, payment: { outcome: "processing" } });
    for (const seconds of [300, 1_800, 6 * HOUR, 2 * DAY, 4 * DAY]) await made.at(seconds);
    expect(await made.show(made.id)).toMatchObject({ status: "unknown", ...HELD });
    expect((await eventTypes(made.organization)).filter((type) => type === "transaction.unknown")).toHaveLength(1);
    made.stripe.change(made.id, { status: "succeeded", amount_received: 2000 });
    await made.at(6 * DAY);
    expect(await made.show(made.id)).toMatchObject({ status: "completed", amount_settled: 20, amount_held: 0 });
    expect(made.stripe.charges).toHaveLength(1);
    expect((await selfCheck(made.organization)).ledger.valid).toBe(true);
  });

  it("processing that fails later is canceled and voided", async () => {
    const made = await open("processes");
    made.stripe.change(made.id, { status: "requires_payment_method" });
    await made.at(60);
    expect(await made.show(made.id)).toMatchObject({ status: "voided", payment: { outcome: "canceled" } });
    await expectEnd(made, made.id, 0);
  });

  it("what Stripe has never heard of is not repeated once spending is stopped, and is voided after half an hour", async () => {
    for (const stop of ["freeze", "suspend", "revoke_key", "pause"] as const) {
      const made = await open("lost_before");
      const { organization, agent, id } = made;
      if (stop === "freeze") await api(organization.admin, "POST", "/organization/freeze", {});
      if (stop === "suspend") await api(organization.admin, "POST", `/agents/${agent}/suspend`, {});
      if (stop === "revoke_key") await sql(organization, "UPDATE keys SET revoked_at = 1 WHERE role = 'spend'");
      if (stop === "pause") await sql(organization, "UPDATE mandates SET status = 'paused'");
      for (const seconds of [5, 15, 60, 300, 1_799]) await made.at(seconds);
      expect([stop, made.stripe.charges.length, (await made.show(id)).status]).toEqual([stop, 1, "unknown"]);
      await made.at(1_800);
      expect(await made.show(id)).toMatchObject({ status: "voided", payment: { outcome: "absent" } });
      expect(made.stripe.charges).toHaveLength(1);
      vi.useRealTimers();
    }
  });

  it("frozen while open, what Stripe has is booked all the same", async () => {
    const made = await open("lost_after");
    await api(made.organization.admin, "POST", "/organization/freeze", {});
    await made.at(5);
    expect(await made.show(made.id)).toMatchObject({ status: "completed", amount_settled: 20 });
    await expectEnd(made, made.id, 20);
  });

  it("is never repeated after the time for which Stripe keeps the idempotency key", async () => {
    const made = await open("lost_before", "lost_before");
    made.stripe.lookAnswers = { kind: "unclear", why: "no_answer" };
    for (const seconds of [5, 60, 300, 1_800, 6 * HOUR]) await made.at(seconds);
    expect(made.stripe.charges).toHaveLength(1);
    made.stripe.lookAnswers = null;
    await made.at(2 * DAY);
    expect(await made.show(made.id)).toMatchObject({ status: "voided", payment: { outcome: "absent" } });
    expect(made.stripe.charges).toHaveLength(1);
    await expectEnd(made, made.id, 0);
  });

  it("a refusal after an unclear request voids nothing that may have been made", async () => {
    const made = await open("lost_before", "refuses");
    await made.at(5);
    expect(made.stripe.charges).toHaveLength(2);
    expect(await made.show(made.id)).toMatchObject({ status: "executing", ...HELD });
    await api(made.organization.admin, "POST", "/organization/freeze", {});
    for (const seconds of [15, 60, 300, 1_800, 1_806]) await made.at(seconds);
    expect(await made.show(made.id)).toMatchObject({ status: "voided", payment: { outcome: "absent" } });
    await expectEnd(made, made.id, 0);
  });

  it("leaves a request that may still be under way alone", async () => {
    for (const seen of ["requires_confirmation", "absent"] as const) {
      const made = await open("declines");
      const { organization, stripe, id } = made;
      // As if the answer had not come yet: the watch comes while the request is being carried out.
      await sql(organization, "UPDATE stripe_charges SET outcome = NULL, payment_intent = NULL, failure = NULL");
      await sql(organization, "UPDATE transactions SET status = 'executing', held = amount");
      await sql(organization, "UPDATE counters SET held = 20000000");
      await sql(organization, `INSERT INTO timers VALUES (${START + 5_000}, 'stripe_watch', '${id}')`);
      stripe.cancels.length = 0;
      if (seen === "absent") stripe.lookAnswers = { kind: "absent" };
      else stripe.change(id, { status: seen });
      await made.at(5);
      await made.at(29);
      expect([seen, stripe.lookOrders.length, stripe.charges.length, stripe.cancels.length]).toEqual([seen, 2, 1, 0]);
      expect((await made.show(id)).payment).not.toHaveProperty("outcome");
      await made.at(60);
      if (seen === "absent") expect(stripe.charges).toHaveLength(2);
      else expect(stripe.cancels).toHaveLength(1);
      vi.useRealTimers();
    }
  });

  it("clears timers whose charge is gone", async () => {
    const made = await scene();
    await sql(made.organization, "INSERT INTO timers VALUES (1, 'stripe_watch', 'txn_none')");
    await made.at(1);
    expect(await sql(made.organization, "SELECT * FROM timers WHERE kind = 'stripe_watch'")).toEqual([]);
  });
});

describe("another key than the one of the beginning", () => {
  async function replaced(fate: Fate) {
    const made = await open(fate);
    await sql(made.organization, "UPDATE stripe_keys SET active = 0, retired_at = 1");
    await addKey(made.organization, "stk_2");
    return made;
  }
  const orders = ({ stripe }: StripeScene) => new Set(stripe.charges.map(({ sealed_key }) => sealed_key));

  it("is not used while the old one works", async () => {
    const made = await replaced("lost_before");
    await made.at(5);
    expect([...orders(made)]).toEqual(["v1.s1.stk_1"]);
    expect(await made.show(made.id)).toMatchObject({ status: "completed" });
  });

  it.each(["gone", "dead"])("finds what was charged where the old one is %s", async (how) => {
    const made = await replaced("lost_after");
    if (how === "gone") await sql(made.organization, "DELETE FROM stripe_keys WHERE id = 'stk_1'");
    else made.stripe.deadKeys.add("v1.s1.stk_1");
    await made.at(5);
    expect(await made.show(made.id)).toMatchObject({ status: "completed", amount_settled: 20 });
    expect(made.stripe.charges).toHaveLength(1);
  });

  it.each(["gone", "dead"])("cancels through the key that sees it where the old one is %s", async (how) => {
    const made = await replaced("processes");
    if (how === "gone") await sql(made.organization, "DELETE FROM stripe_keys WHERE id = 'stk_1'");
    else made.stripe.deadKeys.add("v1.s1.stk_1");
    made.stripe.change(made.id, { status: "requires_payment_method" });
    await made.at(5);
    expect(made.stripe.cancels.map(({ sealed_key }) => sealed_key)).toEqual(["v1.s1.stk_2"]);
    expect(await made.show(made.id)).toMatchObject({ status: "voided", payment: { outcome: "canceled" } });
    await expectEnd(made, made.id, 0);
  });

  it("calls off nothing of another amount than was charged", async () => {
    const made = await replaced("processes");
    made.stripe.deadKeys.add("v1.s1.stk_1");
    made.stripe.change(made.id, { status: "requires_payment_method", amount: 2001 });
    for (const seconds of [5, 60, 1_800]) await made.at(seconds);
    expect(made.stripe.cancels).toEqual([]);
    expect(await made.show(made.id)).toMatchObject({ status: "unknown", ...HELD });
  });

  it.each(["gone", "dead"])("proves no absence and sends nothing where the old one is %s", async (how) => {
    const made = await replaced("lost_before");
    if (how === "gone") await sql(made.organization, "DELETE FROM stripe_keys WHERE id = 'stk_1'");
    else made.stripe.deadKeys.add("v1.s1.stk_1");
    for (const seconds of [5, 60, 1_800, 6 * HOUR, 3 * DAY]) await made.at(seconds);
    expect(await made.show(made.id)).toMatchObject({ status: "unknown", ...HELD });
    expect(made.stripe.charges).toHaveLength(1);
    const resolve = (body: object) => api(made.organization.admin, "POST", `/transactions/${made.id}/resolve`, body);
    expect((await resolve({ outcome: "voided", evidence: "Stripe's dashboard has no such payment." })).status).toBe(
      200,
    );
    expect(await made.used()).toMatchObject({ held: 0, settled: 0 });
    expect(await made.charge()).toMatchObject({ outcome: "already_used", replayed: true });
  });
});

describe("a person's word", () => {
  it("is corrected by late proof, and by nothing else", async () => {
    const made = await open("processes");
    await made.at(60);
    const { organization, id, stripe } = made;
    await api(organization.admin, "POST", `/transactions/${id}/resolve`, { outcome: "voided", evidence: "bank" });
    expect(await made.used()).toMatchObject({ held: 0, settled: 0 });
    await made.at(300);
    expect(await made.show(id)).toMatchObject({ status: "voided" });
    stripe.change(id, { status: "succeeded", amount_received: 2000 });
    await made.at(1_800);
    expect(await made.show(id)).toMatchObject({ status: "completed", late: true, amount_settled: 20 });
    await expectEnd(made, id, 20);
  });

  it("that less was paid gives way to the proof; that it was paid calls nothing off at Stripe", async () => {
    const made = await open("processes");
    await made.at(60);
    const { organization, id, stripe } = made;
    const body = { outcome: "completed", amount_charged: 5, evidence: "bank" };
    await api(organization.admin, "POST", `/transactions/${id}/resolve`, body);
    stripe.change(id, { status: "requires_payment_method" });
    await made.at(300);
    expect(stripe.cancels).toEqual([]);
    stripe.change(id, { status: "succeeded", amount_received: 2000 });
    await made.at(1_800);
    expect(await made.show(id)).toMatchObject({ status: "completed", amount_settled: 20 });
    await expectEnd(made, id, 20);
  });
});

it("periods: a charge that is proven in the next period books to the one that held it", async () => {
  const made = await open("processes");
  made.stripe.change(made.id, { status: "succeeded", amount_received: 2000 });
  await made.at(2 * DAY);
  const counters = await sql<{ label: string; settled: number }>(
    made.organization,
    "SELECT label, settled FROM counters WHERE owner LIKE 'mdt_%'",
  );
  expect(counters).toEqual([{ label: new Date(START).toISOString().slice(0, 10), settled: 20_000_000 }]);
});
