import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  api,
  eventTypes,
  newAgent,
  newOrganization,
  selfCheck,
  sql,
  stateOf,
  type TestOrganization,
  tool,
} from "../support/service.ts";

afterEach(() => vi.useRealTimers());

const HOUR = 3_600_000;

async function bought(organization: TestOrganization, agent: string, amount: number, more: object = {}) {
  const answer = await tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    amount,
    vendor: "shop.example",
    idempotency_key: crypto.randomUUID(),
    ...more,
  });
  expect(answer.outcome).toBe("approved");
  return answer.transaction_id as string;
}

const settle = (organization: TestOrganization, agent: string, id: string, amount: number) =>
  tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id: id, amount_charged: amount });

const budget = async (organization: TestOrganization, agent: string) =>
  (await tool(organization.spend, "quetra_check_budget", { agent_id: agent })).budgets[0];

const act = (organization: TestOrganization, id: string, what: string, body: object, key?: string) =>
  api(
    organization.admin,
    "POST",
    `/transactions/${id}/${what}`,
    body,
    key === undefined ? {} : { "idempotency-key": key },
  );

describe("settling by the agent", () => {
  it("below the hold keeps the rest counted until a person confirms", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 40);
    const answer = await settle(organization, agent, id, 15);
    expect(answer.transaction).toMatchObject({ status: "completed", amount_settled: 15, amount_held: 25 });
    expect(await budget(organization, agent)).toMatchObject({ settled: 15, held: 25, remaining: 60 });
    expect(await settle(organization, agent, id, 15)).toMatchObject({ replayed: true });
    expect((await settle(organization, agent, id, 10)).error).toMatch(/^already_settled/);

    const confirmed = await act(organization, id, "settle", { amount_charged: 15 });
    expect(confirmed.body).toMatchObject({ status: "completed", amount_settled: 15, amount_held: 0 });
    expect(await budget(organization, agent)).toMatchObject({ settled: 15, held: 0, remaining: 85 });
  });

  it("frees the rest where the mandate says so", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { agent_may_release: true });
    const part = await bought(organization, agent, 40);
    expect((await settle(organization, agent, part, 15)).transaction).toMatchObject({ amount_held: 0 });
    const nothing = await bought(organization, agent, 40);
    expect((await settle(organization, agent, nothing, 0)).transaction).toMatchObject({ status: "voided" });
    expect(await budget(organization, agent)).toMatchObject({ settled: 15, held: 0 });
  });

  it("above the hold books an overdraft, reports it, and blocks further spending", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 40);
    expect((await settle(organization, agent, id, 130)).transaction).toMatchObject({
      status: "completed",
      amount_settled: 130,
      overdraft: true,
    });
    expect(await budget(organization, agent)).toMatchObject({ settled: 130, remaining: -30 });
    const next = await tool(organization.spend, "quetra_can_spend", { agent_id: agent, amount: 0.01, vendor: "a.com" });
    expect(next).toMatchObject({ outcome: "rejected", max_amount_now: null, checks: [{ code: "budget_exceeded" }] });
    const types = await eventTypes(organization);
    expect(types.slice(-4)).toEqual([
      "mandate.budget.warning",
      "mandate.budget.exhausted",
      "transaction.completed",
      "transaction.overdraft",
    ]);
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("is refused for a payment tool's authorization and for one that is not authorized", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules: [{ type: "approval", above: 50 }] });
    const forTool = await bought(organization, agent, 10, { protocol: "x402" });
    expect((await settle(organization, agent, forTool, 10)).error).toMatch(/^not_external/);
    const waiting = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 60,
      vendor: "a.com",
      idempotency_key: "w",
    });
    const before = await stateOf(organization);
    expect((await settle(organization, agent, waiting.transaction_id, 60)).error).toMatch(/^wrong_status/);
    expect(await stateOf(organization)).toBe(before);
  });
});

describe("what a person can put right", () => {
  it("a remainder that is still held after a refund", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 50);
    await settle(organization, agent, id, 20);
    await act(organization, id, "refund", { amount: 5 });
    expect((await act(organization, id, "settle", { amount_charged: 4 })).body.code).toBe("refund_exceeds_settled");
    expect((await act(organization, id, "settle", { amount_charged: 20 })).body).toMatchObject({ amount_held: 0 });
    expect(await budget(organization, agent)).toMatchObject({ settled: 15, held: 0 });
  });

  it("a claim above the hold that was false", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 50);
    await settle(organization, agent, id, 5_000_000);
    const corrected = await act(organization, id, "settle", { amount_charged: 50 });
    expect(corrected.body).toMatchObject({ amount_settled: 50 });
    expect(corrected.body).not.toHaveProperty("overdraft");
    expect(await budget(organization, agent)).toMatchObject({ settled: 50, remaining: 50 });
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("a purchase that made a vendor known and did not happen", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { agent_may_release: true });
    const id = await bought(organization, agent, 50);
    await settle(organization, agent, id, 20);
    expect(await sql(organization, "SELECT vendor FROM known_vendors")).toHaveLength(1);
    await settle(organization, agent, id, 20);
    const over = await bought(organization, agent, 10, { vendor: "second.example" });
    await settle(organization, agent, over, 11);
    await act(organization, over, "settle", { amount_charged: 0 });
    expect(await sql(organization, "SELECT vendor FROM known_vendors")).toEqual([{ vendor: "shop.example" }]);
  });

  it("but no claim may take a budget beyond what can be counted", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 1);
    await sql(organization, "UPDATE counters SET settled = ?", Number.MAX_SAFE_INTEGER - 1_000_000);
    expect((await settle(organization, agent, id, 2)).error).toMatch(/^amount_out_of_range/);
  });
});

describe("time", () => {
  it("completes an unsettled outside purchase after a day at its full amount, presumed", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 40);
    vi.setSystemTime(Date.now() + 24 * HOUR - 1);
    await runDurableObjectAlarm(organization.stub);
    expect(await sql(organization, "SELECT status FROM transactions")).toEqual([{ status: "authorized" }]);
    vi.setSystemTime(Date.now() + 1);
    await runDurableObjectAlarm(organization.stub);
    expect(await sql(organization, "SELECT status, settled, held, presumed FROM transactions")).toEqual([
      { status: "completed", settled: 40_000_000, held: 0, presumed: 1 },
    ]);
    // A presumption makes no vendor known, and a person can correct it.
    expect(await sql(organization, "SELECT * FROM known_vendors")).toEqual([]);
    expect((await act(organization, id, "settle", { amount_charged: 0 })).body).toMatchObject({ status: "voided" });
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("releases a payment tool's hold after 15 minutes if the tool never started", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const purchase = { protocol: "stripe", idempotency_key: "once" };
    await bought(organization, agent, 40, purchase);
    vi.setSystemTime(Date.now() + 15 * 60_000);
    await runDurableObjectAlarm(organization.stub);
    expect(await budget(organization, agent)).toMatchObject({ held: 0, remaining: 100 });
    expect(
      await tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 40,
        vendor: "shop.example",
        ...purchase,
      }),
    ).toMatchObject({ outcome: "already_used", status: "released" });
  });

  it("books a hold of day 1 that is settled on day 2 to day 1", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 23, 50) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 40);
    vi.setSystemTime(Date.UTC(2026, 10, 21, 0, 10));
    expect(await budget(organization, agent)).toMatchObject({ held: 0, settled: 0, remaining: 100 });
    await settle(organization, agent, id, 40);
    await act(organization, id, "refund", { amount: 15 });
    expect(await budget(organization, agent)).toMatchObject({ held: 0, settled: 0, remaining: 100 });
    expect(await sql(organization, "SELECT label, held, settled FROM counters")).toEqual([
      { label: "2026-11-20", held: 0, settled: 25_000_000 },
    ]);
  });

  it("never runs backwards: a clock that steps back opens no earlier period", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21, 0, 5) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await bought(organization, agent, 100);
    vi.setSystemTime(Date.UTC(2026, 10, 20, 23, 50));
    expect((await budget(organization, agent)).remaining).toBe(0);
    const events = await sql<{ at: number }>(organization, "SELECT at FROM events ORDER BY seq");
    expect(events.every((event, index) => index === 0 || event.at >= (events[index - 1]?.at ?? 0))).toBe(true);
  });

  it("keeps a monthly period on the calendar from the 31st on", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2027, 0, 31, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { budgets: [{ period: "monthly", limit: 100 }] });
    for (const [month, day] of [
      [0, 31],
      [1, 1],
      [1, 28],
      [2, 1],
      [2, 31],
      [3, 30],
    ] as const) {
      vi.setSystemTime(Date.UTC(2027, month, day, 12));
      await bought(organization, agent, 10);
    }
    expect(await sql(organization, "SELECT label, held FROM counters ORDER BY label")).toEqual([
      { label: "2027-01", held: 10_000_000 },
      { label: "2027-02", held: 20_000_000 },
      { label: "2027-03", held: 20_000_000 },
      { label: "2027-04", held: 10_000_000 },
    ]);
  });
});

describe("an admin's steps", () => {
  it("are repeated under one Idempotency-Key without a second effect, and conflict with another body", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 40);
    await settle(organization, agent, id, 40);
    const first = await act(organization, id, "refund", { amount: 10 }, "refund-1");
    const again = await act(organization, id, "refund", { amount: 10 }, "refund-1");
    expect(again.body).toEqual(first.body);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await act(organization, id, "refund", { amount: 11 }, "refund-1")).body.code).toBe("idempotency_conflict");
    expect(await budget(organization, agent)).toMatchObject({ settled: 30 });
    expect((await act(organization, id, "refund", { amount: 31 })).body.code).toBe("refund_exceeds_settled");
    expect((await act(organization, id, "refund", { amount: 30 })).body.status).toBe("refunded");
  });

  it("need the header", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 40);
    const answer = await act(organization, id, "cancel", {}, "");
    expect(answer.status).toBe(400);
    expect((await act(organization, id, "cancel", {})).body).toMatchObject({ status: "voided", amount_held: 0 });
    expect((await act(organization, id, "cancel", {})).body.code).toBe("wrong_status");
  });

  it("resolve an unknown outcome only, with evidence", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const id = await bought(organization, agent, 40);
    const early = await act(organization, id, "resolve", { outcome: "voided", evidence: "mail from the vendor" });
    expect(early.body.code).toBe("wrong_status");
  });
});
