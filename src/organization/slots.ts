import { Problem } from "./problem.ts";

export interface SlotLimits {
  /** Held at the same time, by everybody together. */
  readonly total: number;
  /** Held at the same time by one owner, so that one whose work hangs leaves room for the others. */
  readonly perOwner: number;
  /** Waiting at the same time. */
  readonly waiting: number;
}

interface Waiter {
  readonly owner: string;
  readonly go: () => void;
}

/**
 * So many pieces of work at once; what comes beyond waits in its order, and beyond that is refused. For what holds memory
 * while the network is waited for: an isolate has 128 MB, and somebody else decides how long the network takes.
 */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #held = new Map<string, number>();
  readonly #waiting: Waiter[] = [];
  #total = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /**
   * Runs the work when there is room for its owner.
   *
   * @throws Problem `too_many_requests` when too many wait already.
   */
  async run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    if (!this.#hasRoom(owner)) await this.#wait(owner);
    else this.#take(owner);
    try {
      return await work();
    } finally {
      this.#give(owner);
    }
  }

  #hasRoom(owner: string): boolean {
    return this.#total < this.#limits.total && (this.#held.get(owner) ?? 0) < this.#limits.perOwner;
  }

  #take(owner: string): void {
    this.#total += 1;
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
  }

  #wait(owner: string): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting) {
      throw new Problem(
        429,
        "too_many_requests",
        "Too many requests are under way. The same call can be repeated later.",
      );
    }
    // Whoever gives a slot back has already taken it for the one that goes next.
    return new Promise((resolve) => {
      this.#waiting.push({ owner, go: resolve });
    });
  }

  #give(owner: string): void {
    this.#total -= 1;
    const left = (this.#held.get(owner) ?? 0) - 1;
    if (left > 0) this.#held.set(owner, left);
    else this.#held.delete(owner);
    const at = this.#waiting.findIndex((waiter) => this.#hasRoom(waiter.owner));
    const [next] = at === -1 ? [] : this.#waiting.splice(at, 1);
    if (next === undefined) return;
    this.#take(next.owner);
    next.go();
  }
}
