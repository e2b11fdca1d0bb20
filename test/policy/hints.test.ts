import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import type { Micros } from "../../src/money.ts";
import { decide } from "../../src/policy/decide.ts";
import { hints } from "../../src/policy/hints.ts";
import type { RuleInput } from "../../src/policy/terms.ts";
import type { PurchaseRequest, Usage } from "../../src/policy/types.ts";
import { at, mandate, NOW, request, usage, withRules } from "./fixtures.ts";

const amounts = (m: ReturnType<typeof mandate>, r: PurchaseRequest = request(), u: Usage = usage()) => {
  const { max_amount_now, max_amount_with_approval } = hints(m, r, u, NOW);
  return [max_amount_now, max_amount_with_approval].map((micros) => (micros === null ? null : micros / 1e6));
};

describe("hints: amounts", () => {
  it.each<[string, RuleInput[], Partial<Usage>, (number | null)[]]>([
    ["the limit of one purchase", [], {}, [100, 100]],
    ["what is left of a budget", [], { used: { bud_1: 990e6 } }, [10, 10]],
    ["an exhausted budget", [], { used: { bud_1: 1000e6 } }, [null, null]],
    ["an overdrawn budget", [], { used: { bud_1: 2000e6 } }, [null, null]],
    ["a rule's limit", [{ type: "max_amount", limit: 0.003 }], {}, [0.003, 0.003]],
    ["a rule that does not concern it", [{ type: "max_amount", limit: 5, vendors: ["b.com"] }], {}, [100, 100]],
    [
      "a vendor's budget",
      [{ type: "vendor_budget", vendors: ["example.com"], period: "daily", limit: 7 }],
      { used: { rul_1: 4e6 } },
      [3, 3],
    ],
    ["approval above", [{ type: "approval", above: 50 }], {}, [50, 100]],
    [
      "approval above in a period",
      [{ type: "approval", above: 50, period: "daily" }],
      { used: { rul_1: 45e6 } },
      [5, 100],
    ],
    ["approval above zero", [{ type: "approval", above: 0 }], {}, [null, 100]],
    ["approval of every purchase", [{ type: "approval", categories: ["food"] }], {}, [null, 100]],
    ["no room for approvals", [{ type: "approval", above: 50 }], { pending_approvals: 5 }, [50, 50]],
    [
      "no room for approvals, and all need one",
      [{ type: "approval", above: 0 }],
      { pending_approvals: 5 },
      [null, null],
    ],
    ["a vendor that is not allowed", [{ type: "vendor_allowlist", vendors: [] }], {}, [null, null]],
    ["a suspended agent", [], { agent: { status: "suspended" } }, [null, null]],
    ["a custom rule below", [{ type: "custom", expression: "amount < 20.0" }], {}, [19.999999, 19.999999]],
    ["a custom rule up to", [{ type: "custom", expression: "amount <= 20.0" }], {}, [20, 20]],
    ["a custom rule from", [{ type: "custom", expression: "amount >= 20.0" }], {}, [100, 100]],
    [
      "a custom rule between",
      [{ type: "custom", expression: "amount > 20.0 && amount < 30.0" }],
      {},
      [29.999999, 29.999999],
    ],
    [
      "a custom rule with arithmetic",
      [{ type: "custom", expression: "amount * 3.0 <= 100.0" }],
      {},
      [33.333333, 33.333333],
    ],
    ["a custom rule that never passes", [{ type: "custom", expression: "amount > 500.0" }], {}, [null, null]],
    [
      "a custom rule that needs more than there is",
      [{ type: "custom", expression: "amount > 20.0" }],
      { used: { bud_1: 990e6 } },
      [null, null],
    ],
    ["a custom rule without an answer", [{ type: "custom", expression: "category == 'x'" }], {}, [null, null]],
    [
      "a custom rule and approval",
      [
        { type: "custom", expression: "amount < 80.0" },
        { type: "approval", above: 50 },
      ],
      {},
      [50, 79.999999],
    ],
  ])("%s", (_name, rules, over, expected) =>
    expect(amounts(withRules(...rules), request(), usage(over))).toEqual(expected),
  );

  it("minds the organization's budgets", () => {
    const budgets = [{ id: "bud_o", currency: "USD", period: "daily", timezone: "UTC", limit: 9e6 as Micros }] as const;
    const u = usage({ organization: { frozen: false, storage_full: false, budgets }, used: { bud_o: 1e6 } });
    expect(amounts(mandate(), request(), u)).toEqual([8, 8]);
    expect(amounts(mandate({ currency: "EUR" }), request({ currency: "EUR" }), u)).toEqual([null, null]);
  });

  it("holds an approval up to the approved amount, not above", () => {
    const m = withRules({ type: "approval", above: 50 });
    expect(amounts(m, request({ amount: 70, approved_rules: ["rul_1"] }))).toEqual([70, 100]);
    expect(amounts(m, request({ amount: 70, approved_rules: ["rul_1"] }), usage({ used: { bud_1: 940e6 } }))).toEqual([
      60, 60,
    ]);
  });

  it("does not count an approval for a larger amount where no more may wait", () => {
    const m = withRules({ type: "approval", above: 50 });
    const r = request({ amount: 70, approved_rules: ["rul_1"] });
    expect(amounts(m, r, usage({ pending_approvals: 5 }))).toEqual([70, 70]);
  });

  it("knows the amounts before the amount is known", () => {
    expect(amounts(withRules({ type: "approval", above: 50 }), request({ amount: null }))).toEqual([50, 100]);
  });

  it("stays within what a request can hold", () => {
    const wide = mandate({ per_transaction_limit: 1e8, budgets: [{ period: "total", limit: 1e8 }] });
    expect(amounts(wide)).toEqual([LIMITS.amountMicros / 1e6, LIMITS.amountMicros / 1e6]);
  });

  it("is all null without a mandate", () => {
    expect(hints(null, request(), usage(), NOW)).toEqual({
      max_amount_now: null,
      max_amount_with_approval: null,
      retry_at: null,
    });
  });

  it("takes bounded time for the worst custom rules", () => {
    const rules = Array.from(
      { length: 32 },
      (_, index): RuleInput => ({
        type: "custom",
        expression: `amount > ${index}.5 && hour == 3 && minute == 7 && weekday == 2`,
      }),
    );
    const start = performance.now();
    hints(withRules(...rules), request(), usage(), NOW);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe("hints: retry_at", () => {
  const retry = (
    m: ReturnType<typeof mandate>,
    over: Partial<Usage> = {},
    r: PurchaseRequest = request(),
    now = NOW,
  ) => {
    const found = hints(m, r, usage(over), now).retry_at;
    return found === null ? null : new Date(found).toISOString();
  };
  const window = (over: object): RuleInput =>
    ({
      type: "time_window",
      days: ["mon", "tue", "wed", "thu", "fri"],
      start: "09:00",
      end: "17:00",
      ...over,
    }) as RuleInput;

  it("is null where the request passes, or is asked", () => {
    expect(retry(mandate())).toBe(null);
    expect(retry(withRules({ type: "approval", above: 1 }))).toBe(null);
  });

  it("is the reset of an exhausted budget", () => {
    expect(retry(mandate(), { used: { bud_1: 1000e6 } })).toBe("2026-12-01T00:00:00.000Z");
  });

  it("is the last of several resets", () => {
    const m = mandate({
      budgets: [
        { period: "hourly", limit: 20 },
        { period: "weekly", limit: 20 },
        { period: "daily", limit: 20 },
      ],
    });
    expect(retry(m, { used: { bud_1: 20e6, bud_2: 20e6, bud_3: 5e6 } })).toBe("2026-11-23T00:00:00.000Z");
  });

  it("is null where no time helps", () => {
    expect(retry(mandate({ budgets: [{ period: "daily", limit: 5 }] }))).toBe(null);
    expect(retry(mandate({ budgets: [{ period: "total", limit: 100 }] }), { used: { bud_1: 95e6 } })).toBe(null);
    expect(retry(mandate(), { used: { bud_1: 1000e6 }, agent: { status: "suspended" } })).toBe(null);
    expect(
      retry(mandate(), { used: { bud_1: 1000e6 }, organization: { frozen: true, storage_full: false, budgets: [] } }),
    ).toBe(null);
    expect(retry(mandate(), { used: { bud_1: 1000e6 }, mandate: { status: "paused" } })).toBe(null);
    expect(retry(mandate({ valid_until: "2026-11-30T00:00:00Z" }), { used: { bud_1: 1000e6 } })).toBe(null);
    expect(retry(withRules({ type: "vendor_allowlist", vendors: [] }, window({})))).toBe(null);
    expect(retry(withRules(window({ days: ["mon"] }), window({ days: ["tue"] })))).toBe(null);
  });

  it("is when the mandate begins", () => {
    expect(retry(mandate({ valid_from: "2027-02-01T00:00:00Z" }))).toBe("2027-02-01T00:00:00.000Z");
  });

  it("is when a slot frees", () => {
    const m = withRules({ type: "rate_limit", max_transactions: 2, window_minutes: 60 });
    expect(retry(m, { rates: { rul_1: { count: 2, frees_at: NOW + 60_000 } } })).toBe("2026-11-21T14:31:00.000Z");
  });

  it("is when the window opens", () => {
    expect(retry(withRules(window({})))).toBe("2026-11-23T09:00:00.000Z");
    expect(retry(withRules(window({ timezone: "America/New_York" })))).toBe("2026-11-23T14:00:00.000Z");
    expect(retry(withRules(window({ days: ["sat"], start: "22:00", end: "02:00" })))).toBe("2026-11-21T22:00:00.000Z");
    expect(retry(withRules(window({ days: ["sat"], start: "00:00", end: "14:30" })))).toBe("2026-11-28T00:00:00.000Z");
  });

  it("is the first opening after the last reset", () => {
    // The budget resets on Tuesday, 1 December, at midnight; the window opens at nine.
    expect(retry(withRules(window({})), { used: { bud_1: 1000e6 } })).toBe("2026-12-01T09:00:00.000Z");
  });

  it("is where two windows meet", () => {
    const m = withRules(
      window({ start: "09:00", end: "17:00" }),
      window({ days: ["wed"], start: "16:30", end: "20:00" }),
    );
    expect(retry(m)).toBe("2026-11-25T16:30:00.000Z");
  });

  it("finds an opening that daylight saving skips or repeats", () => {
    const zone = { timezone: "America/New_York", days: ["sun"] };
    // 02:15 does not exist on 8 March: the clock jumps from 02:00 to 03:00.
    expect(
      retry(withRules(window({ ...zone, start: "02:15", end: "04:00" })), {}, request(), at("2026-03-08T06:00:00Z")),
    ).toBe("2026-03-08T07:00:00.000Z");
    // On 1 November 01:45 comes again an hour later, and at 01:00 the clock is back in the window.
    expect(
      retry(withRules(window({ ...zone, start: "01:30", end: "01:45" })), {}, request(), at("2026-11-01T05:50:00Z")),
    ).toBe("2026-11-01T06:30:00.000Z");
    expect(
      retry(withRules(window({ ...zone, start: "00:30", end: "01:45" })), {}, request(), at("2026-11-01T05:50:00Z")),
    ).toBe("2026-11-01T06:00:00.000Z");
  });

  it("is when a custom rule on the clock passes", () => {
    expect(retry(withRules({ type: "custom", expression: "hour >= 9 && weekday == 1" }))).toBe(
      "2026-11-23T09:00:00.000Z",
    );
    expect(retry(withRules({ type: "custom", expression: "minute >= 47" }))).toBe("2026-11-21T14:47:00.000Z");
    expect(retry(withRules({ type: "custom", expression: "amount < 1.0" }))).toBe(null);
  });

  it("is when a rule that asks above a sum falls silent, where no more approvals may wait", () => {
    const m = withRules({ type: "approval", above: 50, period: "daily" });
    const full = { used: { rul_1: 45e6 }, pending_approvals: 5 };
    expect(retry(m, full)).toBe("2026-11-22T00:00:00.000Z");
    expect(retry(withRules({ type: "approval", above: 5 }), full)).toBe(null);
  });

  it("is verified", () => {
    const m = withRules(window({}));
    const found = hints(m, request(), usage(), NOW).retry_at ?? 0;
    expect(decide(m, request(), usage(), found).outcome).toBe("approved");
    expect(decide(m, request(), usage(), found - 1).outcome).toBe("rejected");
  });
});
