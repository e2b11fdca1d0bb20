/**
 * Robust statistics over a small sample: one outlier moves neither the median nor the median absolute deviation (MAD),
 * so an agent cannot make a large purchase usual by one purchase before it. Iglewicz and Hoaglin's modified z-score.
 */
export interface Judged {
  readonly unusual: boolean;
  /** Micros, rounded down. */
  readonly median: number;
  /** The MAD or its floor, micros, rounded down. */
  readonly spread: number;
  /** 0.6745 · (amount − median) / spread, with two decimals. */
  readonly score: number;
}

/** A sample of equal amounts has a MAD of zero; the floor is this share (1/n) of the median. */
const FLOOR_DIVISOR = 10n;

/**
 * All in integers, four times as fine as the amounts, so that the halves of two medians are exact: the verdict is the same
 * in cents and in euros.
 *
 * @param limit Score above which an amount is unusual; only the first two decimals count.
 */
export function judgeAmount(amount: number, history: readonly number[], limit: number): Judged {
  const median2 = twiceMedian(history.map(BigInt));
  const median4 = median2 * 2n;
  const mad4 = twiceMedian(history.map((value) => abs(BigInt(value) * 2n - median2)));
  // Ten times finer again, for the floor.
  const spread40 = max(mad4 * FLOOR_DIVISOR, median4);
  const above40 = (BigInt(amount) * 4n - median4) * FLOOR_DIVISOR;
  const limitHundredths = BigInt(Math.round(limit * 100));
  const unusual = spread40 > 0n && above40 > 0n && above40 * 6_745n * 100n > spread40 * 10_000n * limitHundredths;
  return {
    unusual,
    median: Number(median4 / 4n),
    spread: Number(spread40 / 40n),
    score: spread40 === 0n ? 0 : Number((above40 * 6_745n) / (spread40 * 100n)) / 100,
  };
}

function twiceMedian(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("a median needs a sample");
  return lower + upper;
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
