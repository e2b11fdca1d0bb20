import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import {
  api,
  eventTypes,
  newAgent,
  newMandate,
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

  it("tells the log which approval waits and until when", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    const { approval } = await pending(organization, agent);
    const { data } = (await api(organization.read, "GET", "/audit/events?limit=100")).body;
    expect(data.at(-1)).toMatchObject({
      type: "transaction.pending_approval",
      body: { data: { approval_id: approval, idempotency_key: "k" } },
    });
  });

  it("shows a free-text vendor as what it is", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules });
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 50,
      vendor: "Office Supplies (approved by finance)",
      idempotency_key: "k",
    });
    expect((await api(organization.approve, "GET", "/approvals")).body.data).toMatchObject([{ vendor_kind: "name" }]);
  });

  it("fits the budget that holds it, also when it is approved on another day", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 20) });
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, {
      rules: [{ type: "approval", above: 0, timeout_minutes: 1_440 }],
      budgets: [{ period: "daily", limit: 500 }],
    });
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.push((await pending(organization, agent, `k${index}`, 100)).approval);
    const { terms, version } = (await api(organization.admin, "GET", `/mandates/${mandate}`)).body;
    const lower = { ...terms, budgets: [{ ...terms.budgets[0], limit: 100 }] };
    await api(organization.admin, "PUT", `/mandates/${mandate}`, lower, { "if-match": `${version}` });
    vi.setSystemTime(Date.UTC(2026, 10, 21, 8));
    for (const id of ids) expect((await decision(organization, id, "approve")).body.code).toBe("policy_refuses_now");
    for (const id of ids.slice(1)) await decision(organization, id, "deny");
    expect((await decision(organization, ids[0] as string, "approve")).status).toBe(200);
  });

  it("counts for the mandate that it is approved under", async () => {
    const organization = await newOrganization();
    const terms = { rules: [{ type: "approval", above: 0 }] };
    const { agent, mandate } = await newAgent(organization, { ...terms, budgets: [{ period: "total", limit: 500 }] });
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.push((await pending(organization, agent, `k${index}`, 60)).approval);
    await api(organization.admin, "POST", `/mandates/${mandate}/revoke`, {});
    const next = await newMandate(organization, agent, { ...terms, budgets: [{ period: "total", limit: 100 }] });
    expect((await decision(organization, ids[0] as string, "approve")).status).toBe(200);
    expect((await decision(organization, ids[1] as string, "approve")).body.code).toBe("policy_refuses_now");
    expect((await api(organization.read, "GET", `/mandates/${next}`)).body.budgets).toMatchObject([{ held: 60 }]);
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
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

  it("is asked for once the sum of a period goes above the mark, what is held included, until the period ends", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const daily = { type: "approval", above: 40, period: "daily", timeout_minutes: 600 };
    const { agent } = await newAgent(organization, { rules: [daily], budgets: [{ period: "total", limit: 500 }] });
    const buy = (idempotency_key: string, amount: number) =>
      tool(organization.spend, "quetra_evaluate", { agent_id: agent, amount, vendor: "a.com", idempotency_key });
    expect(await buy("k1", 30)).toMatchObject({ outcome: "approved" });
    expect(await buy("k2", 10)).toMatchObject({ outcome: "approved" });
    const third = await pending(organization, agent, "k3", 1);
    expect((await decision(organization, third.approval, "approve")).status).toBe(200);
    // What a person approved counts too, and silences nothing for the next one.
    await pending(organization, agent, "k4", 1);
    vi.setSystemTime(Date.UTC(2026, 10, 21, 0, 1));
    expect(await buy("k5", 40)).toMatchObject({ outcome: "approved" });
    await pending(organization, agent, "k6", 0.01);
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("is asked for in its categories, and for a purchase that names none", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules: [{ type: "approval", categories: ["Hardware"] }] });
    const buy = (more: object) =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 1,
        vendor: "a.com",
        idempotency_key: crypto.randomUUID(),
        ...more,
      });
    expect(await buy({ category: "hardware" })).toMatchObject({ outcome: "pending_approval" });
    expect(await buy({})).toMatchObject({ outcome: "pending_approval" });
    expect(await buy({ category: "data" })).toMatchObject({ outcome: "approved" });
  });

  it("waits as long as the shortest rule that asks says, and otherwise the default; nobody deciding denies", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, {
      rules: [
        { type: "approval", above: 1 },
        { type: "approval", above: 30, timeout_minutes: 5 },
      ],
    });
    const long = await pending(organization, agent, "k1", 10);
    const short = await pending(organization, agent, "k2", 40);
    const at = Date.now();
    const expiry = async (id: string) => (await api(organization.read, "GET", `/approvals/${id}`)).body.expires_at;
    expect(Date.parse(await expiry(long.approval)) - at).toBe(LIMITS.approvalDefaultMs);
    expect(Date.parse(await expiry(short.approval)) - at).toBe(5 * 60_000);
    vi.setSystemTime(at + 5 * 60_000);
    await runDurableObjectAlarm(organization.stub);
    expect(await tool(organization.spend, "quetra_evaluate", short.purchase)).toMatchObject({
      outcome: "rejected",
      status: "expired",
    });
    expect(await tool(organization.spend, "quetra_evaluate", long.purchase)).toMatchObject({
      outcome: "pending_approval",
    });
  });
});
