import { approvalCheck } from "../check.ts";
import { periodAt } from "../periods.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule, CounterRef } from "../types.ts";
import { appliesTo, listWords, type MandateContext, moneyWords, periodWords, storedAmount } from "./context.ts";

/**
 * Asks a human; never fails. Triggers are `above` (strictly; with a period the sum of what the rule counts plus this
 * amount) and a vendor with whom the agent never completed a purchase. `categories` narrows the rule, and alone asks
 * for every purchase in them. A human's approval of exactly this purchase silences the rule.
 */
export function compileApproval(rule: RuleOf<"approval">, context: MandateContext): CompiledRule {
  const { id, period } = rule;
  const { timezone } = context;
  const above = rule.above === undefined ? undefined : storedAmount(rule.above);
  const firstPurchase = rule.first_purchase_from_vendor === true;
  const categories = rule.categories === undefined ? null : new Set(rule.categories);
  const always = above === undefined && !firstPurchase;
  const silent = approvalCheck(id, false, undefined, undefined, undefined, Number.POSITIVE_INFINITY);
  const counter: CounterRef | null =
    period === undefined || above === undefined ? null : { id, kind: "rule", period, timezone, limit: above };
  return {
    id,
    type: rule.type,
    // With another trigger than the amount there is a verdict without an amount; `judge` then leaves the amount out.
    needs_amount: above !== undefined && !firstPurchase,
    judge({ request, usage, now }) {
      if (!appliesTo(categories, request.category)) return silent;
      const approved = request.approved_rules.length > 0 && request.approved_rules.includes(id);
      let asks = always || (firstPurchase && !usage.vendor_known);
      if (above === undefined || request.amount === null) {
        return approvalCheck(id, asks && !approved, undefined, undefined, undefined, Number.POSITIVE_INFINITY);
      }
      if (period === undefined) {
        asks ||= request.amount > above;
        return approvalCheck(id, asks && !approved, above, undefined, undefined, Number.POSITIVE_INFINITY);
      }
      const used = usage.used[id] ?? 0;
      asks ||= used + request.amount > above;
      return approvalCheck(id, asks && !approved, above, used, period, periodAt(period, timezone, now).end);
    },
    ...(counter === null
      ? {}
      : {
          counts: counter,
          counter: (request) => (appliesTo(categories, request.category) ? counter : null),
        }),
    timeout_ms: rule.timeout_minutes * 60_000,
    words: words(rule, context),
  };
}

function words(rule: RuleOf<"approval">, context: MandateContext): string {
  const triggers: string[] = [];
  if (rule.above !== undefined) {
    const amount = moneyWords(rule.above, context);
    triggers.push(
      rule.period === undefined
        ? `purchases above ${amount}`
        : `purchases that bring the sum above ${amount} ${periodWords(rule.period)}`,
    );
  }
  if (rule.first_purchase_from_vendor === true) triggers.push("the first purchase from a vendor");
  const where = rule.categories === undefined ? "" : ` in categories ${listWords(rule.categories)} (or without one)`;
  return `a human must approve ${triggers.length === 0 ? "every purchase" : triggers.join(" and ")}${where}`;
}
