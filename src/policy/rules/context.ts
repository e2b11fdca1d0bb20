import { formatMoney, type Micros, parseAmount } from "../../money.ts";
import type { PeriodKind } from "../types.ts";

/** What a rule knows of its mandate when it is compiled. */
export interface MandateContext {
  readonly currency: string;
  readonly timezone: string;
}

/** An amount of stored terms in micros. Terms were validated when they were saved, so a failure is a bug. */
export function storedAmount(major: number): Micros {
  const amount = parseAmount(major, { allowZero: true });
  if (!amount.ok) throw new Error(`stored terms hold a bad amount: ${amount.error}`);
  return amount.value;
}

const PERIOD_WORDS: Record<PeriodKind, string> = {
  hourly: "per calendar hour",
  daily: "per day",
  weekly: "per week (from Monday)",
  monthly: "per month",
  total: "in total",
};
export const periodWords = (period: PeriodKind): string => PERIOD_WORDS[period];

/** "api.example.com and 2 more": the first few entries of a list. */
export function listWords(entries: readonly string[], shown = 5): string {
  if (entries.length === 0) return "(none)";
  const head = entries.slice(0, shown);
  const more = entries.length - head.length;
  const last = more > 0 ? `${more} more` : (head.pop() ?? "");
  return head.length === 0 ? last : `${head.join(", ")} and ${last}`;
}

export const moneyWords = (major: number, { currency }: MandateContext): string =>
  formatMoney(storedAmount(major), currency);

/**
 * Does a rule that is narrowed to categories apply? Naming a category is up to the agent, so a purchase that names none
 * is counted among them: leaving it out must not be a way around the rule.
 */
export const appliesTo = (categories: ReadonlySet<string> | null, category: string | null): boolean =>
  categories === null || category === null || categories.has(category);
