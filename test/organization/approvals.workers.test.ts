import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
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

const rules = [{ type: "approval", above: 20, timeout_minutes: 30 }];

async function pending(organization: TestOrganization, agent: string, key = "k", amount = 50) {
  const purchase = { agent_id: agent, amount, vendor: "shop.example", idempotency_key: key };
  const answer = await tool(organization.spend, "quetra_evaluate", purchase);
  expect(answer).toMatchObject({ outcome: "pending_approval", status: "pending_approval" });
  const { body } = await api(organization.approve, "GET", "/approvals");
  const approval = body.data.find((row: { transaction_id: string }) => row.transaction_id === answer.transaction_id);
  return { purchase, transaction: answer.transaction_id as string, approval: approval.id as string };
}

const decision = (
  organization: TestOrganization,
  id: string,
  verdict: "approve" | "deny",
  key = organization.approve,
) =>
  api(organization.approve === key ? organization.approve : key, "POST", `/approvals/${id}/decision`, {
    decision: verdict,
  });

describe("a purchase that a human must approve", () => {
  it("holds its budget, is approved, and continues by the same call with its transaction_id", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { purchase, transaction, approval } = await pending(organization, agent);
    expect((await tool(organization.spend, "quetra_check_budget", { agent_id: agent })).budgets[0].held).toBe(50);

    const decided = await decision(organization, approval, "approve");
    expect(decided).toMatchObject({ status: 200, body: { status: "approved", amount: 50, vendor: "shop.example" } });
    const { idempotency_key: _key, ...rest } = purchase;
    const continued = await tool(organization.spend, "quetra_evaluate", { ...rest, transaction_id: transaction });
    expect(continued).toMatchObject({ outcome: "approved", status: "authorized", transaction_id: transaction });
    expect(await tool(organization.spend, "quetra_evaluate", purchase)).toMatchObject({ outcome: "approved" });
    expect(continued.budgets[0].held).toBe(50);
    expect(await selfCheck(organization)).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
  });

  it("that is continued with other terms is refused", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { transaction, approval } = await pending(organization, agent);
    await decision(organization, approval, "approve");
    const call = { agent_id: agent, vendor: "shop.example", transaction_id: transaction };
    expect((await tool(organization.spend, "quetra_evaluate", { ...call, amount: 51 })).error).toMatch(
      /^transaction_mismatch/,
    );
    expect(
      (await tool(organization.spend, "quetra_evaluate", { ...call, amount: 50, vendor: "evil.example" })).error,
    ).toMatch(/^transaction_mismatch/);
  });

  it("is denied: the budget is free again and the key answers rejected", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { purchase, approval } = await pending(organization, agent);
    await decision(organization, approval, "deny");
    expect(await tool(organization.spend, "quetra_evaluate", purchase)).toMatchObject({
      outcome: "rejected",
      status: "denied",
      budgets: [{ held: 0 }],
    });
  });

  it("runs out: timeout counts as denied, by the timer alone", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { approval, transaction } = await pending(organization, agent);
    vi.setSystemTime(Date.now() + 30 * 60_000 + 1);
    const late = await decision(organization, approval, "approve");
    expect(late).toMatchObject({ status: 409, body: { code: "approval_expired" } });
    await runDurableObjectAlarm(organization.stub);
    expect(await sql(organization, "SELECT status, held FROM transactions WHERE id = ?", transaction)).toEqual([
      { status: "expired", held: 0 },
    ]);
    expect((await decision(organization, approval, "approve")).body.code).toBe("already_decided");
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("is decided once, however many decide at the same time", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { approval } = await pending(organization, agent);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => decision(organization, approval, index % 2 === 0 ? "approve" : "deny")),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.body.code === "already_decided")).toHaveLength(49);
    const types = await eventTypes(organization);
    expect(types.filter((type) => type === "transaction.approved" || type === "transaction.denied")).toHaveLength(1);
  });

  it.each([
    [
      "the mandate is paused",
      "no_active_mandate",
      (o: TestOrganization, _a: string, m: string) => api(o.admin, "POST", `/mandates/${m}/pause`, {}),
    ],
    [
      "the agent is suspended",
      "agent_suspended",
      (o: TestOrganization, a: string) => api(o.admin, "POST", `/agents/${a}/suspend`, {}),
    ],
    [
      "the organization is frozen",
      "organization_frozen",
      (o: TestOrganization) => api(o.admin, "POST", "/organization/freeze", {}),
    ],
  ])("is not approved when %s; it stays open", async (_name, code, stop) => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { rules });
    const { approval, transaction } = await pending(organization, agent);
    await stop(organization, agent, mandate);
    const before = await stateOf(organization);
    const refused = await decision(organization, approval, "approve");
    expect(refused).toMatchObject({ status: 409, body: { code: "policy_refuses_now", checks: [{ code }] } });
    expect(await stateOf(organization)).toBe(before);
    expect(await sql(organization, "SELECT status FROM transactions WHERE id = ?", transaction)).toEqual([
      { status: "pending_approval" },
    ]);
  });

  it("is judged without its own hold: a budget that it fills alone still approves it", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { approval } = await pending(organization, agent, "k", 100);
    expect((await decision(organization, approval, "approve")).status).toBe(200);
  });

  it("waits in a short line: the limit of pending ones per agent, at N and N + 1", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules, budgets: [{ period: "daily", limit: 1000 }] });
    for (let index = 0; index < LIMITS.pendingApprovalsPerAgent; index++)
      await pending(organization, agent, `k${index}`);
    const next = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 50,
      vendor: "shop.example",
      idempotency_key: "one-more",
    });
    expect(next).toMatchObject({ outcome: "rejected" });
    expect(next.checks.at(-1).code).toBe("too_many_pending_approvals");
    const [first] = (await api(organization.approve, "GET", "/approvals")).body.data;
    await decision(organization, first.id, "deny");
    await pending(organization, agent, "after");
  });

  it("is cancelled by an admin together with its approval", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { transaction, approval } = await pending(organization, agent);
    const cancelled = await api(organization.admin, "POST", `/transactions/${transaction}/cancel`, {});
    expect(cancelled.body).toMatchObject({ status: "voided", amount_held: 0 });
    expect((await decision(organization, approval, "approve")).body).toMatchObject({
      code: "already_decided",
      status_now: "cancelled",
    });
  });

  it("knows a vendor only after a completed purchase", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules: [{ type: "approval", first_purchase_from_vendor: true }] });
    const first = await pending(organization, agent, "k1", 5);
    await decision(organization, first.approval, "approve");
    await pending(organization, agent, "k2", 5);
    await tool(organization.spend, "quetra_settle", {
      agent_id: agent,
      transaction_id: first.transaction,
      amount_charged: 5,
    });
    expect(
      await tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 5,
        vendor: "SHOP.example",
        idempotency_key: "k3",
      }),
    ).toMatchObject({ outcome: "approved" });
  });
});
