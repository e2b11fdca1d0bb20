import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, type Json } from "../support/service.ts";
import { expectAgreement } from "./oracle.ts";
import {
  buy,
  charge,
  fault,
  HOUR,
  MINUTE,
  merchant,
  must,
  newScene,
  nextTimer,
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

const CREATE = "/v1/payment_intents";
const TOKENS = "/v1/shared_payment/issued_tokens";

/** Everything with which a person stops spending. */
const STOPS: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  "the organization is frozen": (scene) => must(scene, "POST", "/organization/freeze", {}),
  "the mandate is paused": (scene) => must(scene, "POST", `/mandates/${scene.mandate}/pause`, {}),
  "the mandate is revoked": (scene) => must(scene, "POST", `/mandates/${scene.mandate}/revoke`, {}),
  "the agent is suspended": (scene) => must(scene, "POST", `/agents/${scene.agent}/suspend`, {}),
  "the agent is decommissioned": (scene) => must(scene, "POST", `/agents/${scene.agent}/decommission`, {}),
  "the key is revoked": async (scene) => {
    const { data } = (await api(scene.admin, "GET", "/keys")).body;
    const { id } = data.find(({ role }: Json) => role === "spend");
    return must(scene, "POST", `/keys/${id}/revoke`, {});
  },
};
const NAMES = Object.keys(STOPS);

const requests = async (method: string, path: string): Promise<number> =>
  (await stripe("state")).requests.filter((one: Json) => one.method === method && one.path === path).length;
const sessions = async (): Promise<Json[]> => (await merchant("state")).sessions;
const completions = async (): Promise<number> =>
  (await merchant("state")).requests.filter(({ step }: Json) => step === "complete").length;
const isRefused = (answer: Json): boolean =>
  answer.outcome === "rejected" || answer.rpcError !== undefined || answer.error !== undefined;

describe.each(NAMES)("while a checkout is open, %s", (name) => {
  it.each(["item_async", "item_escalate", "item_reset"])(
    "(%s): its unused token is taken back by the next alarm, and nothing more is sent",
    async (item) => {
      const scene = await newScene();
      const { transaction_id } = await buy(scene, item);
      const sent = await completions();
      await STOPS[name]!(scene);
      await runDurableObjectAlarm(scene.stub);
      const token = (await stripe("state")).tokens.find(
        ({ shared_metadata }: Json) => shared_metadata.quetra_transaction === transaction_id,
      );
      expect(token).toMatchObject({ status: "deactivated", deactivated_reason: "revoked" });
      // Where the merchant has not answered, the hold stays a little longer: a payment may have been on its way.
      const stopped = Date.now();
      expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "voided", amount_held: 0 });
      expect(Date.now() - stopped).toBeLessThan(2 * MINUTE);
      expect(await completions()).toBe(sent);
      const { id } = (await sessions()).at(-1);
      await merchant("finish", { session: id, outcome: "completed" }).catch(() => {});
      expect(isRefused(await buy(scene, "paper"))).toBe(true);
      await expectAgreement(scene);
    },
  );
});

describe.each(NAMES)("while a token is being made, %s", (name) => {
  it("and it is not sent to the merchant", async () => {
    const scene = await newScene();
    await fault("slow", TOKENS, { delay_ms: 2_000 });
    const made = await requests("POST", TOKENS);
    const sent = await completions();
    const buying = buy(scene, "paper");
    while ((await requests("POST", TOKENS)) === made) await new Promise((resolve) => setTimeout(resolve, 10));
    await STOPS[name]!(scene);
    const answer = await buying;
    expect(answer).toMatchObject({ outcome: "failed" });
    expect(await completions()).toBe(sent);
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
    await expectAgreement(scene);
  });
});

describe.each(NAMES)("while the outcome of a charge is open, %s", (name) => {
  it("and what had reached Stripe is booked", async () => {
    const scene = await newScene();
    await fault("reset_after", CREATE);
    const { transaction_id } = await charge(scene);
    await STOPS[name]!(scene);
    expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "completed", amount_settled: 12.34 });
    expect(isRefused(await charge(scene))).toBe(true);
    await expectAgreement(scene);
  });

  it("and what had not reached it is not sent again", async () => {
    const scene = await newScene();
    await fault("reset", CREATE);
    const { transaction_id } = await charge(scene);
    const sent = await requests("POST", CREATE);
    await STOPS[name]!(scene);
    expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "voided" });
    expect(await requests("POST", CREATE)).toBe(sent);
    await expectAgreement(scene);
  });

  it("and what is processing is booked when it succeeds", async () => {
    const scene = await newScene({ card: "pm_card_processing" });
    const { transaction_id, payment_intent } = await charge(scene);
    await STOPS[name]!(scene);
    for (let turn = 0; turn < 2; turn++) await nextTimer(scene, transaction_id);
    expect(await transaction(scene, transaction_id)).toMatchObject({ amount_held: 12.34 });
    await stripe("finish", { payment_intent, outcome: "succeeded" });
    expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "completed" });
    await expectAgreement(scene);
  });
});

it("what the merchant had taken before spending was stopped is booked, although nobody could read it at first", async () => {
  const scene = await newScene();
  await fault("500_before", `${TOKENS}/*`, { method: "GET", times: 2 });
  const { transaction_id } = await buy(scene, "paper");
  await STOPS["the organization is frozen"]!(scene);
  await runDurableObjectAlarm(scene.stub);
  expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "completed", amount_settled: 20.01 });
  await expectAgreement(scene);
});

it("a stop that Stripe does not hear of at first is carried through by timers", async () => {
  const scene = await newScene();
  const { transaction_id } = await buy(scene, "item_async");
  await fault("500_before", `${TOKENS}/*`, { method: "*", times: 6 });
  await STOPS["the agent is suspended"]!(scene);
  const begun = Date.now();
  expect(await untilResolved(scene, transaction_id)).toMatchObject({ status: "voided" });
  expect(Date.now() - begun).toBeLessThan(HOUR);
  await expectAgreement(scene);
});
