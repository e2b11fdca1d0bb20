import { compileApproval } from "./rules/approval.ts";
import { compileCategory } from "./rules/category.ts";
import { type MandateContext, storedAmount } from "./rules/context.ts";
import { compileCustom } from "./rules/custom.ts";
import { compileGeo } from "./rules/geo.ts";
import { compileMaxAmount } from "./rules/max-amount.ts";
import { compileProtocol } from "./rules/protocol.ts";
import { compileRateLimit } from "./rules/rate-limit.ts";
import { compileTimeWindow } from "./rules/time-window.ts";
import { compileUnknown } from "./rules/unknown.ts";
import { compileVendorBudget } from "./rules/vendor-budget.ts";
import { compileVendorList } from "./rules/vendor-list.ts";
import type { MandateTerms, Rule } from "./terms.ts";
import type { CompiledMandate, CompiledRule, CounterRef } from "./types.ts";
import { isTimeZone } from "./zone.ts";

/**
 * Makes stored terms ready to judge; keep the result per mandate version. Terms were validated when they were saved, so
 * it throws only on a bug. A rule type that this version does not know compiles to a rule that refuses everything.
 */
export function compileMandate(terms: MandateTerms): CompiledMandate {
  const { currency, timezone } = terms;
  if (!isTimeZone(timezone)) throw new Error("stored terms name an unknown time zone");
  const context: MandateContext = { currency, timezone };
  return {
    terms,
    currency,
    timezone,
    per_transaction_limit: storedAmount(terms.per_transaction_limit),
    valid_from: terms.valid_from === undefined ? null : instant(terms.valid_from),
    valid_until: terms.valid_until === undefined ? null : instant(terms.valid_until),
    warning_threshold: terms.warning_threshold,
    agent_may_release: terms.agent_may_release,
    budgets: terms.budgets.map(
      ({ id, period, limit }): CounterRef => ({ id, kind: "budget", period, timezone, limit: storedAmount(limit) }),
    ),
    rules: terms.rules.map((rule) => compileRule(rule, context)),
    needs_vendor_known: terms.rules.some((rule) => rule.type === "approval" && rule.first_purchase_from_vendor),
  };
}

function instant(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error("stored terms hold a bad instant");
  return at;
}

function compileRule(rule: Rule, context: MandateContext): CompiledRule {
  switch (rule.type) {
    case "vendor_allowlist":
    case "vendor_blocklist":
      return compileVendorList(rule);
    case "category":
      return compileCategory(rule);
    case "max_amount":
      return compileMaxAmount(rule, context);
    case "vendor_budget":
      return compileVendorBudget(rule, context);
    case "rate_limit":
      return compileRateLimit(rule);
    case "time_window":
      return compileTimeWindow(rule, context);
    case "geo":
      return compileGeo(rule);
    case "protocol":
      return compileProtocol(rule);
    case "approval":
      return compileApproval(rule, context);
    case "custom":
      return compileCustom(rule, context);
    default: {
      const unknown: { id: string; type: string } = rule satisfies never;
      return compileUnknown(unknown.id, unknown.type);
    }
  }
}
