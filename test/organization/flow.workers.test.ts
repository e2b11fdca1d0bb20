import { describe, expect, it } from "vitest";
import { api, newAgent, newOrganization, tool } from "../support/service.ts";

describe("a governed purchase, end to end", () => {
  it("asks, holds, settles and explains", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);

    const listed = await tool(organization.spend, "quetra_list_agents", {});
    expect(listed.agents).toMatchObject([{ id: agent, mandate: { budgets: [{ remaining: 100 }] } }]);

    const could = await tool(organization.spend, "quetra_can_spend", {
      agent_id: agent,
      amount: 40,
      vendor: "api.example.com",
    });
    expect(could).toMatchObject({ outcome: "approved", max_amount_now: 100 });

    const purchase = { agent_id: agent, amount: 40, vendor: "https://api.example.com/x", idempotency_key: "k1" };
    const approved = await tool(organization.spend, "quetra_evaluate", purchase);
    expect(approved).toMatchObject({
      outcome: "approved",
      status: "authorized",
      vendor: "api.example.com",
      budgets: [{ held: 40, remaining: 60 }],
    });

    const settled = await tool(organization.spend, "quetra_settle", {
      agent_id: agent,
      transaction_id: approved.transaction_id,
      amount_charged: 40,
    });
    expect(settled.transaction).toMatchObject({ status: "completed", amount_settled: 40, amount_held: 0 });

    const refused = await tool(organization.spend, "quetra_evaluate", {
      ...purchase,
      amount: 70,
      idempotency_key: "k2",
    });
    expect(refused).toMatchObject({ outcome: "rejected", max_amount_now: 60, checks: [{ code: "budget_exceeded" }] });

    const history = await tool(organization.spend, "quetra_transactions", { agent_id: agent });
    expect(history.transactions.map((row: { status: string }) => row.status)).toEqual(["rejected", "completed"]);

    const verified = await api(organization.read, "GET", "/audit/verify");
    expect(verified.body).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
  });
});
