import { describe, expect, it } from "vitest";
import { describeTyped } from "../../../../../src/dashboard/pages/mandates/terms/describe.ts";
import type { TypedTerms } from "../../../../../src/dashboard/pages/mandates/terms/form-to-terms.ts";
import { compileMandate } from "../../../../../src/policy/compile.ts";
import { describeTerms } from "../../../../../src/policy/explain.ts";
import { parseTerms } from "../../../../../src/policy/parse-terms.ts";
import { counter, input } from "../../../../policy/fixtures.ts";

const typed = (over: Record<string, unknown> = {}): TypedTerms =>
  ({ ...input(), rules: [], ...over }) as unknown as TypedTerms;
const RULES = [
  { type: "approval", above: 50 },
  { type: "vendor_allowlist", vendors: ["example.com"] },
  { type: "protocol", allow: ["x402"] },
];

describe("terms in words while they are written", () => {
  it("are the policy's own sentences when everything is there", () => {
    const whole = typed({ rules: RULES, profiles: ["card"], valid_until: "2027-01-01T00:00:00Z" });
    const parsed = parseTerms(whole, { timezone: "UTC", newId: counter() });
    if (!parsed.ok) throw new Error("not valid");
    const { purchase, budgets, rules, more, issues } = describeTyped(whole, "UTC");
    expect([purchase, ...budgets, ...rules, ...more]).toEqual(describeTerms(compileMandate(parsed.value)));
    expect(issues).toEqual([]);
  });

  it("leave out one rule that is not complete, and keep the others in their places", () => {
    const { rules, issues } = describeTyped(typed({ rules: [RULES[0], { type: "geo" }, RULES[2]] }), "UTC");
    expect(rules).toEqual(["a human must approve purchases above 50.00 USD", null, "only by x402"]);
    expect(issues.map(({ path }) => path)).toEqual(["/rules/1"]);
  });

  it("leave out a budget without a limit, and the limit per purchase", () => {
    const budgets = [{ period: "monthly" }, { period: "daily", limit: 5 }];
    const said = describeTyped(typed({ budgets, per_transaction_limit: "abc" }), "UTC");
    expect([said.purchase, said.budgets]).toEqual([null, [null, "at most 5.00 USD per day (UTC)"]]);
    expect(said.issues).toHaveLength(2);
  });

  it("name no amount in a currency that is none, and no stand-in for what is missing", () => {
    const said = describeTyped(typed({ currency: "XXX", agent_id: "", name: "" }), "UTC");
    expect([said.purchase, said.budgets]).toEqual([null, [null]]);
    expect(JSON.stringify(said)).not.toContain("stand-in");
  });

  it("say what is wrong when nothing but the whole is", () => {
    const budgets = Array.from({ length: 9 }, () => ({ period: "daily", limit: 1 }));
    const said = describeTyped(typed({ budgets }), "UTC");
    expect(said.issues.map(({ path }) => path)).toEqual(["/budgets"]);
  });
});
