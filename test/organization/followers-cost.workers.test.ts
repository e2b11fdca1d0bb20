import { describe, expect, it } from "vitest";
import { costOf } from "../support/cost.ts";
import { api, newAgent, newOrganization, type TestOrganization, tool } from "../support/service.ts";

const TERMS = {
  schema: 1,
  name: "Shadow",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: 10,
  budgets: [{ period: "daily", limit: 20 }],
};

/** Everything that follows the log, as much of it as an organization can have. */
async function watched(organization: TestOrganization, agent: string): Promise<void> {
  const { admin } = organization;
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await api(admin, method, path, body, path === "/alerts/settings" ? { "if-match": '"1"' } : {});
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  for (let n = 0; n < 10; n++)
    await send("POST", "/webhooks", { url: `https://hooks${n}.example.com/`, events: ["*"] });
  await send("PUT", "/alerts/settings", {
    settings: { large_transaction: { thresholds: { USD: 1 } }, new_vendor: { cooldown_minutes: 0 } },
  });
  for (let n = 0; n < 3; n++) {
    const { id } = await send("POST", "/mandates", { ...TERMS, agent_id: agent });
    await send("POST", `/mandates/${id}/shadow`, { on: true });
  }
}

describe("what follows the log", () => {
  it("costs a purchase no row, whether it is approved, rejected or waits for a person", async () => {
    const costs = await Promise.all(
      [false, true].map(async (followed) => {
        const organization = await newOrganization();
        const { agent } = await newAgent(organization, { rules: [{ type: "approval", above: 50 }] });
        if (followed) await watched(organization, agent);
        let count = 0;
        const buy = (amount: number) => () =>
          tool(organization.spend, "quetra_evaluate", {
            agent_id: agent,
            amount,
            vendor: "shop.example",
            idempotency_key: `k${count++}`,
          });
        for (const amount of [1, 60, 500]) await buy(amount)();
        return [
          await costOf(organization, buy(1)),
          await costOf(organization, buy(51)),
          await costOf(organization, buy(900)),
        ];
      }),
    );
    expect(costs[1]).toEqual(costs[0]);
    for (const { transactions, written } of costs[0]!) {
      expect(transactions).toBe(1);
      expect(written).toBeGreaterThan(0);
    }
  });
});
