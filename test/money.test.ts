import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { LIMITS } from "../src/limits.ts";
import { currencyExponent, formatMoney, micros, parseAmount, toDecimal, toMajor } from "../src/money.ts";

// Many runs; the default of five seconds is for an idle machine.
vi.setConfig({ testTimeout: 300_000 });

const value = (input: unknown, options?: { allowZero?: boolean }) => {
  const result = parseAmount(input, options);
  return result.ok ? result.value : result.error;
};

/** The oracle: decimal text to micros with nothing but strings and BigInt; null where it does not fit. */
function oracle(text: string): bigint | null {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  let digits = BigInt(whole + fraction);
  let scale = 6 + Number(exponent) - fraction.length;
  for (; scale > 0; scale--) digits *= 10n;
  for (; scale < 0; scale++) {
    if (digits % 10n !== 0n) return null;
    digits /= 10n;
  }
  return digits > 0n && digits <= BigInt(LIMITS.amountMicros) ? digits : null;
}

describe("parseAmount", () => {
  it.each([
    [25, 25_000_000],
    [0.003, 3_000],
    [0.1, 100_000],
    [0.000001, 1],
    [1.1, 1_100_000],
    [4.35, 4_350_000],
    [1.005, 1_005_000],
    [1e8, 100_000_000_000_000],
    [99_999_999.999999, 99_999_999_999_999],
  ])("reads %d exactly", (input, expected) => expect(value(input)).toBe(expected));

  it.each([
    [0, /greater than zero/],
    [-0, /greater than zero/],
    [-1, /negative/],
    [-0.000001, /negative/],
    [Number.NaN, /finite/],
    [Number.POSITIVE_INFINITY, /finite/],
    [Number.NEGATIVE_INFINITY, /finite/],
    [0.0000001, /6 decimals/],
    [1e-7, /6 decimals/],
    [1.0000001, /6 decimals/],
    [5e-324, /6 decimals/],
    [100_000_000.000001, /at most 100000000/],
    [1e21, /at most/],
    ["25", /JSON number/],
    [25n, /JSON number/],
    [null, /JSON number/],
    [undefined, /JSON number/],
    [[25], /JSON number/],
    [{ valueOf: (): number => 25 }, /JSON number/],
    [new Number(25), /JSON number/],
  ])("refuses %o", (input, expected) => expect(value(input)).toMatch(expected));

  it("holds its limit at N and N + 1", () => {
    expect(value(LIMITS.amountMicros / 1e6)).toBe(LIMITS.amountMicros);
    expect(value((LIMITS.amountMicros + 1) / 1e6)).toMatch(/at most/);
    expect(value(0.123456)).toBe(123_456);
    expect(value(0.1234567)).toMatch(/6 decimals/);
  });

  it("takes zero only where the caller says so", () => {
    expect(value(0, { allowZero: true })).toBe(0);
    expect(value(-1, { allowZero: true })).toMatch(/negative/);
  });

  it("agrees with a BigInt oracle on 100,000 decimals", () => {
    const digits = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(digits, ([number, decimals]) => {
        const padded = number.toString().padStart(decimals + 1, "0");
        const text = decimals === 0 ? padded : `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
        // What a JSON number means is the double it is read as, and that double's shortest text.
        const read = Number(text);
        const expected = oracle(String(read));
        const result = parseAmount(read);
        expect(result.ok ? BigInt(result.value) : null).toBe(expected);
        if (result.ok) {
          expect(parseAmount(toMajor(result.value))).toEqual(result);
          expect(toMajor(result.value)).toBe(Number(toDecimal(result.value)));
        }
      }),
      { numRuns: 100_000 },
    );
  });

  it("brings every amount through micros, major units and text unchanged", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LIMITS.amountMicros }), (amount) => {
        expect(value(toMajor(amount))).toBe(amount);
        expect(value(Number(toDecimal(amount)))).toBe(amount);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe("money as text", () => {
  it.each([
    [2_500_000, "USD", "2.50 USD"],
    [3_000, "USD", "0.003 USD"],
    [1, "USD", "0.000001 USD"],
    [0, "USD", "0.00 USD"],
    [1_200_000_000, "JPY", "1200 JPY"],
    [1_500_000, "JPY", "1.5 JPY"],
    [1_500_000, "KWD", "1.500 KWD"],
    [-2_500_000, "USD", "-2.50 USD"],
    [1_000_000, "???", "1.00 ???"],
  ])("%d micros of %s read %s", (amount, currency, text) => expect(formatMoney(amount, currency)).toBe(text));

  it("brands safe integers only", () => {
    expect(micros(5)).toBe(5);
    for (const bad of [0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
      expect(() => micros(bad)).toThrow(RangeError);
  });
});

describe("currencyExponent", () => {
  it("agrees with Intl, apart from the cases where ISO 4217 and Unicode differ", () => {
    // Unicode shows the decimals in everyday use, ISO 4217 those of the unit; money is kept by ISO.
    const everyday = new Set(
      Intl.supportedValuesOf("currency").filter((code) => {
        const exponent = currencyExponent(code);
        if (exponent === undefined) return false;
        const format = new Intl.NumberFormat("en", { style: "currency", currency: code });
        return format.resolvedOptions().maximumFractionDigits !== exponent;
      }),
    );
    const known =
      "AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR RSD SLE SOS SYP TWD TZS UZS YER ZMW CRC CZK DKK NOK SEK MUR GYD MNT CLF".split(
        " ",
      );
    expect([...everyday].filter((code) => !known.includes(code))).toEqual([]);
  });

  it("knows no codes out of use, in lower case, or inherited", () => {
    for (const code of ["usd", "XXX", "XAU", "DEM", "", "constructor", "USDC"])
      expect(currencyExponent(code)).toBe(undefined);
    expect([currencyExponent("USD"), currencyExponent("JPY"), currencyExponent("KWD")]).toEqual([2, 0, 3]);
  });
});
