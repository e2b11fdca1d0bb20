import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { costOf } from "../../support/cost.ts";
import {
  api,
  eventTypes,
  newAgent,
  newOrganization,
  selfCheck,
  sql,
  stateOf,
  type TestOrganization,
} from "../../support/service.ts";
import { buy, draft, draftTerms, follow, followAll, followed, MINUTE, NOON, shadowOf } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => vi.useRealTimers());

const rowsOf = async (organization: TestOrganization): Promise<number> => {
  const tables = ["s", "_counters", "_slots", "_purchases", "_vendors", "_tallies", "_differences"];
  const sums = tables.map((table) => `(SELECT COUNT(*) FROM shadow${table})`).join(" + ");
  const [row] = await sql<{ n: number }>(organization, `SELECT ${sums} AS n`);
  return row?.n ?? -1;
};

describe("a draft that follows", () => {
  it("says where it would have decided otherwise, and has no effect", async () => {
    const { organization, agent, id } = await followed();
    await buy(organization, agent, 40);
    const { transaction_id } = await buy(organization, agent, 20);
    await buy(organization, agent, 10);
    await buy(organization, agent, 1);
    expect((await shadowOf(organization, id)).events_behind).toBeGreaterThan(0);
    await followAll(organization);
    const shadow = await shadowOf(organization, id);
    expect(shadow).toMatchObject({
      on: true,
      version: 1,
      since: new Date(NOON).toISOString(),
      events_behind: 0,
      actual: { total: 4, approved: 4 },
      rehearsed: { total: 4, approved: 2, rejected: 2, amounts: [{ currency: "USD", approved: 50, rejected: 21 }] },
      first_difference: { transaction_id, amount: 20, rehearsed: "rejected", codes: ["budget_exceeded"] },
    });
    expect(shadow.differences).toMatchObject({ count: 2, newest: [{ amount: 1 }, { amount: 20 }] });
    expect((await api(organization.read, "GET", `/mandates/${id}`)).body).toMatchObject({
      status: "draft",
      budgets: [{ held: 0 }],
    });
    expect((await eventTypes(organization)).filter((type) => type.includes("shadow"))).toEqual([
      "mandate.shadow_started",
    ]);
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("begins with what the current period has used, and with what waits for a person", async () => {
    const organization = await newOrganization();
    const rules = [{ type: "approval", above: 25, timeout_minutes: 6_000 }];
    const { agent } = await newAgent(organization, { rules });
    await buy(organization, agent, 30);
    vi.setSystemTime(NOON + 24 * 60 * MINUTE);
    await buy(organization, agent, 20);
    const id = await draft(organization, draftTerms(agent, { rules }));
    await follow(organization, id, true);
    const [waiting] = (await api(organization.approve, "GET", "/approvals")).body.data;
    await buy(organization, agent, 10);
    await api(organization.approve, "POST", `/approvals/${waiting.id}/decision`, { decision: "approve" });
    await buy(organization, agent, 21);
    await followAll(organization);
    // 20 + 10 today, 30 on the day before: 21 more is one too many of 50.
    expect(await shadowOf(organization, id)).toMatchObject({
      judged_again: 1,
      differences: {
        count: 2,
        newest: [
          { amount: 21, stage: "first" },
          { amount: 30, stage: "approval" },
        ],
      },
    });
  });

  it("begins anew with each edit, and says since when", async () => {
    const { organization, agent, id } = await followed();
    await buy(organization, agent, 60);
    await followAll(organization);
    expect((await shadowOf(organization, id)).differences.count).toBe(1);
    vi.setSystemTime(NOON + MINUTE);
    const edited = draftTerms(agent, { budgets: [{ period: "daily", limit: 70 }] });
    await api(organization.admin, "PUT", `/mandates/${id}`, edited, { "if-match": "1" });
    // Bought after the edit and before it is met in the log: in the books, but not judged.
    await buy(organization, agent, 10);
    await followAll(organization);
    await buy(organization, agent, 1);
    await followAll(organization);
    expect(await shadowOf(organization, id)).toMatchObject({
      version: 2,
      started_at: new Date(NOON).toISOString(),
      since: new Date(NOON + MINUTE).toISOString(),
      actual: { total: 1 },
      differences: { count: 1, newest: [{ amount: 1, codes: ["budget_exceeded"] }] },
    });
  });

  it("forgets all when it is switched off, and is switched twice without a trace", async () => {
    const { organization, agent, id } = await followed({
      rules: [{ type: "rate_limit", max_transactions: 1, window_minutes: 9 }],
    });
    await buy(organization, agent, 10);
    await followAll(organization);
    expect(await rowsOf(organization)).toBeGreaterThan(5);
    const before = await stateOf(organization);
    expect((await follow(organization, id, true)).body).toMatchObject({ on: true, actual: { total: 1 } });
    expect(await stateOf(organization)).toBe(before);
    expect((await follow(organization, id, false)).body).toMatchObject({
      on: false,
      version: null,
      actual: { total: 0 },
    });
    expect(await rowsOf(organization)).toBe(0);
    expect((await follow(organization, id, false)).status).toBe(200);
    expect((await eventTypes(organization)).filter((type) => type === "mandate.shadow_stopped")).toHaveLength(1);
  });

  it.each(["activate", "revoke"])("ends when the draft is no draft any more (%s)", async (verb) => {
    const { organization, mandate, id } = await followed();
    await api(organization.admin, "POST", `/mandates/${mandate}/revoke`, {});
    expect(
      (await api(organization.admin, "POST", `/mandates/${id}/${verb}`, verb === "revoke" ? {} : undefined)).status,
    ).toBe(200);
    await followAll(organization);
    expect(await rowsOf(organization)).toBe(0);
    expect((await follow(organization, id, true)).body.code).toBe("wrong_status");
  });

  it("lets go of purchases and counters after shadowKeepMs", async () => {
    const { organization, agent, id } = await followed();
    await buy(organization, agent, 10);
    const kept = async () => {
      await followAll(organization);
      const [row] = await sql(
        organization,
        "SELECT (SELECT COUNT(*) FROM shadow_purchases) AS purchases, (SELECT COUNT(*) FROM shadow_counters) AS counters",
      );
      return row;
    };
    vi.setSystemTime(NOON + LIMITS.shadowKeepMs);
    await buy(organization, agent, 10);
    expect(await kept()).toEqual({ purchases: 2, counters: 2 });
    vi.setSystemTime(NOON + LIMITS.shadowKeepMs + 1);
    await buy(organization, agent, 10);
    expect(await kept()).toEqual({ purchases: 2, counters: 2 });
    vi.setSystemTime(NOON + LIMITS.shadowKeepMs + 12 * 60 * MINUTE + 1);
    await buy(organization, agent, 10);
    expect(await kept()).toEqual({ purchases: 3, counters: 2 });
    expect((await shadowOf(organization, id)).differences.count).toBe(0);
  });

  it("costs a purchase no row, read or written", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await buy(organization, agent, 1);
    const id = await draft(organization, draftTerms(agent));
    const off = await costOf(organization, () => buy(organization, agent, 1));
    await follow(organization, id, true);
    const on = await costOf(organization, () => buy(organization, agent, 1));
    expect(on).toEqual(off);
    expect(on.written).toBeGreaterThan(0);
  });
});

describe("limits", () => {
  it("shadowsPerOrganization", async () => {
    const { organization, agent } = await followed();
    const more = async () => follow(organization, await draft(organization, draftTerms(agent)), true);
    for (let n = 2; n <= LIMITS.shadowsPerOrganization; n++) expect((await more()).status).toBe(200);
    const id = await draft(organization, draftTerms(agent));
    const before = await stateOf(organization);
    expect(await follow(organization, id, true)).toMatchObject({ status: 409, body: { code: "limit_reached" } });
    expect(await stateOf(organization)).toBe(before);
  });

  it("shadowCarried, of purchases and of known vendors", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await buy(organization, agent, 1);
    const copies = (n: number) =>
      sql(
        organization,
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO transactions (id, agent_id, fingerprint, status, vendor, amount, currency, protocol, held, settled,
           key_id, created_at, updated_at)
         SELECT 'txn_copy' || hex(randomblob(8)), agent_id, '', 'completed', vendor, 1, currency, protocol, 0, 1, key_id,
           created_at, updated_at FROM n, (SELECT * FROM transactions LIMIT 1)`,
        n,
      );
    await copies(LIMITS.shadowCarried - 1);
    const id = await draft(organization, draftTerms(agent));
    expect((await follow(organization, id, true)).status).toBe(200);
    await follow(organization, id, false);
    await copies(1);
    const before = await rowsOf(organization);
    expect(await follow(organization, id, true)).toMatchObject({ status: 409, body: { code: "limit_reached" } });
    expect(await rowsOf(organization)).toBe(before);

    vi.setSystemTime(NOON + 24 * 60 * MINUTE);
    await evictDurableObject(organization.stub);
    const vendors = (n: number, name: string) =>
      sql(
        organization,
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO known_vendors (agent_id, vendor, transaction_id) SELECT ?, ? || i, 'txn_0' FROM n`,
        n,
        agent,
        name,
      );
    await vendors(LIMITS.shadowCarried, "v");
    const asking = await draft(
      organization,
      draftTerms(agent, { rules: [{ type: "approval", first_purchase_from_vendor: true }] }),
    );
    expect((await follow(organization, asking, true)).status).toBe(200);
    await follow(organization, asking, false);
    await vendors(1, "w");
    expect((await follow(organization, asking, true)).body.code).toBe("limit_reached");
    expect((await follow(organization, id, true)).status).toBe(200);
  });

  it("shadowPurchases: the one after the last ends the shadow", async () => {
    const { organization, agent, id } = await followed();
    await sql(organization, "UPDATE shadows SET purchases = ?", LIMITS.shadowPurchases - 1);
    await buy(organization, agent, 1);
    await followAll(organization);
    expect(await shadowOf(organization, id)).toMatchObject({ on: true, actual: { total: 1 } });
    await buy(organization, agent, 1);
    await followAll(organization);
    expect(await shadowOf(organization, id)).toMatchObject({ on: false });
    expect((await eventTypes(organization)).at(-1)).toBe("mandate.shadow_stopped");
  });

  it("shadowDifferences: the newest are kept, all are counted, the first is remembered", async () => {
    const { organization, agent, id } = await followed({ per_transaction_limit: 0.5 });
    const { transaction_id } = await buy(organization, agent, 1);
    await followAll(organization);
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO shadow_differences (mandate_id, difference) SELECT mandate_id, difference FROM n, (SELECT * FROM shadow_differences)`,
      LIMITS.shadowDifferences - 2,
    );
    const kept = async () => {
      await buy(organization, agent, 2);
      await followAll(organization);
      const [row] = await sql<{ n: number }>(organization, "SELECT COUNT(*) AS n FROM shadow_differences");
      return row?.n;
    };
    expect(await kept()).toBe(LIMITS.shadowDifferences);
    expect(await kept()).toBe(LIMITS.shadowDifferences);
    const { differences, first_difference } = await shadowOf(organization, id);
    expect(first_difference.transaction_id).toBe(transaction_id);
    expect(differences.count).toBe(3);
    expect(differences.newest).toHaveLength(LIMITS.rehearsalDifferences);
    expect(differences.newest[0].amount).toBe(2);
  });
});
