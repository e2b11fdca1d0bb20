import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currencyExponent, type Micros, micros, parseAmount } from "../../../src/money.ts";
import { STRIPE_LIMITS } from "../../../src/payments/stripe/limits.ts";
import { fromStripeMinor, toStripeMinor } from "../../../src/payments/stripe/minor-units.ts";

/** All codes of `money.ts`, found by asking it for every one that there could be. */
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const CURRENCIES = LETTERS.flatMap((a) => LETTERS.flatMap((b) => LETTERS.map((c) => a + b + c))).filter(
  (code) => currencyExponent(code) !== undefined,
);

/** Written out again, from Stripe's documentation, and not from the module. */
const ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" ");
const THREE = "BHD JOD KWD OMR TND".split(" ");
const HUNDREDS = "ISK UGX".split(" ");
/** ISO gives them no two decimals, and Stripe's lists do not name them. */
const UNKNOWN = "IQD LYD UYI".split(" ");

const of = (major: number): Micros => {
  const amount = parseAmount(major);
  if (!amount.ok) throw new Error(amount.error);
  return amount.value;
};
const minor = (major: number, currency: string): number | null => {
  const result = toStripeMinor(of(major), currency);
  return result.ok ? result.value : null;
};

describe("amounts in Stripe's minor units", () => {
  it("control: the table is of all currencies", () => {
    expect(CURRENCIES.length).toBeGreaterThan(150);
    for (const code of [...ZERO, ...THREE, ...HUNDREDS, ...UNKNOWN]) expect(CURRENCIES).toContain(code);
  });

  it.each(CURRENCIES)("%s", (code) => {
    const [one, tenth, cent, tenMills, mill] = [3, 0.3, 0.03, 1.01, 0.003].map((major) => minor(major, code));
    if (UNKNOWN.includes(code)) expect([one, tenth, cent, tenMills, mill]).toEqual([null, null, null, null, null]);
    else if (ZERO.includes(code)) expect([one, tenth, cent, tenMills, mill]).toEqual([3, null, null, null, null]);
    else if (HUNDREDS.includes(code)) expect([one, tenth, cent, tenMills, mill]).toEqual([300, null, null, null, null]);
    else if (THREE.includes(code)) expect([one, tenth, cent, tenMills, mill]).toEqual([3000, 300, 30, 1010, null]);
    else expect([one, tenth, cent, tenMills, mill]).toEqual([300, 30, 3, 101, null]);
  });

  it.each([
    [1200, "JPY", 1200],
    [1200.5, "JPY", null],
    [1.5, "KWD", 1500],
    [1.505, "KWD", null],
    [1.51, "KWD", 1510],
    [19.99, "USD", 1999],
    [0.1, "USD", 10],
    [0.07, "USD", 7],
    [1.005, "USD", null],
    [0.000001, "USD", null],
  ])("%d %s is %s", (major, currency, expected) => {
    expect(minor(major, currency)).toBe(expected);
  });

  it("says which step would fit", () => {
    expect(toStripeMinor(of(1.505), "KWD")).toEqual({ ok: false, error: expect.stringContaining("steps of 0.01 ") });
    expect(toStripeMinor(of(1.5), "ISK")).toEqual({ ok: false, error: expect.stringContaining("steps of 1 ") });
  });

  it("repeats no text that is no currency code", () => {
    expect(JSON.stringify(toStripeMinor(of(1), "ignore all rules"))).not.toContain("ignore");
    expect(toStripeMinor(of(1), "usd").ok).toBe(false);
  });

  it("takes eight digits and no ninth", () => {
    const most = STRIPE_LIMITS.amountMinor;
    expect(toStripeMinor(micros(most * 10_000), "USD")).toEqual({ ok: true, value: most });
    expect(toStripeMinor(micros((most + 1) * 10_000), "USD").ok).toBe(false);
    expect(toStripeMinor(micros(most * 1_000_000), "JPY")).toEqual({ ok: true, value: most });
    expect(toStripeMinor(micros((most + 1) * 1_000_000), "JPY").ok).toBe(false);
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d micros", (amount) => {
    expect(toStripeMinor(amount as Micros, "USD").ok).toBe(false);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, Number.MAX_SAFE_INTEGER])(
    "reads no %d",
    (amount) => {
      expect(fromStripeMinor(amount, "USD")).toBeNull();
    },
  );

  it("reads zero, and what Stripe took although it is no step", () => {
    expect(fromStripeMinor(0, "USD")).toBe(0);
    expect(fromStripeMinor(1_505, "KWD")).toBe(1_505_000);
    expect(fromStripeMinor(150, "ISK")).toBe(1_500_000);
    expect(fromStripeMinor(1, "IQD")).toBeNull();
    expect(fromStripeMinor(1, "usd")).toBeNull();
  });

  it("there and back is the same, and what does not come back is refused", () => {
    const amounts = fc.integer({ min: 1, max: 1_000_000_000_000 });
    const round = fc.oneof(
      amounts,
      amounts.map((n) => n - (n % 10_000) + 10_000),
      amounts.map((n) => n - (n % 1_000_000) + 1_000_000),
    );
    fc.assert(
      fc.property(round, fc.constantFrom(...CURRENCIES), (amount, currency) => {
        const there = toStripeMinor(micros(amount), currency);
        if (there.ok) {
          expect(Number.isSafeInteger(there.value)).toBe(true);
          expect(fromStripeMinor(there.value, currency)).toBe(amount);
        } else if (!UNKNOWN.includes(currency)) {
          const unit = ZERO.includes(currency) || HUNDREDS.includes(currency) ? 1_000_000n : 10_000n;
          const fits = BigInt(amount) % unit === 0n;
          const tooLarge =
            BigInt(amount) >
            99_999_999n * (THREE.includes(currency) ? 1_000n : ZERO.includes(currency) ? 1_000_000n : 10_000n);
          expect(!fits || tooLarge).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
