import { LIMITS } from "./limits.ts";
import { err, ok, type Result } from "./result.ts";

declare const microsBrand: unique symbol;

/**
 * Money as an integer count of micros: 10⁻⁶ of the currency's major unit (one cent = 10,000 micros).
 * Every sum in the service is an addition of these integers; 2^53 micros are nine billion major units.
 */
export type Micros = number & { readonly [microsBrand]: true };

export const MICROS_PER_MAJOR = 1_000_000;
export const ZERO = 0 as Micros;

/** Brands an integer that this service computed itself. Throws on anything that is not a safe integer: that is a bug. */
export function micros(value: number): Micros {
  if (!Number.isSafeInteger(value)) throw new RangeError("money must be a safe integer of micros");
  return value as Micros;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * Reads an amount as it stands at every edge: a JSON number in major units with at most six decimals (`25`, `0.003`).
 *
 * The conversion goes through the shortest decimal string of the number, never through multiplication of floats,
 * so 0.1 is exactly 100,000 micros. Zero, negative, NaN, infinite, too large, more decimals, and everything that is
 * not a number are refused, each with its own sentence.
 */
export function parseAmount(value: unknown, options: { allowZero?: boolean } = {}): Result<Micros, string> {
  if (typeof value !== "number") {
    return err("The amount must be a JSON number in major units, for example 25 or 0.003.");
  }
  if (!Number.isFinite(value)) return err("The amount must be a finite number.");
  if (value < 0) return err("The amount must not be negative.");
  if (value === 0) return options.allowZero ? ok(ZERO) : err("The amount must be greater than zero.");
  if (value > LIMITS.amountMicros / MICROS_PER_MAJOR) {
    return err(`The amount must be at most ${LIMITS.amountMicros / MICROS_PER_MAJOR}.`);
  }
  const match = DECIMAL.exec(String(value));
  if (match === null) return err("The amount is not a decimal number.");
  const [, , whole = "0", fraction = "", exponent] = match;
  const scale = LIMITS.amountDecimals + Number(exponent ?? 0) - fraction.length;
  const digits = whole + fraction;
  if (scale < 0 && /[1-9]/.test(digits.slice(Math.max(0, digits.length + scale)).padStart(-scale, "0"))) {
    return err(`The amount must have at most ${LIMITS.amountDecimals} decimals.`);
  }
  const text = scale < 0 ? digits.slice(0, digits.length + scale) || "0" : digits + "0".repeat(scale);
  return ok(micros(Number(text)));
}

/**
 * Micros as the JSON number in major units that every edge shows. One division of two integers that are exact as doubles
 * is rounded correctly, so this is the same double that the decimal text would give.
 */
export function toMajor(amount: number): number {
  return amount / MICROS_PER_MAJOR;
}

/** Micros as a decimal string in major units, without trailing zeros: 2500000 → "2.5". */
export function toDecimal(amount: number): string {
  const sign = amount < 0 ? "-" : "";
  const digits = String(Math.abs(amount)).padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -6)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Amount and currency for people: "2.50 USD", "0.003 USD", "1200 JPY". At least the currency's own decimals are shown. */
export function formatMoney(amount: number, currency: string): string {
  const [whole = "0", fraction = ""] = toDecimal(amount).split(".");
  const shown = fraction.padEnd(currencyExponent(currency) ?? 2, "0");
  return `${whole}${shown === "" ? "" : `.${shown}`} ${currency}`;
}

const ZERO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");
const TWO_DECIMALS =
  "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG".split(
    " ",
  );

/** ISO 4217 minor-unit exponents of the currencies that a mandate can be written in. */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...ZERO_DECIMALS.map((code) => [code, 0] as const),
  ...TWO_DECIMALS.map((code) => [code, 2] as const),
  ...THREE_DECIMALS.map((code) => [code, 3] as const),
]);

/** Decimals of the currency's minor unit (ISO 4217), or undefined for a code that is not a currency in use. */
export function currencyExponent(currency: string): number | undefined {
  return EXPONENTS.get(currency);
}
