import { afterEach, describe, expect, it, vi } from "vitest";
import { api, eventTypes, selfCheck, sql, tool } from "../../support/service.ts";
import { addKey, scene } from "../../support/stripe-scene.ts";

afterEach(() => vi.useRealTimers());
const WIDE = { budgets: [{ period: "daily", limit: 1000 }] };

describe("a charge that the mandate approves", () => {
  it("sends exactly the profile's card and the exact amount, once, and books what Stripe received", async () => {
    const { charge, stripe, agent, show, used, organization } = await scene();
    const answer = await charge({ description: "Seats for\nNovember" });
    expect(answer).toMatchObject({
      outcome: "charged",
      amount: 20,
      currency: "USD",
      vendor: "orders.example.com",
      profile: "main",
      payment_intent: stripe.intents.get(answer.transaction_id)!.id,
    });
    expect(answer).not.toHaveProperty("simulated");
    expect(stripe.charges).toHaveLength(1);
    expect(stripe.charges[0]).toEqual({
      organization_id: organization.id,
      mode: "test",
      sealed_key: "v1.s1.stk_1",
      transaction_id: answer.transaction_id,
      charge: {
        amount: 2000,
        currency: "usd",
        customer: "cus_main",
        payment_method: "pm_main",
        description: "Seats for November",
        statement_descriptor_suffix: null,
        agent_id: agent,
        mandate_id: expect.stringMatching(/^mdt_/),
        mandate_version: 1,
      },
    });
    expect(await show(answer.transaction_id)).toMatchObject({
      status: "completed",
      protocol: "stripe",
      vendor: "orders.example.com",
      amount_settled: 20,
      amount_held: 0,
      payment: { profile: "main", profile_version: "1", outcome: "charged", payment_intent: answer.payment_intent },
    });
    expect(await used()).toMatchObject({ settled: 20, held: 0 });
    const events = JSON.stringify(await sql(organization, "SELECT body FROM events"));
    expect(events).toContain("profile_version");
    for (const text of [events, JSON.stringify(answer), JSON.stringify(await show(answer.transaction_id))]) {
      expect(text).not.toMatch(/cus_main|pm_main|v1\.s1/);
    }
    expect(await sql(organization, "SELECT * FROM timers WHERE kind = 'stripe_watch'")).toEqual([]);
    expect((await selfCheck(organization)).ledger).toEqual({ valid: true, problems: [] });
  });

  it("is sent once for twenty calls at the same time", async () => {
    const { charge, stripe, used } = await scene();
    const answers = await Promise.all(Array.from({ length: 20 }, () => charge()));
    expect(stripe.charges).toHaveLength(1);
    expect(new Set(answers.map(({ transaction_id }) => transaction_id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => replayed === true)).toHaveLength(19);
    expect(await used()).toMatchObject({ settled: 20, held: 0 });
  });

  it("answers a retry from the ledger, also after an administrator has changed the profile", async () => {
    const { charge, stripe, organization } = await scene();
    const { transaction_id } = await charge();
    await sql(organization, "UPDATE profiles SET version = 2, config = json_set(config, '$.customer', 'cus_x')");
    for (const args of [{}, { profile: "main" }, { description: "other words" }]) {
      expect(await charge(args)).toMatchObject({ outcome: "charged", replayed: true, transaction_id });
    }
    expect(stripe.charges).toHaveLength(1);
    for (const args of [{ amount: 21 }, { category: "x" }, { profile: "other" }]) {
      expect((await charge(args)).error).toContain("different purchase");
    }
    expect(stripe.charges).toHaveLength(1);
  });

  it.each([
    ["JPY", 1200, 1200],
    ["KWD", 1.25, 1250],
    ["USD", 0.5, 50],
  ])("in %s converts %d to %d minor units and back", async (currency, amount, minor) => {
    const { charge, stripe, show } = await scene({
      terms: { currency, per_transaction_limit: 5000, budgets: [{ period: "daily", limit: 9000 }] },
    });
    const { transaction_id, outcome } = await charge({ amount, currency });
    expect(outcome).toBe("charged");
    expect(stripe.charges[0]!.charge).toMatchObject({ amount: minor, currency: currency.toLowerCase() });
    expect(await show(transaction_id)).toMatchObject({ amount_settled: amount, currency });
  });

  it.each([
    ["JPY", 12.5],
    ["KWD", 1.253],
    ["USD", 0.005],
  ])("in %s is refused before anything is held where %d does not fit exactly", async (currency, amount) => {
    const { charge, stripe, organization } = await scene({
      terms: { currency, per_transaction_limit: 5000, budgets: [{ period: "daily", limit: 9000 }] },
    });
    expect(await charge({ amount, currency })).toMatchObject({ outcome: "failed", code: "amount_not_chargeable" });
    expect(stripe.charges).toEqual([]);
    expect(await sql(organization, "SELECT * FROM transactions")).toEqual([]);
  });
});

describe("a charge that is not made", () => {
  it("rejects what the mandate rejects, with what would pass, and sends nothing", async () => {
    const { charge, stripe } = await scene({ terms: WIDE });
    expect(await charge({ amount: 101 })).toMatchObject({
      outcome: "rejected",
      checks: [{ code: "per_transaction_limit" }],
      max_amount_now: 100,
    });
    expect(stripe.charges).toEqual([]);
  });

  it("judges the vendor of the profile, not the agent's words", async () => {
    const { charge } = await scene({ terms: { rules: [{ type: "vendor_blocklist", vendors: ["example.com"] }] } });
    expect(await charge({ description: "for good.example" })).toMatchObject({
      outcome: "rejected",
      checks: [{ code: "vendor_blocked" }],
    });
  });

  it("answers a profile that the mandate does not list like one that does not exist", async () => {
    const { charge, stripe } = await scene();
    const foreign = await charge({ profile: "other" });
    const unknown = await charge({ profile: "nothing" });
    expect(foreign).toEqual(unknown);
    expect(foreign).toMatchObject({ outcome: "failed", code: "profile_not_allowed" });
    expect(JSON.stringify(foreign)).not.toMatch(/other|cus_|pm_/);
    expect(stripe.charges).toEqual([]);
  });

  it("refuses arguments that name a customer, a card or a vendor", async () => {
    const { charge, stripe } = await scene();
    for (const more of [{ customer: "cus_other" }, { payment_method: "pm_other" }, { vendor: "evil.example" }]) {
      const answer = await charge(more);
      expect(answer.error ?? answer.rpcError).toBeDefined();
    }
    expect(stripe.charges).toEqual([]);
  });

  it("tells an agent that may spend nothing only that, and nothing of profiles", async () => {
    const { charge, organization, agent } = await scene();
    await api(organization.admin, "POST", "/organization/freeze", {});
    const answers = [await charge(), await charge({ profile: "other" }), await charge({ profile: "nothing" })];
    for (const answer of answers) {
      expect(answer).toEqual(answers[0]);
      expect(answer).toMatchObject({ outcome: "rejected", checks: [{ code: "organization_frozen" }] });
      expect(JSON.stringify(answer)).not.toMatch(/orders\.example|main/);
    }
    await api(organization.admin, "POST", "/organization/unfreeze", {});
    await api(organization.admin, "POST", `/agents/${agent}/suspend`, {});
    expect(await charge()).toMatchObject({ outcome: "rejected", checks: [{ code: "agent_suspended" }] });
    expect(await sql(organization, "SELECT * FROM transactions")).toEqual([]);
  });

  it("without both kinds of key, or with both, is an error", async () => {
    const { charge } = await scene();
    expect((await charge({ transaction_id: "txn_x", idempotency_key: "k" })).error).toContain("either");
    expect((await charge({ transaction_id: "txn_x" })).error).toContain("No such transaction");
  });

  it("needs a card in the profile once there is a key", async () => {
    const { charge, organization } = await scene();
    await sql(organization, "UPDATE profiles SET config = json_set(config, '$.customer', NULL)");
    expect(await charge()).toMatchObject({ outcome: "failed", code: "profile_without_card" });
  });

  it("fails in a live organization without a key, and simulates nothing", async () => {
    const { charge, organization } = await scene({ key: false });
    await sql(organization, "UPDATE organization SET mode = 'live'");
    const { runInDurableObject } = await import("cloudflare:test");
    await runInDurableObject(organization.stub, (object) => (object as unknown as { forget(): void }).forget());
    expect(await charge()).toMatchObject({ outcome: "failed", code: "no_stripe_key" });
    expect(await sql(organization, "SELECT * FROM transactions")).toEqual([]);
  });
});

describe("a purchase that was authorized before", () => {
  const APPROVAL = { rules: [{ type: "approval", above: 10 }] };

  it("waits for a person, and the same call with its id charges", async () => {
    const { charge, organization, stripe, show } = await scene({ terms: APPROVAL });
    const waits = await charge();
    expect(waits).toMatchObject({ outcome: "pending_approval", approval_id: expect.stringMatching(/^apr_/) });
    expect(stripe.charges).toEqual([]);
    await api(organization.approve, "POST", `/approvals/${waits.approval_id}/decision`, { decision: "approve" });
    const { transaction_id } = waits;
    expect(await charge({ transaction_id })).toMatchObject({ outcome: "charged", transaction_id });
    expect(await charge({ transaction_id })).toMatchObject({ outcome: "charged", replayed: true });
    expect(stripe.charges).toHaveLength(1);
    expect(await show(transaction_id)).toMatchObject({ status: "completed", amount_settled: 20 });
  });

  it("also starts by the key of its first call", async () => {
    const { charge, organization, stripe } = await scene({ terms: APPROVAL });
    const { approval_id, transaction_id } = await charge();
    await api(organization.approve, "POST", `/approvals/${approval_id}/decision`, { decision: "approve" });
    expect(await charge()).toMatchObject({ outcome: "charged", transaction_id });
    expect(stripe.charges).toHaveLength(1);
  });

  it("is void when the profile was changed after the approval", async () => {
    const { charge, organization, stripe, used } = await scene({ terms: APPROVAL });
    const { approval_id, transaction_id } = await charge();
    await api(organization.approve, "POST", `/approvals/${approval_id}/decision`, { decision: "approve" });
    await sql(organization, "UPDATE profiles SET version = 2");
    expect(await charge({ transaction_id })).toMatchObject({ outcome: "failed", code: "terms_changed" });
    expect(await charge({ transaction_id })).toMatchObject({ outcome: "already_used", code: "terms_changed" });
    expect(await used()).toMatchObject({ held: 0, settled: 0 });
    expect(stripe.charges).toEqual([]);
  });

  it("of quetra_evaluate is charged for the same vendor and currency, up to its amount, once", async () => {
    const { charge, organization, agent, stripe, used } = await scene({ terms: WIDE });
    const evaluate = (more: object) =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 30,
        currency: "USD",
        vendor: "orders.example.com",
        protocol: "stripe",
        idempotency_key: crypto.randomUUID(),
        ...more,
      });
    for (const more of [{ vendor: "elsewhere.example" }, { protocol: "x402" }, { amount: 19 }]) {
      const { transaction_id } = await evaluate(more);
      expect((await charge({ transaction_id })).error).toContain("another purchase");
    }
    expect(stripe.charges).toEqual([]);
    const { transaction_id } = await evaluate({});
    expect(await charge({ transaction_id })).toMatchObject({ outcome: "charged", transaction_id });
    expect(await used()).toMatchObject({ settled: 20, held: 30 + 30 + 19 });
    expect(stripe.charges).toHaveLength(1);
  });

  it("is judged again on the terms of now", async () => {
    const { charge, organization, agent, stripe } = await scene();
    const { transaction_id } = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 20,
      currency: "USD",
      vendor: "orders.example.com",
      protocol: "stripe",
      idempotency_key: "e",
    });
    await api(organization.admin, "POST", "/organization/freeze", {});
    expect(await charge({ transaction_id })).toMatchObject({ outcome: "rejected" });
    expect(stripe.charges).toEqual([]);
  });
});

describe("a simulated charge", () => {
  it("holds, completes and is marked as such everywhere, and asks nobody", async () => {
    const { charge, stripe, show, organization, used } = await scene({ key: false });
    const answer = await charge();
    expect(answer).toMatchObject({ outcome: "charged", simulated: true, message: expect.stringContaining("No money") });
    expect(answer).not.toHaveProperty("payment_intent");
    expect(await charge()).toMatchObject({ outcome: "charged", simulated: true, replayed: true });
    expect(stripe.charges).toEqual([]);
    expect(await show(answer.transaction_id)).toMatchObject({
      status: "completed",
      simulated: true,
      amount_settled: 20,
      payment: { outcome: "simulated" },
    });
    expect(await used()).toMatchObject({ settled: 20, held: 0 });
    const csv = (await api(organization.read, "GET", "/transactions.csv")).body as string;
    const [head, line] = csv.split("\r\n").map((one) => one.split(","));
    expect(line![head!.indexOf("simulated")]).toBe("true");
    const [event] = await sql<{ body: string }>(
      organization,
      "SELECT body FROM events WHERE type = 'transaction.completed'",
    );
    expect(JSON.parse(event!.body).data).toMatchObject({ simulated: true, outcome: "simulated" });
    expect((await selfCheck(organization)).ledger.valid).toBe(true);
  });

  it("stays simulated when a key comes later, and the next charge is real", async () => {
    const { charge, stripe, organization } = await scene({ key: false });
    await charge();
    await addKey(organization);
    expect(await charge()).toMatchObject({ simulated: true, replayed: true });
    expect(await charge({ idempotency_key: "k2" })).not.toHaveProperty("simulated");
    expect(stripe.charges).toHaveLength(1);
    expect(await eventTypes(organization)).toContain("transaction.completed");
  });
});
