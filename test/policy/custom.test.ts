import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { compileExpression, refusalOfExpression } from "../../src/policy/custom.ts";
import { request } from "./fixtures.ts";

const LOCAL = { weekday: 6, minuteOfDay: 14 * 60 + 30 };

function run(expression: string, over: Parameters<typeof request>[0] = {}, local: typeof LOCAL | null = LOCAL) {
  const compiled = compileExpression(expression);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value.evaluate(request(over), local);
}
const refusal = (expression: string) => {
  const compiled = compileExpression(expression);
  return compiled.ok ? "accepted" : compiled.error;
};

describe("compileExpression", () => {
  it.each([
    ["amount < 20.0", { amount: 19.999999 }, "true"],
    ["amount < 20.0", { amount: 20 }, "false"],
    ["amount < 20", { amount: 0.1 }, "true"],
    ["amount * 2.0 + 1.0 <= 21.0 && !(amount > 15.0)", { amount: 10 }, "true"],
    ["vendor == 'example.com' ? amount < 5.0 : false", { amount: 4 }, "true"],
    ["vendor in ['example.com', 'a.com']", {}, "true"],
    ["vendor.startsWith('ex') && vendor.endsWith('.com') && vendor.contains('ample')", {}, "true"],
    ["size(vendor) == 11 && vendor.size() == 11", {}, "true"],
    ["currency == 'USD' && protocol == 'external' && agent_id == 'agt_1'", {}, "true"],
    ["category == 'food'", { category: "food" }, "true"],
    ["country != 'US'", { country: "DE" }, "true"],
    ["hour == 14 && minute == 30 && weekday == 6", {}, "true"],
    ["hour - 20 < 0 && -hour < 0 && hour % 2 == 0", {}, "true"],
    ["(amount > 5.0) == (vendor == 'example.com')", {}, "true"],
    ["double(hour) < amount + 10.0 && int(amount) > 3", {}, "true"],
    ["true", {}, "true"],
  ])("%s", (expression, over, expected) => expect(run(expression, over)).toBe(expected));

  it.each([
    ["hour / (minute - 30) == 1", {}],
    ["9223372036854775807 + hour > 0", {}],
    ["int(amount / 0.0) > 0", {}],
  ])("evaluation errors are errors, not verdicts: %s", (expression, over) =>
    expect(run(expression, over)).toBe("error"),
  );

  it.each([
    ["category == 'food'", { category: null }],
    ["category != 'gambling'", { category: null }],
    ["amount < 50.0 || category == 'food'", { category: null }],
    ["category == 'food' || amount < 50.0", { category: null }],
    ["amount < 50.0 ? true : category == 'food'", { category: null }],
    ["country == 'DE' || true", { country: null }],
    ["amount < 5.0 || true", { amount: null }],
  ])("missing input fails closed, wherever it stands: %s", (expression, over) =>
    expect(run(expression, over)).toBe("error"),
  );

  it("fails closed without a clock", () => expect(run("hour >= 0", {}, null)).toBe("error"));

  it("judges the exact decimal, not a sum of floats", () => {
    expect(run("amount <= 0.3", { amount: 0.3 })).toBe("true");
    expect(run("amount < 0.1", { amount: 0.1 })).toBe("false");
  });

  it.each([
    ["vendor.matches('(a+)+$')", /function is not allowed/],
    ["[1, 2].exists(x, x > 1)", /not allowed/],
    ["[1, 2].map(x, x) == [1, 2]", /not allowed/],
    ["[1, 2].all(x, [3, 4].all(y, x < y))", /not allowed/],
    ["cel.bind(x, amount, x > 1.0)", /not allowed/],
    ["has(vendor.size)", /function is not allowed/],
    ["type(amount) == double", /function is not allowed/],
    ["dyn(amount) == 5.0", /function is not allowed|Compare amount/],
    ["string(amount) == '5'", /function is not allowed|Compare amount/],
    ["timestamp('2026-01-01T00:00:00Z') < timestamp('2027-01-01T00:00:00Z')", /function is not allowed/],
    ["google.protobuf.Duration == google.protobuf.Duration", /not allowed/],
    ["vendor.split('.')[0] == 'a'", /not allowed/],
    ["{'a': 1}['a'] == 1", /not allowed/],
    ["vendor.constructor == 'x'", /not allowed/],
    ["constructor", /Unknown variable/],
    ["__proto__ == 1", /cannot be read: Reserved/],
    ["toString", /Unknown variable/],
    ["spent < 5", /Unknown variable/],
    ["b'x' == b'x'", /Only numbers/],
    ["1u == 1u", /Only numbers/],
    ["null == null", /Only numbers/],
    ["amount", /must be true or false/],
    ["'yes'", /must be true or false/],
    ["amount < 'x'", /not valid/],
    ["amount * 2 < 5.0", /not valid/],
    ["amount <", /cannot be read/],
    ["", /empty/],
    ["   ", /empty/],
    ["amount < 5.0; true", /cannot be read/],
    ["(".repeat(500), /cannot be read/],
    ["!".repeat(900).concat("true"), /cannot be read|nested/],
  ])("refuses %s", (expression, message) => expect(refusal(expression)).toMatch(message));

  it.each([
    "amount == 5.0",
    "5.0 != amount",
    "amount + 0.0 == 5.0",
    "-amount == -5.0",
    "(hour > 5 ? amount : 1.0) == 5.0",
    "amount in [5.0, 6.0]",
    "5.0 in [amount]",
    "double(amount) == 5.0",
    "int(amount) == 5",
    "!(amount == 5.0)",
    "vendor == 'a.com' && (amount != 5.0 || hour == 3)",
  ])("refuses equality on amount: %s", (expression) => expect(refusal(expression)).toMatch(/Compare amount with </));

  it("holds size and depth at N and N + 1", () => {
    const sum = (terms: number) => `${Array.from({ length: terms }, () => "1").join("+")} > 0`;
    const list = (entries: number) => `hour in [${Array.from({ length: entries }, () => "1").join(",")}]`;
    expect(refusal(list(LIMITS.customExpressionNodes - 3))).toBe("accepted");
    expect(refusal(list(LIMITS.customExpressionNodes - 2))).toMatch(/cannot be read|parts/);
    const deep = (depth: number) => `${"!".repeat(depth - 1)}true`;
    let deepest = 1;
    while (refusal(deep(deepest + 1)) === "accepted") deepest += 1;
    expect(deepest).toBeLessThanOrEqual(LIMITS.customExpressionDepth);
    expect(deepest).toBeGreaterThanOrEqual(LIMITS.customExpressionDepth - 2);
    expect(refusal(sum(12))).toBe("accepted");
    expect(refusal(sum(100))).not.toBe("accepted");
    const text = (chars: number) => `vendor == '${"v".repeat(chars - 12)}'`;
    expect(refusal(text(LIMITS.customExpressionChars))).toBe("accepted");
    expect(refusal(text(LIMITS.customExpressionChars + 1))).toMatch(/at most 1000/);
  });

  it("knows what it reads, and where its verdict may change", () => {
    const compiled = compileExpression("amount <= 20.0 && hour < 5 && vendor != 'x'");
    expect(compiled.ok && [...compiled.value.uses].sort()).toEqual(["amount", "hour", "vendor"]);
    expect(compiled.ok && compiled.value.breakpoints).toEqual([
      19_999_999, 20_000_000, 20_000_001, 4_999_999, 5_000_000, 5_000_001,
    ]);
  });
});

describe("refusalOfExpression", () => {
  const joined = (n: number) => Array.from({ length: n }, () => "vendor").join("+");

  it.each([
    ["(vendor + 'b').contains('a')", /Use \+ between numbers only/],
    [`size(${joined(8)}) > 0`, /Use \+ between numbers only/],
    ["'a' + 'b' == vendor", /Use \+ between numbers only/],
    ["vendor.lowerAscii() + 'b' == 'ab'", /Use \+ between numbers only/],
    ["(hour > 5 ? vendor : category) + 'a' == 'ba'", /Use \+ between numbers only/],
    ["amount < 5.0 || (hour > 3 && 'ab' == 'a' + vendor)", /Use \+ between numbers only/],
    ["vendor in ([vendor] + [category])", /Use \+ between numbers only/],
    ["(hour > 5 ? vendor : category).contains('a')", /Call contains on a variable/],
    ["vendor.startsWith(hour > 5 ? 'a' : 'b')", /Call startsWith on a variable/],
    ["vendor.endsWith(category.lowerAscii())", /Call endsWith on a variable/],
    ["vendor.lowerAscii().contains('a')", /Call contains on a variable/],
    ["vendor.lowerAscii().lowerAscii() == 'a'", /Call lowerAscii on a variable/],
  ])(
    "refuses what can make a text long, and still compiles it where it was saved before: %s",
    (expression, message) => {
      expect(refusalOfExpression(expression)).toMatch(message);
      expect(refusal(expression)).toBe("accepted");
    },
  );

  it.each([
    "amount + 1.0 < 20.0 && hour + minute < 70 && -hour + 1 < 2",
    "vendor.contains('a') || vendor.startsWith(category) || 'a b c'.contains(country) || 'ab'.endsWith('b')",
    "vendor.lowerAscii() == 'a' && size(vendor) + 1 < 20 && size([1, 2]) + size(vendor.lowerAscii()) > 2",
    "(hour > 5 ? 1 : 2) + hour < 20 && double(hour) + amount < 20.0",
    "(hour > 5 ? vendor : category) == 'a' && vendor in ['a', category]",
  ])("accepts %s", (expression) => expect(refusalOfExpression(expression)).toBe(null));

  it("refuses all that compileExpression refuses, in the same words", () => {
    for (const expression of ["", "amount ==", "amount == 5.0", "vendor.matches('a')", "amount + 1 < 2.0"]) {
      expect(refusalOfExpression(expression)).toBe(refusal(expression));
    }
  });
});
