import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ALERT_KINDS } from "../../../src/alerts/kinds.ts";
import { costOf } from "../../support/cost.ts";
import { newAgent, newOrganization, sql } from "../../support/service.ts";
import { buy, follow, NOON, settings } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => vi.useRealTimers());

const OFF = Object.fromEntries(ALERT_KINDS.map((kind) => [kind, { enabled: false }]));

describe("what alerts cost a purchase", () => {
  it("nothing: an evaluate reads and writes the same rows with all of them on as with all off", async () => {
    const costs = [];
    for (const change of [OFF, {}]) {
      const organization = await newOrganization();
      const { agent } = await newAgent(organization, {
        per_transaction_limit: 1_000,
        budgets: [{ period: "total", limit: 100_000 }],
      });
      await settings(organization, change);
      for (let n = 0; n < 12; n++) await buy(organization, agent, 1);
      await follow(organization);
      // One that is large, unusual, the thirteenth of the minute, and at a new vendor.
      costs.push(await costOf(organization, () => buy(organization, agent, 900, { vendor: "new.example" })));
      await follow(organization);
      const raised = await sql<{ kind: string }>(organization, "SELECT DISTINCT kind FROM alerts ORDER BY kind");
      expect(raised.map(({ kind }) => kind)).toEqual(
        change === OFF ? [] : ["large_transaction", "new_vendor", "rate_spike", "unusual_amount"],
      );
    }
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]!.transactions).toBe(1);
    expect(costs[0]!.written).toBeGreaterThan(0);
  });

  it("and the watch itself the same with 10 and with 10,000 purchases behind it", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { budgets: [{ period: "total", limit: 100_000 }] });
    const watched = async () => {
      await buy(organization, agent, 1);
      return costOf(organization, () => follow(organization));
    };
    await settings(organization, OFF);
    for (let n = 0; n < 60; n++) await buy(organization, agent, 1);
    await follow(organization);
    // What other followers do once, such as making the signing key, is behind them after this.
    await watched();
    const early = await watched();
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO transactions (id, agent_id, idempotency_key, fingerprint, status, vendor, amount, currency, protocol,
         held, settled, key_id, created_at, updated_at)
       SELECT 'txn_seed' || i, agent_id, 'seed' || i, fingerprint, 'completed', vendor, amount, currency, protocol,
         0, 1, key_id, created_at, updated_at FROM n, (SELECT * FROM transactions LIMIT 1)`,
    );
    expect(await watched()).toEqual(early);
  });
});
