import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { APPLY } from "../../../src/organization/hook-messages.ts";
import { Throttle } from "../../../src/organization/throttle.ts";
import type { StripeEvent } from "../../../src/payments/stripe/api.ts";
import { costOf } from "../../support/cost.ts";
import type { FakeRails } from "../../support/fake-rails.ts";
import { newOrganization, selfCheck, send, sql, stateOf, type TestOrganization } from "../../support/service.ts";
import { asPrepared, newMerchant, receive, saveKey, withRails } from "./support.ts";

/** Where providers call us: what counts is the signature, each event once, and nothing of what could not be applied. */

const applied = { stripe: vi.spyOn(APPLY, "stripe"), merchant: vi.spyOn(APPLY, "acp") };

let organization: TestOrganization;
let rails: FakeRails;
let hook: string;
let url: string;

const event = (id: string, more: Partial<StripeEvent> = {}): StripeEvent => ({
  id,
  type: "charge.refunded",
  livemode: false,
  created: 1_800_000_000,
  payment_intent: "pi_1",
  transaction_id: null,
  dispute: null,
  ...more,
});
const events = (id = hook) =>
  sql<{ event_id: string }>(organization, "SELECT * FROM hook_events WHERE hook_id = ?", id);
const setSecret = (sealed_secret: string) =>
  asPrepared(organization, "setStripeHookSecret", { body: { sealed_secret } });

beforeEach(async () => {
  applied.stripe = vi.spyOn(APPLY, "stripe").mockReturnValue();
  applied.merchant = vi.spyOn(APPLY, "acp").mockReturnValue();
  organization = await newOrganization();
  rails = await withRails(organization, { openStripeEvent: vi.fn(async () => event("evt_1")) });
  await saveKey(organization);
  url = (await setSecret("v1.s1.first")).body.hook.url;
  [hook] = (await sql<{ id: string }>(organization, "SELECT id FROM hooks WHERE kind = 'stripe'")).map(
    ({ id }) => id,
  ) as [string];
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("a message comes in over its address, with its bytes and the secrets that count", async () => {
  const body = '{ "id": "evt_1" , "ž":1.0}';
  const answer = await send(new URL(url).pathname, { method: "POST", body, headers: { "stripe-signature": "sig" } });
  expect([answer.status, await answer.json()]).toEqual([200, { received: true }]);
  expect(rails.openStripeEvent).toHaveBeenCalledExactlyOnceWith({
    organization_id: organization.id,
    sealed_secrets: ["v1.s1.first"],
    signature: "sig",
    body,
  });
  expect(applied.stripe).toHaveBeenCalledTimes(1);
  expect(applied.stripe.mock.calls[0]![2]).toEqual(event("evt_1"));
  expect(applied.stripe.mock.calls[0]![0]).toMatchObject({ actor: { type: "system", id: "stripe" }, keyId: null });
});

it("a repeated event is taken and applied once", async () => {
  for (let n = 0; n < 3; n++) expect(await receive(organization, hook)).toEqual({ outcome: "taken" });
  expect(applied.stripe).toHaveBeenCalledTimes(1);
  rails.openStripeEvent = async () => event("evt_2");
  await receive(organization, hook);
  expect(applied.stripe).toHaveBeenCalledTimes(2);
  expect(await events()).toHaveLength(2);
});

it("ten at once are one", async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => receive(organization, hook)));
  expect(answers).toEqual(Array.from({ length: 10 }, () => ({ outcome: "taken" })));
  expect(applied.stripe).toHaveBeenCalledTimes(1);
});

describe("what is refused, alike and without a trace", () => {
  const answer = (opened: StripeEvent | null) => {
    rails.openStripeEvent = async () => opened;
  };
  it.each([
    ["a bad signature", () => answer(null)],
    ["an event of the other mode", () => answer(event("evt_1", { livemode: true }))],
    ["a hook without a secret", () => sql(organization, "UPDATE hooks SET sealed_secret = NULL")],
    ["a hook that is gone", () => sql(organization, "DELETE FROM hooks")],
  ])("%s", async (_name, prepare) => {
    await prepare();
    const before = await stateOf(organization);
    expect(await receive(organization, hook)).toEqual({ outcome: "refused" });
    expect(await stateOf(organization)).toBe(before);
    expect(applied.stripe).not.toHaveBeenCalled();
  });

  it("another provider's signature", async () => {
    const call = { stripe_signature: null, merchant_signature: "m" };
    expect(await receive(organization, hook, call)).toEqual({ outcome: "refused" });
    expect(rails.openStripeEvent).not.toHaveBeenCalled();
  });

  it("a hook that goes while Rails looks at the signature", async () => {
    await runInDurableObject(organization.stub, (_instance, { storage }) => {
      rails.openStripeEvent = async () => {
        storage.sql.exec("DELETE FROM hooks");
        return event("evt_1");
      };
    });
    expect(await receive(organization, hook)).toEqual({ outcome: "refused" });
    expect(applied.stripe).not.toHaveBeenCalled();
  });
});

describe("what the provider shall repeat", () => {
  it("is what could not be applied: nothing of it is kept, and the next time counts", async () => {
    applied.stripe.mockImplementationOnce((work) => {
      work.log("test.applied", null, {});
      throw new Error("broken");
    });
    const before = await stateOf(organization);
    expect(await receive(organization, hook)).toEqual({ outcome: "failed" });
    expect(await stateOf(organization)).toBe(before);
    expect(await receive(organization, hook)).toEqual({ outcome: "taken" });
    expect(applied.stripe).toHaveBeenCalledTimes(2);
    expect((await selfCheck(organization)).chain.valid).toBe(true);
  });

  it("is what Rails could not look at", async () => {
    rails.openStripeEvent = () => Promise.reject(new Error("no SEALING_SECRETS"));
    const answer = await send(new URL(url).pathname, {
      method: "POST",
      body: "{}",
      headers: { "stripe-signature": "sig" },
    });
    expect(answer.status).toBe(503);
    expect(await events()).toEqual([]);
  });
});

describe("a new signing secret", () => {
  const asked = async () => {
    const seen = vi.fn(async () => null);
    rails.openStripeEvent = seen as unknown as FakeRails["openStripeEvent"];
    await receive(organization, hook);
    return (seen.mock.calls as unknown as [{ sealed_secrets: string[] }][])[0]?.[0].sealed_secrets ?? [];
  };

  it("lets the one before verify for webhookOverlapHours, and then no more", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    const saved = await setSecret("v1.s1.second");
    expect(saved.body.hook).toMatchObject({ url, secret_set: true, old_secret_until: expect.any(String) });
    expect(await asked()).toEqual(["v1.s1.second", "v1.s1.first"]);
    vi.setSystemTime(Date.now() + LIMITS.webhookOverlapHours * 3_600_000 - 1);
    expect(await asked()).toEqual(["v1.s1.second", "v1.s1.first"]);
    vi.setSystemTime(Date.now() + 1);
    expect(await asked()).toEqual(["v1.s1.second"]);
  });

  it("is logged without itself", async () => {
    const rows = await sql<{ body: string }>(organization, "SELECT body FROM events WHERE type = 'hook.secret_set'");
    expect(rows).toHaveLength(1);
    expect(JSON.parse(rows[0]!.body).data).toEqual({
      hook_id: hook,
      kind: "stripe",
      merchant_id: null,
      key_version: "s1",
      old_verifies_until: null,
    });
  });
});

describe("a merchant's hook", () => {
  const merchantEvent = (id: string) => ({ id, session_id: "cs_1", order_id: "o_1", status: null, refunds: [] });
  const call = { stripe_signature: null, merchant_signature: "m" };

  it("is its own: other address, other secret, other events", async () => {
    rails.openMerchantEvent = vi.fn(async () => merchantEvent("evt_1"));
    const { id } = await newMerchant(organization);
    const [own] = await sql<{ id: string }>(organization, "SELECT id FROM hooks WHERE merchant_id = ?", id);
    expect(await receive(organization, own!.id, call)).toEqual({ outcome: "refused" });
    const set = await asPrepared(organization, "setMerchantHookSecret", {
      params: { merchant_id: id },
      body: { sealed_secret: "v1.s1.merchant" },
    });
    expect(set.body.hook.url).not.toBe(url);
    await receive(organization, hook);
    expect(await receive(organization, own!.id, call)).toEqual({ outcome: "taken" });
    expect(rails.openMerchantEvent).toHaveBeenCalledWith(
      expect.objectContaining({ sealed_secrets: ["v1.s1.merchant"], signature: "m" }),
    );
    expect(applied.merchant.mock.calls[0]!.slice(2)).toEqual([id, merchantEvent("evt_1")]);
    await asPrepared(organization, "deleteMerchant", { params: { merchant_id: id } });
    expect(await receive(organization, own!.id, call)).toEqual({ outcome: "refused" });
    expect(await events(own!.id)).toEqual([]);
    expect(await events()).toHaveLength(1);
  });

  it("cannot fill the table with long ids", async () => {
    const { id } = await newMerchant(organization);
    const body = { sealed_secret: "v1.s1.merchant" };
    await asPrepared(organization, "setMerchantHookSecret", { params: { merchant_id: id }, body });
    const [own] = await sql<{ id: string }>(organization, "SELECT id FROM hooks WHERE merchant_id = ?", id);
    for (const letter of ["a", "b", "a"]) {
      rails.openMerchantEvent = async () => merchantEvent(letter.repeat(100_000));
      await receive(organization, own!.id, call);
    }
    expect(applied.merchant).toHaveBeenCalledTimes(2);
    for (const { event_id } of await events(own!.id)) expect(event_id.length).toBeLessThan(129);
  });
});

describe("how long events are remembered", () => {
  const rows = (count: number, at: number) =>
    sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO hook_events (hook_id, event_id, at, seq) SELECT ?, 'old_' || printf('%05d', i), ? + i, i FROM n`,
      hook,
      at,
    );
  const has = async (id: string) => (await events()).some(({ event_id }) => event_id === id);

  it("hookEventsKept of each hook, the newest", async () => {
    await rows(LIMITS.hookEventsKept - 1, Date.now() - 60_000_000);
    await sql(organization, "INSERT INTO hook_events (hook_id, event_id, at) VALUES ('hok_other', 'x', ?)", Date.now());
    await receive(organization, hook);
    expect([(await events()).length, await has("old_00001")]).toEqual([LIMITS.hookEventsKept, true]);
    rails.openStripeEvent = async () => event("evt_2");
    await receive(organization, hook);
    expect([(await events()).length, await has("old_00001"), await has("evt_2")]).toEqual([
      LIMITS.hookEventsKept,
      false,
      true,
    ]);
    expect(await events("hok_other")).toHaveLength(1);
  });

  it("an event costs the same however many are remembered", async () => {
    await rows(LIMITS.hookEventsKept, Date.now() - 60_000_000);
    const cost = await costOf(organization, () => receive(organization, hook));
    expect(cost.read).toBeLessThan(100);
    expect(await has("old_00001")).toBe(false);
    expect(await has("old_00002")).toBe(true);
  });

  it("hookEventMs", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    const start = Date.now();
    await receive(organization, hook);
    vi.setSystemTime(start + LIMITS.hookEventMs - 1);
    rails.openStripeEvent = async () => event("evt_2");
    await receive(organization, hook);
    expect(await has("evt_1")).toBe(true);
    vi.setSystemTime(start + LIMITS.hookEventMs);
    rails.openStripeEvent = async () => event("evt_3");
    await receive(organization, hook);
    expect([await has("evt_1"), await has("evt_2")]).toEqual([false, true]);
  });
});

it("a flood is slowed down in the object too, hook by hook", async () => {
  const { id } = await newMerchant(organization);
  const [other] = await sql<{ id: string }>(organization, "SELECT id FROM hooks WHERE merchant_id = ?", id);

  const take = vi.spyOn(Throttle.prototype, "take").mockImplementation((name) => (name === `hook:${hook}` ? 1_500 : 0));
  expect(await receive(organization, hook)).toEqual({ outcome: "throttled", retry_after_seconds: 2 });
  expect(await receive(organization, other!.id)).toEqual({ outcome: "refused" });
  expect(take).toHaveBeenCalledWith(`hook:${hook}`, LIMITS.requestsPerKeyPerMinute, expect.any(Number));
});
