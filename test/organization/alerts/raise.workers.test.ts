import { afterEach, describe, expect, it, vi } from "vitest";
import type { EventRow } from "../../../src/organization/event-log.ts";
import { bodySchema } from "../../../src/webhooks/catalogue.ts";
import { type PayloadContext, publicBody } from "../../../src/webhooks/payload.ts";
import { api, eventTypes, newAgent, sql, type TestOrganization, tool } from "../../support/service.ts";
import { alerts, buy, follow, fresh, later, MINUTE, ofKind, settings, WIDE } from "./support.ts";

/** What a finding leads to: an alert or one more on it, and a pause where it is asked for. */

afterEach(() => vi.useRealTimers());

/** An alert needs nothing but its event. */
const NO_CONTEXT: PayloadContext = { transaction: null, reasons: [], asks: [], publicUrl: "" };

const raised = async (organization: TestOrganization) =>
  (await eventTypes(organization)).filter((type) => type === "alert.raised").length;

describe("a cooldown", () => {
  it("counts what comes within it, up to its last millisecond, per agent and kind", async () => {
    const { organization, agent } = await fresh();
    const { agent: other } = await newAgent(organization, WIDE);
    await buy(organization, agent, 600);
    later(60 * MINUTE - 1);
    await buy(organization, agent, 600);
    await buy(organization, other, 600);
    expect(await ofKind(organization, "large_transaction")).toMatchObject([
      { agent_id: other, suppressed: 0 },
      { agent_id: agent, suppressed: 1, last_suppressed_at: new Date(Date.now()).toISOString() },
    ]);
    later(1);
    await buy(organization, agent, 600);
    expect(await alerts(organization, `kind=large_transaction&agent_id=${agent}`)).toHaveLength(2);
    // Two first purchases at a vendor besides.
    expect(await raised(organization)).toBe(5);
  });

  it("is as long as the settings say, and of zero minutes none at all", async () => {
    const { organization, agent } = await fresh();
    await settings(organization, { large_transaction: { cooldown_minutes: 0 } });
    for (let n = 0; n < 3; n++) await buy(organization, agent, 600);
    expect(await ofKind(organization, "large_transaction")).toHaveLength(3);
  });
});

describe("a pause", () => {
  const spike = { rate_spike: { max_per_minute: 2, pause_mandate: true } };

  it("stops the next purchase, and the log says who did it and why", async () => {
    const { organization, agent, mandate } = await fresh();
    await settings(organization, spike);
    for (let n = 0; n < 3; n++) await buy(organization, agent, 1);
    const [alert] = await ofKind(organization, "rate_spike");
    expect(alert.paused_mandate_id).toBe(mandate);
    expect(await buy(organization, agent, 1)).toMatchObject({
      outcome: "rejected",
      checks: [{ code: "no_active_mandate" }],
    });
    const view = (await api(organization.read, "GET", `/mandates/${mandate}`)).body;
    expect(view).toMatchObject({
      status: "paused",
      status_reason: `Paused by the alert ${alert.id} (rate_spike).`,
    });
    const [event] = await sql<{ body: string }>(organization, "SELECT body FROM events WHERE type = 'mandate.paused'");
    expect(JSON.parse(event!.body)).toMatchObject({
      actor: { type: "system", id: "timer" },
      data: { agent_id: agent },
    });
  });

  it("comes again within the cooldown when a person has resumed and it goes on, without a second alert", async () => {
    const { organization, agent, mandate } = await fresh();
    await settings(organization, spike);
    for (let n = 0; n < 3; n++) await buy(organization, agent, 1);
    await follow(organization);
    await api(organization.admin, "POST", `/mandates/${mandate}/resume`);
    await buy(organization, agent, 1);
    const spikes = await ofKind(organization, "rate_spike");
    expect(spikes).toMatchObject([{ suppressed: 1 }]);
    expect((await api(organization.read, "GET", `/mandates/${mandate}`)).body.status).toBe("paused");
  });

  it("comes only from what is critical, and only where it is asked for", async () => {
    const { organization, agent, mandate } = await fresh();
    await settings(organization, { repeated_rejections: { count: 1, critical_count: 1_000, pause_mandate: true } });
    await buy(organization, agent, 200_000);
    expect(await ofKind(organization, "repeated_rejections")).toMatchObject([{ paused_mandate_id: null }]);
    for (let n = 0; n < 20; n++) await buy(organization, agent, 1);
    expect(await ofKind(organization, "rate_spike")).toMatchObject([{ paused_mandate_id: null }]);
    expect((await api(organization.read, "GET", `/mandates/${mandate}`)).body.status).toBe("active");
  });
});

describe("the words of an alert", () => {
  it("are our own, in the log and on their way to webhooks: of what the agent wrote only the vendor, in quotes", async () => {
    const { organization, agent } = await fresh({ ...WIDE, rules: [{ type: "approval", above: 50_000 }] });
    await settings(organization, { rate_spike: { max_per_minute: 12, pause_mandate: true } });
    const shout = (amount: number) =>
      buy(organization, agent, amount, {
        vendor: 'Canary "vendor" Ltd',
        category: "canary-category",
        reason: "canary-reason",
        metadata: { "canary-name": "canary-metadata" },
        idempotency_key: `canary-key-${crypto.randomUUID()}`,
      });
    for (let n = 0; n < 11; n++) await shout(10);
    const { transaction_id } = await shout(900);
    await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: 9_000 });
    await shout(60_000);
    for (let n = 0; n < 10; n++) await shout(200_000);
    await follow(organization);

    const rows = await sql<EventRow>(organization, "SELECT * FROM events WHERE type = 'alert.raised' ORDER BY seq");
    const kinds = rows.map(({ body }) => JSON.parse(body!).data.kind);
    expect(new Set(kinds)).toEqual(
      new Set(["new_vendor", "unusual_amount", "large_transaction", "overdraft", "rate_spike", "repeated_rejections"]),
    );
    expect(rows[0]!.body).toContain("canary");
    const inQuotes = /"(?:[^"\\]|\\.)*"/gu;
    for (const row of rows) {
      const { data } = JSON.parse(row.body!);
      const { vendor: _, ...figures } = data.figures;
      expect(JSON.stringify({ ...data, message: data.message.replace(inQuotes, ""), figures })).not.toMatch(/canary/i);
      expect(data.message).not.toMatch(/canary-/i);
      const sent = publicBody({ ...row, data }, NO_CONTEXT)!;
      expect(bodySchema("alert.raised").safeParse(sent).error).toBeUndefined();
      expect(JSON.stringify({ ...sent, data: { ...sent.data, message: "" } })).not.toMatch(/canary/i);
      expect(sent.data.message).toBe(data.message);
    }
    // The pause says which alert it was, and nothing of the purchase.
    const paused = await sql<{ body: string }>(organization, "SELECT body FROM events WHERE type = 'mandate.paused'");
    expect(paused).toHaveLength(1);
    expect(paused[0]!.body).not.toMatch(/canary/i);
  });
});
