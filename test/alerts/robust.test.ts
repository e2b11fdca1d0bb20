import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeAmount } from "../../src/alerts/detect/robust.ts";

const RUNS = Number(process.env.FC_RUNS ?? 300);

/** The same in floats and as naively as possible: agrees wherever rounding cannot matter. */
function naive(amount: number, history: readonly number[]) {
  const median = (values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length / 2;
    return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
  };
  const center = median(history);
  const spread = Math.max(median(history.map((value) => Math.abs(value - center))), center / 10);
  return { center, spread, score: (0.6745 * (amount - center)) / spread };
}

const amounts = fc.array(fc.integer({ min: 1, max: 10 ** 12 }), { minLength: 3, maxLength: 50 });
const amount = fc.integer({ min: 1, max: 10 ** 14 });

describe("the modified z-score", () => {
  it.each([
    // history, amount, unusual, why
    [[10, 10, 10, 10, 10], 18, false, "MAD zero: the floor is a tenth of the median, the bound 18.895…"],
    [[10, 10, 10, 10, 10], 19, true, "MAD zero, above the floor's bound"],
    [[10, 10, 10, 10, 10], 1, false, "below the median nothing is unusual"],
    [[1, 2, 3, 4, 5], 11, false, "median 3, MAD 1: the bound is 11.895…"],
    [[1, 2, 3, 4, 5], 12, true, "median 3, MAD 1, above"],
    [[1, 2, 3, 4], 11, false, "median 2.5, MAD 1: the bound is 11.395…"],
    [[1, 2, 3, 4], 11.4, true, "median 2.5, MAD 1: the halves are exact"],
  ])("of %j, %d units: %s (%s)", (history, value, unusual) => {
    const micros = (units: number) => units * 1_000_000;
    expect(judgeAmount(micros(value), history.map(micros), 6).unusual).toBe(unusual);
  });

  it("agrees with the naive reading in floats", () => {
    fc.assert(
      fc.property(amounts, amount, (history, value) => {
        const judged = judgeAmount(value, history, 6);
        const { center, spread, score } = naive(value, history);
        expect(Math.abs(judged.median - center)).toBeLessThanOrEqual(1);
        expect(Math.abs(judged.spread - spread)).toBeLessThanOrEqual(1);
        if (Math.abs(score - 6) > 1e-6) expect(judged.unusual).toBe(score > 6);
      }),
      { numRuns: RUNS },
    );
  });

  it("is the same in every unit", () => {
    const factor = fc.integer({ min: 1, max: 1_000 });
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 10 ** 12 }), factor, (history, value, k) => {
        const scaled = judgeAmount(
          value * k,
          history.map((one) => one * k),
          6,
        );
        const plain = judgeAmount(value, history, 6);
        expect([scaled.unusual, scaled.score]).toEqual([plain.unusual, plain.score]);
      }),
      { numRuns: RUNS },
    );
  });

  it("does not depend on the order of the history, and grows with the amount", () => {
    fc.assert(
      fc.property(amounts, amount, amount, (history, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(judgeAmount(low, [...history].reverse(), 6)).toEqual(judgeAmount(low, history, 6));
        expect(judgeAmount(low, history, 6).score).toBeLessThanOrEqual(judgeAmount(high, history, 6).score);
      }),
      { numRuns: RUNS },
    );
  });

  it("is not moved far by one outlier before it", () => {
    const usual = Array.from({ length: 11 }, (_, n) => 10_000_000 + n * 100_000);
    expect(judgeAmount(1_000_000_000, [...usual, 900_000_000], 6).unusual).toBe(true);
  });

  it("stays quiet where every amount so far was settled at nothing", () => {
    expect(judgeAmount(5, [0, 0, 0], 6)).toEqual({ unusual: false, median: 0, spread: 0, score: 0 });
  });
});
