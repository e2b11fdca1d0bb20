import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  api,
  type Json,
  newAgent,
  newMandate,
  newOrganization,
  selfCheck,
  sql,
  type TestOrganization,
  tool,
} from "../support/service.ts";
import { setting } from "../support/setting.ts";

const NOW = Date.UTC(2026, 10, 20, 20, 30);
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => vi.useRealTimers());

const read = async (organization: TestOrganization, mandate: string): Promise<Json> =>
  (await api(organization.admin, "GET", `/mandates/${mandate}`)).body;

/** Edits the terms the way an admin does: read, change, put back on the version that was read. */
async function edit(organization: TestOrganization, mandate: string, change: (terms: Json) => Json): Promise<Json> {
  const { terms, version } = await read(organization, mandate);
  const answer = await api(organization.admin, "PUT", `/mandates/${mandate}`, change(terms), {
    "if-match": `"${version}"`,
  });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

const buy = (organization: TestOrganization, agent: string, amount: number, more: object = {}) =>
  tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    amount,
    vendor: "shop.example",
    idempotency_key: crypto.randomUUID(),
    ...more,
  });

const available = async (organization: TestOrganization, agent: string): Promise<number> =>
  (await tool(organization.spend, "quetra_check_budget", { agent_id: agent })).available_now;

describe("editing a mandate in force", () => {
  it("makes a new version, needs the current one, and keeps the old", async () => {
    const organization = await newOrganization();
    const { mandate } = await newAgent(organization);
    const first = await read(organization, mandate);
    const second = await edit(organization, mandate, (terms) => ({ ...terms, per_transaction_limit: 7 }));
    expect(second).toMatchObject({ version: 2, status: "active" });
    const stale = await api(organization.admin, "PUT", `/mandates/${mandate}`, first.terms, { "if-match": '"1"' });
    expect(stale).toMatchObject({ status: 412, body: { code: "version_mismatch", version_now: 2 } });
    const versions = await api(organization.read, "GET", `/mandates/${mandate}/versions`);
    expect(versions.body.data.map((row: Json) => [row.version, row.terms.per_transaction_limit])).toEqual([
      [2, 7],
      [1, 100],
    ]);
  });

  it.each([
    ["another time zone", (terms: Json) => ({ ...terms, timezone: "Asia/Tokyo" })],
    ["a zone a day away", (terms: Json) => ({ ...terms, timezone: "Pacific/Kiritimati" })],
    ["the budget under a new id", (terms: Json) => ({ ...terms, budgets: [{ period: "daily", limit: 100 }] })],
    [
      "both at once",
      (terms: Json) => ({ ...terms, timezone: "Asia/Tokyo", budgets: [{ period: "daily", limit: 100 }] }),
    ],
    [
      "a shorter period under the same id",
      (terms: Json) => ({ ...terms, budgets: [{ ...terms.budgets[0], period: "hourly" }] }),
    ],
    [
      "a longer period under the same id",
      (terms: Json) => ({ ...terms, budgets: [{ ...terms.budgets[0], period: "monthly" }] }),
    ],
    [
      "another budget beside it",
      (terms: Json) => ({ ...terms, budgets: [...terms.budgets, { period: "weekly", limit: 100 }] }),
    ],
  ])("with %s hands out no budget", async (_name, change) => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    vi.setSystemTime(NOW - 3 * 3_600_000);
    await buy(organization, agent, 60);
    vi.setSystemTime(NOW);
    await buy(organization, agent, 30);
    expect(await available(organization, agent)).toBe(10);
    await edit(organization, mandate, change);
    expect(await available(organization, agent)).toBeLessThanOrEqual(10);
    expect(await buy(organization, agent, 11)).toMatchObject({ outcome: "rejected" });
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it.each([
    ["hourly", ["UTC", "Australia/Darwin", "Asia/Kathmandu", "UTC"]],
    ["daily", ["Etc/GMT+12", "Etc/GMT+1", "Pacific/Kiritimati", "Etc/GMT+12"]],
  ])("through several zones hands out no %s budget", async (period, zones) => {
    const organization = await newOrganization();
    vi.setSystemTime(NOW - 25 * 60_000);
    const { agent, mandate } = await newAgent(organization, { timezone: zones[0], budgets: [{ period, limit: 100 }] });
    await buy(organization, agent, 100);
    vi.setSystemTime(NOW + 60_000);
    for (const timezone of zones.slice(1)) {
      await edit(organization, mandate, (terms) => ({ ...terms, timezone, budgets: [{ period, limit: 100 }] }));
      expect(await available(organization, agent)).toBe(0);
    }
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("through several periods under one id hands out nothing", async () => {
    const organization = await newOrganization();
    vi.setSystemTime(NOW - 10 * 86_400_000);
    const { agent, mandate } = await newAgent(organization, { budgets: [{ period: "monthly", limit: 100 }] });
    await buy(organization, agent, 90);
    vi.setSystemTime(NOW);
    for (const period of ["hourly", "daily"]) {
      await edit(organization, mandate, (terms) => ({ ...terms, budgets: [{ ...terms.budgets[0], period }] }));
      expect(await available(organization, agent)).toBe(10);
    }
  });

  it("keeps the currency of a mandate in force", async () => {
    const organization = await newOrganization();
    const { mandate } = await newAgent(organization);
    const { terms } = await read(organization, mandate);
    const answer = await api(
      organization.admin,
      "PUT",
      `/mandates/${mandate}`,
      { ...terms, currency: "EUR" },
      { "if-match": "1" },
    );
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: "/currency" }] } });
  });

  it("lets a vendor budget forget vendors that it no longer names", async () => {
    const organization = await newOrganization();
    const rule = { type: "vendor_budget", vendors: ["a.example", "shop.example"], period: "total", limit: 50 };
    const { agent, mandate } = await newAgent(organization, { rules: [rule] });
    await buy(organization, agent, 45);
    await edit(organization, mandate, (terms) => ({
      ...terms,
      rules: [{ ...terms.rules[0], vendors: ["a.example"] }],
    }));
    expect(await buy(organization, agent, 50, { vendor: "a.example" })).toMatchObject({ outcome: "approved" });
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("cannot be used to forget spending by taking a budget out and putting it back", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    await buy(organization, agent, 40);
    const [budget] = (await read(organization, mandate)).terms.budgets;
    await edit(organization, mandate, (terms) => ({ ...terms, budgets: [{ period: "weekly", limit: 1000 }] }));
    await buy(organization, agent, 50);
    await edit(organization, mandate, (terms) => ({ ...terms, budgets: [budget] }));
    expect(await available(organization, agent)).toBe(10);
  });

  it("counts what was bought before in a new vendor budget and a new rate limit", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    await buy(organization, agent, 40);
    await buy(organization, agent, 5, { vendor: "other.example" });
    await edit(organization, mandate, (terms) => ({
      ...terms,
      rules: [
        { type: "vendor_budget", vendors: ["shop.example"], period: "daily", limit: 50 },
        { type: "rate_limit", max_transactions: 3, window_minutes: 60 },
      ],
    }));
    expect(await buy(organization, agent, 11)).toMatchObject({
      outcome: "rejected",
      checks: [{ code: "vendor_budget_exceeded", used: 40 }],
    });
    expect(await buy(organization, agent, 10)).toMatchObject({ outcome: "approved" });
    expect(await buy(organization, agent, 1, { vendor: "third.example" })).toMatchObject({
      outcome: "rejected",
      checks: [{ code: "rate_limit_exceeded", used: 3, limit: 3 }],
    });
  });

  it("lets a later settlement of an older hold book to the new counters as well", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    const { transaction_id } = await buy(organization, agent, 40);
    await edit(organization, mandate, (terms) => ({
      ...terms,
      budgets: [...terms.budgets, { period: "monthly", limit: 500 }],
    }));
    await api(organization.admin, "POST", `/transactions/${transaction_id}/cancel`, {});
    const { budgets } = await tool(organization.spend, "quetra_check_budget", { agent_id: agent });
    expect(budgets.map((budget: Json) => [budget.held, budget.settled])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("a new mandate of the same agent starts with what this period has used; a lifetime budget starts anew", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    await buy(organization, agent, 60);
    await api(organization.admin, "POST", `/mandates/${mandate}/revoke`, {});
    await newMandate(organization, agent, {
      timezone: "Asia/Tokyo",
      budgets: [
        { period: "daily", limit: 100 },
        { period: "total", limit: 100 },
      ],
    });
    const { budgets } = await tool(organization.spend, "quetra_check_budget", { agent_id: agent });
    expect(budgets.map((budget: Json) => [budget.period, budget.remaining])).toEqual([
      ["daily", 40],
      ["total", 100],
    ]);
  });

  it("never raises what is available above new limit − used, whatever the edits (property)", async () => {
    const organization = await newOrganization();
    const zones = ["UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe"];
    const periods = ["hourly", "daily", "weekly", "monthly"];
    const action = fc.oneof(
      fc.record({ do: fc.constant("buy" as const), amount: fc.integer({ min: 1, max: 40 }) }),
      fc.record({
        do: fc.constant("edit" as const),
        zone: fc.constantFrom(...zones),
        period: fc.constantFrom(...periods),
        limit: fc.integer({ min: 50, max: 100 }),
        keepId: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 8 }), async (actions) => {
        const { agent, mandate } = await newAgent(organization);
        let spent = 0;
        for (const step of actions) {
          if (step.do === "buy") {
            const answer = await buy(organization, agent, step.amount);
            if (answer.outcome === "approved") spent += step.amount;
          } else {
            const { budgets } = await edit(organization, mandate, (terms) => ({
              ...terms,
              timezone: step.zone,
              budgets: [
                { ...(step.keepId ? { id: terms.budgets[0].id } : {}), period: step.period, limit: step.limit },
              ],
            }));
            // No time passes in here, so everything bought lies in the current period of every zone and kind.
            expect(budgets[0].remaining).toBe(step.limit - spent);
          }
        }
      }),
      { numRuns: 25, seed: setting("FC_SEED", 20_261_121) },
    );
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });
});

describe("organization budgets", () => {
  const setBudgets = async (organization: TestOrganization, budgets: object[]): Promise<Json> => {
    const { version } = (await api(organization.admin, "GET", "/organization")).body;
    return api(organization.admin, "PUT", "/organization/budgets", { budgets }, { "if-match": String(version) });
  };

  it("hold for all agents together and start with what was already spent", async () => {
    const organization = await newOrganization();
    const one = await newAgent(organization);
    const two = await newAgent(organization);
    await buy(organization, one.agent, 30);
    const set = await setBudgets(organization, [{ currency: "USD", period: "monthly", limit: 100 }]);
    expect(set.body.budgets).toMatchObject([{ held: 30, remaining: 70 }]);
    expect(await buy(organization, two.agent, 60)).toMatchObject({ outcome: "approved" });
    expect(await buy(organization, one.agent, 11)).toMatchObject({
      outcome: "rejected",
      max_amount_now: 10,
      checks: [{ code: "organization_budget_exceeded", used: 90 }],
    });
  });

  it("leave no room for a currency without one", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { currency: "EUR" });
    await setBudgets(organization, [{ currency: "USD", period: "daily", limit: 100 }]);
    expect(await buy(organization, agent, 1, { currency: "EUR" })).toMatchObject({
      outcome: "rejected",
      checks: [{ code: "organization_budget_exceeded" }],
    });
  });

  it("share no id with a mandate's budget: usage is read by id", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    const set = await setBudgets(organization, [{ currency: "USD", period: "monthly", limit: 100 }]);
    const { terms, version } = await read(organization, mandate);
    const budgets = [{ id: set.body.budgets[0].id, period: "daily", limit: 100 }];
    const answer = await api(
      organization.admin,
      "PUT",
      `/mandates/${mandate}`,
      { ...terms, budgets },
      { "if-match": `${version}` },
    );
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: "/budgets/0/id" }] } });
    expect(await available(organization, agent)).toBe(100);
  });

  it("keep their currency and know only real ones", async () => {
    const organization = await newOrganization();
    const set = await setBudgets(organization, [{ currency: "USD", period: "daily", limit: 100 }]);
    const { id } = set.body.budgets[0];
    expect((await setBudgets(organization, [{ id, currency: "EUR", period: "daily", limit: 100 }])).status).toBe(400);
    expect((await setBudgets(organization, [{ currency: "ZZZ", period: "daily", limit: 100 }])).status).toBe(400);
  });

  it("hand out nothing through several zones", async () => {
    const organization = await newOrganization();
    vi.setSystemTime(NOW - 25 * 60_000);
    const { agent } = await newAgent(organization);
    await setBudgets(organization, [{ currency: "USD", period: "hourly", limit: 100 }]);
    await buy(organization, agent, 90);
    vi.setSystemTime(NOW + 60_000);
    for (const timezone of ["Australia/Darwin", "Asia/Kathmandu", "UTC"]) {
      const moved = await api(organization.admin, "PATCH", "/organization", { timezone });
      expect(moved.body.budgets).toMatchObject([{ remaining: 10 }]);
    }
  });

  it("keep their count when the organization moves to another zone", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await setBudgets(organization, [{ currency: "USD", period: "daily", limit: 100 }]);
    await buy(organization, agent, 90);
    const moved = await api(organization.admin, "PATCH", "/organization", { timezone: "Asia/Tokyo" });
    expect(moved.body.budgets).toMatchObject([{ remaining: 10 }]);
    expect(await sql(organization, "SELECT label FROM counters WHERE owner = 'organization' ORDER BY label")).toEqual([
      { label: "2026-11-20" },
      { label: "2026-11-21" },
    ]);
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });
});
