import { LIMITS } from "../limits.ts";
import { periodAt } from "../policy/periods.ts";
import type { CounterRef } from "../policy/types.ts";
import { type Cell, capped, type Difference, type Note, type Sink } from "./sink.ts";

export interface CellSum extends Cell {
  readonly n: number;
  /** Micros. */
  readonly amount: number;
}

/** The fullest that a budget or counting rule was, seen at the decisions. */
export interface Peak {
  readonly ref: CounterRef;
  /** Micros. */
  readonly used: number;
  readonly at: number;
}

/** One local day: its cells of kind `real` and `rehearsed`. */
export interface DaySums {
  /** `2026-11-21` */
  readonly day: string;
  readonly cells: readonly CellSum[];
}

/** Collects the report of one simulation. Everything in it is bounded, however long the history. */
export class MemorySink implements Sink {
  readonly #cells = new Map<string, CellSum>();
  readonly #days = new Map<string, Map<string, CellSum>>();
  readonly #timezone: string;
  readonly #notes = new Map<Note, number>();
  readonly #peaks = new Map<string, Peak>();
  /** The first of them. */
  readonly differences: Difference[] = [];

  /** @param timezone Whose days are told apart. */
  constructor(timezone = "UTC") {
    this.#timezone = timezone;
  }

  count(cell: Cell, amount: number, at?: number): void {
    addTo(this.#cells, cell, amount);
    const cells = at === undefined ? undefined : this.#dayOf(at);
    if (cells !== undefined) addTo(cells, cell, amount);
  }

  /** Undefined: there are as many days as a report tells. */
  #dayOf(at: number): Map<string, CellSum> | undefined {
    const day = periodAt("daily", this.#timezone, at).label;
    const known = this.#days.get(day);
    if (known !== undefined || this.#days.size >= LIMITS.rehearsalDays) return known;
    const cells = new Map<string, CellSum>();
    this.#days.set(day, cells);
    return cells;
  }

  note(name: Note, times: number): void {
    this.#notes.set(name, this.noted(name) + times);
  }

  difference(difference: Difference): void {
    if (this.differences.length < LIMITS.rehearsalDifferences) this.differences.push(difference);
  }

  use(ref: CounterRef, usedNow: () => number, at: number): void {
    const used = usedNow();
    const known = this.#peaks.get(ref.id);
    // By share of the limit: over its own history a mandate's limits change.
    if (known === undefined || share(ref, used) > share(known.ref, known.used))
      this.#peaks.set(ref.id, { ref, used, at });
  }

  noted(name: Note): number {
    return this.#notes.get(name) ?? 0;
  }

  cells(): CellSum[] {
    return [...this.#cells.values()];
  }

  /** Days on which something was judged, in order. */
  days(): DaySums[] {
    return [...this.#days].map(([day, cells]) => ({ day, cells: [...cells.values()] }));
  }

  peaks(): Peak[] {
    return [...this.#peaks.values()];
  }
}

function addTo(cells: Map<string, CellSum>, cell: Cell, amount: number): void {
  const key = `${cell.kind}:${cell.name}:${cell.rule}:${cell.currency}`;
  const known = cells.get(key);
  cells.set(key, { ...cell, n: (known?.n ?? 0) + 1, amount: capped((known?.amount ?? 0) + amount) });
}

/** How full, 1 = used up. A rule that asks above nothing is overfull with anything. */
export const share = ({ limit }: CounterRef, used: number): number =>
  used === 0 ? 0 : limit === 0 ? Number.POSITIVE_INFINITY : used / limit;
