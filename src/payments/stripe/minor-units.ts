import { currencyExponent, type Micros, micros, toDecimal } from "../../money.ts";
import { err, ok, type Result } from "../../result.ts";
import { STRIPE_LIMITS } from "./limits.ts";

/**
 * How many micros one of Stripe's minor units is, and of how many units an amount must be a multiple. Stripe's exponents
 * are not those of ISO 4217: it counts MGA without decimals, though ISO gives it two, and ISK and UGX with two, though
 * they have none, so that their last two digits must be 00. Of three decimals it takes the last one as 0 only.
 *
 * @see https://docs.stripe.com/currencies#zero-decimal
 */
interface Scale {
  readonly micros: number;
  readonly step: number;
}

const WHOLE: Scale = { micros: 1_000_000, step: 1 };
const CENTS: Scale = { micros: 10_000, step: 1 };
const CENTS_OF_WHOLE: Scale = { micros: 10_000, step: 100 };
const MILLS_TO_TEN: Scale = { micros: 1_000, step: 10 };

const ZERO_DECIMAL = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMAL = ["BHD", "JOD", "KWD", "OMR", "TND"];
const TWO_DECIMAL_OF_WHOLE = ["ISK", "UGX"];

/**
 * Null for a currency of which Stripe's way of counting is not known for certain: one that is not in use, and those whose
 * ISO 4217 exponent is not 2 and that are on none of Stripe's lists.
 */
function scaleOf(currency: string): Scale | null {
  if (ZERO_DECIMAL.includes(currency)) return WHOLE;
  if (THREE_DECIMAL.includes(currency)) return MILLS_TO_TEN;
  if (TWO_DECIMAL_OF_WHOLE.includes(currency)) return CENTS_OF_WHOLE;
  return currencyExponent(currency) === 2 ? CENTS : null;
}

/**
 * Micros as Stripe counts the currency (ISO 4217, upper case). What does not fit exactly is refused, never rounded; the
 * error is a sentence for the caller.
 */
export function toStripeMinor(amount: Micros, currency: string): Result<number, string> {
  const scale = scaleOf(currency);
  if (scale === null) return err(`Stripe cannot be charged in ${quoted(currency)}.`);
  if (!Number.isSafeInteger(amount) || amount <= 0) return err("The amount must be greater than zero.");
  const unit = scale.micros * scale.step;
  if (amount % unit !== 0) {
    return err(`Stripe takes ${currency} in steps of ${toDecimal(unit)} only. Use an amount that is a multiple of it.`);
  }
  const minor = amount / scale.micros;
  return minor > STRIPE_LIMITS.amountMinor
    ? err(`The amount is more than Stripe takes at once in ${currency}.`)
    : ok(minor);
}

/**
 * An amount of Stripe's as micros. Null for an unknown currency, and for what is no whole number of minor units, is negative,
 * or does not fit. The step is not asked of it: what Stripe says has been taken was taken.
 */
export function fromStripeMinor(minor: number, currency: string): Micros | null {
  const scale = scaleOf(currency);
  if (scale === null || !Number.isSafeInteger(minor) || minor < 0) return null;
  const amount = minor * scale.micros;
  return Number.isSafeInteger(amount) ? micros(amount) : null;
}

/** A code that is none is not repeated: it may be any text. */
const quoted = (currency: string): string => (/^[A-Z]{3}$/.test(currency) ? currency : "this currency");
