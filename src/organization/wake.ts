/** The platform takes no alarm centuries ahead; one that comes early finds nothing due and is set again. */
const FARTHEST_MS = 30 * 86_400_000;

/**
 * When the object's one alarm is set for, as far as this instance knows. Setting it costs a write, so only an earlier one
 * is set.
 */
export class WakeUp {
  readonly #storage: DurableObjectStorage;
  #at: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Asks the platform: this instance is new, or an alarm may have been lost. */
  async load(): Promise<void> {
    this.#at = await this.#storage.getAlarm();
  }

  /** The alarm has come. */
  fired(): void {
    this.#at = null;
  }

  set(at: number): void {
    const soon = Math.min(at, Date.now() + FARTHEST_MS);
    if (this.#at !== null && this.#at <= soon) return;
    this.#at = soon;
    void this.#storage.setAlarm(soon);
  }

  /** Runs what rolls its alarm back when it throws, and forgets that alarm with it. */
  transact<T>(action: () => T): T {
    const before = this.#at;
    try {
      return this.#storage.transactionSync(action);
    } catch (error) {
      this.#at = before;
      throw error;
    }
  }
}
