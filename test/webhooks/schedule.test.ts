import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_ATTEMPTS, nextDelay, probePause, readRetryAfter } from "../../src/webhooks/schedule.ts";

const HOUR = 3_600_000;
const nothing = { status: null, retryAfterMs: null };
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe("the schedule", () => {
  it("is the documented one, without jitter", () => {
    const delays = Array.from({ length: MAX_ATTEMPTS }, (_, index) => nextDelay(index + 1, nothing, 0));
    expect(delays).toEqual([5_000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR), null]);
  });

  it("asks a receiver that was down for 72 hours once more, whatever the jitter", () => {
    fc.assert(
      fc.property(fc.array(fraction, { minLength: 9, maxLength: 9 }), (jitter) => {
        const last = jitter.reduce((at, random, index) => at + nextDelay(index + 1, nothing, random)!, 0);
        expect(last).toBeGreaterThan(72 * HOUR);
        expect(last).toBeLessThanOrEqual(75.6 * HOUR * 1.2);
      }),
    );
  });

  it("never comes early, and at most a fifth late", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fraction, (attempt, random) => {
        const base = nextDelay(attempt, nothing, 0)!;
        const delay = nextDelay(attempt, nothing, random)!;
        expect(delay).toBeGreaterThanOrEqual(base);
        expect(delay).toBeLessThanOrEqual(base * 1.2 + 1);
      }),
    );
  });

  it("waits as long as a busy receiver asks, up to a day, and never shorter than the schedule", () => {
    const asked = (status: number, retryAfterMs: number, attempt = 1) =>
      nextDelay(attempt, { status, retryAfterMs }, 0);
    for (const status of [429, 502, 503, 504]) expect(asked(status, HOUR)).toBe(HOUR);
    for (const status of [400, 500, 410, 301]) expect(asked(status, HOUR)).toBe(5_000);
    expect(asked(429, 1_000)).toBe(5_000);
    expect(asked(429, 24 * HOUR)).toBe(24 * HOUR);
    expect(asked(429, 24 * HOUR + 1)).toBe(24 * HOUR);
    expect(asked(429, HOUR, 10)).toBeNull();
  });
});

it("an endpoint that only fails is left alone for 5 seconds, then longer, at most a minute", () => {
  expect([-20, -1, 0, 1, 10, 11, 12, 1_000].map(probePause)).toEqual([
    0, 0, 5_000, 10_000, 55_000, 60_000, 60_000, 60_000,
  ]);
});

describe("Retry-After", () => {
  const NOW = Date.UTC(2026, 10, 21, 8);
  it.each([
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7_000],
    ["Sat, 21 Nov 2026 08:01:00 GMT", 60_000],
    ["Sat, 21 Nov 2026 07:00:00 GMT", 0],
    ["", null],
    ["-5", null],
    ["1e3", null],
    ["soon", null],
    ["2026-11-21T08:01:00Z", null],
    ["99999999999", null],
  ])("%j", (text, ms) => {
    expect(readRetryAfter(text, NOW)).toBe(ms);
  });
  it("that is not there", () => expect(readRetryAfter(null, NOW)).toBeNull());
});
