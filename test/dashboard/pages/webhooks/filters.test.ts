import { describe, expect, it } from "vitest";
import { chosenFilters, eventGroups, otherFilters } from "../../../../src/dashboard/pages/webhooks/filters.ts";
import { describeCatalogue } from "../../../../src/webhooks/catalogue.ts";
import { isFilter } from "../../../../src/webhooks/filter.ts";

const GROUPS = eventGroups(describeCatalogue());

describe("the boxes of events", () => {
  it("hold every type but the test, once, and only filters that the operation takes", () => {
    const types = GROUPS.flatMap((group) => group.types.map(({ type }) => type));
    const expected = describeCatalogue()
      .map(({ type }) => type)
      .filter((type) => type !== "webhook.test");
    expect([...types].sort()).toEqual([...expected].sort());
    expect(GROUPS.map(({ filter }) => filter).filter((filter) => !isFilter(filter))).toEqual([]);
  });

  it("leave over what came through the API", () => {
    const given = ["*", "transaction.*", "key.created", "mandate.budget.*", "alert.raised", "transaction.re*"];
    expect(otherFilters(GROUPS, given)).toEqual(["mandate.budget.*", "transaction.re*"]);
  });
});

describe("what was ticked", () => {
  it.each([
    ["all", ["key.created"], ["*"]],
    ["some", [], []],
    ["some", ["key.created", "alert.*"], ["key.created", "alert.*"]],
    ["some", ["transaction.*", "transaction.approved", "key.created"], ["transaction.*", "key.created"]],
    ["some", ["mandate.budget.warning", "mandate.budget.*"], ["mandate.budget.*"]],
    ["some", ["mandate.budget.*", "mandate.*"], ["mandate.*"]],
    ["some", ["key.created", "key.created"], ["key.created"]],
  ])("%s of %j becomes %j", (scope, ticked, expected) => {
    expect(chosenFilters(scope, ticked)).toEqual(expected);
  });
});
