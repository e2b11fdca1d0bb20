import { isRuleType, newRule } from "./catalogue.ts";
import { Fields, type MandateForm } from "./mandate-form.ts";

/**
 * What the buttons inside the form do: the form is sent, comes back with one part more, less, or moved, and nothing is
 * saved. So it can be built without script.
 */
export type FormStep =
  | { readonly kind: "add_budget" }
  | { readonly kind: "remove_budget"; readonly at: number }
  | { readonly kind: "add_rule"; readonly type: string }
  | { readonly kind: "remove_rule" | "rule_up" | "rule_down"; readonly at: number };

/** Null: the button was another one. */
export function readStep(button: string): FormStep | null {
  const [kind = "", argument = ""] = button.split(":", 2);
  if (kind === "add_budget") return { kind };
  if (kind === "add_rule") return isRuleType(argument) ? { kind, type: argument } : null;
  if (!/^\d{1,3}$/.test(argument)) return null;
  const at = Number(argument);
  return kind === "remove_budget" || kind === "remove_rule" || kind === "rule_up" || kind === "rule_down"
    ? { kind, at }
    : null;
}

export function takeStep(form: MandateForm, step: FormStep): MandateForm {
  switch (step.kind) {
    case "add_budget":
      return { ...form, budgets: [...form.budgets, new Fields([["period", "monthly"]])] };
    case "remove_budget":
      return { ...form, budgets: without(form.budgets, step.at) };
    case "add_rule":
      return { ...form, rules: [...form.rules, newRule(step.type)] };
    case "remove_rule":
      return { ...form, rules: without(form.rules, step.at) };
    case "rule_up":
      return { ...form, rules: swapped(form.rules, step.at - 1) };
    case "rule_down":
      return { ...form, rules: swapped(form.rules, step.at) };
  }
}

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);

/** The two parts at `at` and behind it change places; at the ends nothing happens. */
function swapped<T>(list: readonly T[], at: number): readonly T[] {
  const [first, second] = [list[at], list[at + 1]];
  if (first === undefined || second === undefined) return list;
  return [...list.slice(0, at), second, first, ...list.slice(at + 2)];
}
