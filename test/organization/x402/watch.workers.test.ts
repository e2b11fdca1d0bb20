import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Observation, PaymentOutcome } from "../../../src/payments/rails-api.ts";
import { delivered, EXPIRED, type FakeRails, fetchTool, UNUSED, USED, useRails } from "../../support/fake-rails.ts";
import {
  api,
  eventTypes,
  type Json,
  newAgent,
  newOrganization,
  selfCheck,
  sql,
  type TestOrganization,
} from "../../support/service.ts";

const START = Date.UTC(2026, 10, 20, 12);
const UNREADABLE: Observation = { state: "unreadable" };

interface Setting {
  readonly organization: TestOrganization;
  readonly rails: FakeRails;
  readonly id: string;
  readonly row: () => Promise<Json>;
  /** Moves the clock to so many seconds after signing and lets the alarm run. */
  readonly at: (seconds: number) => Promise<void>;
  readonly looks: () => number;
  readonly again: () => Promise<Json>;
}

afterEach(() => vi.useRealTimers());

/** A payment that was sent and of which the chain shows nothing yet. */
async function open(status = 402, seen: Observation = UNUSED): Promise<Setting> {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  const organization = await newOrganization();
  const { agent } = await newAgent(organization);
  const rails = await useRails(organization);
  rails.payment = () => delivered(seen, status);
  rails.observation = seen;
  const again = () => fetchTool(organization, agent, { idempotency_key: "k" });
  const answer = await again();
  const id = answer.transaction_id as string;
  return {
    organization,
    rails,
    id,
    row: async () => (await api(organization.read, "GET", `/transactions/${id}`)).body,
    at: async (seconds) => {
      vi.setSystemTime(START + seconds * 1000);
      await runDurableObjectAlarm(organization.stub);
    },
    looks: () => rails.looked.length,
    again,
  };
}

const held = { status: "executing", amount_held: 0.01, amount_settled: 0 };

describe("the watch over an open payment", () => {
  it("looks at about 2, 5 and 15 seconds, and not in between", async () => {
    const { at, looks, row } = await open();
    await at(1.9);
    expect(looks()).toBe(0);
    for (const [index, seconds] of [2, 5, 15, 30].entries()) {
      await at(seconds);
      expect(looks()).toBe(index + 1);
      await at(seconds + 0.5);
      expect(looks()).toBe(index + 1);
    }
    expect(await row()).toMatchObject(held);
  });

  it("books a payment that the seller takes late, with its hash", async () => {
    const { at, rails, row, organization } = await open();
    await at(2);
    rails.observation = USED;
    await at(5);
    expect(await row()).toMatchObject({
      status: "completed",
      amount_settled: 0.01,
      amount_held: 0,
      payment: { outcome: "paid_late", settlement_hash: `0x${"cd".repeat(32)}` },
    });
    expect(await sql(organization, "SELECT * FROM timers WHERE kind = 'x402_watch'")).toEqual([]);
    expect((await selfCheck(organization)).ledger.valid).toBe(true);
  });

  it("calls it paid where the seller had delivered before the chain showed it", async () => {
    const { at, rails, row } = await open(200);
    expect((await row()).payment.outcome).toBe("delivered_held");
    rails.observation = USED;
    await at(2);
    expect((await row()).payment.outcome).toBe("paid");
  });

  it("announces an unknown outcome after 60 seconds, once, and keeps the budget", async () => {
    const { at, row, organization } = await open();
    for (const seconds of [2, 5, 15, 30, 59]) await at(seconds);
    expect(await row()).toMatchObject(held);
    for (const seconds of [60, 61.1, 80, 200]) await at(seconds);
    expect(await row()).toMatchObject({ ...held, status: "unknown" });
    expect((await eventTypes(organization)).filter((type) => type === "transaction.unknown")).toHaveLength(1);
  });

  it("gives the budget back only for the proof that it can never be taken, without traffic", async () => {
    const { at, rails, row, organization } = await open();
    // Long after the validity: as long as nothing proves it, nothing is released.
    for (const seen of [UNUSED, UNREADABLE]) {
      rails.observation = seen;
      for (const seconds of [60, 90, 300, 3_600, 90_000]) await at(seconds);
      expect(await row()).toMatchObject({ status: "unknown", amount_held: 0.01 });
    }
    rails.observation = EXPIRED;
    await at(200_000);
    expect(await row()).toMatchObject({ status: "voided", amount_held: 0, payment: { outcome: "released" } });
    expect(await sql(organization, "SELECT * FROM timers WHERE kind = 'x402_watch'")).toEqual([]);
  });

  it("never stops looking while the outcome is open", async () => {
    const { at, looks } = await open();
    for (const seconds of [60, 90, 300, 900, 10_000, 90_000, 100_000]) {
      const before = looks();
      await at(seconds);
      expect(looks(), `${seconds} s`).toBe(before + 1);
    }
  });

  it("does not believe an organization whose spending is frozen: what was sent is still booked", async () => {
    const { at, rails, row, organization } = await open();
    await api(organization.admin, "POST", "/organization/freeze", {});
    rails.observation = USED;
    await at(2);
    expect((await row()).status).toBe("completed");
  });

  it("survives a Rails that throws, hangs or answers too little", async () => {
    const { at, rails, row } = await open();
    const honest = rails.observe.bind(rails);
    rails.observe = () => Promise.reject(new Error("gone"));
    await at(2);
    rails.observe = async () => [];
    await at(5);
    expect(await row()).toMatchObject(held);
    rails.observe = honest;
    rails.observation = USED;
    await at(15);
    expect((await row()).status).toBe("completed");
  });

  it("goes on after the object is gone", async () => {
    const { at, id, organization, row } = await open();
    await evictDurableObject(organization.stub);
    const rails = { observe: async () => [USED] };
    await runInDurableObject(organization.stub, (instance) => {
      const object = instance as unknown as { env: object };
      object.env = { ...object.env, RAILS: rails };
    });
    await at(2);
    expect(await row()).toMatchObject({ id, status: "completed" });
  });

  it("looks at many payments in few calls", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: START });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const rails = await useRails(organization);
    rails.payment = () => delivered(UNUSED, 200);
    for (let n = 0; n < 45; n += 1) await fetchTool(organization, agent, { idempotency_key: `k${n}` });
    rails.observation = USED;
    vi.setSystemTime(START + 2_000);
    await runDurableObjectAlarm(organization.stub);
    expect(rails.looked.map(({ authorizations }) => authorizations.length).sort()).toEqual([20, 20, 5]);
    const [count] = await sql<{ n: number }>(
      organization,
      "SELECT COUNT(*) AS n FROM transactions WHERE status = 'completed'",
    );
    expect(count?.n).toBe(45);
    expect((await selfCheck(organization)).ledger.valid).toBe(true);
  });
});

describe("a kept answer", () => {
  it("is forgotten after a day; the purchase is not", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: START });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const rails = await useRails(organization);
    const call = () => fetchTool(organization, agent, { idempotency_key: "k" });
    await call();
    vi.setSystemTime(START + 86_399_000);
    await runDurableObjectAlarm(organization.stub);
    expect((await call()).content.text).toContain("sunny");
    vi.setSystemTime(START + 86_401_000);
    await runDurableObjectAlarm(organization.stub);
    const later = await call();
    expect(later).toMatchObject({ outcome: "paid", replayed: true });
    expect(later).not.toHaveProperty("content");
    expect(await sql(organization, "SELECT * FROM x402_answers")).toEqual([]);
    expect(rails.paid).toHaveLength(1);
  });
});

describe("a signer that says it signed nothing", () => {
  it("does not overrule the chain, which has the payment", async () => {
    const { at, rails, row, again, organization } = await open();
    rails.observation = USED;
    // Asked again and again instead of resolved from here: a promise belongs to the object that waits for it.
    const told: { report?: PaymentOutcome } = {};
    rails.payment = async () => {
      while (told.report === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      return told.report;
    };
    const { agent_id } = await row();
    const late = fetchTool(organization, agent_id, { idempotency_key: "late" });
    while (rails.paid.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await at(3);
    told.report = {
      ...delivered(USED),
      signed: false,
      refusal: { code: "signer_refused", message: "no" },
      answer: null,
    };
    expect(await late).toMatchObject({ outcome: "paid", payment: { outcome: "paid_not_delivered" } });
    expect(await again()).toMatchObject({ outcome: "paid" });
    expect((await selfCheck(organization)).ledger.valid).toBe(true);
  });
});

describe("the self-check", () => {
  it("finds an open payment without its watch, and a taken one that is not settled", async () => {
    const { organization, id } = await open();
    expect((await selfCheck(organization)).ledger.valid).toBe(true);
    await sql(organization, "DELETE FROM timers WHERE kind = 'x402_watch'");
    expect((await selfCheck(organization)).ledger.problems).toEqual([
      `transaction ${id}: its payment is open, but nobody watches it`,
    ]);
    await sql(organization, "UPDATE x402_payments SET outcome = 'paid'");
    expect((await selfCheck(organization)).ledger.problems).toContain(
      `transaction ${id}: the chain took more than is settled`,
    );
  });
});

describe("a person who ends an unknown outcome", () => {
  const resolve = async ({ organization, id }: Setting, body: Record<string, unknown>) => {
    const answer = await api(organization.admin, "POST", `/transactions/${id}/resolve`, { evidence: "seen", ...body });
    expect(answer.status).toBe(200);
  };

  it("may not call it off while the signature is alive", async () => {
    const here = await open();
    await sql(here.organization, "UPDATE x402_payments SET valid_before = valid_before + 60");
    await here.at(61);
    const ended = { outcome: "voided", evidence: "seen" };
    const answer = await api(here.organization.admin, "POST", `/transactions/${here.id}/resolve`, ended);
    expect(answer).toMatchObject({ status: 409, body: { code: "signature_alive" } });
    expect((await here.row()).status).toBe("unknown");
  });

  it("is told as such until the chain has spoken", async () => {
    for (const [body, outcome] of [
      [{ outcome: "voided" }, "already_used"],
      [{ outcome: "completed", amount_charged: 0.01 }, "already_used"],
    ] as const) {
      const here = await open();
      await here.at(61);
      await resolve(here, body);
      const answer = await here.again();
      expect(answer.outcome).toBe(outcome);
      expect(answer.message).toContain("An administrator");
    }
  });

  it("is corrected by a later proof of use, as late", async () => {
    const here = await open();
    await here.at(61);
    await resolve(here, { outcome: "voided" });
    expect(await here.row()).toMatchObject({ status: "voided", amount_held: 0 });
    here.rails.observation = USED;
    await here.at(130);
    expect(await here.row()).toMatchObject({ status: "completed", amount_settled: 0.01, late: true });
    expect((await selfCheck(here.organization)).ledger.valid).toBe(true);
  });

  it("with less than the chain has taken is corrected to that", async () => {
    const here = await open();
    await here.at(61);
    await resolve(here, { outcome: "completed", amount_charged: 0.004 });
    here.rails.observation = USED;
    await here.at(130);
    expect(await here.row()).toMatchObject({ status: "completed", amount_settled: 0.01, amount_held: 0 });
    expect((await selfCheck(here.organization)).ledger.valid).toBe(true);
  });

  it("is not overruled by the proof that nothing was taken, and the answer says both", async () => {
    const here = await open();
    await here.at(61);
    await resolve(here, { outcome: "completed", amount_charged: 0.01 });
    here.rails.observation = EXPIRED;
    await here.at(130);
    expect(await here.row()).toMatchObject({ status: "completed", payment: { outcome: "released" } });
    const answer = await here.again();
    expect(answer).toMatchObject({ outcome: "already_used", replayed: true });
    expect(answer.message).toContain("never taken");
  });

  it("is confirmed by the chain's proof, which is recorded and changes no amount", async () => {
    const here = await open();
    await here.at(61);
    await resolve(here, { outcome: "completed", amount_charged: 0.01 });
    here.rails.observation = USED;
    await here.at(130);
    expect(await here.row()).toMatchObject({ status: "completed", amount_settled: 0.01 });
    expect((await here.row()).payment.settlement_hash).toMatch(/^0x/);
    expect((await eventTypes(here.organization)).at(-1)).toBe("transaction.proof");
    expect(await sql(here.organization, "SELECT * FROM timers WHERE kind = 'x402_watch'")).toEqual([]);
  });
});
