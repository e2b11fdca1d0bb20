import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, type Json, newAgent, newOrganization, type TestOrganization, tool } from "../../support/service.ts";
import { buy, draft, NOON, simulate, withoutIds } from "./support.ts";

const DAY = 24 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => vi.useRealTimers());

const onDay = (day: number) => vi.setSystemTime(NOON + day * DAY);

async function story() {
  const organization = await newOrganization();
  const { agent, mandate } = await newAgent(organization, {
    per_transaction_limit: 1000,
    budgets: [{ period: "daily", limit: 1000 }],
    rules: [{ type: "approval", first_purchase_from_vendor: true, timeout_minutes: 600 }],
  });
  return { organization, agent, mandate };
}

/** A purchase that a person approves. */
async function approved(organization: TestOrganization, agent: string): Promise<string> {
  const { transaction_id } = await buy(organization, agent, 10);
  const { data } = (await api(organization.approve, "GET", "/approvals?limit=100")).body;
  const waiting = data.find((approval: Json) => approval.transaction_id === transaction_id);
  await api(organization.approve, "POST", `/approvals/${waiting.id}/decision`, { decision: "approve" });
  return transaction_id;
}

const claim = (organization: TestOrganization, agent: string, id: string, amount_charged: number) =>
  tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id: id, amount_charged });

async function settle(organization: TestOrganization, id: string, amount_charged: number): Promise<void> {
  const answer = await api(organization.admin, "POST", `/transactions/${id}/settle`, { amount_charged });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
}

/** A draft with the same terms, from one day on, perhaps until another. */
async function copyFrom(organization: TestOrganization, mandate: string, day: number, until?: number): Promise<Json> {
  const copy = await draft(organization, await withoutIds(organization, mandate));
  const instant = (at: number) => new Date(NOON + at * DAY).toISOString();
  const stretch = { since: instant(day), ...(until === undefined ? {} : { until: instant(until) }) };
  return (await simulate(organization, copy, stretch)).body;
}

const same = (total: number) => ({
  actual: { total },
  differences: { count: 0 },
  warm_up: { complete: true },
});

describe("a vendor is known from the completion of its first purchase on", () => {
  it("not from that of one that was only presumed, which a person confirms within the stretch", async () => {
    const { organization, agent, mandate } = await story();
    const first = await approved(organization, agent);
    onDay(8);
    await runDurableObjectAlarm(organization.stub);
    onDay(10);
    expect((await buy(organization, agent, 11)).outcome).toBe("pending_approval");
    onDay(11);
    await settle(organization, first, 9);
    onDay(12);
    expect((await buy(organization, agent, 12)).outcome).toBe("approved");
    expect(await copyFrom(organization, mandate, 9)).toMatchObject(same(2));
  });

  it("until that purchase is called off within the stretch", async () => {
    const { organization, agent, mandate } = await story();
    const first = await approved(organization, agent);
    await claim(organization, agent, first, 11);
    onDay(10);
    expect((await buy(organization, agent, 12)).outcome).toBe("approved");
    onDay(11);
    await settle(organization, first, 0);
    onDay(12);
    expect((await buy(organization, agent, 13)).outcome).toBe("pending_approval");
    expect(await copyFrom(organization, mandate, 9)).toMatchObject(same(2));
  });

  it("and says that it is not certain where that happened after the stretch", async () => {
    const { organization, agent, mandate } = await story();
    const first = await approved(organization, agent);
    await claim(organization, agent, first, 11);
    onDay(10);
    await buy(organization, agent, 12);
    onDay(12);
    expect((await copyFrom(organization, mandate, 9, 11)).warm_up.complete).toBe(true);
    await settle(organization, first, 0);
    expect((await copyFrom(organization, mandate, 9, 11)).warm_up.complete).toBe(false);
  });

  it("nor where a purchase of before was changed after the stretch", async () => {
    const { organization, agent, mandate } = await story();
    const first = await approved(organization, agent);
    onDay(10);
    await buy(organization, agent, 12);
    onDay(12);
    await settle(organization, first, 10);
    expect((await copyFrom(organization, mandate, 9, 11)).warm_up.complete).toBe(false);
  });
});
