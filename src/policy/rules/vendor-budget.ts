import { fixedCheck, periodCheck } from "../check.ts";
import { periodAt } from "../periods.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule, CounterRef } from "../types.ts";
import { compileVendors } from "../vendor.ts";
import { listWords, type MandateContext, moneyWords, periodWords, storedAmount } from "./context.ts";

/** A budget that only purchases from certain vendors use. */
export function compileVendorBudget(rule: RuleOf<"vendor_budget">, context: MandateContext): CompiledRule {
  const { id, period } = rule;
  const { timezone } = context;
  const limit = storedAmount(rule.limit);
  const vendors = compileVendors(rule.vendors);
  const unconcerned = fixedCheck(rule.type, id, "vendor_budget_exceeded").passed;
  const counter: CounterRef = { id, kind: "rule", period, timezone, limit };
  return {
    id,
    type: rule.type,
    needs_amount: true,
    judge({ request, usage, now }) {
      if (!vendors.has(request.vendor)) return unconcerned;
      const used = usage.used[id] ?? 0;
      const passed = request.amount !== null && request.amount <= limit - used;
      const { end } = periodAt(period, timezone, now);
      return periodCheck("vendor_budget", id, passed, "vendor_budget_exceeded", limit, used, period, end);
    },
    counts: counter,
    counter: (request) => (vendors.has(request.vendor) ? counter : null),
    words: `at most ${moneyWords(rule.limit, context)} ${periodWords(period)} at ${listWords(rule.vendors)}`,
  };
}
