import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import type { Micros } from "../../src/money.ts";
import { compileMandate } from "../../src/policy/compile.ts";
import { counterRefs, decide, organizationCounterRefs } from "../../src/policy/decide.ts";
import { REASON_CODES } from "../../src/policy/reasons.ts";
import type { CompiledMandate, OrganizationBudget, PurchaseRequest, Usage } from "../../src/policy/types.ts";
import { at, failures, mandate, NOW, request, terms, usage, withRules } from "./fixtures.ts";

const codes = (m: CompiledMandate | null, r: PurchaseRequest, u: Usage, now = NOW) =>
  failures(decide(m, r, u, now)).join();
const budget = (over: Partial<OrganizationBudget> = {}): OrganizationBudget => ({
  id: "bud_org",
  currency: "USD",
  period: "monthly",
  timezone: "UTC",
  limit: 50e6 as Micros,
  ...over,
});
const organization = (over: Partial<Usage["organization"]>) => ({
  organization: { frozen: false, storage_full: false, budgets: [], ...over },
});

describe("decide: gates", () => {
  it.each<[Partial<Usage>, string]>([
    [{}, ""],
    [organization({ storage_full: true }), "storage_full"],
    [organization({ frozen: true }), "organization_frozen"],
    [{ agent: null }, "agent_not_found"],
    [{ agent: { status: "suspended" } }, "agent_suspended"],
    [{ agent: { status: "decommissioned" } }, "agent_suspended"],
    [{ mandate: null }, "no_active_mandate"],
    [{ mandate: { status: "paused" } }, "no_active_mandate"],
    [{ mandate: { status: "revoked" } }, "no_active_mandate"],
    [{ mandate: { status: "expired" } }, "mandate_expired"],
  ])("%o: %s", (over, expected) => expect(codes(mandate(), request(), usage(over))).toBe(expected));

  it("default deny: without a mandate nothing passes", () => {
    expect(codes(null, request(), usage())).toBe("no_active_mandate");
    expect(codes(null, request(), usage({ mandate: null }))).toBe("no_active_mandate");
  });

  it("the mandate of another agent is none", () =>
    expect(codes(mandate(), request({ agent_id: "agt_2" }), usage())).toBe("no_active_mandate"));

  it.each([
    ["2026-11-21T14:29:59.999Z", "mandate_not_yet_valid"],
    ["2026-11-21T14:30:00Z", ""],
    ["2026-11-21T15:29:59.999Z", ""],
    ["2026-11-21T15:30:00Z", "mandate_expired"],
  ])("validity includes its beginning and not its end: %s", (instant, expected) => {
    const m = mandate({ valid_from: "2026-11-21T14:30:00Z", valid_until: "2026-11-21T15:30:00Z" });
    expect(codes(m, request(), usage(), at(instant))).toBe(expected);
  });
});

describe("decide: amounts", () => {
  it.each([
    [100, ""],
    [100.000001, "per_transaction_limit"],
    [0.000001, ""],
  ])("per transaction: %d", (amount, expected) =>
    expect(codes(mandate(), request({ amount }), usage())).toBe(expected),
  );

  it.each([
    [990e6, 10, ""],
    [990e6, 10.000001, "budget_exceeded"],
    [1000e6, 0.000001, "budget_exceeded"],
    [2000e6, 0.000001, "budget_exceeded"],
  ])("budget with %d used, asking %d: %s", (used, amount, expected) => {
    expect(codes(mandate(), request({ amount }), usage({ used: { bud_1: used } }))).toBe(expected);
  });

  it("judges every budget, and each resets at its own time", () => {
    const m = mandate({
      budgets: [
        { period: "hourly", limit: 20 },
        { period: "daily", limit: 30 },
        { period: "weekly", limit: 40 },
        { period: "monthly", limit: 50 },
        { period: "total", limit: 60 },
      ],
    });
    const used = { bud_1: 15e6, bud_2: 15e6, bud_3: 35e6, bud_4: 15e6, bud_5: 100e6 };
    const { checks } = decide(m, request({ amount: 10 }), usage({ used }), NOW);
    expect(checks.filter((check) => check.rule === "budget")).toMatchObject([
      { id: "bud_1", passed: false, period: "hourly", remaining: 5e6, resets_at: at("2026-11-21T15:00:00Z") },
      { id: "bud_2", passed: true, period: "daily", remaining: 15e6, resets_at: at("2026-11-22T00:00:00Z") },
      { id: "bud_3", passed: false, period: "weekly", remaining: 5e6, resets_at: at("2026-11-23T00:00:00Z") },
      { id: "bud_4", passed: true, period: "monthly", remaining: 35e6, resets_at: at("2026-12-01T00:00:00Z") },
      { id: "bud_5", passed: false, period: "total", remaining: 0, resets_at: undefined },
    ]);
  });

  it.each([-1, 0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, LIMITS.amountMicros + 1, "10" as never, null as never])(
    "an amount of %o micros never passes, whatever the mandate",
    (amount) => {
      const wide = mandate({ per_transaction_limit: 1e8, budgets: [{ period: "total", limit: 1e8 }] });
      const decision = decide(wide, { ...request(), amount: amount as Micros }, usage(), NOW);
      if (amount === null) expect(decision.outcome).toBe("approved");
      else expect(decision.outcome).toBe("rejected");
    },
  );

  it("leaves out what needs an amount while it is not known, and judges the rest", () => {
    const m = mandate({
      rules: [
        { type: "max_amount", limit: 1 },
        { type: "vendor_budget", vendors: ["example.com"], period: "daily", limit: 1 },
        { type: "approval", above: 1 },
        { type: "custom", expression: "amount < 1.0" },
        { type: "vendor_blocklist", vendors: ["example.com"] },
      ],
    });
    const decision = decide(m, request({ amount: null }), usage(organization({ budgets: [budget()] })), NOW);
    expect(failures(decision)).toEqual(["vendor_blocked"]);
    expect(decision.checks.some((check) => check.limit !== undefined)).toBe(false);
  });
});

describe("decide: currency", () => {
  it("reports the mismatch, and compares no amounts across currencies", () => {
    const m = mandate({
      rules: [
        { type: "max_amount", limit: 1 },
        { type: "vendor_blocklist", vendors: ["example.com"] },
      ],
    });
    const decision = decide(m, request({ currency: "EUR", amount: 5000 }), usage(), NOW);
    expect(failures(decision)).toEqual(["currency_mismatch", "vendor_blocked"]);
    expect(decision.checks.some((check) => check.limit !== undefined)).toBe(false);
  });

  it("does not ask because of an amount in another currency", () => {
    const m = withRules({ type: "approval", above: 1, first_purchase_from_vendor: true });
    const decision = decide(m, request({ currency: "EUR" }), usage({ vendor_known: true, pending_approvals: 5 }), NOW);
    expect(failures(decision)).toEqual(["currency_mismatch"]);
    expect(decision.asks).toEqual([]);
  });

  it.each<[OrganizationBudget[], string, string]>([
    [[], "USD", ""],
    [[budget()], "USD", ""],
    [[budget({ limit: 9_999_999 as Micros })], "USD", "organization_budget_exceeded"],
    [[budget({ currency: "EUR" })], "USD", "organization_budget_exceeded"],
    [[budget({ currency: "EUR", limit: 1 as Micros }), budget()], "USD", ""],
    [
      [budget({ limit: 1 as Micros }), budget({ id: "bud_b", limit: 1 as Micros })],
      "USD",
      "organization_budget_exceeded,organization_budget_exceeded",
    ],
  ])("organization budgets %o in %s: %s", (budgets, currency, expected) => {
    expect(codes(mandate(), request({ currency }), usage(organization({ budgets })))).toBe(expected);
  });

  it("knows that a currency without a budget will not do, also before the amount is known", () => {
    const budgets = [budget({ currency: "EUR" })];
    expect(codes(mandate(), request({ amount: null }), usage(organization({ budgets })))).toBe(
      "organization_budget_exceeded",
    );
  });
});

describe("decide: the whole", () => {
  it("evaluates and reports every check, in the documented order", () => {
    const m = mandate({
      per_transaction_limit: 1,
      budgets: [
        { period: "daily", limit: 1 },
        { period: "hourly", limit: 1 },
      ],
      valid_until: "2026-01-01T00:00:00Z",
      rules: [
        { type: "protocol", allow: [] },
        { type: "vendor_allowlist", vendors: [] },
        { type: "approval", above: 1 },
        { type: "geo", allow: ["DE"] },
      ],
    });
    const u = usage({
      ...organization({ frozen: true, storage_full: true, budgets: [budget({ limit: 1 as Micros })] }),
      agent: { status: "suspended" },
      mandate: { status: "paused" },
      pending_approvals: 5,
    });
    const decision = decide(m, request(), u, NOW);
    expect(failures(decision)).toEqual([
      "storage_full",
      "organization_frozen",
      "agent_suspended",
      "no_active_mandate",
      "mandate_expired",
      "per_transaction_limit",
      "budget_exceeded",
      "budget_exceeded",
      "organization_budget_exceeded",
      "protocol_not_allowed",
      "vendor_not_allowed",
      "country_unknown",
      "too_many_pending_approvals",
    ]);
    expect(decision.outcome).toBe("rejected");
    expect(
      decision.checks
        .map((check) => check.code)
        .filter((code) =>
          ["agent_not_found", "mandate_not_yet_valid", "currency_mismatch", "approval_required"].includes(code),
        ),
    ).toEqual(["agent_not_found", "mandate_not_yet_valid", "currency_mismatch", "approval_required"]);
  });

  it("lists the reason codes in the documented order", () => {
    expect(REASON_CODES.slice(0, 11)).toEqual([
      "storage_full",
      "organization_frozen",
      "agent_not_found",
      "agent_suspended",
      "no_active_mandate",
      "mandate_not_yet_valid",
      "mandate_expired",
      "currency_mismatch",
      "per_transaction_limit",
      "budget_exceeded",
      "organization_budget_exceeded",
    ]);
    expect(REASON_CODES.at(-1)).toBe("too_many_pending_approvals");
  });

  it("rejects, rather than asks, when anything fails", () => {
    const m = withRules({ type: "approval", above: 1 }, { type: "protocol", allow: [] });
    expect(decide(m, request(), usage(), NOW)).toMatchObject({ outcome: "rejected", asks: ["rul_1"] });
  });

  it("asks with the shortest time of the rules that ask, and only those", () => {
    const m = withRules(
      { type: "approval", above: 1, timeout_minutes: 30 },
      { type: "approval", above: 2, timeout_minutes: 20 },
      { type: "approval", above: 90, timeout_minutes: 1 },
    );
    const asked = decide(m, request(), usage(), NOW);
    expect(asked).toMatchObject({
      outcome: "approval_required",
      asks: ["rul_1", "rul_2"],
      approval_timeout_ms: 20 * 60_000,
    });
    const half = decide(m, request({ approved_rules: ["rul_2"] }), usage(), NOW);
    expect(half).toMatchObject({ outcome: "approval_required", asks: ["rul_1"], approval_timeout_ms: 30 * 60_000 });
    const all = decide(m, request({ approved_rules: ["rul_2", "rul_1"] }), usage(), NOW);
    expect(all).toMatchObject({ outcome: "approved", asks: [], approval_timeout_ms: null });
  });

  it("lets an agent have so many pending approvals, at N and N + 1", () => {
    const m = withRules({ type: "approval", above: 1 });
    const pending = (pending_approvals: number) => decide(m, request(), usage({ pending_approvals }), NOW);
    expect(pending(LIMITS.pendingApprovalsPerAgent - 1).outcome).toBe("approval_required");
    expect(failures(pending(LIMITS.pendingApprovalsPerAgent))).toEqual(["too_many_pending_approvals"]);
    const silent = decide(m, request({ amount: 1 }), usage({ pending_approvals: 99 }), NOW);
    expect(silent.outcome).toBe("approved");
  });

  it("gives the same answer to the same question, also from JSON", () => {
    const m = withRules(
      { type: "approval", above: 1 },
      { type: "time_window", days: ["sat"], start: "09:00", end: "17:00" },
    );
    const inputs = [request(), usage({ used: { bud_1: 5 } })] as const;
    const decision = decide(m, inputs[0], inputs[1], NOW);
    const [r, u] = JSON.parse(JSON.stringify(inputs)) as typeof inputs;
    const again = decide(compileMandate(JSON.parse(JSON.stringify(m.terms))), r, u, NOW);
    expect(JSON.stringify(again)).toBe(JSON.stringify(decision));
  });

  it("makes checks of one shape", () => {
    const m = withRules(
      { type: "approval", above: 1 },
      { type: "rate_limit", max_transactions: 1, window_minutes: 1 },
      { type: "vendor_budget", vendors: ["example.com"], period: "daily", limit: 50 },
      { type: "max_amount", limit: 50 },
      { type: "custom", expression: "true" },
    );
    const shapes = decide(m, request(), usage(organization({ budgets: [budget()] })), NOW).checks.map((check) =>
      Object.keys(check).join(),
    );
    expect(new Set(shapes).size).toBe(1);
  });
});

describe("references", () => {
  it("name every counter of a purchase", () => {
    const m = mandate({
      timezone: "Europe/Berlin",
      rules: [
        { type: "vendor_budget", vendors: ["example.com"], period: "weekly", limit: 5 },
        { type: "vendor_budget", vendors: ["other.com"], period: "weekly", limit: 5 },
        { type: "approval", above: 5, period: "daily" },
        { type: "approval", above: 5 },
      ],
    });
    expect(
      counterRefs(m, request()).map(({ id, kind, period, timezone, limit }) => [id, kind, period, timezone, limit]),
    ).toEqual([
      ["bud_1", "budget", "monthly", "Europe/Berlin", 1000e6],
      ["rul_1", "rule", "weekly", "Europe/Berlin", 5e6],
      ["rul_3", "rule", "daily", "Europe/Berlin", 5e6],
    ]);
  });

  it("name the organization's counters, all or those of a currency", () => {
    const budgets = [budget(), budget({ id: "bud_eur", currency: "EUR" })];
    expect(organizationCounterRefs(budgets).map(({ id }) => id)).toEqual(["bud_org", "bud_eur"]);
    expect(organizationCounterRefs(budgets, "EUR")).toEqual([
      { id: "bud_eur", kind: "organization_budget", period: "monthly", timezone: "UTC", limit: 50e6 },
    ]);
  });
});

describe("compileMandate", () => {
  it.each([{ timezone: "Nope" }, { per_transaction_limit: -1 }, { valid_from: "never" }])(
    "throws on the bug %o",
    (over) => {
      expect(() => compileMandate({ ...terms(), ...over })).toThrow();
    },
  );
  it("knows whether it must be told about vendors", () => {
    expect(mandate().needs_vendor_known).toBe(false);
    expect(withRules({ type: "approval", first_purchase_from_vendor: true }).needs_vendor_known).toBe(true);
  });
});
