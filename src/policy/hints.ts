import { LIMITS } from "../limits.ts";
import type { Micros } from "../money.ts";
import { decide } from "./decide.ts";
import { retryAt } from "./retry.ts";
import type { CompiledMandate, Decision, Hints, PurchaseRequest, Usage } from "./types.ts";

const NOTHING: Hints = { max_amount_now: null, max_amount_with_approval: null, retry_at: null };

/** So many numbers of custom rules are tried before the search halves intervals; bounds the work of a hostile rule. */
const MAX_POINTS = 256;

/**
 * What would pass: the largest amount now, the largest with a human, and when this very request would. The candidates
 * come from the limits, and each was verified by `decide`; null where none passes.
 *
 * A custom rule can allow amounts in any pattern. There the amount is one that passes and next to which a larger one
 * fails, found by trying the numbers in the rule and halving; it need not be the largest of several islands.
 */
export function hints(mandate: CompiledMandate | null, request: PurchaseRequest, usage: Usage, now: number): Hints {
  if (mandate === null) return NOTHING;
  const retry_at = retryAt(mandate, request, usage, now);
  const caps = capsOf(mandate, request, usage, now);
  if (caps === null) return { ...NOTHING, retry_at };

  const judge = (amount: number): Decision => decide(mandate, withAmount(request, amount), usage, now);
  const points = breakpointsOf(mandate, request.amount);
  const max_amount_now = largest(caps.now, points, (amount) => judge(amount).outcome === "approved");
  const withApproval = largest([caps.hard, ...caps.now], points, (amount) => judge(amount).outcome !== "rejected");
  const max_amount_with_approval =
    withApproval === null || max_amount_now === null
      ? (withApproval ?? max_amount_now)
      : (Math.max(withApproval, max_amount_now) as Micros);
  return { max_amount_now, max_amount_with_approval, retry_at };
}

/** The same purchase at another amount. What a human approved holds up to the approved amount, not above. */
function withAmount(request: PurchaseRequest, amount: number): PurchaseRequest {
  const covered = request.amount !== null && amount <= request.amount;
  return { ...request, amount: amount as Micros, approved_rules: covered ? request.approved_rules : [] };
}

interface Caps {
  /** Above this a limit or budget rejects. */
  readonly hard: number;
  /** Above the first an approval rule asks; the second holds where a human has approved up to the request's amount. */
  readonly now: readonly number[];
}

/** Reads the limits off the decision about the smallest amount; null if something other than a custom rule rejects it. */
function capsOf(mandate: CompiledMandate, request: PurchaseRequest, usage: Usage, now: number): Caps | null {
  let hard: number = LIMITS.amountMicros;
  let soft = Number.POSITIVE_INFINITY;
  let softUnlessApproved = Number.POSITIVE_INFINITY;
  for (const check of decide(mandate, withAmount(request, 1), usage, now).checks) {
    switch (check.code) {
      case "per_transaction_limit":
      case "max_amount_exceeded":
        hard = Math.min(hard, check.limit ?? hard);
        break;
      case "budget_exceeded":
      case "organization_budget_exceeded":
      case "vendor_budget_exceeded":
        hard = Math.min(hard, check.remaining ?? hard);
        break;
      case "approval_required":
        soft = Math.min(soft, check.remaining ?? soft);
        if (!request.approved_rules.includes(check.id ?? "")) {
          softUnlessApproved = Math.min(softUnlessApproved, check.remaining ?? softUnlessApproved);
        }
        break;
      case "custom_rule_failed":
      case "custom_rule_error":
        continue;
    }
    if (!check.passed) return null;
  }
  return { hard, now: [Math.min(hard, soft), Math.min(hard, softUnlessApproved, request.amount ?? 0)] };
}

/** Null: no custom rule reads the amount, so all limits are upper bounds and the caps alone decide. */
function breakpointsOf(mandate: CompiledMandate, amount: Micros | null): number[] | null {
  const custom = mandate.rules.filter((rule) => rule.type === "custom" && rule.needs_amount);
  if (custom.length === 0) return null;
  const points = new Set(custom.flatMap((rule) => rule.breakpoints ?? []).slice(0, MAX_POINTS));
  if (amount !== null) points.add(amount);
  return [...points.add(1)];
}

function largest(
  caps: readonly number[],
  points: readonly number[] | null,
  passes: (amount: number) => boolean,
): Micros | null {
  const [cap, ...lower] = [...new Set(caps)].filter((amount) => amount >= 1).sort((a, b) => b - a);
  if (cap === undefined) return null;
  if (passes(cap)) return cap as Micros;
  if (points === null) return (lower.find(passes) ?? null) as Micros | null;

  let above = cap;
  for (const point of [...points, ...lower].filter((point) => point < cap).sort((a, b) => b - a)) {
    if (passes(point)) return boundary(point, above, passes) as Micros;
    above = point;
  }
  return null;
}

/** Between an amount that passes and one that does not: one that passes and whose next micro does not. */
function boundary(passing: number, failing: number, passes: (amount: number) => boolean): number {
  let low = passing;
  let high = failing;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (passes(middle)) low = middle;
    else high = middle;
  }
  return low;
}
