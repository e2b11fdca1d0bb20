import type { AnswerOf } from "../../../api.ts";

export type Simulation = AnswerOf<"simulateMandate">;
type Day = Simulation["days"][number];
export type Outcome = "approved" | "asked" | "rejected";
export const OUTCOMES: readonly Outcome[] = ["approved", "asked", "rejected"];

/** One pair of bars: a day, or some days in a row where there are too many. */
export interface Pair {
  /** First and last day, alike where it is one. */
  readonly from: string;
  readonly to: string;
  readonly actual: Readonly<Record<Outcome, number>>;
  readonly rehearsed: Readonly<Record<Outcome, number>>;
}

/** So many pairs are still told apart on a phone. */
export const PAIRS_MAX = 45;
const DAY_MS = 86_400_000;

/**
 * The days of a rehearsal with the quiet ones between them, put together to as many pairs as can be seen.
 *
 * @param measure What is drawn: the amount, or, where there is none in the terms' currency, the number.
 */
export function pairsOf(days: readonly Day[], measure: "amount" | "count"): readonly Pair[] {
  const sorted = [...days].sort((a, b) => (a.day < b.day ? -1 : 1));
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const start = numberOf(first.day);
  const count = numberOf(last.day) - start + 1;
  const width = Math.ceil(count / PAIRS_MAX);
  return Array.from({ length: Math.ceil(count / width) }, (_, index) => {
    const from = start + index * width;
    const to = Math.min(from + width, start + count) - 1;
    const within = sorted.filter(({ day }) => numberOf(day) >= from && numberOf(day) <= to);
    const sums = (world: "actual" | "rehearsed") =>
      Object.fromEntries(
        OUTCOMES.map((outcome) => [outcome, sumOf(within.map((day) => day[world][outcome][measure]))]),
      ) as Record<Outcome, number>;
    return { from: nameOf(from), to: nameOf(to), actual: sums("actual"), rehearsed: sums("rehearsed") };
  });
}

/** For heights of bars and the table beside them: amounts have six decimals at most, and so has their sum. */
const sumOf = (values: readonly number[]): number =>
  Math.round(values.reduce((sum, value) => sum + value * 1_000_000, 0)) / 1_000_000;

const numberOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY_MS;
const nameOf = (number: number): string => new Date(number * DAY_MS).toISOString().slice(0, 10);
