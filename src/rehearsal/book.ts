import { periodAt } from "../policy/periods.ts";
import type { CounterRef } from "../policy/types.ts";

/** A place where amounts add up: one budget or counting rule in one period. */
export interface Place {
  readonly key: string;
  /** When nobody asks for it any more, ms; null = never. */
  readonly ends: number | null;
}

/** What a rehearsed purchase counts on its places. */
export type Counts =
  /** What the real one counts, whatever becomes of it. */
  | "real"
  /** The full amount for good: the real one was never bought, so nobody knows what it would have cost. */
  | "full"
  /** Nothing: these terms refused it. */
  | "nothing";

/** A purchase that counts in the real world, in the rehearsed one, or in both. */
export interface Purchase {
  readonly id: string;
  /** When it was decided, ms. */
  readonly at: number;
  readonly vendor: string;
  /** Micros. */
  readonly amount: number;
  /** Micros that it counts in the real world now. */
  readonly real: number;
  readonly counts: Counts;
  /** Does it wait for a person, in both worlds? */
  readonly waits: boolean;
  /** Its completion was only presumed, which makes no vendor known. */
  readonly presumed: boolean;
  /** Approval rules of the rehearsed terms that count as satisfied. */
  readonly satisfied: readonly string[];
  /** Where it counts in the rehearsed world. */
  readonly places: readonly Place[];
  /** Organization budgets: there counts the difference between the rehearsed and the real world. */
  readonly shared: readonly Place[];
}

/** A ledger of its own for one rehearsed set of terms. Amounts in micros. */
export interface Book {
  used(place: Place): number;
  add(place: Place, change: number): void;
  /** The instant of the nth newest slot of a window (1 = the newest), or null. */
  slot(ref: string, nth: number): number | null;
  takeSlot(ref: string, at: number, keep: number): void;
  find(id: string): Purchase | undefined;
  save(purchase: Purchase): void;
  /** Purchases that wait for a person. */
  waiting(): number;
  knows(vendor: string): boolean;
  /** The first completed purchase makes a vendor known. */
  learn(vendor: string, transactionId: string): void;
  /** A purchase was called off: what it alone had made known is unknown again. */
  unlearn(transactionId: string): void;
}

export function placeAt(ref: CounterRef, at: number): Place {
  const { label, end } = periodAt(ref.period, ref.timezone, at);
  return { key: `${ref.id}:${ref.period}:${label}`, ends: Number.isFinite(end) ? end : null };
}

/** Do two places belong to the same budget in different periods? */
export const sameBudget = (place: Place, ref: CounterRef): boolean => place.key.startsWith(`${ref.id}:${ref.period}:`);

export const rehearsedCount = ({ counts, real, amount }: Purchase): number =>
  counts === "real" ? real : counts === "full" ? amount : 0;

/** Writes a purchase anew and books the difference to what it was. */
export function rewrite(book: Book, before: Purchase | null, after: Purchase): void {
  const counted = before === null ? 0 : rehearsedCount(before);
  const shared = before === null ? 0 : counted - before.real;
  const change = rehearsedCount(after) - counted;
  const sharedChange = rehearsedCount(after) - after.real - shared;
  if (change !== 0) for (const place of after.places) book.add(place, change);
  if (sharedChange !== 0) for (const place of after.shared) book.add(place, sharedChange);
  book.save(after);
}

/** A book in memory: for one simulation, and for what a shadow begins with. */
export class MemoryBook implements Book {
  readonly #used = new Map<string, { readonly place: Place; used: number }>();
  readonly #slots = new Map<string, number[]>();
  readonly #purchases = new Map<string, Purchase>();
  readonly #vendors = new Map<string, string>();
  readonly #knownBefore: (vendor: string) => string | null;
  /** Purchases of before that were called off. */
  readonly #forgotten = new Set<string>();
  #waiting = 0;

  /** @param knownBefore The purchase that had made a vendor known before anything in this book happened, or null. */
  constructor(knownBefore: (vendor: string) => string | null = () => null) {
    this.#knownBefore = knownBefore;
  }

  used({ key }: Place): number {
    return this.#used.get(key)?.used ?? 0;
  }

  add(place: Place, change: number): void {
    const known = this.#used.get(place.key);
    if (known === undefined) this.#used.set(place.key, { place, used: change });
    else known.used += change;
  }

  slot(ref: string, nth: number): number | null {
    return this.#slots.get(ref)?.at(-nth) ?? null;
  }

  takeSlot(ref: string, at: number): void {
    const slots = this.#slots.get(ref);
    if (slots === undefined) this.#slots.set(ref, [at]);
    else slots.push(at);
  }

  find(id: string): Purchase | undefined {
    return this.#purchases.get(id);
  }

  save(purchase: Purchase): void {
    const before = this.#purchases.get(purchase.id);
    this.#waiting += Number(purchase.waits) - Number(before?.waits ?? false);
    this.#purchases.set(purchase.id, purchase);
  }

  waiting(): number {
    return this.#waiting;
  }

  knows(vendor: string): boolean {
    if (this.#vendors.has(vendor)) return true;
    const before = this.#knownBefore(vendor);
    return before !== null && !this.#forgotten.has(before);
  }

  learn(vendor: string, transactionId: string): void {
    if (!this.knows(vendor)) this.#vendors.set(vendor, transactionId);
  }

  unlearn(transactionId: string): void {
    this.#forgotten.add(transactionId);
    for (const [vendor, by] of this.#vendors) if (by === transactionId) this.#vendors.delete(vendor);
  }

  /** All of it but the vendors, to be kept elsewhere. */
  contents() {
    return { used: this.#used.values(), slots: this.#slots.entries(), purchases: this.#purchases.values() };
  }
}
