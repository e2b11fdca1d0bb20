/** Amounts of the shop: integers of minor units, and no others. */

/** `step`: a price must be a multiple of it. Stripe takes three-decimal amounts in tens only. */
export const CURRENCIES = {
  usd: { decimals: 2, step: 1 },
  jpy: { decimals: 0, step: 1 },
  kwd: { decimals: 3, step: 10 },
};

/** So many basis points of an amount, rounded half up to what the currency can pay. */
export function portion(amount, basisPoints, currency) {
  const unit = BigInt(CURRENCIES[currency].step) * 10_000n;
  const steps = (BigInt(amount) * BigInt(basisPoints) + unit / 2n) / unit;
  return Number(steps) * CURRENCIES[currency].step;
}

/** For people: `24.99 USD`. By digits, so that no fraction is ever computed. */
export function spoken(amount, currency) {
  const { decimals } = CURRENCIES[currency];
  const digits = String(Math.abs(amount)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
  return `${amount < 0 ? "-" : ""}${text} ${currency.toUpperCase()}`;
}
