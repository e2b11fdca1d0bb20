/** Random mandates, histories and purchases against the naive model. FC_RUNS raises the number of runs. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Micros } from "../../src/money.ts";
import { compileMandate } from "../../src/policy/compile.ts";
import { counterRefs, decide, organizationCounterRefs, rateRefs } from "../../src/policy/decide.ts";
import { hints } from "../../src/policy/hints.ts";
import { parseTerms } from "../../src/policy/parse-terms.ts";
import { periodAt } from "../../src/policy/periods.ts";
import type { CompiledMandate, OrganizationBudget, PurchaseRequest, Usage } from "../../src/policy/types.ts";
import { PERIOD_KINDS, PROTOCOLS } from "../../src/policy/types.ts";
import { at, counter, failures } from "./fixtures.ts";
import { EXPRESSIONS, judge, type Past, type Wish, type World } from "./model.ts";

// Many runs; the default of five seconds is for an idle machine.
vi.setConfig({ testTimeout: 300_000 });

const RUNS = Number(process.env.FC_RUNS ?? 300);
const HOUR = 3_600_000;

const zone = fc.constantFrom("UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana");
const vendor = fc.constantFrom("a.com", "x.a.com", "xa.com", "b.org", "acme shop", "10.0.0.1");
const entry = fc.constantFrom("a.com", "b.org", "acme shop", "10.0.0.1");
const vendors = fc.uniqueArray(entry, { maxLength: 3 });
const someVendors = fc.uniqueArray(entry, { minLength: 1, maxLength: 3 });
const category = fc.constantFrom("food", "compute", "ads");
const someCategories = fc.uniqueArray(category, { minLength: 1, maxLength: 2 });
const period = fc.constantFrom(...PERIOD_KINDS);
const major = fc.constantFrom(0.5, 5, 10, 20, 33.333333, 40, 80);
const time = fc.constantFrom("00:00", "01:30", "02:00", "06:00", "12:00", "22:00", "23:59");
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const day = fc.constantFrom("sun", "mon", "tue", "wed", "thu", "fri", "sat");

const rule = fc
  .oneof(
    fc.record({ type: fc.constantFrom("vendor_allowlist", "vendor_blocklist"), vendors }),
    fc.record({ type: fc.constant("category"), allow: optional(someCategories), deny: optional(someCategories) }),
    fc.record({
      type: fc.constant("max_amount"),
      limit: major,
      vendors: optional(someVendors),
      categories: optional(someCategories),
    }),
    fc.record({ type: fc.constant("vendor_budget"), vendors: someVendors, period, limit: major }),
    fc.record({
      type: fc.constant("rate_limit"),
      max_transactions: fc.integer({ min: 1, max: 4 }),
      window_minutes: fc.constantFrom(30, 60, 1440, 43_200),
      vendors: optional(someVendors),
    }),
    fc.record({
      type: fc.constant("time_window"),
      days: fc.uniqueArray(day, { minLength: 1, maxLength: 7 }),
      start: time,
      end: fc.oneof(time, fc.constant("24:00")),
      timezone: optional(zone),
    }),
    fc.record({ type: fc.constant("geo"), allow: fc.constant(["DE", "US"]), deny: optional(fc.constant(["US"])) }),
    fc.record({
      type: fc.constant("protocol"),
      allow: fc.uniqueArray(fc.constantFrom(...PROTOCOLS), { minLength: 2 }),
    }),
    fc.record({
      type: fc.constant("approval"),
      above: fc.oneof(major, fc.constant(0)),
      period: optional(period),
      first_purchase_from_vendor: optional(fc.boolean()),
      categories: optional(someCategories),
    }),
    fc.record({ type: fc.constant("approval"), categories: someCategories }),
    fc.record({ type: fc.constant("custom"), expression: fc.constantFrom(...Object.keys(EXPRESSIONS)) }),
  )
  .filter((it) => {
    if (it.type === "category") return "allow" in it && (it.allow !== undefined || it.deny !== undefined);
    return !("start" in it) || it.start !== it.end;
  });

/** Around the changes of daylight saving, month ends, and a leap day. */
const instant = fc
  .tuple(
    fc.constantFrom(
      "2026-11-01T06:00Z",
      "2026-03-08T07:00Z",
      "2026-04-04T15:00Z",
      "2026-11-30T12:00Z",
      "2028-02-29T12:00Z",
      "2027-01-01T00:00Z",
    ),
    fc.integer({ min: -30 * HOUR, max: 30 * HOUR }),
  )
  .map(([base, offset]) => at(base) + offset);

interface Case {
  terms: unknown;
  world: World;
  wish: Wish;
  now: number;
}

const scene: fc.Arbitrary<Case> = fc
  .record({
    timezone: zone,
    per_transaction_limit: fc.constantFrom(20, 50, 100),
    budgets: fc.array(fc.record({ period, limit: fc.constantFrom(40, 100, 300) }), { minLength: 1, maxLength: 3 }),
    rules: fc.array(rule, { maxLength: 4 }),
    validity: optional(
      fc.constantFrom<object>({ from: -HOUR }, { from: HOUR }, { until: HOUR }, { until: 0 }, { from: 0 }),
    ),
    now: instant,
    past: fc.array(
      fc.record({
        ago: fc.oneof(fc.integer({ min: 0, max: 3 * HOUR }), fc.integer({ min: 0, max: 40 * 24 * HOUR })),
        vendor,
        amount: fc.integer({ min: 1, max: 30_000_000 }),
        category: fc.option(category),
      }),
      { maxLength: 8 },
    ),
    organizationBudgets: fc.array(
      fc.record({
        currency: fc.constantFrom("USD", "USD", "EUR"),
        period,
        timezone: zone,
        limit: fc.constantFrom(30e6, 100e6),
      }),
      { maxLength: 2 },
    ),
    wish: fc.record({
      vendor,
      amount: fc.oneof(fc.integer({ min: 1, max: 120_000_000 }), fc.constantFrom(5e6, 10e6, 20e6, 40e6, 40_000_001)),
      currency: fc.constantFrom("USD", "USD", "USD", "USD", "EUR"),
      category: fc.option(category),
      protocol: fc.constantFrom(...PROTOCOLS),
      country: fc.option(fc.constantFrom("DE", "US", "FR")),
      approved_rules: fc.constantFrom([], [], ["rul_1"]),
    }),
    frozen: fc.integer({ min: 0, max: 19 }).map((dice) => dice === 0),
    agentStatus: fc.constantFrom("active", "active", "active", "active", "active", "active", "suspended", null),
    mandateStatus: fc.constantFrom("active", "active", "active", "active", "active", "active", "paused", null),
    knownVendors: fc.uniqueArray(vendor),
    pendingApprovals: fc.constantFrom(0, 0, 0, 4, 5),
  })
  .map(
    ({ validity, now, past, organizationBudgets, wish, timezone, per_transaction_limit, budgets, rules, ...world }) => {
      const { from, until } = (validity ?? {}) as { from?: number; until?: number };
      return {
        now,
        terms: {
          agent_id: "agt_1",
          name: "Random",
          currency: "USD",
          timezone,
          per_transaction_limit,
          budgets,
          rules,
          ...(from === undefined ? {} : { valid_from: new Date(now + from).toISOString() }),
          ...(until === undefined ? {} : { valid_until: new Date(now + until).toISOString() }),
        },
        wish: { agent_id: "agt_1", ...wish },
        world: {
          ...world,
          organizationBudgets: organizationBudgets.map((budget, index) => ({ id: `bud_org${index}`, ...budget })),
          past: past.map(({ ago, ...purchase }) => ({ at: now - ago, currency: "USD", ...purchase })),
        },
      };
    },
  );

const compile = (terms: unknown): CompiledMandate => {
  const plain = JSON.parse(JSON.stringify(terms)) as unknown;
  const parsed = parseTerms(plain, { timezone: "UTC", newId: counter() });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return compileMandate(parsed.value);
};
const requestOf = (wish: Wish) => wish as unknown as PurchaseRequest;

/** What the ledger would read: counters keyed by label, windows by instant. Built with the references under test. */
function usageAt(mandate: CompiledMandate, wish: Wish, world: World, now: number): Usage {
  const budgets = world.organizationBudgets as unknown as OrganizationBudget[];
  const counters = new Map<string, number>();
  const key = (id: string, kind: OrganizationBudget["period"], timezone: string, when: number) =>
    `${id} ${periodAt(kind, timezone, when).label}`;
  const asRequest = (past: Past) =>
    requestOf({ ...wish, vendor: past.vendor, category: past.category, currency: past.currency });
  for (const past of world.past) {
    const refs = [...counterRefs(mandate, asRequest(past)), ...organizationCounterRefs(budgets, past.currency)];
    for (const ref of refs) {
      const name = key(ref.id, ref.period, ref.timezone, past.at);
      counters.set(name, (counters.get(name) ?? 0) + past.amount);
    }
  }
  const used: Record<string, number> = {};
  for (const ref of [...counterRefs(mandate, requestOf(wish)), ...organizationCounterRefs(budgets)]) {
    used[ref.id] = counters.get(key(ref.id, ref.period, ref.timezone, now)) ?? 0;
  }
  const rates: Record<string, { count: number; frees_at: number | null }> = {};
  for (const { id, max, window_ms } of rateRefs(mandate, requestOf(wish))) {
    const counted = world.past
      .filter((past) => past.at > now - window_ms && rateRefs(mandate, asRequest(past)).some((ref) => ref.id === id))
      .map((past) => past.at)
      .sort((a, b) => b - a);
    const oldestThatMustGo = counted[max - 1];
    rates[id] = {
      count: counted.length,
      frees_at: oldestThatMustGo === undefined ? null : oldestThatMustGo + window_ms,
    };
  }
  return {
    organization: { frozen: world.frozen, storage_full: false, budgets },
    agent: world.agentStatus === null ? null : { status: world.agentStatus as "active" },
    mandate: world.mandateStatus === null ? null : { status: world.mandateStatus as "active" },
    used,
    rates,
    vendor_known: world.knownVendors.includes(wish.vendor),
    pending_approvals: world.pendingApprovals,
  };
}

describe("decide against the naive model", () => {
  it("gives the same outcome and the same failed codes in the same order", () => {
    fc.assert(
      fc.property(scene, ({ terms, world, wish, now }) => {
        const mandate = compile(terms);
        const decision = decide(mandate, requestOf(wish), usageAt(mandate, wish, world, now), now);
        const model = judge(JSON.parse(JSON.stringify(mandate.terms)), wish, world, now);
        expect({ outcome: decision.outcome, failed: failures(decision) }).toEqual(model);
      }),
      { numRuns: RUNS },
    );
  });

  it("approves no more when more is spent, and no more for more", () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 0, max: 50_000_000 }), ({ terms, world, wish, now }, extra) => {
        const mandate = compile(terms);
        const usage = usageAt(mandate, wish, world, now);
        const more = {
          ...usage,
          used: Object.fromEntries(Object.entries(usage.used).map(([id, used]) => [id, used + extra])),
        };
        const rank = { rejected: 0, approval_required: 1, approved: 2 };
        const before = rank[decide(mandate, requestOf(wish), usage, now).outcome];
        expect(rank[decide(mandate, requestOf(wish), more, now).outcome]).toBeLessThanOrEqual(before);
        if (mandate.rules.some(({ type }) => type === "custom")) return;
        const larger = { ...requestOf(wish), amount: (wish.amount + extra) as Micros };
        expect(rank[decide(mandate, larger, usage, now).outcome]).toBeLessThanOrEqual(before);
      }),
      { numRuns: RUNS },
    );
  });
});

describe("hints against decide", () => {
  it("names amounts that pass, and none larger does", () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 1, max: 120_000_000 }), ({ terms, world, wish, now }, other) => {
        const mandate = compile(terms);
        const usage = usageAt(mandate, wish, world, now);
        const fresh = { ...requestOf(wish), approved_rules: [] };
        const outcome = (amount: number) => decide(mandate, { ...fresh, amount: amount as Micros }, usage, now).outcome;
        const { max_amount_now, max_amount_with_approval } = hints(mandate, fresh, usage, now);
        if (max_amount_now !== null) expect(outcome(max_amount_now)).toBe("approved");
        if (max_amount_with_approval !== null) expect(outcome(max_amount_with_approval)).not.toBe("rejected");
        expect((max_amount_with_approval ?? 0) >= (max_amount_now ?? 0)).toBe(true);
        for (const amount of [wish.amount, other, (max_amount_now ?? 0) + 1]) {
          if (amount > (max_amount_now ?? 0)) expect(outcome(amount)).not.toBe("approved");
        }
        for (const amount of [wish.amount, other, (max_amount_with_approval ?? 0) + 1]) {
          if (amount > (max_amount_with_approval ?? 0)) expect(outcome(amount)).toBe("rejected");
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("names the earliest instant at which the request passes, judged on the history as it is then", () => {
    const later = fc.array(fc.integer({ min: 1, max: 40 * 24 * 60 }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(scene, later, ({ terms, world, wish, now }, minutes) => {
        const mandate = compile(terms);
        const request = requestOf(wish);
        const outcome = (when: number) => decide(mandate, request, usageAt(mandate, wish, world, when), when).outcome;
        const { retry_at } = hints(mandate, request, usageAt(mandate, wish, world, now), now);
        if (outcome(now) !== "rejected") {
          expect(retry_at).toBe(null);
          return;
        }
        if (retry_at !== null) {
          expect(retry_at).toBeGreaterThan(now);
          expect(outcome(retry_at)).not.toBe("rejected");
        }
        // An expression on the minute is tried minute by minute for a day only: a later or no hint is then allowed.
        if (mandate.rules.some((rule) => rule.clock?.includes("minute") === true)) return;
        const until = retry_at ?? Number.POSITIVE_INFINITY;
        const probes = [...minutes.map((minute) => now + minute * 60_000), now + 1, until - 1];
        for (const when of probes)
          if (when > now && when < until) expect([when, outcome(when)]).toEqual([when, "rejected"]);
      }),
      { numRuns: RUNS },
    );
  });
});
