import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { api, eventTypes, newAgent, newOrganization, sql, stateOf, tool } from "../support/service.ts";

const base = { vendor: "api.example.com", currency: "USD" };

describe("quetra_evaluate", () => {
  it("with the same key answers the same transaction, as it is now", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const purchase = { agent_id: agent, amount: 10, idempotency_key: "order-1", ...base };
    const first = await tool(organization.spend, "quetra_evaluate", purchase);
    expect(first).toMatchObject({ outcome: "approved", replayed: false });
    const second = await tool(organization.spend, "quetra_evaluate", { ...purchase, reason: "said differently" });
    expect(second).toMatchObject({ outcome: "approved", replayed: true, transaction_id: first.transaction_id });
    expect(second.budgets[0].held).toBe(10);

    await tool(organization.spend, "quetra_settle", {
      agent_id: agent,
      transaction_id: first.transaction_id,
      amount_charged: 10,
    });
    const third = await tool(organization.spend, "quetra_evaluate", purchase);
    expect(third).toMatchObject({ outcome: "already_used", status: "completed", replayed: true });
    expect(third.message).toContain("do not buy again");
  });

  it("with the same key while spending is stopped does not send anybody shopping", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    const purchase = { agent_id: agent, amount: 10, idempotency_key: "order-1", ...base };
    await tool(organization.spend, "quetra_evaluate", purchase);
    const post = (path: string) => api(organization.admin, "POST", path, {});
    const again = () => tool(organization.spend, "quetra_evaluate", purchase);
    for (const [stop, go] of [
      ["/organization/freeze", "/organization/unfreeze"],
      [`/agents/${agent}/suspend`, `/agents/${agent}/resume`],
      [`/mandates/${mandate}/pause`, `/mandates/${mandate}/resume`],
    ] as const) {
      await post(stop);
      expect(await again()).toMatchObject({ outcome: "rejected", status: "authorized", replayed: true });
      await post(go);
      expect(await again()).toMatchObject({ outcome: "approved", status: "authorized", replayed: true });
    }
  });

  it.each([
    ["amount", { amount: 10.000001 }],
    ["vendor", { vendor: "other.example.com" }],
    ["currency", { currency: "EUR" }],
    ["category", { category: "data" }],
    ["protocol", { protocol: "x402" }],
  ])("with the same key and another %s is a conflict that changes nothing", async (_name, change) => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const purchase = { agent_id: agent, amount: 10, idempotency_key: "order-1", ...base };
    await tool(organization.spend, "quetra_evaluate", purchase);
    const before = await stateOf(organization);
    const answer = await tool(organization.spend, "quetra_evaluate", { ...purchase, ...change });
    expect(answer.error).toMatch(/^idempotency_conflict: /);
    expect(await stateOf(organization)).toBe(before);
  });

  it("keys belong to the agent: another agent's same key is another purchase", async () => {
    const organization = await newOrganization();
    const one = await newAgent(organization);
    const two = await newAgent(organization);
    const purchase = { amount: 10, idempotency_key: "order-1", ...base };
    const a = await tool(organization.spend, "quetra_evaluate", { ...purchase, agent_id: one.agent });
    const b = await tool(organization.spend, "quetra_evaluate", { ...purchase, agent_id: two.agent });
    expect(b).toMatchObject({ outcome: "approved", replayed: false });
    expect(b.transaction_id).not.toBe(a.transaction_id);
  });

  it("a rejection does not use the key up", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { per_transaction_limit: 5 });
    const purchase = { agent_id: agent, amount: 10, idempotency_key: "order-1", ...base };
    const refused = await tool(organization.spend, "quetra_evaluate", purchase);
    expect(refused).toMatchObject({
      outcome: "rejected",
      status: "rejected",
      checks: [{ code: "per_transaction_limit" }],
    });
    const now = (await api(organization.admin, "GET", `/mandates/${mandate}`)).body;
    await api(
      organization.admin,
      "PUT",
      `/mandates/${mandate}`,
      { ...now.terms, per_transaction_limit: 20 },
      {
        "if-match": `"${now.version}"`,
      },
    );
    expect(await tool(organization.spend, "quetra_evaluate", purchase)).toMatchObject({ outcome: "approved" });
  });

  it.each([
    ["negative", -1, /greater than zero|must not be negative|>0|>=0/i],
    ["zero", 0, /greater than zero/i],
    ["a hex string", "0x10", /number/i],
    ["a boolean", true, /number/i],
    ["seven decimals", 25.0000001, /six|at most 6/i],
    ["above the range", 100_000_000.000001, /at most/i],
    ["null", null, /number/i],
  ])("refuses %s with a clear error and no change", async (_name, amount, message) => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const before = await stateOf(organization);
    const answer = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount,
      idempotency_key: "k",
      ...base,
    });
    expect(answer.error).toMatch(message);
    expect(await stateOf(organization)).toBe(before);
  });

  it("rejects another currency, whatever the number", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const answer = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "a.com",
      currency: "EUR",
      idempotency_key: "k",
    });
    expect(answer).toMatchObject({ outcome: "rejected", checks: [{ code: "currency_mismatch" }] });
    expect(await sql(organization, "SELECT * FROM counters WHERE held + settled > 0")).toEqual([]);
  });

  it("writes identical rejections within a minute into one row, with events at 1, 10 and 100", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    for (let index = 0; index < 101; index++) {
      await tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 500,
        idempotency_key: `k${index}`,
        ...base,
      });
    }
    expect(await sql(organization, "SELECT status, repeat_count FROM transactions")).toEqual([
      { status: "rejected", repeat_count: 101 },
    ]);
    expect((await eventTypes(organization)).filter((type) => type === "transaction.rejected")).toHaveLength(3);
  });
});

describe("a flood of different questions", () => {
  it("fills so many rows a minute and no more, and each is still answered for itself", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const ask = (index: number) =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 500 + index,
        idempotency_key: `k${index}`,
        reason: "x".repeat(500),
        ...base,
      });
    for (let index = 0; index < LIMITS.rejectionRowsPerMinute; index++) await ask(index);
    const answer = await ask(99);
    expect(answer).toMatchObject({
      outcome: "rejected",
      amount: 599,
      checks: [{ code: "per_transaction_limit" }, { code: "budget_exceeded" }],
    });
    const rows = await sql<{ repeat_count: number }>(
      organization,
      "SELECT repeat_count FROM transactions ORDER BY seq",
    );
    expect(rows).toHaveLength(LIMITS.rejectionRowsPerMinute);
    expect(rows.at(-1)?.repeat_count).toBe(2);
    const bodies = await sql<{ body: string }>(
      organization,
      "SELECT body FROM events WHERE type = 'transaction.rejected'",
    );
    expect(bodies.some(({ body }) => body.includes("xxxx"))).toBe(false);
  });
});

describe("quetra_check_budget", () => {
  it("says exact amounts", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { per_transaction_limit: 4.03 });
    const answer = await tool(organization.spend, "quetra_check_budget", { agent_id: agent });
    expect(answer).toMatchObject({ available_now: 4.03 });
    expect(answer.message).toContain("Up to 4.03 USD");
  });
});

describe("quetra_can_spend", () => {
  it("writes nothing at all", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules: [{ type: "approval", above: 20 }] });
    const before = await stateOf(organization);
    for (const [amount, outcome] of [
      [10, "approved"],
      [30, "approval_required"],
      [500, "rejected"],
    ] as const) {
      const answer = await tool(organization.spend, "quetra_can_spend", { agent_id: agent, amount, ...base });
      expect(answer.outcome).toBe(outcome);
      expect(answer).toMatchObject({ max_amount_now: 20, max_amount_with_approval: 100 });
    }
    expect(await stateOf(organization)).toBe(before);
  });
});

describe("the gates", () => {
  it("refuse without a mandate, paused, suspended, frozen, decommissioned, each with its reason", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    const asks = async () =>
      (await tool(organization.spend, "quetra_can_spend", { agent_id: agent, amount: 1, ...base })).checks.map(
        (check: { code: string }) => check.code,
      );
    const post = (path: string) => api(organization.admin, "POST", path, {});
    expect(await asks()).toEqual([]);
    await post(`/mandates/${mandate}/pause`);
    expect(await asks()).toEqual(["no_active_mandate"]);
    await post(`/mandates/${mandate}/resume`);
    await post(`/agents/${agent}/suspend`);
    expect(await asks()).toEqual(["agent_suspended"]);
    await post("/organization/freeze");
    expect(await asks()).toEqual(["organization_frozen", "agent_suspended"]);
    await post("/organization/unfreeze");
    await post(`/agents/${agent}/resume`);
    expect(await asks()).toEqual([]);
    await post(`/mandates/${mandate}/revoke`);
    expect(await asks()).toEqual(["no_active_mandate"]);
    await post(`/agents/${agent}/decommission`);
    expect(await asks()).toEqual(["agent_suspended", "no_active_mandate"]);
  });
});
