import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, newOrganization, sql, tool } from "../../support/service.ts";
import { alerts, buy, follow, fresh, later, MINUTE, ofKind, settings, WIDE } from "./support.ts";

/** Each kind as real purchases raise it, with its figures. */

afterEach(() => vi.useRealTimers());

describe("large_transaction", () => {
  it("is raised strictly above the threshold, by currency, also for what waits for a person", async () => {
    const { organization, agent } = await fresh({ ...WIDE, rules: [{ type: "approval", above: 600 }] });
    await buy(organization, agent, 500);
    expect(await ofKind(organization, "large_transaction")).toEqual([]);
    const { transaction_id } = await buy(organization, agent, 500.01);
    const [alert] = await ofKind(organization, "large_transaction");
    expect(alert).toMatchObject({
      severity: "warning",
      agent_id: agent,
      transaction_id,
      figures: { amount: 500.01, threshold: 500, currency: "USD", vendor: "shop.example" },
      message: "500.01 USD at shop.example was approved; purchases above 500.00 USD are large.",
    });
    await settings(organization, { large_transaction: { threshold: 5_000, thresholds: { USD: 700 } } });
    later(60 * MINUTE);
    await buy(organization, agent, 700);
    await buy(organization, agent, 700.000001);
    const [waits, ...others] = await ofKind(organization, "large_transaction");
    expect(others).toHaveLength(1);
    expect(waits.message).toBe(
      "700.000001 USD at shop.example waits for approval; purchases above 700.00 USD are large.",
    );
  });

  it("is raised in spite of the cooldown when it has doubled: small alarms hide no large one", async () => {
    const { organization, agent } = await fresh();
    for (const amount of [600, 900, 1_000, 90_000]) await buy(organization, agent, amount);
    const raised = await ofKind(organization, "large_transaction");
    expect(raised.map(({ figures, suppressed }) => [figures.amount, suppressed])).toEqual([
      [90_000, 0],
      [1_000, 0],
      [600, 1],
    ]);
  });
});

describe("a purchase that waits", () => {
  it("and is denied does not keep quiet the one that is approved after it", async () => {
    const { organization, agent } = await fresh({ ...WIDE, rules: [{ type: "approval", above: 900 }] });
    for (let n = 0; n < 10; n++) await buy(organization, agent, 10);
    later(MINUTE);
    const waits = await buy(organization, agent, 990);
    await api(organization.approve, "POST", `/approvals/${waits.approval_id}/decision`, { decision: "deny" });
    const { transaction_id } = await buy(organization, agent, 800);
    for (const kind of ["large_transaction", "unusual_amount"]) {
      const raised = await ofKind(organization, kind);
      expect(raised.map((alert) => alert.transaction_id)).toEqual([transaction_id, waits.transaction_id]);
    }
  });
});

describe("rate_spike", () => {
  it("is raised by the purchase after the most that a minute may have, and not by as many in a little more", async () => {
    const { organization, agent } = await fresh();
    await settings(organization, { rate_spike: { max_per_minute: 3 } });
    await buy(organization, agent, 1);
    later(MINUTE);
    for (let n = 0; n < 3; n++) await buy(organization, agent, 1);
    expect(await ofKind(organization, "rate_spike")).toEqual([]);
    later(MINUTE - 1);
    await buy(organization, agent, 1);
    expect(await ofKind(organization, "rate_spike")).toMatchObject([
      { severity: "critical", agent_id: agent, figures: { purchases: 4, max_per_minute: 3 } },
    ]);
  });
});

describe("new_vendor", () => {
  it("is raised once per vendor, when the purchase is approved, with the vendor in quotes where it is free text", async () => {
    const { organization, agent } = await fresh({ ...WIDE, rules: [{ type: "approval", above: 50 }] });
    await buy(organization, agent, 1);
    await buy(organization, agent, 1);
    const waits = await buy(organization, agent, 60, { vendor: 'Mallory "and" sons' });
    expect(await ofKind(organization, "new_vendor")).toMatchObject([
      { severity: "info", figures: { vendors_before: 0, amount: 1, vendor: "shop.example" } },
    ]);
    await api(organization.approve, "POST", `/approvals/${waits.approval_id}/decision`, { decision: "approve" });
    const [second, ...others] = await ofKind(organization, "new_vendor");
    expect(others).toHaveLength(1);
    expect(second).toMatchObject({ transaction_id: waits.transaction_id, figures: { vendors_before: 1 } });
    expect(second.message).toContain('"mallory \\"and\\" sons"');
  });
});

describe("budget_threshold", () => {
  it("gives every crossing its weight: the organization's above the mandate's, exhaustion above the warning", async () => {
    const { organization, agent, mandate } = await fresh({});
    const { version } = (await api(organization.admin, "GET", "/organization")).body;
    const budgets = [{ currency: "USD", period: "monthly", limit: 100 }];
    await api(organization.admin, "PUT", "/organization/budgets", { budgets }, { "if-match": `"${version}"` });
    await buy(organization, agent, 85);
    await buy(organization, agent, 15);
    const raised = (await ofKind(organization, "budget_threshold")).reverse();
    expect(raised.map(({ severity, mandate_id }) => [severity, mandate_id])).toEqual([
      ["info", mandate],
      ["warning", null],
      ["warning", mandate],
      ["critical", null],
    ]);
    expect(raised[0].figures).toMatchObject({ used: 85, limit: 100, warning_share: 0.8, period: "daily" });
    expect(raised[3].message).toBe("The monthly budget of the organization is used up: 100.00 USD of 100.00 USD.");
  });
});

describe("unusual_amount", () => {
  it("compares with the agent's own last purchases, and not before there are enough", async () => {
    const { organization, agent } = await fresh();
    for (let n = 0; n < 9; n++) await buy(organization, agent, 10 + (n % 3));
    await buy(organization, agent, 100);
    expect(await ofKind(organization, "unusual_amount")).toEqual([]);
    later(MINUTE);
    await buy(organization, agent, 13);
    await buy(organization, agent, 100);
    const [alert, ...others] = await ofKind(organization, "unusual_amount");
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ severity: "warning", figures: { amount: 100, median: 11, purchases: 11 } });
    expect(alert.message).toContain("over its last 11 purchases the median is 11.00 USD");
  });

  it("learns what a purchase really cost, and nothing from one that did not happen", async () => {
    const { organization, agent } = await fresh({ ...WIDE, agent_may_release: true });
    for (let n = 0; n < 10; n++) {
      const { transaction_id } = await buy(organization, agent, 100);
      const charged = n < 2 ? 0 : 10;
      await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: charged });
    }
    await follow(organization);
    expect(await sql(organization, "SELECT amount FROM alert_amounts")).toEqual(
      Array.from({ length: 8 }, () => ({ amount: 10_000_000 })),
    );
  });
});

describe("repeated_rejections", () => {
  it("counts what a shared row stands for, warns at ten, and is critical at fifty in spite of the cooldown", async () => {
    const { organization, agent } = await fresh();
    for (let n = 0; n < 9; n++) await buy(organization, agent, 200_000);
    expect(await ofKind(organization, "repeated_rejections")).toEqual([]);
    await buy(organization, agent, 200_000);
    expect(await ofKind(organization, "repeated_rejections")).toMatchObject([
      { severity: "warning", figures: { refusals: 10, count: 10, window_minutes: 10 } },
    ]);
    for (let n = 10; n < 99; n++) await buy(organization, agent, 200_000);
    expect(await ofKind(organization, "repeated_rejections")).toHaveLength(1);
    await buy(organization, agent, 200_000);
    expect(await ofKind(organization, "repeated_rejections")).toMatchObject([
      { severity: "critical", figures: { refusals: 100, critical_count: 50 }, suppressed: 0 },
      { severity: "warning", suppressed: 0 },
    ]);
  });

  it("does not count what lies further back than the window", async () => {
    const { organization, agent } = await fresh();
    for (let n = 0; n < 9; n++) await buy(organization, agent, 200_000 + n);
    later(10 * MINUTE);
    await buy(organization, agent, 200_100);
    expect(await ofKind(organization, "repeated_rejections")).toEqual([]);
  });
});

describe("overdraft", () => {
  it("is critical, with what was authorized and what was charged", async () => {
    const { organization, agent } = await fresh();
    const { transaction_id } = await buy(organization, agent, 20);
    await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: 25.5 });
    expect(await ofKind(organization, "overdraft")).toMatchObject([
      { severity: "critical", agent_id: agent, transaction_id, figures: { authorized: 20, settled: 25.5 } },
    ]);
  });
});

describe("an alert of which many pass", () => {
  it("is raised beyond the burst when it is larger: small overdrafts hide no huge one", async () => {
    const { organization, agent } = await fresh();
    const overdraw = async (charged: number) => {
      const { transaction_id } = await buy(organization, agent, 0.01);
      await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: charged });
      return transaction_id;
    };
    for (let n = 0; n <= LIMITS.alertBurst; n++) await overdraw(0.02);
    const huge = await overdraw(900_000);
    const [newest, ...others] = await ofKind(organization, "overdraft");
    expect(newest).toMatchObject({ transaction_id: huge, figures: { settled: 900_000 } });
    expect(others).toHaveLength(LIMITS.alertBurst);
  });

  it("is raised beyond the burst also of a vendor", async () => {
    const { organization, agent } = await fresh();
    for (let n = 0; n <= LIMITS.alertBurst; n++) await buy(organization, agent, 0.01, { vendor: `v${n}.example` });
    await buy(organization, agent, 90_000, { vendor: "huge.example" });
    const [newest, ...others] = await ofKind(organization, "new_vendor");
    expect(newest.figures.vendor).toBe("huge.example");
    expect(others).toHaveLength(LIMITS.alertBurst);
  });
});

describe("an organization of its own", () => {
  it("sees none of another's alerts", async () => {
    const { organization, agent } = await fresh();
    await buy(organization, agent, 900);
    const foreign = await newOrganization();
    const [alert] = await alerts(organization);
    expect(await alerts(foreign)).toEqual([]);
    const unknown = await api(foreign.admin, "GET", `/alerts/alr_${"0".repeat(22)}`);
    expect((await api(foreign.admin, "GET", `/alerts/${alert.id}`)).body.detail).toBe(unknown.body.detail);
    expect((await api(foreign.admin, "GET", `/alerts?agent_id=${agent}`)).body.data).toEqual([]);
  });
});
