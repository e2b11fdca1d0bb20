import { afterEach, describe, expect, it, vi } from "vitest";
import { api, eventTypes, newAgent, newOrganization, type TestOrganization, tool } from "../support/service.ts";

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
