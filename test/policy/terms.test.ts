import { describe, expect, it } from "vitest";
import * as z from "zod";
import { canonicalJson } from "../../src/canonical-json.ts";
import { LIMITS } from "../../src/limits.ts";
import { parseTerms } from "../../src/policy/parse-terms.ts";
import { standardTerms } from "../../src/policy/standard-terms.ts";
import { mandateTerms, mandateTermsInput } from "../../src/policy/terms.ts";
import { counter, input, terms } from "./fixtures.ts";

const parse = (value: unknown) => parseTerms(value, { timezone: "Europe/Berlin", newId: counter() });
const issues = (value: unknown) => {
  const result = parse(value);
  return result.ok ? [] : result.error.map(({ path, message }) => `${path}: ${message}`);
};
const rule = (value: object) => issues({ ...input(), rules: [value] });

/** One rule of every type, as a person would send it. */
const EVERY_RULE = [
  { type: "vendor_allowlist", vendors: ["https://Example.com/x", "example.com", "ACME  Inc"] },
  { type: "vendor_blocklist", vendors: [] },
  { type: "category", allow: ["Compute "], deny: ["GAMBLING"] },
  { type: "max_amount", limit: 0.003, vendors: ["a.com"], categories: ["x"] },
  { type: "vendor_budget", vendors: ["a.com"], period: "weekly", limit: 10 },
  { type: "rate_limit", max_transactions: 1, window_minutes: 60 },
  { type: "time_window", days: ["fri", "mon"], start: "22:00", end: "06:00", timezone: "Asia/Tokyo" },
  { type: "geo", allow: ["de", "DE", "T1"] },
  { type: "protocol", allow: ["stripe", "x402", "x402"] },
  { type: "approval", above: 0, period: "daily", first_purchase_from_vendor: false },
  { type: "custom", expression: " amount < 5.0 ", description: "small" },
] as const;

describe("parseTerms", () => {
  it("puts terms into the stored form", () => {
    const result = parse({
      agent_id: "agt_1",
      name: " Shop ",
      currency: "USD",
      per_transaction_limit: 10,
      budgets: [
        { period: "monthly", limit: 100 },
        { id: "bud_mine", period: "hourly", limit: 20 },
      ],
      rules: EVERY_RULE,
      valid_from: "2026-11-21T10:00:00+02:00",
    });
    expect(result).toEqual({
      ok: true,
      value: {
        schema: 1,
        agent_id: "agt_1",
        name: "Shop",
        currency: "USD",
        timezone: "Europe/Berlin",
        per_transaction_limit: 10,
        budgets: [
          { id: "bud_1", period: "monthly", limit: 100 },
          { id: "bud_mine", period: "hourly", limit: 20 },
        ],
        rules: [
          { id: "rul_1", type: "vendor_allowlist", vendors: ["example.com", "acme inc"] },
          { id: "rul_2", type: "vendor_blocklist", vendors: [] },
          { id: "rul_3", type: "category", allow: ["compute"], deny: ["gambling"] },
          { id: "rul_4", type: "max_amount", limit: 0.003, vendors: ["a.com"], categories: ["x"] },
          { id: "rul_5", type: "vendor_budget", vendors: ["a.com"], period: "weekly", limit: 10 },
          { id: "rul_6", type: "rate_limit", max_transactions: 1, window_minutes: 60 },
          {
            id: "rul_7",
            type: "time_window",
            days: ["mon", "fri"],
            start: "22:00",
            end: "06:00",
            timezone: "Asia/Tokyo",
          },
          { id: "rul_8", type: "geo", allow: ["DE", "T1"] },
          { id: "rul_9", type: "protocol", allow: ["x402", "stripe"] },
          { id: "rul_10", type: "approval", above: 0, period: "daily", timeout_minutes: 60 },
          { id: "rul_11", type: "custom", expression: "amount < 5.0", description: "small" },
        ],
        valid_from: "2026-11-21T08:00:00.000Z",
        warning_threshold: 0.8,
        agent_may_release: false,
      },
    });
  });

  it("is idempotent, and its result is valid in the stored schema", () => {
    const once = terms({ rules: EVERY_RULE as never, description: "a\nb", valid_until: "2027-01-01T00:00:00Z" });
    expect(mandateTerms.parse(once)).toEqual(once);
    const twice = parse(once);
    expect(twice.ok && canonicalJson(twice.value)).toBe(canonicalJson(once));
    expect(JSON.stringify(once)).not.toContain("undefined");
  });

  it("takes the currency from the caller only where the terms name none", () => {
    const { currency: _, ...rest } = input();
    expect(issues(rest)).toEqual(["/currency: Not an ISO 4217 currency in use, for example USD."]);
    const options = { timezone: "UTC", currency: "EUR", newId: counter() };
    const result = parseTerms(rest, options);
    expect(result.ok && result.value.currency).toBe("EUR");
  });

  it.each([null, undefined, 1, "x", [], {}, { budgets: {} }])("refuses %o without throwing", (value) => {
    expect(issues(value).length).toBeGreaterThan(0);
  });

  it.each([
    [{ extra: 1 }, "/extra: Unknown field."],
    [{ "a/b~c": 1 }, "/a~1b~0c: Unknown field."],
    [{ budgets: [{ period: "monthly", limit: 1, spent: 0 }] }, "/budgets/0/spent: Unknown field."],
    [{ rules: [{ type: "jsonlogic" }] }, "/rules/0/type: Unknown rule type."],
    [{ rules: [{ vendors: [] }] }, "/rules/0/type: Unknown rule type."],
    [{ rules: [{ type: "protocol", allow: [], deny: [] }] }, "/rules/0/deny: Unknown field."],
    [{ schema: 2 }, /^\/schema: /],
    [{ currency: "usd" }, /^\/currency: /],
    [{ currency: "XXX" }, "/currency: Not an ISO 4217 currency in use, for example USD."],
    [{ timezone: "+01:00" }, /^\/timezone: Not a time zone/],
    [{ name: " " }, "/name: Must not be empty."],
    [{ name: "a\u202eb" }, /^\/name: Must not contain/],
    [{ description: "a\u0000b" }, /^\/description: Must not contain/],
    [{ budgets: [] }, /^\/budgets: /],
    [{ per_transaction_limit: 0 }, /^\/per_transaction_limit: The amount must be greater/],
    [{ per_transaction_limit: -1 }, /^\/per_transaction_limit: The amount must not be negative/],
    [{ per_transaction_limit: 0.0000001 }, /^\/per_transaction_limit: The amount must have at most 6/],
    [{ per_transaction_limit: "10" }, /^\/per_transaction_limit: /],
    [{ per_transaction_limit: Number.NaN }, /^\/per_transaction_limit: /],
    [{ budgets: [{ period: "yearly", limit: 1 }] }, /^\/budgets\/0\/period: /],
    [{ budgets: [{ id: "x", period: "daily", limit: 1 }] }, /^\/budgets\/0\/id: Ids here start with bud_/],
    [{ budgets: [{ id: "bud_", period: "daily", limit: 1 }] }, /^\/budgets\/0\/id/],
    [{ budgets: [{ id: "bud_a b", period: "daily", limit: 1 }] }, /^\/budgets\/0\/id/],
    [{ warning_threshold: 0 }, /^\/warning_threshold/],
    [{ warning_threshold: 1.01 }, /^\/warning_threshold/],
    [{ valid_from: "2026-11-21" }, "/valid_from: Use RFC 3339, for example 2026-12-31T23:59:59Z."],
    [{ valid_from: "2026-02-30T00:00:00Z" }, /^\/valid_from/],
    [{ valid_from: "2026-11-21T10:00:00" }, /^\/valid_from/],
    [{ valid_until: "tomorrow" }, /^\/valid_until/],
    [
      { valid_from: "2026-11-21T10:00:00Z", valid_until: "2026-11-21T11:00:00+01:00" },
      "/valid_until: The end must be after the beginning.",
    ],
  ])("refuses %o", (over, expected) => {
    const found = issues({ ...input(), ...over });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
      expected instanceof RegExp ? expected : new RegExp(`^${expected.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`),
    );
  });

  it.each([
    [{ type: "vendor_allowlist", vendors: ["a.com", "co.uk"] }, /^\/rules\/0\/vendors\/1: .*public suffix/],
    [{ type: "vendor_blocklist", vendors: ["*.a.com"] }, /^\/rules\/0\/vendors\/0: .*wildcard/],
    [{ type: "category" }, "/rules/0: Give allow, deny, or both."],
    [{ type: "category", deny: [" "] }, /^\/rules\/0\/deny\/0: The category is empty/],
    [{ type: "max_amount" }, /^\/rules\/0\/limit/],
    [{ type: "max_amount", limit: 1, vendors: [] }, /^\/rules\/0\/vendors/],
    [{ type: "max_amount", limit: 1, categories: ["a\u0000"] }, /^\/rules\/0\/categories\/0/],
    [{ type: "vendor_budget", vendors: [], period: "daily", limit: 1 }, /^\/rules\/0\/vendors/],
    [{ type: "vendor_budget", vendors: ["a.com"], period: "daily", limit: 0 }, /^\/rules\/0\/limit/],
    [{ type: "rate_limit", max_transactions: 1.5, window_minutes: 1 }, /^\/rules\/0\/max_transactions/],
    [{ type: "time_window", days: [], start: "09:00", end: "17:00" }, /^\/rules\/0\/days/],
    [{ type: "time_window", days: ["funday"], start: "09:00", end: "17:00" }, /^\/rules\/0\/days\/0/],
    [{ type: "time_window", days: [1], start: "09:00", end: "17:00" }, /^\/rules\/0\/days\/0/],
    [{ type: "time_window", days: ["mon"], start: "24:00", end: "17:00" }, /^\/rules\/0\/start/],
    [{ type: "time_window", days: ["mon"], start: "9:00", end: "17:00" }, /^\/rules\/0\/start/],
    [{ type: "time_window", days: ["mon"], start: "09:00", end: "24:01" }, /^\/rules\/0\/end/],
    [
      { type: "time_window", days: ["mon"], start: "09:00", end: "09:00" },
      /^\/rules\/0\/end: Start and end are the same/,
    ],
    [{ type: "time_window", days: ["mon"], start: "09:00", end: "17:00", timezone: "X" }, /^\/rules\/0\/timezone/],
    [{ type: "geo" }, "/rules/0: Give allow, deny, or both."],
    [{ type: "geo", deny: ["UK"] }, /^\/rules\/0\/deny\/0: Not an ISO 3166/],
    [{ type: "geo", allow: ["XX"] }, /^\/rules\/0\/allow\/0: Not an ISO 3166/],
    [{ type: "protocol", allow: ["ap2"] }, /^\/rules\/0\/allow\/0/],
    [{ type: "approval" }, /^\/rules\/0: Say when to ask/],
    [{ type: "approval", first_purchase_from_vendor: false }, /^\/rules\/0: Say when to ask/],
    [{ type: "approval", first_purchase_from_vendor: true, period: "daily" }, /^\/rules\/0\/period: A period sums up/],
    [{ type: "approval", above: 1, timeout_minutes: 0 }, /^\/rules\/0\/timeout_minutes/],
    [{ type: "custom", expression: "amount ==" }, /^\/rules\/0\/expression: The expression cannot be read/],
    [{ type: "custom", expression: "vendor + 'b' == 'ab'" }, /^\/rules\/0\/expression: Use \+ between numbers only/],
    [{ type: "custom", expression: "true", description: "a\u202e" }, /^\/rules\/0\/description/],
    [{ id: "bud_1", type: "protocol", allow: [] }, /^\/rules\/0\/id: Ids here start with rul_/],
    [{ id: "__proto__", type: "protocol", allow: [] }, /^\/rules\/0\/id/],
  ])("refuses the rule %o", (value, expected) => {
    const found = rule(value);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it("refuses one id for two budgets or rules", () => {
    const budget = { id: "bud_1", period: "daily", limit: 1 } as const;
    expect(issues(input({ budgets: [budget, budget] }))).toEqual(["/budgets/1/id: This id is used twice."]);
    const one = { id: "rul_1", type: "vendor_allowlist" as const, vendors: [] };
    expect(issues(input({ rules: [one, one] }))).toEqual(["/rules/1/id: This id is used twice."]);
  });

  it("allows several budgets of one period", () => {
    const budgets = [
      { period: "daily", limit: 1 },
      { period: "daily", limit: 1 },
    ] as const;
    expect(issues(input({ budgets: [...budgets] }))).toEqual([]);
  });

  it("reports every issue, up to a bound", () => {
    const rules = Array.from({ length: 32 }, () => ({ type: "geo", allow: ["UK", "EU", "ZZ"] }));
    expect(issues({ ...input(), rules })).toHaveLength(50);
  });

  it("has JSON Schemas for the API page", () => {
    for (const schema of [mandateTermsInput, mandateTerms]) {
      expect(z.toJSONSchema(schema)).toMatchObject({ type: "object", additionalProperties: false });
    }
  });
});

describe("limits of terms, at N and N + 1", () => {
  const many = <T>(length: number, make: (index: number) => T) => Array.from({ length }, (_, index) => make(index));
  const proto = { type: "protocol", allow: ["x402"] };
  it.each<[string, (n: number) => object, number]>([
    ["budgets", (n) => ({ budgets: many(n, () => ({ period: "daily", limit: 1 })) }), LIMITS.budgetsPerMandate],
    ["rules", (n) => ({ rules: many(n, () => proto) }), LIMITS.rulesPerMandate],
    ["name", (n) => ({ name: "n".repeat(n) }), LIMITS.nameChars],
    ["description", (n) => ({ description: "d".repeat(n) }), LIMITS.descriptionChars],
    [
      "vendors",
      (n) => ({ rules: [{ type: "vendor_allowlist", vendors: many(n, (i) => `v${i}.com`) }] }),
      LIMITS.listEntriesPerRule,
    ],
    [
      "categories",
      (n) => ({ rules: [{ type: "category", allow: many(n, (i) => `c${i}`) }] }),
      LIMITS.listEntriesPerRule,
    ],
    ["category", (n) => ({ rules: [{ type: "category", deny: ["c".repeat(n)] }] }), LIMITS.categoryChars],
    ["vendor", (n) => ({ rules: [{ type: "vendor_allowlist", vendors: ["v".repeat(n)] }] }), LIMITS.vendorChars],
    [
      "max_transactions",
      (n) => ({ rules: [{ type: "rate_limit", max_transactions: n, window_minutes: 1 }] }),
      LIMITS.rateLimitTransactions,
    ],
    [
      "window_minutes",
      (n) => ({ rules: [{ type: "rate_limit", max_transactions: 1, window_minutes: n }] }),
      LIMITS.rateLimitWindowMinutes,
    ],
    [
      "timeout_minutes",
      (n) => ({ rules: [{ type: "approval", above: 1, timeout_minutes: n }] }),
      LIMITS.approvalTimeoutMinutes,
    ],
    [
      "custom description",
      (n) => ({ rules: [{ type: "custom", expression: "true", description: "d".repeat(n) }] }),
      LIMITS.descriptionChars,
    ],
    [
      "expression",
      (n) => ({ rules: [{ type: "custom", expression: `vendor == '${"v".repeat(n - 12)}'` }] }),
      LIMITS.customExpressionChars,
    ],
    ["amount in millionths", (n) => ({ per_transaction_limit: n / 1e6 }), LIMITS.amountMicros],
  ])("%s", (_name, make, limit) => {
    expect(issues({ ...input(), ...make(limit) })).toEqual([]);
    expect(issues({ ...input(), ...make(limit + 1) })).toHaveLength(1);
  });

  it("bytes of all terms", () => {
    const size = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
    const build = (fill: number) => {
      const rules = many(32, (index) => ({
        type: "custom",
        expression: `'${"é".repeat(index === 31 ? fill : 480)}' != ''`,
      }));
      return { ...input(), rules };
    };
    const base = parse(build(1));
    if (!base.ok) throw new Error("the base must be valid");
    const room = LIMITS.termsBytes - size(base.value);
    expect(room).toBeGreaterThan(0);
    const exact = `x${"y".repeat(room % 2)}`;
    const fitting = { ...build(1 + Math.floor(room / 2)), name: `Test${exact.slice(1)}` };
    const fits = parse(fitting);
    expect(fits.ok && size(fits.value)).toBe(LIMITS.termsBytes);
    expect(issues({ ...fitting, name: `${fitting.name}+` })).toEqual([
      `: The terms must have at most ${LIMITS.termsBytes} bytes; these have ${LIMITS.termsBytes + 1}.`,
    ]);
  });
});

describe("standardTerms", () => {
  it("is the preset of the design", () => {
    const given = { agent_id: "agt_1", name: "Default", currency: "EUR", timezone: "Europe/Paris" };
    const parsed = parse(standardTerms(given));
    expect(parsed.ok && parsed.value).toMatchObject({
      ...given,
      per_transaction_limit: 100,
      budgets: [
        { period: "hourly", limit: 200 },
        { period: "daily", limit: 500 },
      ],
      rules: [{ type: "approval", above: 50, timeout_minutes: 60 }],
    });
  });
});
