import { counterRefs, decide, organizationCounterRefs } from "./decide.ts";
import { periodAt } from "./periods.ts";
import type { ReasonCode } from "./reasons.ts";
import type { CompiledMandate, PurchaseRequest, Usage } from "./types.ts";

/** What time alone can cure. Any other failed check stays until somebody acts, so there is nothing to wait for. */
const CURED_BY_TIME: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  "mandate_not_yet_valid",
  "budget_exceeded",
  "organization_budget_exceeded",
  "vendor_budget_exceeded",
  "rate_limit_exceeded",
  "outside_time_window",
  "custom_rule_failed",
  "custom_rule_error",
  // The queue of approvals does not empty by itself, but a rule that asks above a sum falls silent when it resets.
  "too_many_pending_approvals",
]);

/** Candidates that are verified at most; some milliseconds of work for the worst mandate that can be written. */
const MAX_CANDIDATES = 2_500;
const QUARTER_MS = 15 * 60_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The earliest instant (ms) at which the same request would pass, if nothing else were spent until then: when budgets
 * have reset, slots are free, windows are open, the mandate is valid. Verified by `decide` on the usage as it would
 * stand. Null: it passes now, or time alone will not help.
 *
 * Custom rules on the clock are tried at quarters of an hour for eight days (and at minutes for a day, where they read
 * the minute).
 */
export function retryAt(mandate: CompiledMandate, request: PurchaseRequest, usage: Usage, now: number): number | null {
  const decision = decide(mandate, request, usage, now);
  if (decision.outcome !== "rejected") return null;
  if (decision.checks.some((check) => !check.passed && !CURED_BY_TIME.has(check.code))) return null;

  const thresholds = new Set<number>();
  if (mandate.valid_from !== null) thresholds.add(mandate.valid_from);
  for (const { passed, asks, resets_at } of decision.checks) {
    if (resets_at !== undefined && (!passed || asks === true)) thresholds.add(resets_at);
  }

  const project = projection(mandate, request, usage, now);
  let verified = 0;
  for (const at of candidates(mandate, [...thresholds], now)) {
    if (mandate.valid_until !== null && at >= mandate.valid_until) return null;
    if (++verified > MAX_CANDIDATES) return null;
    if (decide(mandate, request, project(at), at).outcome !== "rejected") return at;
  }
  return null;
}

/**
 * Instants after `now` at which a failed check can begin to pass, ascending. A purchase passes from the last of its
 * thresholds on, or from the first opening of a window after it.
 */
function candidates(mandate: CompiledMandate, thresholds: readonly number[], now: number): number[] {
  const found = new Set(thresholds);
  const clock = new Set(mandate.rules.flatMap((rule) => rule.clock ?? []));
  for (const from of [now, ...thresholds]) {
    for (const rule of mandate.rules) for (const opening of rule.openings?.(from) ?? []) found.add(opening);
    if (clock.size > 0) addSteps(found, from, QUARTER_MS, 8 * DAY_MS);
    if (clock.has("minute")) addSteps(found, from, MINUTE_MS, DAY_MS);
  }
  return [...found].filter((at) => at > now).sort((a, b) => a - b);
}

function addSteps(found: Set<number>, from: number, step: number, span: number): void {
  for (let at = Math.floor(from / step) * step + step; at <= from + span; at += step) found.add(at);
}

/** Usage as it would stand at a later instant, were nothing spent in between. */
function projection(mandate: CompiledMandate, request: PurchaseRequest, usage: Usage, now: number) {
  const refs = [...counterRefs(mandate, request), ...organizationCounterRefs(usage.organization.budgets)];
  const ends = refs.map(({ id, period, timezone }) => ({ id, end: periodAt(period, timezone, now).end }));
  return (at: number): Usage => {
    const used: Record<string, number> = { ...usage.used };
    for (const { id, end } of ends) if (end <= at) used[id] = 0;
    const rates: Record<string, Usage["rates"][string]> = { ...usage.rates };
    for (const rule of mandate.rules) {
      const ref = rule.rate?.(request);
      const rate = ref ? rates[ref.id] : undefined;
      if (ref && rate && rate.frees_at !== null && rate.frees_at <= at) {
        rates[ref.id] = { count: Math.min(rate.count, ref.max - 1), frees_at: null };
      }
    }
    return { ...usage, used, rates };
  };
}
