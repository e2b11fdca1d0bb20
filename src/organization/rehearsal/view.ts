import { toMajor } from "../../money.ts";
import type { Outcome } from "../../policy/types.ts";
import type { CellSum, DaySums } from "../../rehearsal/memory-sink.ts";
import type { Difference, Note } from "../../rehearsal/sink.ts";
import { iso } from "../views.ts";

/** The outcome as people read it: a purchase that a person must approve was asked about. */
export const outcomeWord = (outcome: Outcome): "approved" | "rejected" | "asked" =>
  outcome === "approval_required" ? "asked" : outcome;

/** What simulations and shadows count, in major units. */
export function countsView(cells: readonly CellSum[], noted: (name: Note) => number) {
  return {
    actual: outcomes(cells.filter(({ kind }) => kind === "real")),
    rehearsed: outcomes(cells.filter(({ kind }) => kind === "rehearsed")),
    per_rule: perRule(cells),
    judged_again: noted("judged_again"),
    other_reasons: noted("other_reasons"),
    repeats: noted("repeats"),
    skipped: { erased: noted("erased"), repeats: noted("skipped_repeats") },
  };
}

const OUTCOMES: readonly Outcome[] = ["approved", "rejected", "approval_required"];

function outcomes(cells: readonly CellSum[]) {
  const n = (outcome: Outcome) => cells.reduce((sum, cell) => sum + (cell.name === outcome ? cell.n : 0), 0);
  const currencies = [...new Set(cells.map(({ currency }) => currency))].sort();
  const [approved = 0, rejected = 0, asked = 0] = OUTCOMES.map(n);
  return {
    total: approved + rejected + asked,
    approved,
    rejected,
    asked,
    amounts: currencies.map((currency) => {
      const sum = (outcome: Outcome) =>
        toMajor(cells.find((cell) => cell.currency === currency && cell.name === outcome)?.amount ?? 0);
      return { currency, approved: sum("approved"), rejected: sum("rejected"), asked: sum("approval_required") };
    }),
  };
}

/** One day's purchases, by what became of them and what would have. Amounts in the terms' currency alone. */
export function dayView({ day, cells }: DaySums, currency: string) {
  const sums = (kind: CellSum["kind"]) => {
    const [approved, rejected, asked] = OUTCOMES.map((outcome) => {
      const found = cells.filter((cell) => cell.kind === kind && cell.name === outcome);
      return {
        count: found.reduce((sum, { n }) => sum + n, 0),
        amount: toMajor(found.find((cell) => cell.currency === currency)?.amount ?? 0),
      };
    }) as [DaySum, DaySum, DaySum];
    return { approved, rejected, asked };
  };
  return { day, actual: sums("real"), rehearsed: sums("rehearsed") };
}
interface DaySum {
  readonly count: number;
  readonly amount: number;
}

function perRule(cells: readonly CellSum[]) {
  return cells
    .filter(({ kind }) => kind === "refused_by" || kind === "asked_by")
    .map(({ kind, name, rule, currency, n, amount }) => ({
      code: name,
      rule_id: rule === "" ? null : rule,
      currency,
      rejected: kind === "refused_by" ? n : 0,
      asked: kind === "asked_by" ? n : 0,
      amount: toMajor(amount),
    }))
    .sort(
      (a, b) => compare(a.code, b.code) || compare(a.rule_id ?? "", b.rule_id ?? "") || compare(a.currency, b.currency),
    );
}

/** By code unit: the same everywhere, unlike a locale's order. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const differenceView = (it: Difference) => ({
  at: iso(it.at),
  transaction_id: it.transaction_id,
  stage: it.stage,
  vendor: it.vendor,
  amount: toMajor(it.amount),
  currency: it.currency,
  actual: outcomeWord(it.actual),
  rehearsed: outcomeWord(it.rehearsed),
  actual_codes: it.actual_codes,
  codes: it.codes,
});
