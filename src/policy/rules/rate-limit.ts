import { fixedCheck, rateCheck } from "../check.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule, RateRef } from "../types.ts";
import { compileVendors } from "../vendor.ts";
import { listWords } from "./context.ts";

/** So many transactions in a sliding window, of all or of certain vendors. Each rule has a count of its own. */
export function compileRateLimit(rule: RuleOf<"rate_limit">): CompiledRule {
  const { id, max_transactions: max, window_minutes } = rule;
  const vendors = rule.vendors === undefined ? null : compileVendors(rule.vendors);
  const unconcerned = fixedCheck(rule.type, id, "rate_limit_exceeded").passed;
  const rate: RateRef = { id, max, window_ms: window_minutes * 60_000 };
  const concerns = (vendor: string) => vendors === null || vendors.has(vendor);
  return {
    id,
    type: rule.type,
    needs_amount: false,
    judge({ request, usage }) {
      if (!concerns(request.vendor)) return unconcerned;
      const known = usage.rates[id];
      const count = known === undefined ? 0 : known.count;
      return rateCheck(id, count < max, max, count, known === undefined ? null : known.frees_at);
    },
    window: rate,
    rate: (request) => (concerns(request.vendor) ? rate : null),
    words: `at most ${max} transaction${max === 1 ? "" : "s"} in any ${window_minutes} minutes${
      rule.vendors === undefined ? "" : ` at ${listWords(rule.vendors)}`
    }`,
  };
}
