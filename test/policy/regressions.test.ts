/** Faults of earlier products that this one must not have (product reference 1.12 and 2.6), each by its number. */
import { describe, expect, it } from "vitest";
import type { Micros } from "../../src/money.ts";
import { parseAmount } from "../../src/money.ts";
import { compileMandate } from "../../src/policy/compile.ts";
import { decide, rateRefs } from "../../src/policy/decide.ts";
import type { MandateTerms } from "../../src/policy/terms.ts";
import { normalizeVendor } from "../../src/policy/vendor.ts";
import { at, failures, mandate, NOW, request, terms, usage, withRules } from "./fixtures.ts";

describe("product reference 1.12", () => {
  it("4: negative, zero and fractional amounts are refused, at the edge and in the decision", () => {
    for (const amount of [-1, 0, -0.000001, 0.0000001, Number.NaN]) expect(parseAmount(amount).ok).toBe(false);
    for (const amount of [-1_000_000, 0, 0.5]) {
      const decision = decide(mandate(), { ...request(), amount: amount as Micros }, usage(), NOW);
      expect(failures(decision)).toEqual(["per_transaction_limit"]);
    }
  });

  it("4: an unknown rule type refuses and does not throw", () => {
    const stored = {
      ...terms(),
      rules: [{ id: "rul_1", type: "jsonlogic", expression: {} }],
    } as unknown as MandateTerms;
    expect(failures(decide(compileMandate(stored), request(), usage(), NOW))).toEqual(["unknown_rule"]);
  });

  it.each([
    "Casino.com",
    "https://casino.com/x",
    "casino.com:443",
    "CASINO.COM.",
    "casino.com\u200b",
    "casino。com",
    "www.casino.com",
  ])("5: %o does not pass a block on casino.com", (spelling) => {
    const vendor = normalizeVendor(spelling);
    if (!vendor.ok) return;
    const m = withRules({ type: "vendor_blocklist", vendors: ["casino.com"] });
    expect(failures(decide(m, request({ vendor: vendor.value }), usage(), NOW))).toEqual(["vendor_blocked"]);
  });

  it("6: windows over midnight pass on both sides of midnight", () => {
    const m = withRules({ type: "time_window", days: ["fri"], start: "22:00", end: "06:00" });
    const outcome = (instant: string) => decide(m, request(), usage(), at(instant)).outcome;
    expect(["2026-11-20T23:30:00Z", "2026-11-21T05:30:00Z"].map(outcome)).toEqual(["approved", "approved"]);
    expect(["2026-11-20T05:30:00Z", "2026-11-21T23:30:00Z"].map(outcome)).toEqual(["rejected", "rejected"]);
  });

  it("6: at 00:xx local the hour is 0, so a window from 0 to 24 is always open", () => {
    const m = withRules({
      type: "time_window",
      days: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
      start: "00:00",
      end: "24:00",
      timezone: "America/New_York",
    });
    for (let minute = 0; minute < 1440; minute += 7) {
      expect(decide(m, request(), usage(), at("2026-11-21T05:00:00Z") + minute * 60_000).outcome).toBe("approved");
    }
    const hour = compileMandate(
      terms({ timezone: "America/New_York", rules: [{ type: "custom", expression: "hour == 0" }] }),
    );
    expect(decide(hour, request(), usage(), at("2026-11-21T05:30:00Z")).outcome).toBe("approved");
  });

  it("7: each rate rule has a count of its own", () => {
    const m = withRules(
      { type: "rate_limit", max_transactions: 3, window_minutes: 1 },
      { type: "rate_limit", max_transactions: 10, window_minutes: 60 },
    );
    expect(rateRefs(m, request()).map(({ id, window_ms }) => [id, window_ms])).toEqual([
      ["rul_1", 60_000],
      ["rul_2", 3_600_000],
    ]);
    const rates = { rul_1: { count: 1, frees_at: null }, rul_2: { count: 9, frees_at: null } };
    expect(decide(m, request(), usage({ rates }), NOW).outcome).toBe("approved");
    expect(
      failures(decide(m, request(), usage({ rates: { ...rates, rul_1: { count: 3, frees_at: NOW } } }), NOW)),
    ).toHaveLength(1);
  });
});

describe("product reference 2.6", () => {
  it("1: above is strictly above, and a limit includes itself", () => {
    const m = withRules({ type: "approval", above: 50 });
    const outcome = (amount: number) => decide(m, request({ amount }), usage(), NOW).outcome;
    expect([50, 50.000001, 100, 100.000001].map(outcome)).toEqual([
      "approved",
      "approval_required",
      "approval_required",
      "rejected",
    ]);
  });

  it("3: 5,000 EUR does not slip past limits in USD", () => {
    const decision = decide(
      mandate({ per_transaction_limit: 1e8 }),
      request({ amount: 5000, currency: "EUR" }),
      usage(),
      NOW,
    );
    expect(decision.outcome).toBe("rejected");
    expect(failures(decision)).toEqual(["currency_mismatch"]);
  });
});
