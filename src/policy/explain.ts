import { formatMoney } from "../money.ts";
import type { ReasonCode } from "./reasons.ts";
import { REASONS } from "./reasons.ts";
import { periodWords } from "./rules/context.ts";
import { quote } from "./text.ts";
import type { Check, CompiledMandate, Decision, Hints, PurchaseRequest } from "./types.ts";
import { vendorWords } from "./vendor.ts";

export { hints } from "./hints.ts";

/** An instant (ms) for people and models: RFC 3339, without milliseconds where there are none. */
export const instantWords = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");

/**
 * One sentence about one check: what was asked, the limit, what is used, when it resets. Untrusted text (category,
 * agent id) is quoted and escaped; the vendor is normalized and holds nothing that needs it.
 */
export function explainCheck(check: Check, request: PurchaseRequest, mandate: CompiledMandate | null): string {
  return check.passed ? explainPassed(check, request) : explainFailed(check, request, mandate);
}

function explainFailed(check: Check, request: PurchaseRequest, mandate: CompiledMandate | null): string {
  const { currency, vendor, category } = request;
  const money = (amount: number) => formatMoney(amount, currency);
  const asked = request.amount === null ? "The amount" : money(request.amount);
  const limit = check.limit === undefined ? "" : money(check.limit);
  const words = mandate?.rules.find((rule) => rule.id === check.id)?.words;
  switch (check.code) {
    case "agent_not_found":
      return `There is no agent ${quote(request.agent_id)} for this key.`;
    case "mandate_not_yet_valid":
      return mandate?.valid_from == null
        ? REASONS.mandate_not_yet_valid
        : `The mandate is valid from ${instantWords(mandate.valid_from)} on.`;
    case "mandate_expired":
      return mandate?.valid_until == null
        ? REASONS.mandate_expired
        : `The mandate was valid until ${instantWords(mandate.valid_until)}.`;
    case "currency_mismatch":
      return `The purchase is in ${currency}, the mandate in ${mandate?.currency ?? "another currency"}; nothing is converted.`;
    case "per_transaction_limit":
      return request.amount !== null && request.amount > (check.limit ?? 0)
        ? `${asked} is above the limit of ${limit} for one purchase.`
        : "The amount is not a valid amount of money.";
    case "budget_exceeded":
      return `${asked} does not fit the ${budgetWords(check, money)}`;
    case "organization_budget_exceeded":
      return check.limit === undefined
        ? `The organization has budgets, but none in ${currency}.`
        : `${asked} does not fit the organization's ${budgetWords(check, money)}`;
    case "vendor_budget_exceeded":
      return `${asked} does not fit the ${budgetWords(check, money, " for this vendor")}`;
    case "vendor_not_allowed":
      return `The vendor ${vendorWords(vendor)} is not on the mandate's allow list.`;
    case "vendor_blocked":
      return `The vendor ${vendorWords(vendor)} is on the mandate's block list.`;
    case "category_not_allowed":
      return `The category ${quote(category ?? "")} is not allowed${because(words)}.`;
    case "category_missing":
      return `The purchase names no category, and the mandate allows ${words ?? "certain categories only"}.`;
    case "max_amount_exceeded":
      return `${asked} is above the limit of ${limit} for such a purchase${because(words)}.`;
    case "rate_limit_exceeded": {
      const next = check.resets_at === undefined ? "" : `, the next slot frees at ${instantWords(check.resets_at)}`;
      return `The rate limit of ${check.limit} is used up: ${check.used} transactions in the window${next}.`;
    }
    case "outside_time_window":
      return `This is outside the allowed hours${because(words)}.`;
    case "country_not_allowed":
      return `Calls from the country ${quote(request.country ?? "")} are not allowed.`;
    case "protocol_not_allowed":
      return `Paying by ${request.protocol} is not allowed${because(words)}.`;
    case "custom_rule_failed":
      return `A custom rule does not allow this purchase${because(words)}.`;
    case "custom_rule_error":
      return `A custom rule could not be evaluated, possibly because the purchase names no category${because(words)}.`;
    default:
      return REASONS[check.code];
  }
}

const because = (words: string | undefined): string => (words === undefined ? "" : `: ${words}`);

/** "daily budget of 500.00 USD: 480.00 USD are used, 20.00 USD are left until 2026-11-22T00:00:00Z." */
function budgetWords(check: Check, money: (amount: number) => string, suffix = ""): string {
  const name = check.period === undefined ? "budget" : `${check.period} budget`;
  const until = check.resets_at === undefined ? "" : ` until ${instantWords(check.resets_at)}`;
  const { limit = 0, used = 0, remaining = 0 } = check;
  return `${name} of ${money(limit)}${suffix}: ${money(used)} are used, ${money(remaining)} are left${until}.`;
}

const PASSED: Record<ReasonCode, string> = {
  storage_full: "The organization can record new spending.",
  organization_frozen: "The organization's spending is not frozen.",
  agent_not_found: "The agent is known.",
  agent_suspended: "The agent is active.",
  no_active_mandate: "The agent has an active mandate.",
  mandate_not_yet_valid: "The mandate's validity has begun.",
  mandate_expired: "The mandate has not expired.",
  currency_mismatch: "The currency is the mandate's.",
  per_transaction_limit: "The amount is within the limit for one purchase",
  budget_exceeded: "The amount fits the",
  organization_budget_exceeded: "The amount fits the organization's",
  vendor_not_allowed: "The vendor is on the allow list.",
  vendor_blocked: "The vendor is not on the block list.",
  category_not_allowed: "The category is allowed.",
  category_missing: "The category is given.",
  max_amount_exceeded: "The amount is within the limit for such a purchase",
  vendor_budget_exceeded: "The amount fits the",
  rate_limit_exceeded: "The rate limit has room",
  outside_time_window: "This is within the allowed hours.",
  country_not_allowed: "The country is allowed.",
  country_unknown: "The country is known.",
  protocol_not_allowed: "This way of paying is allowed.",
  approval_required: "No approval is needed.",
  custom_rule_failed: "The custom rule allows it.",
  custom_rule_error: "The custom rule allows it.",
  unknown_rule: "The rule is known.",
  too_many_pending_approvals: "There is room for another purchase that waits for a human.",
};

function explainPassed(check: Check, request: PurchaseRequest): string {
  const money = (amount: number) => formatMoney(amount, request.currency);
  const sentence = PASSED[check.code];
  switch (check.code) {
    case "budget_exceeded":
    case "organization_budget_exceeded":
      return `${sentence} ${budgetWords(check, money)}`;
    case "vendor_budget_exceeded":
      return check.limit === undefined
        ? "The vendor budget does not concern this vendor."
        : `${sentence} ${budgetWords(check, money, " for this vendor")}`;
    case "per_transaction_limit":
    case "max_amount_exceeded":
      return check.limit === undefined
        ? "The limit does not concern this purchase."
        : `${sentence}: ${money(check.limit)}.`;
    case "rate_limit_exceeded":
      return check.limit === undefined
        ? "The rate limit does not concern this vendor."
        : `${sentence}: ${check.used ?? 0} of ${check.limit} transactions are used.`;
    case "approval_required":
      return explainApproval(check, request, money);
    default:
      return sentence;
  }
}

function explainApproval(check: Check, request: PurchaseRequest, money: (amount: number) => string): string {
  if (check.asks !== true) {
    return request.approved_rules.includes(check.id ?? "") ? "A human approved this purchase." : PASSED[check.code];
  }
  const { amount } = request;
  const { limit, used = 0 } = check;
  if (limit !== undefined && amount !== null && used + amount > limit) {
    return check.period === undefined
      ? `A human must approve purchases above ${money(limit)}; this one is ${money(amount)}.`
      : `A human must approve what exceeds ${money(limit)} ${periodWords(check.period)}: ${money(used)} are used, this purchase is ${money(amount)}.`;
  }
  return "A human must approve this purchase: the mandate asks for every purchase of this kind or the first from this vendor.";
}

/** The decision in one or two sentences for people and models; with hints also what would pass. */
export function summarize(
  decision: Decision,
  request: PurchaseRequest,
  mandate: CompiledMandate | null,
  would?: Hints | null,
): string {
  const { amount, currency, vendor } = request;
  const what = `${amount === null ? "a purchase" : formatMoney(amount, currency)} at ${vendorWords(vendor)}`;
  if (decision.outcome === "approved") return `Approved: ${what}.`;
  if (decision.outcome === "approval_required") {
    const asking = decision.checks.find((check) => check.asks === true);
    return `Needs approval: ${what}.${asking === undefined ? "" : ` ${explainCheck(asking, request, mandate)}`}`;
  }
  const failed = decision.checks.filter((check) => !check.passed);
  const parts = [`Rejected: ${what}.`];
  if (failed[0] !== undefined) parts.push(explainCheck(failed[0], request, mandate));
  if (failed.length > 1) parts.push(`${failed.length - 1} more check${failed.length > 2 ? "s" : ""} failed.`);
  if (would) parts.push(...hintWords(would, currency));
  return parts.join(" ");
}

function hintWords(would: Hints, currency: string): string[] {
  const words: string[] = [];
  const { max_amount_now, max_amount_with_approval, retry_at } = would;
  if (max_amount_now !== null) words.push(`Up to ${formatMoney(max_amount_now, currency)} would pass now.`);
  if (max_amount_with_approval !== null && max_amount_with_approval !== max_amount_now) {
    words.push(`Up to ${formatMoney(max_amount_with_approval, currency)} would pass with a human's approval.`);
  }
  if (retry_at !== null) words.push(`The same purchase would pass at ${instantWords(retry_at)}.`);
  return words;
}

/** The mandate in words, one line per limit and rule. */
export function describeTerms(mandate: CompiledMandate): string[] {
  const { currency, timezone } = mandate;
  const lines = [`at most ${formatMoney(mandate.per_transaction_limit, currency)} per purchase`];
  for (const { period, limit } of mandate.budgets) {
    const zone = period === "total" ? "" : ` (${timezone})`;
    lines.push(`at most ${formatMoney(limit, currency)} ${periodWords(period)}${zone}`);
  }
  for (const rule of mandate.rules) lines.push(rule.words);
  const { profiles } = mandate.terms;
  if (profiles !== undefined) lines.push(`may pay by the profiles ${profiles.join(", ")}`);
  if (mandate.valid_from !== null) lines.push(`valid from ${instantWords(mandate.valid_from)}`);
  if (mandate.valid_until !== null) lines.push(`valid until ${instantWords(mandate.valid_until)}`);
  return lines;
}
