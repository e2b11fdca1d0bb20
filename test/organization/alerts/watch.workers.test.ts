import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { eventTypes, type Json, selfCheck, sql, type TestOrganization, tool } from "../../support/service.ts";
import { alerts, buy, follow, fresh, later, MINUTE, settings } from "./support.ts";

/** How the watch goes over the log, and what it writes into it. */

afterEach(() => vi.useRealTimers());

/** What an alert says, without the ids and instants that differ between two organizations. */
const said = ({ kind, severity, figures, message, at, suppressed }: Json) => ({
  kind,
  severity,
  figures,
  message,
  at,
  suppressed,
});

describe("the alert in the log", () => {
  it("has the agent, the mandate or the organization for its subject, micros, and never a transaction", async () => {
    const { organization, agent, mandate } = await fresh({ budgets: [{ period: "total", limit: 100 }] });
    await buy(organization, agent, 85);
    await follow(organization);
    const rows = await sql<{ subject: string; body: string }>(
      organization,
      "SELECT subject, body FROM events WHERE type = 'alert.raised' ORDER BY seq",
    );
    expect(rows.map(({ subject }) => subject)).toEqual([agent, mandate]);
    const { actor, data } = JSON.parse(rows[0]!.body);
    expect(actor).toEqual({ type: "system", id: "timer" });
    expect(data).toMatchObject({
      kind: "new_vendor",
      severity: "info",
      agent_id: agent,
      figures: { amount: 85_000_000 },
    });
    expect(data.alert_id).toMatch(/^alr_/);
    expect(await selfCheck(organization)).toMatchObject({ chain: { valid: true } });
  });
});

describe("the watch", () => {
  async function work(organization: TestOrganization, agent: string, between: () => Promise<unknown>) {
    const step = async (what: Promise<unknown>) => {
      await what;
      await between();
      later(7_000);
    };
    for (let n = 0; n < 14; n++) await step(buy(organization, agent, 10 + (n % 4), { vendor: `v${n % 5}.example` }));
    await step(settings(organization, { rate_spike: { max_per_minute: 3 }, large_transaction: { threshold: 300 } }));
    const { transaction_id } = await buy(organization, agent, 400);
    await step(tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: 450 }));
    for (let n = 0; n < 4; n++) await step(buy(organization, agent, 11));
    for (let n = 0; n < 12; n++) await step(buy(organization, agent, 200_000 + n));
  }

  it("raises the same alerts when it comes late, by the settings of the time, each with both instants", async () => {
    const prompt = await fresh();
    await work(prompt.organization, prompt.agent, () => follow(prompt.organization));
    const inTime = await alerts(prompt.organization);
    const behind = await fresh();
    await work(behind.organization, behind.agent, async () => {});
    later(3 * 60 * MINUTE);
    const late = await alerts(behind.organization);
    expect(late.map(said)).toEqual(inTime.map(said));
    expect(new Set(inTime.map(({ kind }) => kind))).toEqual(
      new Set(["new_vendor", "unusual_amount", "large_transaction", "overdraft", "rate_spike", "repeated_rejections"]),
    );
    for (const { at, raised_at } of late) expect(Date.parse(raised_at) - Date.parse(at)).toBeGreaterThan(MINUTE);
  });

  it("raises each once, whatever restarts in between", async () => {
    const { organization, agent } = await fresh();
    await buy(organization, agent, 600);
    await evictDurableObject(organization.stub);
    const before = await alerts(organization);
    expect(before).toHaveLength(2);
    for (let n = 0; n < 3; n++) {
      await evictDurableObject(organization.stub);
      await organization.stub.sweep();
      await follow(organization);
    }
    expect(await alerts(organization)).toEqual(before);
  });

  it("keeps nothing of a batch that broke off, and takes it whole the next time", async () => {
    const { organization, agent } = await fresh();
    await follow(organization);
    await buy(organization, agent, 600);
    await runInDurableObject(organization.stub, async (_object, state) => {
      const { sql } = state.storage;
      const exec = sql.exec.bind(sql);
      // The process dies where the cursor would move: the alert is written, and must not be kept.
      sql.exec = ((query: string, ...values: unknown[]) => {
        if (/^UPDATE cursors SET seq = .* WHERE name = \?/.test(query)) throw new Error("test: broken off");
        return exec(query, ...values);
      }) as typeof sql.exec;
      Object.assign(state, { mend: () => Object.assign(sql, { exec }) });
    });
    await runDurableObjectAlarm(organization.stub);
    await runInDurableObject(organization.stub, (_object, state) => (state as unknown as { mend: () => void }).mend());
    expect(await sql(organization, "SELECT id FROM alerts")).toEqual([]);
    expect(await sql(organization, "SELECT * FROM alert_vendors")).toEqual([]);
    later(MINUTE);
    await organization.stub.sweep();
    expect(await alerts(organization)).toHaveLength(2);
  });

  it("comes to rest: its own alerts and pauses raise nothing", async () => {
    const { organization, agent } = await fresh();
    await settings(organization, { rate_spike: { max_per_minute: 1, pause_mandate: true, cooldown_minutes: 0 } });
    for (let n = 0; n < 3; n++) await buy(organization, agent, 600);
    await follow(organization);
    const events = await eventTypes(organization);
    for (let n = 0; n < 5; n++) {
      later(1_000);
      await organization.stub.sweep();
      await follow(organization);
    }
    expect(await eventTypes(organization)).toEqual(events);
    expect(events.filter((type) => type === "mandate.paused")).toHaveLength(1);
  });

  it("remembers while a kind is switched off, and says nothing", async () => {
    const { organization, agent } = await fresh();
    await settings(organization, { new_vendor: { enabled: false } });
    await buy(organization, agent, 1);
    expect(await alerts(organization)).toEqual([]);
    await settings(organization, {});
    await buy(organization, agent, 1);
    expect(await alerts(organization)).toEqual([]);
    await buy(organization, agent, 1, { vendor: "other.example" });
    expect(await alerts(organization)).toMatchObject([{ kind: "new_vendor", figures: { vendors_before: 1 } }]);
  });
});
