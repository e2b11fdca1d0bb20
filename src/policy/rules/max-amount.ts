import { fixedCheck, limitCheck } from "../check.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule } from "../types.ts";
import { compileVendors } from "../vendor.ts";
import { appliesTo, listWords, type MandateContext, moneyWords, storedAmount } from "./context.ts";

/** At most so much for one purchase, of all or of certain vendors and categories. */
export function compileMaxAmount(rule: RuleOf<"max_amount">, context: MandateContext): CompiledRule {
  const limit = storedAmount(rule.limit);
  const vendors = rule.vendors === undefined ? null : compileVendors(rule.vendors);
  const categories = rule.categories === undefined ? null : new Set(rule.categories);
  const unconcerned = fixedCheck(rule.type, rule.id, "max_amount_exceeded").passed;
  return {
    id: rule.id,
    type: rule.type,
    needs_amount: true,
    judge({ request }) {
      if (vendors !== null && !vendors.has(request.vendor)) return unconcerned;
      if (!appliesTo(categories, request.category)) return unconcerned;
      const passed = request.amount !== null && request.amount <= limit;
      return limitCheck("max_amount", rule.id, passed, "max_amount_exceeded", limit);
    },
    words: [
      `at most ${moneyWords(rule.limit, context)} per purchase`,
      rule.vendors && `at ${listWords(rule.vendors)}`,
      rule.categories && `in categories ${listWords(rule.categories)} (or without a category)`,
    ]
      .filter(Boolean)
      .join(" "),
  };
}
