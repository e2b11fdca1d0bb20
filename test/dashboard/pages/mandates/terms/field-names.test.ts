import { describe, expect, it } from "vitest";
import { anchorOf, fieldWords } from "../../../../../src/dashboard/pages/mandates/terms/field-names.ts";

describe("the list above a form that was not taken", () => {
  it.each([
    ["name", "Name", "name"],
    ["agent_id", "Agent", "agent_id"],
    ["rules", "Rules", "rules"],
    ["budgets.0", "Budget 1", "budget-0"],
    ["budgets.7.limit", "Budget 8: at most", "budgets.7.limit"],
    ["rules.1", "Rule 2", "rule-1"],
    ["rules.1.vendors", "Rule 2: vendors", "rules.1.vendors"],
    ["rules.11.days", "Rule 12: days", "rule-11"],
  ])("calls %s %j, and leads to it", (name, words, anchor) => {
    expect([fieldWords(name), anchorOf(name)]).toEqual([words, anchor]);
  });
});
