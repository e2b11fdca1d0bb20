import { fixedCheck } from "../check.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule } from "../types.ts";
import { listWords } from "./context.ts";

/** Certain categories only, or all but certain ones. A purchase without a category fails an allow list. */
export function compileCategory(rule: RuleOf<"category">): CompiledRule {
  const allowed = rule.allow === undefined ? null : new Set(rule.allow);
  const denied = new Set(rule.deny ?? []);
  const check = fixedCheck(rule.type, rule.id, "category_not_allowed");
  const missing = fixedCheck(rule.type, rule.id, "category_missing");
  const words: string[] = [];
  if (rule.allow !== undefined) words.push(`only categories ${listWords(rule.allow)}`);
  if (rule.deny !== undefined) words.push(`no categories ${listWords(rule.deny)}`);
  return {
    id: rule.id,
    type: rule.type,
    needs_amount: false,
    judge({ request }) {
      const { category } = request;
      if (category === null) return allowed === null ? check.passed : missing.failed;
      return !denied.has(category) && (allowed === null || allowed.has(category)) ? check.passed : check.failed;
    },
    words: words.join(", "),
  };
}
