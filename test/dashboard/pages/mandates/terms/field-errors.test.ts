import { describe, expect, it } from "vitest";
import { placeErrors, plainMessage } from "../../../../../src/dashboard/pages/mandates/terms/field-errors.ts";
import type { TypedTerms } from "../../../../../src/dashboard/pages/mandates/terms/form-to-terms.ts";
import { mandateTermsInput } from "../../../../../src/policy/terms.ts";
import { input } from "../../../../policy/fixtures.ts";

const typed = { budgets: [], rules: [{ vendors: ["a.com", "co.uk\u202e"] }] } as unknown as TypedTerms;
const place = (pointer: string, message = "Wrong.") => {
  const { fields, above } = placeErrors([{ pointer, message }], typed);
  return [...fields, ...above];
};

describe("errors of an operation", () => {
  it.each([
    ["/name", [["name", "Wrong."]]],
    ["/profiles/0", [["profiles", "Wrong."]]],
    ["/budgets", [["budgets", "Wrong."]]],
    ["/budgets/1/limit", [["budgets.1.limit", "Wrong."]]],
    ["/budgets/1/id", [["budgets.1", "Wrong."]]],
    ["/rules/3", [["rules.3", "Wrong."]]],
    ["/rules/3/type", [["rules.3", "Wrong."]]],
    ["/rules/3/above", [["rules.3.above", "Wrong."]]],
    ["/rules/0/vendors/1", [["rules.0.vendors", "“co.uk”: Wrong."]]],
    ["/rules/0/vendors/7", [["rules.0.vendors", "Wrong."]]],
    ["", ["Wrong."]],
    ["/elsewhere", ["Wrong."]],
  ])("at %s stand at their field", (pointer, expected) => {
    expect(place(pointer)).toEqual(expected);
  });

  it("about one field are one: the first", () => {
    const errors = ["First.", "Second."].map((message) => ({ pointer: "/name", message }));
    expect([...placeErrors(errors, typed).fields]).toEqual([["name", "First."]]);
  });
});

describe("what a schema says by itself", () => {
  const messages = (over: Record<string, unknown>) => {
    const parsed = mandateTermsInput.safeParse({ ...input(), ...over });
    return parsed.success ? [] : parsed.error.issues.map(({ message }) => plainMessage(message));
  };
  const rule = (one: object) => messages({ rules: [one] });
  it.each([
    ["nothing where a number is wanted", messages({ per_transaction_limit: undefined }), "Fill this in."],
    [
      "a text where a number is wanted",
      messages({ per_transaction_limit: "abc" }),
      "Write a plain number, for example 25 or 0.5.",
    ],
    ["a share of more than all", messages({ warning_threshold: 2 }), "Must be at most 100 %."],
    ["a share of nothing", messages({ warning_threshold: 0 }), "Must be more than 0."],
    ["no budgets", messages({ budgets: [] }), "Give at least one."],
    ["nine budgets", messages({ budgets: Array(9).fill({ period: "daily", limit: 1 }) }), "At most 8 are possible."],
    ["no agent", messages({ agent_id: "" }), "Fill this in."],
    ["a long name", messages({ name: "x".repeat(101) }), "At most 100 characters are possible."],
    ["an instant that is none", messages({ valid_from: "soon" }), "Write date and time, for example 2026-12-31 23:59."],
    ["a period that is none", messages({ budgets: [{ period: "yearly", limit: 1 }] }), "Choose one of the list."],
    ["half a minute", rule({ type: "rate_limit", max_transactions: 1, window_minutes: 0.5 }), "Write a whole number."],
    [
      "too many minutes",
      rule({ type: "rate_limit", max_transactions: 1, window_minutes: 44_641 }),
      "Must be at most 44640.",
    ],
    ["no purchases", rule({ type: "rate_limit", max_transactions: 0, window_minutes: 1 }), "Must be at least 1."],
    ["no days", rule({ type: "time_window", days: [], start: "08:00", end: "09:00" }), "Give at least one."],
    [
      "no trigger",
      rule({ type: "approval" }),
      "Say when to ask: above an amount, at the first purchase, or in which categories.",
    ],
    ["no lists", rule({ type: "geo" }), "Fill in at least one of the two lists."],
  ])("is put plainly: %s", (_, said, words) => {
    expect(said).toContain(words);
  });
});
