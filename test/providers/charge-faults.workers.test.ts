import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../support/service.ts";
import { expectAgreement, intentsOf } from "./oracle.ts";
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

const CREATE = "/v1/payment_intents";
const CANCEL = "/v1/payment_intents/*/cancel";

const visa = shared();
const declined = shared({ card: "pm_card_chargeDeclinedInsufficientFunds" });
const processing = shared({ card: "pm_card_processing" });

/** Stripe has no more of the transaction than one payment, whatever the fault. */
const intentOf = async (id: string): Promise<Json> => intentsOf({ id, session_id: null }, await stripe("state")).at(-1);

/** Runs the work with little patience where the fault is silence, so that a test need not wait for it. */
const withPatience = <T>(kind: string, work: () => Promise<T>): Promise<T> =>
  SILENT.has(kind) ? impatient(work) : work();

/** Every fault of the stand-in but `late`, which is for requests that charge, and `slow`, which is none. */
const FAULTS = [
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
] as const;

describe("a card that", () => {
  it.each([
    ["pm_card_chargeDeclined", "generic_decline"],
    ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"],
    ["pm_card_chargeDeclinedLostCard", "lost_card"],
    ["pm_card_chargeDeclinedStolenCard", "stolen_card"],
    ["pm_card_chargeDeclinedFraudulent", "fraudulent"],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card"],
    ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"],
    ["pm_card_chargeDeclinedProcessingError", "processing_error"],
    ["pm_card_authenticationRequired", "authentication_required"],
  ])("is refused (%s) ends the purchase at once, at Stripe as well", async (card, code) => {
    const scene = await newScene({ card });
    const answer = await charge(scene);
    expect(answer).toMatchObject({ outcome: "declined", code });
    expect(await intentOf(answer.transaction_id)).toMatchObject({ status: "canceled", amount_received: 0 });
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({ status: "voided", amount_held: 0 });
    await expectAgreement(scene);
  });

  it.each([
    ["succeeded", "completed", "charged"],
    ["failed", "voided", "declined"],
  ])("takes its time and has then %s ends %s", async (outcome, status, told) => {
    const scene = await processing();
    const idempotency_key = freshKey();
    const answer = await charge(scene, { idempotency_key });
    expect(answer).toMatchObject({ outcome: "unsettled", code: "processing" });
    const id = answer.transaction_id;
    for (let turn = 0; turn < 4; turn++) await nextTimer(scene, id);
    // After a minute the world hears that nobody knows; the hold stays all the same.
    expect(await transaction(scene, id)).toMatchObject({ status: "unknown", amount_held: 12.34 });
    await stripe("finish", { payment_intent: answer.payment_intent, outcome });
    expect(await untilResolved(scene, id)).toMatchObject({ status });
    expect(await charge(scene, { idempotency_key })).toMatchObject({ outcome: told, replayed: true });
    await expectAgreement(scene);
  });

  it("takes its time keeps its budget for weeks, and is charged when it comes to it", async () => {
    const scene = await processing();
    const answer = await charge(scene);
    for (let turn = 0; turn < 12; turn++) await nextTimer(scene, answer.transaction_id);
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({ status: "unknown", amount_held: 12.34 });
    await stripe("finish", { payment_intent: answer.payment_intent, outcome: "succeeded" });
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "completed" });
    await expectAgreement(scene);
  });

  it("is canceled in the dashboard while it is processing is free again", async () => {
    const scene = await processing();
    const answer = await charge(scene);
    await stripe("cancel", { payment_intent: answer.payment_intent });
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
    await expectAgreement(scene);
  });
});

describe("a fault of the request that charges", () => {
  it.each([...FAULTS.filter((kind) => kind !== "500_stored"), "late"])(
    "%s is found out by timers, and charged once",
    async (kind) => {
      const scene = await visa();
      await fault(kind, CREATE);
      const idempotency_key = freshKey();
      const answer = await withPatience(kind, () => charge(scene, { idempotency_key }));
      expect(answer).toMatchObject({ outcome: "unsettled", code: "unknown" });
      expect(await transaction(scene, answer.transaction_id)).toMatchObject({ amount_held: 12.34 });
      // Whoever asks again meanwhile charges nothing.
      expect(await charge(scene, { idempotency_key })).toMatchObject({ outcome: "unsettled", replayed: true });
      expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({
        status: "completed",
        amount_settled: 12.34,
      });
      expect(await charge(scene, { idempotency_key })).toMatchObject({ outcome: "charged", replayed: true });
      await expectAgreement(scene);
    },
  );

  it("slow is an answer like any other", async () => {
    const scene = await visa();
    await fault("slow", CREATE);
    expect(await charge(scene)).toMatchObject({ outcome: "charged" });
    await expectAgreement(scene);
  });

  it("500_stored, which Stripe repeats for a day, ends with proof that there is nothing, and not before", async () => {
    const scene = await visa();
    await fault("500_stored", CREATE);
    const answer = await charge(scene);
    const begun = Date.now();
    expect(answer).toMatchObject({ outcome: "unsettled", code: "unknown" });
    const ended = await untilResolved(scene, answer.transaction_id, 250);
    expect(ended).toMatchObject({ status: "voided", amount_held: 0 });
    expect(Date.now() - begun).toBeGreaterThan(23 * HOUR);
    expect(Date.now() - begun).toBeLessThan(2 * DAY);
    await expectAgreement(scene);
  });

  it.each([...FAULTS.filter((kind) => kind !== "500_stored"), "late"])(
    "%s of a card that is then declined is found out, and ended at Stripe",
    async (kind) => {
      const scene = await declined();
      await fault(kind, CREATE);
      const answer = await withPatience(kind, () => charge(scene));
      expect(answer).toMatchObject({ outcome: "unsettled" });
      expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
      await expectAgreement(scene);
    },
  );

  it("twice in different ways is still one charge", async () => {
    const scene = await visa();
    await fault("500_before", CREATE);
    await fault("reset_after", CREATE);
    const answer = await charge(scene);
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "completed" });
    await expectAgreement(scene);
  });
});

describe("a fault of the look", () => {
  it.each(FAULTS.filter((kind) => !kind.startsWith("500_") || kind === "500_before"))(
    "%s is no proof of anything",
    async (kind) => {
      const scene = await visa();
      await fault("reset_after", CREATE);
      const answer = await charge(scene);
      await fault(kind, `${CREATE}*`, { method: "GET" });
      await withPatience(kind, () => nextTimer(scene, answer.transaction_id));
      // A stored or late answer of a read is an answer like any other.
      expect(["executing", "completed"]).toContain((await transaction(scene, answer.transaction_id)).status);
      expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "completed" });
      await expectAgreement(scene);
    },
  );

  it("that lasts for days holds the budget for days", async () => {
    const scene = await visa();
    await fault("reset_after", CREATE);
    const answer = await charge(scene);
    await fault("500_before", `${CREATE}*`, { method: "GET", times: 12 });
    for (let turn = 0; turn < 12; turn++) {
      await nextTimer(scene, answer.transaction_id);
      expect(await transaction(scene, answer.transaction_id)).toMatchObject({ amount_held: 12.34 });
    }
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "completed" });
    await expectAgreement(scene);
  });
});

describe("a fault of the cancellation of what was declined", () => {
  it.each(FAULTS)("%s holds the budget until Stripe shows that it is canceled", async (kind) => {
    const scene = await declined();
    await fault(kind, CANCEL);
    const answer = await withPatience(kind, () => charge(scene));
    expect(answer).toMatchObject({ outcome: "unsettled" });
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({ amount_held: 12.34 });
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
    expect(await intentOf(answer.transaction_id)).toMatchObject({ status: "canceled" });
    await expectAgreement(scene);
  });
});

describe("a key of Stripe that is revoked there", () => {
  it("charges nothing more, and what was open is found through the one that replaces it", async () => {
    const key = "rk_test_norefund_sandbox";
    const [refused, open, late] = await Promise.all([newScene(), newScene(), newScene({ card: "pm_card_processing" })]);
    for (const scene of [refused, open, late]) await must(scene, "PUT", "/integrations/stripe", { key });
    await fault("reset_after", CREATE);
    const unclear = await charge(open);
    const waiting = await charge(late);
    await stripe("revoke", { key });

    expect(await charge(refused)).toMatchObject({ outcome: "failed", code: "refused" });
    await expectAgreement(refused);
    for (const [scene, { transaction_id }] of [
      [open, unclear],
      [late, waiting],
    ] as const) {
      await nextTimer(scene, transaction_id);
      expect(await transaction(scene, transaction_id)).toMatchObject({ status: "executing", amount_held: 12.34 });
      await must(scene, "PUT", "/integrations/stripe", { key: KEY });
    }
    await stripe("finish", { payment_intent: waiting.payment_intent, outcome: "succeeded" });
    for (const [scene, { transaction_id }] of [
      [open, unclear],
      [late, waiting],
    ] as const) {
      expect(await untilResolved(scene, transaction_id, 20)).toMatchObject({ status: "completed" });
      await expectAgreement(scene);
    }
  });
});
