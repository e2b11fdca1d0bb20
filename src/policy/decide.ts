import { LIMITS } from "../limits.ts";
import type { Micros } from "../money.ts";
import { fixedCheck, limitCheck, periodCheck, verdict } from "./check.ts";
import { periodAt } from "./periods.ts";
import type {
  Check,
  CompiledMandate,
  CounterRef,
  Decision,
  OrganizationBudget,
  PurchaseRequest,
  RateRef,
  RuleContext,
  Usage,
} from "./types.ts";

const storage = fixedCheck("storage", undefined, "storage_full");
const freeze = fixedCheck("organization", undefined, "organization_frozen");
const agentKnown = fixedCheck("agent", undefined, "agent_not_found");
const agentActive = fixedCheck("agent", undefined, "agent_suspended");
const mandateActive = fixedCheck("mandate", undefined, "no_active_mandate");
const mandateBegun = fixedCheck("mandate", undefined, "mandate_not_yet_valid");
const mandateRunning = fixedCheck("mandate", undefined, "mandate_expired");
const currency = fixedCheck("currency", undefined, "currency_mismatch");
const noOrganizationBudget = verdict("organization_budget", undefined, false, "organization_budget_exceeded");
const pending = fixedCheck("pending_approvals", undefined, "too_many_pending_approvals");

const NOBODY: readonly string[] = [];

/**
 * Judges one purchase. Pure: the same mandate, request, usage and `now` (ms) give the same decision, which is how
 * history is replayed. Every check is evaluated and reported, in the documented order; one that fails rejects.
 *
 * Left out are checks that would say nothing: those that need an amount while it is not known (`amount: null`), those
 * of the mandate's amounts when the currency is another (20 EUR against a limit of 10 USD compares nothing), and those
 * of an agent or mandate that is not there. Never throws for anything that a request can hold.
 */
export function decide(mandate: CompiledMandate | null, request: PurchaseRequest, usage: Usage, now: number): Decision {
  const checks: Check[] = [];
  let passed = gates(checks, mandate, request, usage, now);
  const amount = request.amount;
  const sameCurrency = mandate !== null && request.currency === mandate.currency;
  const judgesAmount = sameCurrency && amount !== null;

  if (mandate !== null) {
    checks.push(sameCurrency ? currency.passed : currency.failed);
    passed &&= sameCurrency;
    if (judgesAmount) passed = mandateAmounts(checks, mandate, amount, usage, now) && passed;
  }
  passed = organizationBudgets(checks, request, usage, now) && passed;

  let asks: string[] | null = null;
  let timeout = Number.POSITIVE_INFINITY;
  if (mandate !== null) {
    // In another currency the rules must not see the amount either: some judge with it and without.
    const judged = judgesAmount ? request : withoutAmount(request);
    const context: RuleContext = { request: judged, usage, now, mandate };
    const rules = mandate.rules;
    for (let index = 0; index < rules.length; index++) {
      const rule = rules[index]!;
      if (rule.needs_amount && !judgesAmount) continue;
      const check = rule.judge(context);
      checks.push(check);
      if (!check.passed) passed = false;
      if (check.asks === true) {
        if (asks === null) asks = [rule.id];
        else asks.push(rule.id);
        if (rule.timeout_ms !== undefined && rule.timeout_ms < timeout) timeout = rule.timeout_ms;
      }
    }
  }
  if (asks !== null) {
    const room = usage.pending_approvals < LIMITS.pendingApprovalsPerAgent;
    checks.push(room ? pending.passed : pending.failed);
    passed &&= room;
  }
  return {
    outcome: passed ? (asks === null ? "approved" : "approval_required") : "rejected",
    checks,
    asks: asks ?? NOBODY,
    approval_timeout_ms: timeout === Number.POSITIVE_INFINITY ? null : timeout,
  };
}

const withoutAmount = (request: PurchaseRequest): PurchaseRequest =>
  request.amount === null ? request : { ...request, amount: null };

/** May anything be spent at all? */
function gates(
  checks: Check[],
  mandate: CompiledMandate | null,
  request: PurchaseRequest,
  usage: Usage,
  now: number,
): boolean {
  const { frozen, storage_full } = usage.organization;
  let passed = !frozen && !storage_full;
  checks.push(storage_full ? storage.failed : storage.passed, frozen ? freeze.failed : freeze.passed);

  checks.push(usage.agent === null ? agentKnown.failed : agentKnown.passed);
  if (usage.agent !== null) {
    const active = usage.agent.status === "active";
    checks.push(active ? agentActive.passed : agentActive.failed);
    passed &&= active;
  } else passed = false;

  // A mandate that ran out is reported as expired below, which says more than "not active". The mandate of another
  // agent is a bug of the caller, and refuses.
  const status = usage.mandate === null ? null : usage.mandate.status;
  const usable =
    mandate !== null && (status === "active" || status === "expired") && mandate.terms.agent_id === request.agent_id;
  checks.push(usable ? mandateActive.passed : mandateActive.failed);
  passed &&= usable;
  if (mandate !== null) {
    const begun = mandate.valid_from === null || now >= mandate.valid_from;
    const running = status !== "expired" && (mandate.valid_until === null || now < mandate.valid_until);
    checks.push(begun ? mandateBegun.passed : mandateBegun.failed);
    checks.push(running ? mandateRunning.passed : mandateRunning.failed);
    passed &&= begun && running;
  }
  return passed;
}

/** The edges refuse malformed amounts; should one get this far, it must not pass a comparison by being negative. */
const isAmount = (amount: number): boolean =>
  Number.isSafeInteger(amount) && amount > 0 && amount <= LIMITS.amountMicros;

function mandateAmounts(checks: Check[], mandate: CompiledMandate, amount: Micros, usage: Usage, now: number): boolean {
  const limit = mandate.per_transaction_limit;
  let passed = amount <= limit && isAmount(amount);
  checks.push(limitCheck("per_transaction", undefined, passed, "per_transaction_limit", limit));
  for (let index = 0; index < mandate.budgets.length; index++) {
    const budget = mandate.budgets[index]!;
    const used = usage.used[budget.id] ?? 0;
    const fits = amount <= budget.limit - used;
    const { end } = periodAt(budget.period, budget.timezone, now);
    checks.push(periodCheck("budget", budget.id, fits, "budget_exceeded", budget.limit, used, budget.period, end));
    passed &&= fits;
  }
  return passed;
}

/** Budgets of the organization are kept per currency; where there are any, a currency without one is not for spending. */
function organizationBudgets(checks: Check[], request: PurchaseRequest, usage: Usage, now: number): boolean {
  const { budgets } = usage.organization;
  if (budgets.length === 0) return true;
  const { amount } = request;
  let passed = true;
  let found = false;
  for (let index = 0; index < budgets.length; index++) {
    const budget = budgets[index]!;
    if (budget.currency !== request.currency) continue;
    found = true;
    if (amount === null) continue;
    const used = usage.used[budget.id] ?? 0;
    const fits = amount <= budget.limit - used;
    const { end } = periodAt(budget.period, budget.timezone, now);
    const { id, limit, period } = budget;
    checks.push(periodCheck("organization_budget", id, fits, "organization_budget_exceeded", limit, used, period, end));
    passed &&= fits;
  }
  if (!found) checks.push(noOrganizationBudget);
  return passed && found;
}

/** The counters of the mandate that this purchase reads and reserves on: all budgets, and the rules that count it. */
export function counterRefs(mandate: CompiledMandate, request: PurchaseRequest): CounterRef[] {
  const refs = [...mandate.budgets];
  for (const rule of mandate.rules) {
    const ref = rule.counter?.(request);
    if (ref) refs.push(ref);
  }
  return refs;
}

/** The organization-wide counters. With a currency: those that a purchase in it counts on. */
export function organizationCounterRefs(budgets: readonly OrganizationBudget[], inCurrency?: string): CounterRef[] {
  return budgets
    .filter((budget) => inCurrency === undefined || budget.currency === inCurrency)
    .map(({ id, period, timezone, limit }) => ({ id, kind: "organization_budget", period, timezone, limit }));
}

/** The sliding windows that this purchase is counted in. */
export function rateRefs(mandate: CompiledMandate, request: PurchaseRequest): RateRef[] {
  const refs: RateRef[] = [];
  for (const rule of mandate.rules) {
    const ref = rule.rate?.(request);
    if (ref) refs.push(ref);
  }
  return refs;
}
