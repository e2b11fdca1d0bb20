import { describe, expect, it } from "vitest";
import { compileMandate } from "../../../src/policy/compile.ts";
import { decide, rateRefs } from "../../../src/policy/decide.ts";
import type { MandateTerms, RuleInput } from "../../../src/policy/terms.ts";
import type { PurchaseRequest, Usage } from "../../../src/policy/types.ts";
import { at, failures, NOW, request, terms, usage, withRules } from "../fixtures.ts";

type Over = Parameters<typeof request>[0];

/** The failed codes of one rule, judged alone. */
const judge = (rule: RuleInput, over: Over = {}, with_: Partial<Usage> = {}, now = NOW) =>
  failures(decide(withRules(rule), request(over), usage(with_), now)).join();
const outcome = (rule: RuleInput, over: Over = {}, with_: Partial<Usage> = {}, now = NOW) =>
  decide(withRules(rule), request(over), usage(with_), now).outcome;

describe("vendor lists", () => {
  const allow: RuleInput = { type: "vendor_allowlist", vendors: ["good.com", "Acme Inc"] };
  const block: RuleInput = { type: "vendor_blocklist", vendors: ["good.com", "Acme Inc"] };
  it.each([
    ["good.com", true],
    ["api.good.com", true],
    ["acme inc", true],
    ["evil-good.com", false],
    ["good.com.evil.net", false],
    ["acme", false],
  ])("%s is on the list: %s", (vendor, listed) => {
    expect(judge(allow, { vendor })).toBe(listed ? "" : "vendor_not_allowed");
    expect(judge(block, { vendor })).toBe(listed ? "vendor_blocked" : "");
  });
  it("an empty allow list is nobody, an empty block list everybody", () => {
    expect(judge({ type: "vendor_allowlist", vendors: [] })).toBe("vendor_not_allowed");
    expect(judge({ type: "vendor_blocklist", vendors: [] })).toBe("");
  });
});

describe("category", () => {
  it.each([
    [{ allow: ["Food"] }, "food", ""],
    [{ allow: ["food"] }, "compute", "category_not_allowed"],
    [{ allow: ["food"] }, null, "category_missing"],
    [{ allow: [] }, "food", "category_not_allowed"],
    [{ deny: ["food"] }, "food", "category_not_allowed"],
    [{ deny: ["food"] }, "compute", ""],
    [{ deny: ["food"] }, null, ""],
    [{ allow: ["food"], deny: ["food"] }, "food", "category_not_allowed"],
  ])("%o, category %s: %s", (lists, category, expected) => {
    expect(judge({ type: "category", ...lists }, { category })).toBe(expected);
  });
});

describe("max_amount", () => {
  const rule: RuleInput = { type: "max_amount", limit: 20, vendors: ["a.com"], categories: ["food"] };
  it.each([
    [20, "a.com", "food", ""],
    [20.000001, "a.com", "food", "max_amount_exceeded"],
    [21, "b.com", "food", ""],
    [21, "a.com", "compute", ""],
    // Leaving the category out is not a way around the rule.
    [21, "a.com", null, "max_amount_exceeded"],
  ])("%d at %s in %s: %s", (amount, vendor, category, expected) => {
    expect(judge(rule, { amount, vendor, category })).toBe(expected);
  });
  it("says nothing without an amount", () => expect(judge(rule, { amount: null, vendor: "a.com" })).toBe(""));
});

describe("vendor_budget", () => {
  const rule: RuleInput = { type: "vendor_budget", vendors: ["a.com"], period: "daily", limit: 20 };
  it.each([
    ["a.com", 15e6, 5, ""],
    ["a.com", 15e6, 5.000001, "vendor_budget_exceeded"],
    ["x.a.com", 20e6, 0.000001, "vendor_budget_exceeded"],
    ["b.com", 20e6, 50, ""],
    ["a.com", 25e6, 1, "vendor_budget_exceeded"],
  ])("at %s, used %d, asking %d: %s", (vendor, used, amount, expected) => {
    expect(judge(rule, { vendor, amount }, { used: { rul_1: used } })).toBe(expected);
  });
  it("reports what is left and when it resets", () => {
    const decision = decide(withRules(rule), request({ vendor: "a.com" }), usage({ used: { rul_1: 15e6 } }), NOW);
    expect(decision.checks.at(-1)).toMatchObject({
      limit: 20e6,
      used: 15e6,
      remaining: 5e6,
      resets_at: at("2026-11-22T00:00:00Z"),
      period: "daily",
    });
  });
});

describe("rate_limit", () => {
  const rule: RuleInput = { type: "rate_limit", max_transactions: 3, window_minutes: 60, vendors: ["a.com"] };
  const rates = (count: number) => ({ rates: { rul_1: { count, frees_at: count >= 3 ? NOW + 5 : null } } });
  it.each([
    ["a.com", 2, ""],
    ["a.com", 3, "rate_limit_exceeded"],
    ["a.com", 9, "rate_limit_exceeded"],
    ["b.com", 9, ""],
  ])("at %s after %d: %s", (vendor, count, expected) => expect(judge(rule, { vendor }, rates(count))).toBe(expected));
  it("counts nothing where nothing was counted", () => expect(judge(rule, { vendor: "a.com" })).toBe(""));
  it("says when a slot frees", () => {
    const decision = decide(withRules(rule), request({ vendor: "a.com" }), usage(rates(3)), NOW);
    expect(decision.checks.at(-1)).toMatchObject({ limit: 3, used: 3, remaining: 0, resets_at: NOW + 5 });
  });
  it("has a window only where the vendor is concerned", () => {
    const ref = { id: "rul_1", max: 3, window_ms: 3_600_000 };
    expect(rateRefs(withRules(rule), request({ vendor: "a.com" }))).toEqual([ref]);
    expect(rateRefs(withRules(rule), request({ vendor: "b.com" }))).toEqual([]);
  });
});

describe("time_window", () => {
  const window = (over: object): RuleInput =>
    ({
      type: "time_window",
      days: ["mon", "tue", "wed", "thu", "fri"],
      start: "09:00",
      end: "17:00",
      ...over,
    }) as RuleInput;
  const every = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
  it.each([
    // Friday, 20 November 2026
    [{}, "2026-11-20T08:59:59.999Z", false],
    [{}, "2026-11-20T09:00:00Z", true],
    [{}, "2026-11-20T16:59:59.999Z", true],
    [{}, "2026-11-20T17:00:00Z", false],
    [{}, "2026-11-21T12:00:00Z", false],
    // Over midnight: Friday night belongs to Friday, early Monday to Sunday.
    [{ start: "22:00", end: "06:00" }, "2026-11-20T22:00:00Z", true],
    [{ start: "22:00", end: "06:00" }, "2026-11-21T00:30:00Z", true],
    [{ start: "22:00", end: "06:00" }, "2026-11-21T05:59:59Z", true],
    [{ start: "22:00", end: "06:00" }, "2026-11-21T06:00:00Z", false],
    [{ start: "22:00", end: "06:00" }, "2026-11-21T22:30:00Z", false],
    [{ start: "22:00", end: "06:00" }, "2026-11-23T05:00:00Z", false],
    [{ start: "22:00", end: "06:00" }, "2026-11-24T05:00:00Z", true],
    // Hours 00 and 24
    [{ start: "00:00", end: "24:00" }, "2026-11-20T00:00:00Z", true],
    [{ start: "00:00", end: "24:00" }, "2026-11-20T23:59:59.999Z", true],
    [{ start: "00:00", end: "24:00" }, "2026-11-21T00:00:00Z", false],
    [{ start: "00:00", end: "24:00", days: every }, "2026-11-22T00:30:00Z", true],
    [{ start: "18:00", end: "00:00" }, "2026-11-20T23:59:59Z", true],
    [{ start: "18:00", end: "00:00" }, "2026-11-21T00:00:00Z", false],
    [{ start: "18:00", end: "24:00" }, "2026-11-20T23:59:59Z", true],
    [{ start: "00:00", end: "00:01" }, "2026-11-20T00:00:59Z", true],
    // Its own zone: 09:00 in Tokyo is 00:00 UTC, and Monday begins on Sunday
    [{ timezone: "Asia/Tokyo" }, "2026-11-23T00:00:00Z", true],
    [{ timezone: "Asia/Tokyo" }, "2026-11-22T23:59:59Z", false],
    // Daylight saving in New York: 02:30 does not exist on 8 March, 01:30 comes twice on 1 November
    [{ timezone: "America/New_York", days: ["sun"], start: "02:00", end: "03:00" }, "2026-03-08T07:00:00Z", false],
    [{ timezone: "America/New_York", days: ["sun"], start: "01:00", end: "02:00" }, "2026-11-01T05:30:00Z", true],
    [{ timezone: "America/New_York", days: ["sun"], start: "01:00", end: "02:00" }, "2026-11-01T06:30:00Z", true],
    [{ timezone: "America/New_York", days: ["sun"], start: "01:00", end: "02:00" }, "2026-11-01T07:00:00Z", false],
    // Lord Howe goes back half an hour, from 02:00 to 01:30
    [{ timezone: "Australia/Lord_Howe", days: ["sun"], start: "01:45", end: "02:00" }, "2026-04-04T14:50:00Z", true],
    [{ timezone: "Australia/Lord_Howe", days: ["sun"], start: "01:45", end: "02:00" }, "2026-04-04T15:05:00Z", false],
    [{ timezone: "Australia/Lord_Howe", days: ["sun"], start: "01:45", end: "02:00" }, "2026-04-04T15:20:00Z", true],
    // Apia never had Friday, 30 December 2011
    [{ timezone: "Pacific/Apia", days: ["fri"], start: "00:00", end: "24:00" }, "2011-12-30T10:00:00Z", false],
    [{ timezone: "Pacific/Apia", days: ["sat"], start: "00:00", end: "24:00" }, "2011-12-30T10:00:00Z", true],
    [{ days: ["tue"], start: "00:00", end: "24:00" }, "2028-02-29T23:59:59Z", true],
  ])("%o at %s is open: %s", (over, instant, open) => {
    expect(judge(window(over), {}, {}, at(instant))).toBe(open ? "" : "outside_time_window");
  });
});

describe("geo", () => {
  it.each([
    [{ allow: ["DE"] }, "DE", ""],
    [{ allow: ["de"] }, "FR", "country_not_allowed"],
    [{ deny: ["FR"] }, "FR", "country_not_allowed"],
    [{ deny: ["FR"] }, "DE", ""],
    [{ deny: ["FR"] }, null, "country_unknown"],
    [{ allow: ["DE"] }, null, "country_unknown"],
    [{ deny: ["FR"] }, "XX", "country_unknown"],
    [{ deny: ["T1"] }, "T1", "country_not_allowed"],
    [{ allow: [] }, "DE", "country_not_allowed"],
  ])("%o from %s: %s", (lists, country, expected) =>
    expect(judge({ type: "geo", ...lists }, { country })).toBe(expected),
  );
});

describe("protocol", () => {
  it.each<[PurchaseRequest["protocol"][], PurchaseRequest["protocol"], string]>([
    [["x402", "stripe"], "x402", ""],
    [["x402", "stripe"], "external", "protocol_not_allowed"],
    [[], "external", "protocol_not_allowed"],
  ])("%o, paying by %s: %s", (allow, protocol, expected) =>
    expect(judge({ type: "protocol", allow }, { protocol })).toBe(expected),
  );
});

describe("approval", () => {
  it.each<[object, Over, Partial<Usage>, string]>([
    [{ above: 50 }, { amount: 50 }, {}, "approved"],
    [{ above: 50 }, { amount: 50.000001 }, {}, "approval_required"],
    [{ above: 0 }, { amount: 0.000001 }, {}, "approval_required"],
    [{ above: 50, period: "daily" }, { amount: 10 }, { used: { rul_1: 40e6 } }, "approved"],
    [{ above: 50, period: "daily" }, { amount: 10.000001 }, { used: { rul_1: 40e6 } }, "approval_required"],
    [{ above: 50, period: "daily" }, { amount: 1 }, { used: { rul_1: 60e6 } }, "approval_required"],
    [{ above: 50, categories: ["food"] }, { amount: 60, category: "food" }, {}, "approval_required"],
    [{ above: 50, categories: ["food"] }, { amount: 60, category: "compute" }, {}, "approved"],
    [{ above: 50, categories: ["food"] }, { amount: 60, category: null }, {}, "approval_required"],
    [{ categories: ["food"] }, { amount: 0.01, category: "food" }, {}, "approval_required"],
    [{ categories: ["food"] }, { amount: 0.01, category: "x" }, {}, "approved"],
    [{ first_purchase_from_vendor: true }, {}, { vendor_known: false }, "approval_required"],
    [{ first_purchase_from_vendor: true }, {}, { vendor_known: true }, "approved"],
    [
      { first_purchase_from_vendor: true, categories: ["food"] },
      { category: "x" },
      { vendor_known: false },
      "approved",
    ],
    [{ above: 50, first_purchase_from_vendor: true }, { amount: 60 }, { vendor_known: true }, "approval_required"],
    [{ above: 50, first_purchase_from_vendor: true }, { amount: 10 }, { vendor_known: false }, "approval_required"],
    [{ above: 50 }, { amount: null }, {}, "approved"],
    [{ above: 50, first_purchase_from_vendor: true }, { amount: null }, { vendor_known: false }, "approval_required"],
    [{ above: 50 }, { amount: 60, approved_rules: ["rul_1"] }, {}, "approved"],
    [{ above: 50 }, { amount: 60, approved_rules: ["rul_2"] }, {}, "approval_required"],
  ])("%o with %o, %o: %s", (rule, over, with_, expected) => {
    expect(outcome({ type: "approval", ...rule } as RuleInput, over, with_)).toBe(expected);
  });

  it("counts on a counter only with a period, and only what it concerns", () => {
    const refs = (rule: object, over: Over = {}) =>
      withRules({ type: "approval", above: 50, ...rule } as RuleInput).rules[0]?.counter?.(request(over)) ?? null;
    const counter = { id: "rul_1", kind: "rule", period: "daily", timezone: "UTC", limit: 50e6 };
    expect(refs({})).toBe(null);
    expect(refs({ period: "daily" })).toEqual(counter);
    expect(refs({ period: "daily", categories: ["food"] }, { category: "food" })).toEqual(counter);
    expect(refs({ period: "daily", categories: ["food"] }, { category: "x" })).toBe(null);
  });
});

describe("custom", () => {
  it.each([
    ["amount < 20.0", { amount: 10 }, ""],
    ["amount < 20.0", { amount: 20 }, "custom_rule_failed"],
    ["category != 'x'", {}, "custom_rule_error"],
    ["amount < 20.0", { amount: null }, ""],
    ["vendor == 'a.com'", { amount: null }, "custom_rule_failed"],
  ])("%s with %o: %s", (expression, over, expected) =>
    expect(judge({ type: "custom", expression }, over)).toBe(expected),
  );

  it("reads the clock of the mandate's zone", () => {
    const compiled = compileMandate(
      terms({ timezone: "Asia/Tokyo", rules: [{ type: "custom", expression: "hour == 23 && weekday == 6" }] }),
    );
    expect(failures(decide(compiled, request(), usage(), NOW))).toEqual([]);
    expect(failures(decide(compiled, request(), usage(), NOW + 3_600_000))).toEqual(["custom_rule_failed"]);
  });
});

describe("rules of a newer version", () => {
  it.each([
    [{ id: "rul_1", type: "astrology", sign: "leo" }, "unknown_rule"],
    [{ id: "rul_1", type: "custom", expression: "newFunction(vendor)" }, "custom_rule_error"],
  ])("%o refuses everything: default deny", (rule, code) => {
    const stored = { ...terms(), rules: [rule] } as unknown as MandateTerms;
    const compiled = compileMandate(stored);
    expect(failures(decide(compiled, request(), usage(), NOW))).toEqual([code]);
    expect(compiled.rules[0]?.words).toContain("refuses everything");
  });
});

describe("words", () => {
  it.each<[RuleInput, string]>([
    [{ type: "vendor_allowlist", vendors: ["a.com", "b.com"] }, "only vendors a.com and b.com"],
    [{ type: "vendor_allowlist", vendors: [] }, "only vendors (none)"],
    [
      { type: "vendor_blocklist", vendors: ["a.com", "b.com", "c.com", "d.com", "e.com", "f.com"] },
      "not at vendors a.com, b.com, c.com, d.com, e.com and 1 more",
    ],
    [{ type: "category", allow: ["food"], deny: ["x"] }, "only categories food, no categories x"],
    [{ type: "max_amount", limit: 20, vendors: ["a.com"] }, "at most 20.00 USD per purchase at a.com"],
    [
      { type: "vendor_budget", limit: 20, vendors: ["a.com"], period: "weekly" },
      "at most 20.00 USD per week (from Monday) at a.com",
    ],
    [{ type: "rate_limit", max_transactions: 50, window_minutes: 60 }, "at most 50 transactions in any 60 minutes"],
    [
      { type: "time_window", days: ["fri", "mon", "tue", "wed", "thu"], start: "09:00", end: "17:00" },
      "only Mon to Fri from 09:00 to 17:00 (UTC)",
    ],
    [
      { type: "time_window", days: ["sat", "sun"], start: "22:00", end: "06:00" },
      "only Sat, Sun from 22:00 to 06:00 of the next day (UTC)",
    ],
    [{ type: "geo", allow: ["DE"] }, "only calls from DE"],
    [{ type: "protocol", allow: ["x402"] }, "only by x402"],
    [
      { type: "approval", above: 50, first_purchase_from_vendor: true },
      "a human must approve purchases above 50.00 USD and the first purchase from a vendor",
    ],
    [
      { type: "approval", categories: ["food"] },
      "a human must approve every purchase in categories food (or without one)",
    ],
    [{ type: "custom", expression: "amount < 5.0" }, 'only if "amount < 5.0"'],
    [{ type: "custom", expression: "amount < 5.0", description: "small ones" }, '"small ones"'],
  ])("%o", (rule, words) => expect(withRules(rule).rules[0]?.words).toBe(words));
});
