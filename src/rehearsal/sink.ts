import { currencyExponent } from "../money.ts";
import type { CounterRef, Decision, Outcome } from "../policy/types.ts";
import { type DecisionFact, type StepFact, unloggedRepeats } from "./facts.ts";

export type Stage = "first" | "approval" | "execution";

/** One sum of the report. */
export interface Cell {
  /** What really happened, what would have, and which checks refused or asked in the rehearsal. */
  readonly kind: "real" | "rehearsed" | "refused_by" | "asked_by";
  /** An outcome, or a reason code. */
  readonly name: string;
  /** Id of the budget or rule; empty where there is none. */
  readonly rule: string;
  readonly currency: string;
}

/** What is counted beside the outcomes. */
export type Note =
  /** Rejections without an event of their own. */
  | "repeats"
  /** Repeats of a rejection that these terms would not have made: the agent would not have asked again. */
  | "skipped_repeats"
  /** Events whose body was erased. */
  | "erased"
  /** Both worlds refuse (or both do not), for other reasons. */
  | "other_reasons"
  | "judged_again"
  | "differences";

/** A purchase that would have gone otherwise. */
export interface Difference {
  readonly at: number;
  readonly transaction_id: string;
  readonly stage: Stage;
  readonly vendor: string;
  /** Micros. */
  readonly amount: number;
  readonly currency: string;
  readonly actual: Outcome;
  readonly rehearsed: Outcome;
  readonly actual_codes: readonly string[];
  readonly codes: readonly string[];
}

/** Where a rehearsal reports to. */
export interface Sink {
  /** @param at When a purchase was judged (ms); left out for what is not counted per day. */
  count(cell: Cell, amount: number, at?: number): void;
  note(name: Note, times: number): void;
  difference(difference: Difference): void;
  /** A budget or counting rule after a decision, in micros; looked up only where somebody wants to know. */
  use(ref: CounterRef, used: () => number, at: number): void;
}

/** Sums beyond what a JSON number holds exactly stay at its end: no honest history comes near. */
export const capped = (sum: number): number => Math.min(sum, Number.MAX_SAFE_INTEGER);

/** Whose amounts are not added up. What an agent calls a currency is up to it: what is none shares this one line. */
const OTHER = "other";
const lineOf = (currency: string): string => (currencyExponent(currency) === undefined ? OTHER : currency);

export const failedCodes = (decision: Decision): string[] =>
  decision.checks.filter((check) => !check.passed).map((check) => check.code);

/**
 * Reports the first judgement of a purchase.
 *
 * @param currency The terms' own: what single rules refused is added up in it alone.
 * @param exact Is another reason already a difference? So it is when the very same decision is made again.
 */
export function reportDecision(
  sink: Sink,
  fact: DecisionFact,
  decision: Decision,
  currency: string,
  exact: boolean,
): void {
  const { request } = fact;
  const amount = request.amount ?? 0;
  const line = lineOf(request.currency);
  const sum = line === OTHER ? 0 : amount;
  const codes = failedCodes(decision);
  sink.count({ kind: "rehearsed", name: decision.outcome, rule: "", currency: line }, sum, fact.at);
  const ruleLine = request.currency === currency ? currency : OTHER;
  const ruleSum = request.currency === currency ? amount : 0;
  for (const check of decision.checks) {
    const kind = !check.passed ? "refused_by" : check.asks === true ? "asked_by" : null;
    if (kind !== null) sink.count({ kind, name: check.code, rule: check.id ?? "", currency: ruleLine }, ruleSum);
  }
  if (fact.repeat > 1) sink.note("repeats", unloggedRepeats(fact.repeat));
  if (fact.outcome === null) return;
  sink.count({ kind: "real", name: fact.outcome, rule: "", currency: line }, sum, fact.at);
  const alike = sameList(codes, fact.codes) && (!exact || sameList(decision.asks, fact.asks));
  if (decision.outcome === fact.outcome && (alike || !exact)) {
    if (!alike) sink.note("other_reasons", 1);
    return;
  }
  reportDifference(sink, {
    at: fact.at,
    transaction_id: fact.transaction_id,
    stage: "first",
    vendor: request.vendor,
    amount,
    currency: request.currency,
    actual: fact.outcome,
    rehearsed: decision.outcome,
    actual_codes: fact.codes,
    codes,
  });
}

function reportDifference(sink: Sink, difference: Difference): void {
  sink.note("differences", 1);
  sink.difference(difference);
}

/** A later judgement of a purchase (at its approval, at its payment) that the record let through, and this one did not. */
export function reportStopped(sink: Sink, fact: StepFact, stage: Difference["stage"], decision: Decision): void {
  reportDifference(sink, {
    at: fact.at,
    transaction_id: fact.transaction_id,
    stage,
    vendor: fact.vendor,
    amount: fact.amount,
    currency: fact.currency,
    actual: "approved",
    rehearsed: decision.outcome,
    actual_codes: [],
    codes: failedCodes(decision),
  });
}

export const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((entry, index) => entry === b[index]);
