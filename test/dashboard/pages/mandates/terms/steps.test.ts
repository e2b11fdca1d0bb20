import { describe, expect, it } from "vitest";
import { RULE_TYPES } from "../../../../../src/dashboard/pages/mandates/terms/catalogue.ts";
import {
  Fields,
  formEntries,
  type MandateForm,
} from "../../../../../src/dashboard/pages/mandates/terms/mandate-form.ts";
import { readStep, takeStep } from "../../../../../src/dashboard/pages/mandates/terms/steps.ts";

const part = (id: string) => new Fields([["id", id]]);
const form: MandateForm = {
  top: new Fields([["name", "Half typed"]]),
  budgets: [part("bud_1"), part("bud_2")],
  rules: [part("rul_1"), part("rul_2"), part("rul_3")],
};
const pressed = (button: string): MandateForm => takeStep(form, readStep(button)!);
const ids = (parts: readonly Fields[]) => parts.map((one) => one.text("id") || one.text("type"));

describe("a button inside the form", () => {
  it.each<readonly [string, readonly string[]]>([
    ["remove_rule:1", ["rul_1", "rul_3"]],
    ["remove_rule:9", ["rul_1", "rul_2", "rul_3"]],
    ["rule_up:2", ["rul_1", "rul_3", "rul_2"]],
    ["rule_up:0", ["rul_1", "rul_2", "rul_3"]],
    ["rule_down:0", ["rul_2", "rul_1", "rul_3"]],
    ["rule_down:2", ["rul_1", "rul_2", "rul_3"]],
    ...RULE_TYPES.map((type) => [`add_rule:${type}`, ["rul_1", "rul_2", "rul_3", type]] as const),
  ])("%s", (button, expected) => {
    expect(ids(pressed(button).rules)).toEqual(expected);
    expect(pressed(button).top).toBe(form.top);
  });

  it("adds and removes budgets", () => {
    expect(pressed("add_budget").budgets.map((one) => one.entries())).toEqual([
      [["id", "bud_1"]],
      [["id", "bud_2"]],
      [["period", "monthly"]],
    ]);
    expect(ids(pressed("remove_budget:0").budgets)).toEqual(["bud_2"]);
  });

  it("numbers the parts anew", () => {
    expect(formEntries(pressed("remove_rule:0")).map(([name]) => name)).toEqual([
      "name",
      "budgets.0.id",
      "budgets.1.id",
      "rules.0.id",
      "rules.1.id",
    ]);
  });

  it.each(["save", "", "add_rule:nothing", "add_rule:constructor", "remove_rule:-1", "remove_rule:1e9", "rule_up:"])(
    "%j is none of these",
    (button) => {
      expect(readStep(button)).toBeNull();
    },
  );
});
