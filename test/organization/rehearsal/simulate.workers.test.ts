import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  api,
  type Json,
  newAgent,
  newOrganization,
  sql,
  stateOf,
  type TestOrganization,
} from "../../support/service.ts";
import { buy, draft, followAll, fourPurchases, MINUTE, NOON, pass, simulate, terms } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => vi.useRealTimers());

describe("other terms find the first difference", () => {
  const OTHERS: readonly (readonly [string, object, number, string])[] = [
    ["a lower budget", { budgets: [{ period: "daily", limit: 50 }] }, 2, "budget_exceeded"],
    ["a lower limit per purchase", { per_transaction_limit: 19 }, 0, "per_transaction_limit"],
    [
      "a smaller rate",
      { rules: [{ type: "rate_limit", max_transactions: 3, window_minutes: 60 }] },
      3,
      "rate_limit_exceeded",
    ],
    [
      "a rate whose window has passed by then",
      { rules: [{ type: "rate_limit", max_transactions: 1, window_minutes: 2 }] },
      1,
      "rate_limit_exceeded",
    ],
    ["a vendor list", { rules: [{ type: "vendor_blocklist", vendors: ["c.example"] }] }, 2, "vendor_blocked"],
    ["an end", { valid_until: new Date(NOON + 150_000).toISOString() }, 2, "mandate_expired"],
    ["another currency", { currency: "EUR" }, 0, "currency_mismatch"],
  ];

  it.each(OTHERS)("%s", async (_name, change, index, code) => {
    const { organization, agent, mandate, ids } = await fourPurchases();
    const { status, body } = await simulate(organization, mandate, { terms: terms(agent, change) });
    expect(status).toBe(200);
    expect(body.first_difference).toMatchObject({
      transaction_id: ids[index],
      stage: "first",
      amount: 20,
      actual: "approved",
      rehearsed: "rejected",
      codes: [code],
    });
    expect(body.first_difference).toEqual(body.differences.first[0]);
    const shadow = await shadowOf(organization, agent, change);
    expect(shadow).toBe(true);
  });

  /** The same purchases again, with the draft beside them. */
  async function shadowOf(organization: TestOrganization, agent: string, change: object): Promise<boolean> {
    vi.setSystemTime(NOON + 24 * 60 * MINUTE);
    const moved = "valid_until" in change ? { valid_until: new Date(Date.now() + 150_000).toISOString() } : change;
    const id = await draft(organization, terms(agent, moved));
    await api(organization.admin, "POST", `/mandates/${id}/shadow`, { on: true });
    const since = new Date(Date.now() + 1).toISOString();
    for (let turn = 0; turn < 4; turn++) {
      pass(MINUTE);
      await buy(organization, agent, 20, { vendor: `${"abcd"[turn]}.example` });
    }
    await followAll(organization);
    const shadow = (await api(organization.read, "GET", `/mandates/${id}/shadow`)).body;
    const simulated = (await simulate(organization, id, { since })).body;
    expect(shadow.first_difference).toEqual(simulated.first_difference);
    expect(shadow.rehearsed).toEqual(simulated.rehearsed);
    expect(shadow.differences.count).toBe(simulated.differences.count);
    return shadow.first_difference !== null;
  }

  it("and counts on: what is refused leaves room for what comes later", async () => {
    const { organization, agent, mandate } = await fourPurchases();
    await buy(organization, agent, 5);
    const budgets = [{ id: "bud_new", period: "daily", limit: 45 }];
    const { body } = await simulate(organization, mandate, { terms: terms(agent, { budgets }) });
    expect(body.rehearsed).toMatchObject({
      total: 5,
      approved: 3,
      rejected: 2,
      asked: 0,
      amounts: [{ currency: "USD", approved: 45, rejected: 40, asked: 0 }],
    });
    expect(body.per_rule).toEqual([
      { code: "budget_exceeded", rule_id: "bud_new", currency: "USD", rejected: 2, asked: 0, amount: 40 },
    ]);
    expect(body.peaks).toMatchObject([{ id: "bud_new", limit: 45, used: 45, share: 1 }]);
    const day = body.days[0];
    expect(body.days).toHaveLength(1);
    for (const [world, sums] of [
      ["actual", day.actual],
      ["rehearsed", day.rehearsed],
    ] as const) {
      const { approved, rejected, asked, amounts } = body[world];
      expect([sums.approved.count, sums.rejected.count, sums.asked.count]).toEqual([approved, rejected, asked]);
      expect([sums.approved.amount, sums.rejected.amount]).toEqual([amounts[0].approved, amounts[0].rejected]);
    }
  });

  it("a settlement, a cancellation and a refund free the rehearsed budget as they freed the real one", async () => {
    const { organization, agent, mandate, ids } = await fourPurchases();
    const admin = (path: string, body: object) =>
      api(organization.admin, "POST", `/transactions/${ids[0]}/${path}`, body);
    await admin("settle", { amount_charged: 15 });
    await admin("refund", { amount: 10 });
    await api(organization.admin, "POST", `/transactions/${ids[1]}/cancel`, {});
    pass(MINUTE);
    // Counted by now: 5 + 0 + 20 + 20.
    await buy(organization, agent, 40);
    await buy(organization, agent, 1);
    const fits = { terms: terms(agent, { budgets: [{ period: "daily", limit: 86 }] }) };
    expect((await simulate(organization, mandate, fits)).body.differences.count).toBe(0);
    const tight = { terms: terms(agent, { budgets: [{ period: "daily", limit: 85 }] }) };
    expect((await simulate(organization, mandate, tight)).body.differences.first).toMatchObject([{ amount: 1 }]);
  });
});

describe("terms that allow more", () => {
  it("take what was refused as bought in full, and not the repeats of it", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { per_transaction_limit: 10 });
    for (let turn = 0; turn < 10; turn++) await buy(organization, agent, 60);
    pass(2 * MINUTE);
    await buy(organization, agent, 50);
    const own = (await simulate(organization, mandate)).body;
    expect(own).toMatchObject({ repeats: 8, actual: { total: 3, rejected: 3 }, differences: { count: 0 } });
    const { body } = await simulate(organization, mandate, { terms: terms(agent) });
    expect(body.rehearsed).toMatchObject({ total: 2, approved: 1, rejected: 1 });
    expect(body.skipped).toEqual({ erased: 0, repeats: 1 });
    expect(body.differences.first).toMatchObject([{ amount: 60, actual: "rejected", rehearsed: "approved" }]);
  });

  it("take a purchase that a person denied as bought, where they would not have asked", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { rules: [{ type: "approval", above: 10 }] });
    await buy(organization, agent, 70);
    const [waiting] = (await api(organization.approve, "GET", "/approvals")).body.data;
    await api(organization.approve, "POST", `/approvals/${waiting.id}/decision`, { decision: "deny" });
    await buy(organization, agent, 50);
    const { body } = await simulate(organization, mandate, { terms: terms(agent) });
    expect(body.differences.first).toMatchObject([
      { amount: 70, actual: "asked", rehearsed: "approved" },
      { amount: 50, actual: "asked", rehearsed: "rejected", codes: ["budget_exceeded"] },
    ]);
  });

  it("count against the organization's budgets only what this agent would have used otherwise", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { per_transaction_limit: 10 });
    const other = await newAgent(organization);
    const { version } = (await api(organization.admin, "GET", "/organization")).body;
    const budgets = [{ currency: "USD", period: "daily", limit: 100 }];
    await api(organization.admin, "PUT", "/organization/budgets", { budgets }, { "if-match": String(version) });
    await buy(organization, other.agent, 30);
    await buy(organization, agent, 60);
    await buy(organization, agent, 10);
    await buy(organization, agent, 5);
    const { body } = await simulate(organization, mandate, { terms: terms(agent) });
    expect(body.differences.first).toMatchObject([
      { amount: 60, actual: "rejected", rehearsed: "approved" },
      { amount: 5, actual: "approved", rehearsed: "rejected", codes: ["organization_budget_exceeded"] },
    ]);
  });
});

describe("terms that ask a person", () => {
  const asking = (agent: string) => ({ terms: terms(agent, { rules: [{ type: "approval", above: 10 }] }) });

  it("are taken as approved, or as denied where that is asked", async () => {
    const { organization, agent, mandate } = await fourPurchases();
    const approved = (await simulate(organization, mandate, asking(agent))).body;
    expect(approved.rehearsed).toMatchObject({ asked: 4, amounts: [{ asked: 80 }] });
    expect(approved.peaks).toMatchObject([{ used: 80 }]);
    const denied = (await simulate(organization, mandate, { ...asking(agent), assume_approvals: "denied" })).body;
    expect(denied.rehearsed).toMatchObject({ asked: 4 });
    expect(denied.peaks).toMatchObject([{ used: 0 }]);
  });
});

describe("an approval that is judged again", () => {
  it("is refused where the rehearsed budget is used up by then, on the day of the approval", async () => {
    const organization = await newOrganization();
    const rules = [{ type: "approval", above: 40, timeout_minutes: 6_000 }];
    const { agent, mandate } = await newAgent(organization, { rules });
    const { transaction_id } = await buy(organization, agent, 50);
    pass(13 * 60 * MINUTE);
    await buy(organization, agent, 30);
    const [waiting] = (await api(organization.approve, "GET", "/approvals")).body.data;
    const path = `/approvals/${waiting.id}/decision`;
    expect((await api(organization.approve, "POST", path, { decision: "approve" })).status).toBe(200);
    const daily = (limit: number) => ({ terms: terms(agent, { budgets: [{ period: "daily", limit }], rules }) });
    expect((await simulate(organization, mandate, daily(80))).body).toMatchObject({
      judged_again: 1,
      differences: { count: 0 },
    });
    const { body } = await simulate(organization, mandate, daily(79));
    expect(body.differences).toMatchObject({ count: 1, first: [{ transaction_id, stage: "approval" }] });
    expect(body.first_difference).toMatchObject({
      actual: "approved",
      rehearsed: "rejected",
      codes: ["budget_exceeded"],
    });
  });
});

describe("given purchases", () => {
  const at = (minutes: number) => new Date(NOON + minutes * MINUTE).toISOString();

  it("are judged in their order, from empty books", async () => {
    const { organization, agent } = await fourPurchases();
    const id = await draft(
      organization,
      terms(agent, { rules: [{ type: "approval", first_purchase_from_vendor: true }] }),
    );
    const { body } = await simulate(organization, id, {
      purchases: [
        { at: at(0), amount: 60, vendor: "https://Shop.example/x" },
        { at: at(1), amount: 30, vendor: "shop.example" },
        { at: at(2), amount: 30, vendor: "shop.example" },
        { at: at(24 * 60), amount: 30, vendor: "shop.example", currency: "EUR" },
        { at: at(24 * 60), amount: 30, vendor: "shop.example" },
      ],
    });
    expect(body.purchases.map(({ outcome, codes }: Json) => [outcome, ...codes])).toEqual([
      ["asked"],
      ["approved"],
      ["rejected", "budget_exceeded"],
      ["rejected", "currency_mismatch"],
      ["approved"],
    ]);
    expect(body).toMatchObject({ kind: "purchases", actual: { total: 0 }, rehearsed: { total: 5 }, events_read: 0 });
  });

  it.each([
    ["out of order", [{ at: at(1) }, { at: at(0) }], "/purchases/1/at"],
    ["with an amount that is none", [{ at: at(0) }, { at: at(0), amount: -1 }], "/purchases/1"],
    ["with a vendor that is none", [{ at: at(0), vendor: "a..b" }], "/purchases/0"],
  ])("are refused %s", async (_name, given, pointer) => {
    const { organization, mandate } = await fourPurchases();
    const purchases = given.map((purchase) => ({ amount: 1, vendor: "a.example", ...purchase }));
    const answer = await simulate(organization, mandate, { purchases });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
  });
});

describe("what is asked of a simulation", () => {
  it("can be a version, and the stretch", async () => {
    const { organization, mandate } = await fourPurchases();
    const { terms: stored } = (await api(organization.admin, "GET", `/mandates/${mandate}`)).body;
    const lower = { ...stored, per_transaction_limit: 1 };
    await api(organization.admin, "PUT", `/mandates/${mandate}`, lower, { "if-match": "1" });
    const second = (await simulate(organization, mandate, { version: 2 })).body;
    expect(second.differences.count).toBe(4);
    const since = new Date(NOON + 2 * MINUTE).toISOString();
    const until = new Date(NOON + 4 * MINUTE).toISOString();
    const middle = (await simulate(organization, mandate, { version: 2, since, until })).body;
    expect(middle).toMatchObject({ since, until, differences: { count: 2 } });
  });

  it.each([
    ["terms and a version", (agent: string) => ({ terms: terms(agent), version: 1 }), 400],
    ["a version that is not there", () => ({ version: 9 }), 404],
    ["another agent's terms", () => ({ terms: terms("agt_other") }), 400],
    ["an end before the beginning", () => ({ since: "2026-11-02T00:00:00Z", until: "2026-11-01T00:00:00Z" }), 400],
    [
      "a stretch beside given purchases",
      () => ({ since: "2026-11-02T00:00:00Z", purchases: [{ at: "2026-11-02T00:00:00Z", amount: 1, vendor: "a" }] }),
      400,
    ],
  ])("is refused with %s", async (_name, body, status) => {
    const { organization, agent, mandate } = await fourPurchases();
    const before = await stateOf(organization);
    expect((await simulate(organization, mandate, body(agent))).status).toBe(status);
    expect(await stateOf(organization)).toBe(before);
  });
});

describe("the record", () => {
  it("skips what was erased, and says so", async () => {
    const { organization, agent, mandate, ids } = await fourPurchases();
    await sql(organization, "UPDATE events SET body = NULL, salt = NULL WHERE subject = ?", ids[1]);
    expect((await simulate(organization, mandate)).body).toMatchObject({
      actual: { total: 3 },
      skipped: { erased: 1 },
    });
    const { body } = await simulate(organization, mandate, {
      terms: terms(agent, { budgets: [{ period: "daily", limit: 60 }] }),
    });
    expect(body).toMatchObject({ rehearsed: { approved: 3 }, skipped: { erased: 1 } });
  });

  it.each([
    ["a request", "$.data.request.amount", "200000000", "per_transaction_limit"],
    ["the usage", "$.data.usage.organization.frozen", "json('true')", "organization_frozen"],
    ["the version's hash", "$.data.mandate.hash", "'00'", "no_active_mandate"],
  ])("that says other than the engine is found out: %s", async (_name, path, value, code) => {
    const { organization, mandate, ids } = await fourPurchases();
    await sql(organization, `UPDATE events SET body = json_set(body, ?, ${value}) WHERE subject = ?`, path, ids[2]);
    const { body } = await simulate(organization, mandate);
    expect(body.differences.count).toBe(1);
    expect(body.first_difference).toMatchObject({ transaction_id: ids[2], actual: "approved", rehearsed: "rejected" });
    expect(body.first_difference.codes).toContain(code);
  });
});
