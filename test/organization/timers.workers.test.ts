import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { api, eventTypes, newAgent, newOrganization, sql, type TestOrganization, tool } from "../support/service.ts";

afterEach(() => vi.useRealTimers());
const DAY = 86_400_000;
const alarmOf = (organization: TestOrganization) =>
  runInDurableObject(organization.stub, (_object, state) => state.storage.getAlarm());

describe("the alarm", () => {
  it("comes in time for what is due, although the clock was a day ahead when something happened", async () => {
    const organization = await newOrganization();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY });
    await api(organization.admin, "POST", "/agents", { name: "Ahead" });
    for (let turn = 0; turn < 4; turn++) await runDurableObjectAlarm(organization.stub);
    vi.useRealTimers();
    // The object's clock stands at the newest event until the other one has caught up.
    await sql(organization, "INSERT INTO timers SELECT MAX(at) + 5000, 'release', 'txn_none' FROM events");
    await runInDurableObject(organization.stub, (_object, { storage }) => storage.deleteAlarm());
    await organization.stub.sweep();
    expect((await alarmOf(organization))! - Date.now()).toBeLessThan(60_000);
  });

  it("goes on with the rest when one of its steps cannot run", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const { transaction_id } = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "a.com",
      protocol: "x402",
      idempotency_key: "k",
    });
    await sql(organization, "UPDATE transactions SET status = 'executing'");
    await sql(
      organization,
      `INSERT INTO x402_payments (transaction_id, method, url, request_hash, network, asset, pay_to, value, version,
         from_address, nonce, valid_before, signed_at, watch_at)
       VALUES (?, 'GET', 'https://a.com/', 'h', 'eip155:84532', '0xa', '0xb', 1000000, 2, '0xc', '0xd', 9, 1, 1)`,
      transaction_id,
    );
    await sql(organization, "INSERT INTO timers VALUES (1, 'x402_watch', ?)", transaction_id);
    await sql(organization, "ALTER TABLE signing RENAME TO signing_away");
    await runDurableObjectAlarm(organization.stub);
    await sql(organization, "ALTER TABLE signing_away RENAME TO signing");
    // The step before the watch has failed, and the watch has looked at the chain all the same.
    expect(await sql(organization, "SELECT polls FROM x402_payments")).toEqual([{ polls: 1 }]);
    expect(await alarmOf(organization)).not.toBeNull();
  });

  it("is armed again after a restart that lost it", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "a.com",
      idempotency_key: "k",
    });
    await runInDurableObject(organization.stub, (_object, state) => state.storage.deleteAlarm());
    await evictDurableObject(organization.stub);
    await organization.stub.sweep();
    expect(await alarmOf(organization)).not.toBeNull();
  });

  it("stays with the earliest timer once D1 has everything", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "a.com",
      idempotency_key: "k",
    });
    // Twice: the first turn leaves events of its own (a signing key, alerts), which go to D1 in the second.
    await runDurableObjectAlarm(organization.stub);
    await runDurableObjectAlarm(organization.stub);
    const [timer] = await sql<{ due_at: number }>(organization, "SELECT due_at FROM timers");
    expect(await alarmOf(organization)).toBe(timer?.due_at);
  });

  it("gives a payment tool's hold back also when the timer could not run at first", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const { transaction_id } = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "a.com",
      protocol: "x402",
      idempotency_key: "k",
    });
    const counters = await sql<{ counters: string }>(organization, "SELECT counters FROM transactions");
    await sql(organization, "UPDATE transactions SET counters = '[999]' WHERE id = ?", transaction_id);
    vi.setSystemTime(Date.now() + 15 * 60_000);
    await runDurableObjectAlarm(organization.stub);
    await sql(organization, "UPDATE transactions SET counters = ? WHERE id = ?", counters[0]!.counters, transaction_id);
    vi.setSystemTime(Date.now() + 61_000);
    await runDurableObjectAlarm(organization.stub);
    expect(await sql(organization, "SELECT status, held FROM transactions")).toEqual([{ status: "released", held: 0 }]);
  });

  it("runs the ledger's timers whatever number of payments waits for the chain", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "a.com",
      protocol: "x402",
      idempotency_key: "k",
    });
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
       INSERT INTO timers (due_at, kind, ref) SELECT i, 'x402_watch', 'txn_' || i FROM n`,
    );
    vi.setSystemTime(Date.now() + 15 * 60_000);
    await runDurableObjectAlarm(organization.stub);
    expect(await sql(organization, "SELECT status FROM transactions")).toEqual([{ status: "released" }]);
  });

  it("is silent when nothing is due: an idle organization sleeps", async () => {
    const organization = await newOrganization();
    await runDurableObjectAlarm(organization.stub);
    await runDurableObjectAlarm(organization.stub);
    expect(await alarmOf(organization)).toBeNull();
  });

  it("runs the other timers although one cannot run, and tries that one again later", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const buy = (idempotency_key: string) =>
      tool(organization.spend, "quetra_evaluate", { agent_id: agent, amount: 1, vendor: "a.com", idempotency_key });
    const broken = await buy("k1");
    await buy("k2");
    // A counter that is missing makes the first booking fail.
    await sql(organization, "UPDATE transactions SET counters = '[999]' WHERE id = ?", broken.transaction_id);
    vi.setSystemTime(Date.now() + DAY);
    await runDurableObjectAlarm(organization.stub);
    expect(await sql(organization, "SELECT status FROM transactions ORDER BY seq")).toEqual([
      { status: "authorized" },
      { status: "completed" },
    ]);
    expect(await sql(organization, "SELECT due_at FROM timers")).toEqual([{ due_at: Date.now() + 60_000 }]);
  });
});

describe("a mandate's end", () => {
  it("comes by the timer, moves with an edit, and is told apart from never having had a mandate", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { valid_until: "2026-11-21T12:00:00Z" });
    const { terms } = (await api(organization.admin, "GET", `/mandates/${mandate}`)).body;
    const moved = { ...terms, valid_until: "2026-11-22T12:00:00Z" };
    await api(organization.admin, "PUT", `/mandates/${mandate}`, moved, { "if-match": "1" });
    const statusNow = async () => (await api(organization.read, "GET", `/mandates/${mandate}`)).body.status;
    const codes = async () =>
      (await tool(organization.spend, "quetra_can_spend", { agent_id: agent, amount: 1, vendor: "a.com" })).checks.map(
        (check: { code: string }) => check.code,
      );

    vi.setSystemTime(Date.UTC(2026, 10, 21, 12, 1));
    await runDurableObjectAlarm(organization.stub);
    expect(await statusNow()).toBe("active");
    vi.setSystemTime(Date.UTC(2026, 10, 22, 12));
    expect(await codes()).toEqual(["mandate_expired"]);
    await runDurableObjectAlarm(organization.stub);
    expect(await statusNow()).toBe("expired");
    expect(await codes()).toContain("mandate_expired");
    expect(await eventTypes(organization)).toContain("mandate.expired");
    const edit = await api(organization.admin, "PUT", `/mandates/${mandate}`, moved, { "if-match": "2" });
    expect(edit.body.code).toBe("mandate_ended");
  });
});
