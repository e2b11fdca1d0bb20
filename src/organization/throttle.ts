/**
 * Token buckets in the object's memory. They bound floods; they are not a mandate's rate limit, which is counted in the
 * ledger. An eviction refills them, which is why nothing about money rests on them.
 */
export class Throttle {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #factor: number;
  readonly #maxBuckets = 4096;

  constructor(factor: number) {
    this.#factor = Number.isFinite(factor) && factor > 0 ? factor : 1;
  }

  /**
   * Takes one token.
   *
   * @param perMinute Size and refill per minute of the bucket.
   * @returns 0 when allowed, otherwise the milliseconds until a token is there.
   */
  take(name: string, perMinute: number, now: number): number {
    const size = perMinute * this.#factor;
    const perMs = size / 60_000;
    const bucket = this.#buckets.get(name) ?? { tokens: size, at: now };
    const tokens = Math.min(size, bucket.tokens + Math.max(0, now - bucket.at) * perMs);
    if (this.#buckets.size >= this.#maxBuckets && !this.#buckets.has(name)) this.#buckets.clear();
    const allowed = tokens >= 1;
    this.#buckets.set(name, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed ? 0 : Math.ceil((1 - tokens) / perMs);
  }
}
