import type { ReasonCode } from "./reasons.ts";
import type { Check, PeriodKind } from "./types.ts";

/**
 * Every check is made here, with every field in one order, so that all have one hidden class: the decision path
 * makes some ten of them per call.
 */
function make(
  rule: string,
  id: string | undefined,
  passed: boolean,
  code: ReasonCode,
  limit: number | undefined,
  used: number | undefined,
  remaining: number | undefined,
  resets_at: number | undefined,
  period: PeriodKind | undefined,
  asks: boolean | undefined,
): Check {
  return { rule, id, passed, code, limit, used, remaining, resets_at, period, asks };
}

/** A check without figures. Its passed and failed forms never change, so both are made once and shared. */
export interface FixedCheck {
  readonly passed: Check;
  readonly failed: Check;
}

export function fixedCheck(rule: string, id: string | undefined, code: ReasonCode): FixedCheck {
  return { passed: verdict(rule, id, true, code), failed: verdict(rule, id, false, code) };
}

export function verdict(rule: string, id: string | undefined, passed: boolean, code: ReasonCode): Check {
  return make(rule, id, passed, code, undefined, undefined, undefined, undefined, undefined, undefined);
}

/** The amount (micros) against a fixed limit. */
export function limitCheck(rule: string, id: string | undefined, passed: boolean, code: ReasonCode, limit: number) {
  return make(rule, id, passed, code, limit, undefined, undefined, undefined, undefined, undefined);
}

/** The amount (micros) against what is left in a period. `end` in ms, Infinity where it never resets. */
export function periodCheck(
  rule: string,
  id: string,
  passed: boolean,
  code: ReasonCode,
  limit: number,
  used: number,
  period: PeriodKind,
  end: number,
): Check {
  const remaining = used < limit ? limit - used : 0;
  const resets_at = end === Number.POSITIVE_INFINITY ? undefined : end;
  return make(rule, id, passed, code, limit, used, remaining, resets_at, period, undefined);
}

/** Transactions in a sliding window. `frees_at` in ms, null while there is room. */
export function rateCheck(id: string, passed: boolean, limit: number, count: number, frees_at: number | null): Check {
  const remaining = count < limit ? limit - count : 0;
  const resets_at = frees_at ?? undefined;
  const code = "rate_limit_exceeded";
  return make("rate_limit", id, passed, code, limit, count, remaining, resets_at, undefined, undefined);
}

/** An approval rule never fails: it asks, or not. Figures only for a rule with an amount. */
export function approvalCheck(
  id: string,
  asks: boolean,
  above: number | undefined,
  used: number | undefined,
  period: PeriodKind | undefined,
  end: number,
): Check {
  const remaining = above === undefined ? undefined : Math.max(0, above - (used ?? 0));
  const resets_at = end === Number.POSITIVE_INFINITY ? undefined : end;
  return make("approval", id, true, "approval_required", above, used, remaining, resets_at, period, asks);
}
