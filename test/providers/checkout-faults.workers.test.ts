import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../support/service.ts";
import { expectAgreement } from "./oracle.ts";
import {
  buy,
  fault,
  freshKey,
  impatient,
  merchant,
  newScene,
  nextTimer,
  PAPER,
  SECOND,
  SILENT,
  shared,
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

const TOKENS = "/v1/shared_payment/issued_tokens";
const shop = shared();
const silent = (name: string): boolean => name.includes("silent") || SILENT.has(name);
const withPatience = <T>(name: string, work: () => Promise<T>): Promise<T> => (silent(name) ? impatient(work) : work());

/** The session that the newest order or attempt was made in. */
const lastSession = async (): Promise<Json> => (await merchant("state")).sessions.at(-1);
const tokenOf = async (id: string): Promise<Json> =>
  (await stripe("state")).tokens.find(({ shared_metadata }: Json) => shared_metadata.quetra_transaction === id);

describe("goods that", () => {
  it.each([
    ["desk", "out_of_stock"],
    ["item_unheard_of", "merchant_refused"],
  ])("cannot be had (%s) are refused before anything is held", async (item, code) => {
    const scene = await shop();
    const answer = await buy(scene, item);
    expect(answer).toMatchObject({ outcome: "failed", code });
    expect(answer).not.toHaveProperty("transaction_id");
  });

  it.each([
    ["item_declined", "payment_declined"],
    ["item_sold_out", "out_of_stock"],
    ["item_drift", "payment_declined"],
    ["item_canceled", "unpaid"],
    ["item_expired", "expired"],
  ])("are not sold when they are to be paid (%s) cost nothing, at once", async (item, code) => {
    const scene = await shop();
    const answer = await buy(scene, item);
    expect(answer).toMatchObject({ outcome: "failed", code });
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({ status: "voided", amount_held: 0 });
    await expectAgreement(scene);
  });

  it.each(["item_silent_after", "item_reset_after", "item_500_after"])(
    "are bought without a word (%s) are found bought, once",
    async (item) => {
      const scene = await shop();
      const answer = await withPatience(item, () => buy(scene, item));
      expect(["ordered", "unsettled"]).toContain(answer.outcome);
      expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "completed" });
      await expectAgreement(scene);
    },
  );

  it.each(["item_silent", "item_reset", "item_500", "item_429"])(
    "are not bought at first (%s) are asked for again by timers, and bought once",
    async (item) => {
      const scene = await shop();
      const idempotency_key = freshKey();
      const answer = await withPatience(item, () => buy(scene, item, { idempotency_key }));
      expect(answer).toMatchObject({ outcome: "unsettled" });
      expect(await transaction(scene, answer.transaction_id)).toMatchObject({ amount_held: answer.amount });
      expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "completed" });
      expect(await buy(scene, item, { idempotency_key })).toMatchObject({ outcome: "ordered", replayed: true });
      await expectAgreement(scene);
    },
  );
});

describe("a merchant that takes its time", () => {
  it.each([
    ["item_async", "unsettled", "completed", "completed"],
    ["item_async", "unsettled", "canceled", "voided"],
    ["item_escalate", "needs_human", "completed", "completed"],
    ["item_escalate", "needs_human", "canceled", "voided"],
    ["item_pending_approval", "needs_human", "completed", "completed"],
    ["item_pending_approval", "needs_human", "canceled", "voided"],
  ])("(%s: %s) and has then %s is %s", async (item, outcome, finish, status) => {
    const scene = await shop();
    const idempotency_key = freshKey();
    const answer = await buy(scene, item, { idempotency_key });
    expect(answer).toMatchObject({ outcome });
    for (let turn = 0; turn < 3; turn++) await nextTimer(scene, answer.transaction_id);
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({ amount_held: answer.amount });
    await merchant("finish", { session: (await lastSession()).id, outcome: finish });
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status });
    expect(await buy(scene, item, { idempotency_key })).toMatchObject({
      outcome: status === "completed" ? "ordered" : "failed",
      replayed: true,
    });
    await expectAgreement(scene);
  });

  it.each(["item_async", "item_escalate", "item_pending_approval", "item_3ds"])(
    "for ever (%s) is not paid: the token ends, and then the hold",
    async (item) => {
      const scene = await shop();
      const answer = await buy(scene, item);
      const begun = Date.now();
      expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided", amount_held: 0 });
      expect(Date.now() - begun).toBeGreaterThanOrEqual(9 * 60 * SECOND);
      // A person who comes too late finds a token that pays nothing.
      await merchant("finish", { session: (await lastSession()).id, outcome: "completed" }).catch(() => {});
      await expectAgreement(scene);
    },
  );

  it("and whose token is revoked at Stripe meanwhile is not paid", async () => {
    const scene = await shop();
    const { transaction_id } = await buy(scene, "item_async");
    await stripe("revoke", { token: (await tokenOf(transaction_id)).id });
    expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "voided" });
    await merchant("finish", { session: (await lastSession()).id, outcome: "completed" }).catch(() => {});
    await expectAgreement(scene);
  });

  it("but has charged at once is booked at once", async () => {
    const scene = await shop();
    await merchant("mode", { mode: "async", charged: true });
    const answer = await buy(scene, "paper");
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({
      status: "completed",
      amount_settled: PAPER,
    });
    await merchant("finish", { session: (await lastSession()).id, outcome: "completed" });
    await nextTimer(scene, answer.transaction_id);
    await expectAgreement(scene);
  });
});

describe("a fault of the merchant while a price is asked for", () => {
  it.each(
    ["create", "update"].flatMap((on) =>
      ["silent_before", "silent_after", "reset_before", "reset_after", "500_before", "500_after", "cut_after"].map(
        (mode) => [mode, on] as const,
      ),
    ),
  )("%s on %s holds nothing and pays nothing", async (mode, on) => {
    const scene = await shop();
    await merchant("mode", { mode, on });
    const answer = await withPatience(mode, () => buy(scene, "paper"));
    expect(answer).toMatchObject({ outcome: "failed", code: "no_answer" });
    expect(answer).not.toHaveProperty("transaction_id");
    await expectAgreement(scene);
  });

  it.each(["intervention_required", "escalate", "pending_approval", "3ds"])("%s needs a person", async (mode) => {
    const scene = await shop();
    await merchant("mode", { mode, on: "create" });
    const answer = await buy(scene, "paper");
    expect(answer).toMatchObject({ outcome: "needs_human" });
    expect(answer).not.toHaveProperty("transaction_id");
    await expectAgreement(scene);
  });

  it("slow is an answer like any other, also when it is paid", async () => {
    const scene = await shop();
    for (const on of ["create", "complete"]) await merchant("mode", { mode: "slow_after", on, ms: 200 });
    expect(await buy(scene, "paper")).toMatchObject({ outcome: "ordered" });
    await expectAgreement(scene);
  });
});

describe("a fault of the request that pays", () => {
  it.each(
    ["silent", "reset", "500", "cut", "429"].flatMap((kind) =>
      kind === "429" ? ["429_before"] : [`${kind}_before`, `${kind}_after`],
    ),
  )("%s twice, and of the look, is found out by timers, and paid once", async (mode) => {
    const scene = await shop();
    await merchant("mode", { mode, times: 2 });
    await merchant("mode", { mode: mode === "429_before" ? "500_before" : mode, on: "read" });
    const answer = await withPatience(mode, () => buy(scene, "paper"));
    expect(["unsettled", "ordered"]).toContain(answer.outcome);
    const ended = await withPatience(mode, () => untilResolved(scene, answer.transaction_id));
    expect(ended).toMatchObject({ status: "completed", amount_settled: PAPER });
    await expectAgreement(scene);
  });
});

describe("a fault of Stripe on the payment token", () => {
  it.each(["reset", "hang", "500_before", "429", "409", "reset_after", "hang_after", "cut_body"])(
    "%s while it is made: nothing is sent to the merchant, and the token is taken back",
    async (kind) => {
      const scene = await shop();
      await fault(kind, TOKENS);
      const answer = await withPatience(kind, () => buy(scene, "paper"));
      expect(answer).toMatchObject({ outcome: "unsettled" });
      expect(await transaction(scene, answer.transaction_id)).toMatchObject({ amount_held: PAPER });
      expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
      expect((await lastSession()).payment).toBeNull();
      await expectAgreement(scene);
    },
  );

  it("slow while it is made is an answer like any other", async () => {
    const scene = await shop();
    await fault("slow", TOKENS);
    expect(await buy(scene, "paper")).toMatchObject({ outcome: "ordered" });
    await expectAgreement(scene);
  });

  it("500_after, which Stripe repeats for a day, ends once nobody can have the token", async () => {
    const scene = await shop();
    await fault("500_after", TOKENS);
    const answer = await buy(scene, "paper");
    expect(answer).toMatchObject({ outcome: "unsettled" });
    expect(await untilResolved(scene, answer.transaction_id, 160)).toMatchObject({ status: "voided" });
    await expectAgreement(scene);
  });

  it.each(["reset", "hang", "500_before", "429", "409", "reset_after", "cut_body"])(
    "%s while it is read: the timers read it again",
    async (kind) => {
      const scene = await shop();
      await fault(kind, `${TOKENS}/*`, { method: "GET", times: 2 });
      const answer = await withPatience(kind, () => buy(scene, "paper"));
      expect(answer).toMatchObject({ outcome: "unsettled" });
      const ended = await withPatience(kind, () => untilResolved(scene, answer.transaction_id));
      expect(ended).toMatchObject({ status: "completed", amount_settled: PAPER });
      await expectAgreement(scene);
    },
  );

  it.each([
    "reset",
    "hang",
    "500_before",
    "429",
    "409",
    "500_stored",
    "reset_after",
    "hang_after",
    "500_after",
    "cut_body",
  ])("%s while it is revoked: the hold stays until Stripe says that it is dead", async (kind) => {
    const scene = await shop();
    await fault(kind, `${TOKENS}/*/revoke`);
    const answer = await withPatience(kind, () => buy(scene, "item_declined"));
    expect(["unsettled", "failed"]).toContain(answer.outcome);
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
    expect(await tokenOf(answer.transaction_id)).toMatchObject({ deactivated_reason: "revoked" });
    await expectAgreement(scene);
  });

  it.each([
    ["pm_card_chargeDeclined", "payment_declined"],
    ["pm_card_authenticationRequired", "payment_declined"],
  ])("a card that is refused at the merchant (%s) costs nothing", async (card, code) => {
    const scene = await newScene({ card });
    expect(await buy(scene, "paper")).toMatchObject({ outcome: "failed", code });
    await expectAgreement(scene);
  });
});

describe("a card that takes its time at the merchant", () => {
  it.each([
    ["succeeded", "completed"],
    ["failed", "voided"],
  ])("and has then %s is %s", async (outcome, status) => {
    const scene = await newScene({ card: "pm_card_processing" });
    const answer = await buy(scene, "paper");
    expect(answer).toMatchObject({ outcome: "unsettled" });
    await nextTimer(scene, answer.transaction_id);
    await stripe("finish", { payment_intent: (await lastSession()).payment.id, outcome });
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status });
    await expectAgreement(scene);
  });

  it("and succeeds after the token has ended is booked all the same, as late", async () => {
    const scene = await newScene({ card: "pm_card_processing" });
    const answer = await buy(scene, "paper");
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
    await stripe("finish", { payment_intent: (await lastSession()).payment.id, outcome: "succeeded" });
    for (let turn = 0; turn < 8; turn++) await nextTimer(scene, answer.transaction_id);
    const late = await transaction(scene, answer.transaction_id);
    expect(late).toMatchObject({ status: "completed", late: true, amount_settled: PAPER, amount_held: 0 });
  });
});
