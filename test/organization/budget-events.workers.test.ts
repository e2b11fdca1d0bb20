import { afterEach, describe, expect, it, vi } from "vitest";
import {
  api,
  eventTypes,
  newAgent,
  newMandate,
  newOrganization,
  sql,
  type TestOrganization,
  tool,
} from "../support/service.ts";

afterEach(() => vi.useRealTimers());

const buy = (organization: TestOrganization, agent: string, amount: number) =>
  tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    amount,
    vendor: "shop.example",
    idempotency_key: crypto.randomUUID(),
  });

const budgetEvents = async (organization: TestOrganization) =>
  (await eventTypes(organization)).filter((type) => type.includes(".budget."));

describe("budget events", () => {
  it("say warning, then exhausted, once each, also when one purchase jumps over both", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await buy(organization, agent, 70);
    expect(await budgetEvents(organization)).toEqual([]);
    await buy(organization, agent, 30);
    expect(await budgetEvents(organization)).toEqual(["mandate.budget.warning", "mandate.budget.exhausted"]);
  });

  it("say nothing again after money was freed and spent again, but again in the next period", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const { transaction_id } = await buy(organization, agent, 80);
    expect(await budgetEvents(organization)).toEqual(["mandate.budget.warning"]);
    await api(organization.admin, "POST", `/transactions/${transaction_id}/cancel`, {});
    await buy(organization, agent, 90);
    expect(await budgetEvents(organization)).toEqual(["mandate.budget.warning"]);
    await buy(organization, agent, 10);
    expect(await budgetEvents(organization)).toEqual(["mandate.budget.warning", "mandate.budget.exhausted"]);
    vi.setSystemTime(Date.UTC(2026, 10, 21, 12));
    await buy(organization, agent, 100);
    expect(await budgetEvents(organization)).toHaveLength(4);
  });

  it("stand in the log right behind the purchase that crossed the line, with the figures", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { warning_threshold: 0.5 });
    await buy(organization, agent, 50);
    const { data } = (await api(organization.read, "GET", "/audit/events?limit=100")).body;
    expect(data.at(-2).type).toBe("transaction.approved");
    expect(data.at(-1)).toMatchObject({
      type: "mandate.budget.warning",
      subject: mandate,
      body: { data: { mandate_id: mandate, agent_id: agent, limit: 100_000_000, used: 50_000_000, threshold: 0.5 } },
    });
  });
});

/** Crossings of all budgets as the log tells them: which budget, in which period, at which use (major units). */
const crossings = async (organization: TestOrganization) => {
  const rows = await sql<{ type: string; subject: string; body: string }>(
    organization,
    "SELECT type, subject, body FROM events WHERE type LIKE '%.budget.%' ORDER BY seq",
  );
  return rows.map(({ type, subject, body }) => {
    const { used, label } = JSON.parse(body).data;
    return [type.replace(".budget.", " "), subject, label, used / 1_000_000];
  });
};

describe("budget events of the organization", () => {
  const DAY = 86_400_000;

  /** An organization with one daily budget of 100 and two agents, whose own budgets are far away. */
  async function shared() {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const terms = { per_transaction_limit: 1_000, budgets: [{ period: "total", limit: 10_000 }] };
    const agents = [(await newAgent(organization, terms)).agent, (await newAgent(organization, terms)).agent] as const;
    const { version } = (await api(organization.admin, "GET", "/organization")).body;
    const budgets = [{ currency: "USD", period: "daily", limit: 100 }];
    await api(organization.admin, "PUT", "/organization/budgets", { budgets }, { "if-match": `"${version}"` });
    return { organization, agents, id: organization.id };
  }

  it("say warning, then exhausted, once each, when two agents' purchases jump over both together", async () => {
    const { organization, agents, id } = await shared();
    await buy(organization, agents[0], 70);
    expect(await crossings(organization)).toEqual([]);
    const { transaction_id } = await buy(organization, agents[1], 30);
    const both = [
      ["organization warning", id, "2026-11-20", 100],
      ["organization exhausted", id, "2026-11-20", 100],
    ];
    expect(await crossings(organization)).toEqual(both);
    await api(organization.admin, "POST", `/transactions/${transaction_id}/cancel`, {});
    await buy(organization, agents[0], 30);
    expect(await crossings(organization)).toEqual(both);
  });

  it("say it again in the next period, and once there too", async () => {
    const { organization, agents, id } = await shared();
    await buy(organization, agents[0], 85);
    vi.setSystemTime(Date.now() + DAY);
    await buy(organization, agents[0], 85);
    const { transaction_id } = await buy(organization, agents[1], 15);
    await api(organization.admin, "POST", `/transactions/${transaction_id}/cancel`, {});
    await buy(organization, agents[1], 15);
    expect(await crossings(organization)).toEqual([
      ["organization warning", id, "2026-11-20", 85],
      ["organization warning", id, "2026-11-21", 85],
      ["organization exhausted", id, "2026-11-21", 100],
    ]);
  });

  it("say it when a settlement overdraws, in the period of the purchase, though the next has begun", async () => {
    const { organization, agents, id } = await shared();
    const { transaction_id } = await buy(organization, agents[0], 50);
    vi.setSystemTime(Date.now() + DAY - 3_600_000);
    const charged = { agent_id: agents[0], transaction_id, amount_charged: 120 };
    await tool(organization.spend, "quetra_settle", charged);
    await tool(organization.spend, "quetra_settle", charged);
    expect(await crossings(organization)).toEqual([
      ["organization warning", id, "2026-11-20", 120],
      ["organization exhausted", id, "2026-11-20", 120],
    ]);
    await buy(organization, agents[1], 80);
    expect((await crossings(organization)).slice(2)).toEqual([["organization warning", id, "2026-11-21", 80]]);
  });
});

describe("budget events of two mandates", () => {
  it("are each mandate's own, also for an overdraft by settlement", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const one = await newAgent(organization);
    const other = await newAgent(organization);
    const { transaction_id } = await buy(organization, one.agent, 70);
    await buy(organization, other.agent, 80);
    await tool(organization.spend, "quetra_settle", { agent_id: one.agent, transaction_id, amount_charged: 101 });
    expect(await crossings(organization)).toEqual([
      ["mandate warning", other.mandate, "2026-11-20", 80],
      ["mandate warning", one.mandate, "2026-11-20", 101],
      ["mandate exhausted", one.mandate, "2026-11-20", 101],
    ]);
  });

  it("are said where an approval takes a purchase over to another mandate", async () => {
    const organization = await newOrganization();
    const lifetime = { budgets: [{ period: "total", limit: 100 }] };
    const first = await newAgent(organization, { ...lifetime, rules: [{ type: "approval", above: 50 }] });
    const { approval_id } = await buy(organization, first.agent, 70);
    await api(organization.admin, "POST", `/mandates/${first.mandate}/revoke`, {});
    const second = await newMandate(organization, first.agent, { budgets: [{ period: "total", limit: 70 }] });
    const decision = { decision: "approve" };
    expect((await api(organization.approve, "POST", `/approvals/${approval_id}/decision`, decision)).status).toBe(200);
    expect(await crossings(organization)).toEqual([
      ["mandate warning", second, "total", 70],
      ["mandate exhausted", second, "total", 70],
    ]);
    expect((await eventTypes(organization)).slice(-3)).toEqual([
      "transaction.approved",
      "mandate.budget.warning",
      "mandate.budget.exhausted",
    ]);
  });
});
