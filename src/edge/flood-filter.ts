import { LIMITS } from "../limits.ts";

const WINDOW_MS = 60_000;

export type FloodVerdict = { readonly allowed: true } | { readonly allowed: false; readonly retryAfterSeconds: number };

/**
 * Counts requests per key in fixed windows of a minute, in the memory of one isolate. It only keeps a runaway client from
 * waking its object thousands of times; the limits that matter are counted inside the object. Only keys whose tag has
 * verified are counted, so strangers cannot fill the map; when it is full the key that was seen first is forgotten.
 */
export class FloodFilter {
  readonly #maxKeys: number;
  readonly #windows = new Map<string, { start: number; count: number }>();

  constructor(maxKeys = 10_000) {
    this.#maxKeys = maxKeys;
  }

  take(keyId: string, now: number, factor = 1): FloodVerdict {
    const limit = LIMITS.requestsPerKeyPerMinute * factor;
    let window = this.#windows.get(keyId);
    if (window === undefined || now - window.start >= WINDOW_MS || now < window.start) {
      window = { start: now, count: 0 };
      this.#windows.delete(keyId);
      this.#windows.set(keyId, window);
      if (this.#windows.size > this.#maxKeys) this.#forgetOldest();
    }
    if (window.count >= limit) {
      return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil((window.start + WINDOW_MS - now) / 1000)) };
    }
    window.count += 1;
    return { allowed: true };
  }

  get size(): number {
    return this.#windows.size;
  }

  #forgetOldest(): void {
    const oldest = this.#windows.keys().next();
    if (!oldest.done) this.#windows.delete(oldest.value);
  }
}

/** `TEST_THROTTLE_FACTOR` multiplies every throttle; anything but a positive number counts as 1. */
export function throttleFactor(text: string | undefined): number {
  const factor = Number(text);
  return Number.isFinite(factor) && factor > 0 ? factor : 1;
}
