import { LIMITS } from "../limits.ts";
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

/** Collects the report of one simulation. Everything in it is bounded, however long the history. */
export class MemorySink implements Sink {
  readonly #cells = new Map<string, CellSum>();
  readonly #notes = new Map<Note, number>();
  readonly #peaks = new Map<string, Peak>();
  /** The first of them. */
  readonly differences: Difference[] = [];

  count(cell: Cell, amount: number): void {
    const key = `${cell.kind}:${cell.name}:${cell.rule}:${cell.currency}`;
    const known = this.#cells.get(key);
    this.#cells.set(key, { ...cell, n: (known?.n ?? 0) + 1, amount: capped((known?.amount ?? 0) + amount) });
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

  peaks(): Peak[] {
    return [...this.#peaks.values()];
  }
}

/** How full, 1 = used up. A rule that asks above nothing is overfull with anything. */
export const share = ({ limit }: CounterRef, used: number): number =>
  used === 0 ? 0 : limit === 0 ? Number.POSITIVE_INFINITY : used / limit;
