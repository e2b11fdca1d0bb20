import type { Micros } from "../money.ts";
import { type Period, periodAt } from "../policy/periods.ts";
import type { CounterRef } from "../policy/types.ts";
import { all, changeOne, first } from "./sql.ts";
import type { Work } from "./work.ts";

/** Organization-wide budgets are counted under this owner; a mandate's under the mandate's id. */
export const ORGANIZATION_OWNER = "organization";

export interface CounterRow {
  readonly id: number;
  readonly owner: string;
  readonly ref: string;
  readonly period: string;
  readonly label: string;
  readonly held: number;
  readonly settled: number;
  /** Where an edit made it reach back beyond its own period: the earliest instant that it counts. */
  readonly since: number | null;
  readonly warned_at: number | null;
  readonly exhausted_at: number | null;
}

/** A counter of the current period, read; the row exists from the first reservation on. */
export interface BoundCounter {
  readonly ref: CounterRef;
  readonly owner: string;
  readonly period: Period;
  readonly row: CounterRow | undefined;
}

export const COUNTER_BY_LABEL =
  "SELECT id, owner, ref, period, label, held, settled, since, warned_at, exhausted_at FROM counters WHERE owner = ? AND ref = ? AND period = ? AND label = ?";
export const COUNTER_BY_ID =
  "SELECT id, owner, ref, period, label, held, settled, since, warned_at, exhausted_at FROM counters WHERE id = ?";
const CREATE = "INSERT INTO counters (owner, ref, period, label, held) VALUES (?, ?, ?, ?, ?) RETURNING id";
const BOOK = "UPDATE counters SET held = held + ?, settled = settled + ? WHERE id = ?";

/** Reads the counter that a purchase at this instant is counted on. */
export function bindCounter(work: Work, owner: string, ref: CounterRef): BoundCounter {
  const period = periodAt(ref.period, ref.timezone, work.now);
  return {
    ref,
    owner,
    period,
    row: first<CounterRow>(work.sql, COUNTER_BY_LABEL, owner, ref.id, ref.period, period.label),
  };
}

export const usedOf = (counter: BoundCounter): number =>
  counter.row === undefined ? 0 : counter.row.held + counter.row.settled;

/** Holds an amount on every counter and returns their ids in the same order, which the transaction keeps for life. */
export function reserve(work: Work, counters: readonly BoundCounter[], amount: Micros): number[] {
  const known = counters.flatMap(({ row }) => (row === undefined ? [] : [row.id]));
  if (known.length > 0) {
    const places = known.map(() => "?").join(", ");
    work.exec(`UPDATE counters SET held = held + ? WHERE id IN (${places})`, amount, ...known);
  }
  return counters.map((counter) => counter.row?.id ?? createCounter(work, counter, amount));
}

/** Makes the row of a counter that nothing was booked on yet. */
export function createCounter(work: Work, counter: BoundCounter, held: number): number {
  const { owner, ref, period } = counter;
  const created = first<{ id: number }>(work.sql, CREATE, owner, ref.id, ref.period, period.label, held);
  if (created === undefined) throw new Error("a counter was not created");
  return created.id;
}

/** Books a change of a transaction on every counter that it reserved on: always the period of the reservation. */
export function book(work: Work, counterIds: readonly number[], held: number, settled: number): void {
  if (held === 0 && settled === 0) return;
  for (const id of counterIds) changeOne(work.sql, BOOK, held, settled, id);
}

/**
 * Says once per budget and period label that a budget is nearly or wholly used, in the transaction that crosses the line.
 * A jump over both lines says warning, then exhausted. The flags stay: freeing money and spending it again says nothing new.
 *
 * @param threshold Share of the limit, 0..1, at which the warning is due.
 */
export function announceCrossing(
  work: Work,
  counter: {
    readonly ref: CounterRef;
    readonly owner: string;
    readonly label: string;
    readonly warned: boolean;
    readonly exhausted: boolean;
  },
  counterId: number,
  used: number,
  threshold: number,
  facts: { readonly agent_id: string | null; readonly currency: string },
): void {
  const { ref } = counter;
  if (ref.kind === "rule" || used < ref.limit * threshold) return;
  const subject = counter.owner === ORGANIZATION_OWNER ? work.organization.id : counter.owner;
  const prefix = ref.kind === "budget" ? "mandate.budget" : "organization.budget";
  const data = {
    ...facts,
    ...(ref.kind === "budget" ? { mandate_id: counter.owner } : {}),
    budget_id: ref.id,
    period: ref.period,
    label: counter.label,
    limit: ref.limit,
    used,
    threshold,
  };
  if (!counter.warned) {
    work.exec("UPDATE counters SET warned_at = ? WHERE id = ?", work.now, counterId);
    work.log(`${prefix}.warning`, subject, data);
  }
  if (!counter.exhausted && used >= ref.limit) {
    work.exec("UPDATE counters SET exhausted_at = ? WHERE id = ?", work.now, counterId);
    work.log(`${prefix}.exhausted`, subject, data);
  }
}

export function countersById(work: Work, ids: readonly number[]): CounterRow[] {
  return ids.flatMap((id) => all<CounterRow>(work.sql, COUNTER_BY_ID, id));
}
