/** What Stripe charges: decimals, least amounts (minor units), and at most eight digits. */
import { invalid } from "./errors.mjs";

const words = (text) => text.trim().split(/\s+/);

const ZERO_DECIMAL = new Set(words("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"));
const THREE_DECIMAL = new Set(words("bhd jod kwd omr tnd"));
/** Written with two decimals, which must be 00. */
const WHOLE_OF_TWO = new Set(words("isk ugx"));
const TWO_DECIMAL = new Set(
  words(`usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop
  crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt
  lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar
  ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah uyu uzs wst xcd yer zar zmw`),
);

const LEAST = Object.fromEntries([
  ...words("usd eur cad aud chf jpy krw sgd brl inr nzd").map((code) => [code, 50]),
  ...words("nok sek").map((code) => [code, 300]),
  ...words("pln ron aed myr").map((code) => [code, 200]),
  ...words("mxn thb").map((code) => [code, 1000]),
  ["gbp", 30],
  ["bgn", 100],
  ["dkk", 250],
  ["hkd", 400],
  ["czk", 1500],
  ["huf", 17500],
]);

export const MOST = 99_999_999;

const known = (currency) =>
  [ZERO_DECIMAL, THREE_DECIMAL, WHOLE_OF_TWO, TWO_DECIMAL].some((group) => group.has(currency));

/** @param {string} currency Lower case; Stripe would also take upper case, and our client must not rely on it. */
export function checkCurrency(currency, param = "currency") {
  if (!known(currency)) throw invalid(undefined, `Invalid currency: ${currency}.`, param);
}

/** @param {number} amount Minor units, as Stripe counts this currency. */
export function checkAmount(amount, currency, param = "amount") {
  if (amount < 1) throw invalid("parameter_invalid_integer", "This value must be greater than or equal to 1.", param);
  if (amount > MOST)
    throw invalid("amount_too_large", `Amount must be no more than ${MOST} in the smallest unit.`, param);
  if (THREE_DECIMAL.has(currency) && amount % 10 !== 0)
    throw invalid(undefined, `Invalid amount: the last digit of a ${currency} amount must be 0.`, param);
  if (WHOLE_OF_TWO.has(currency) && amount % 100 !== 0)
    throw invalid(undefined, `Invalid amount: ${currency} has no minor unit, so the last two digits must be 0.`, param);
  if (amount < (LEAST[currency] ?? 1))
    throw invalid("amount_too_small", `Amount must be at least ${LEAST[currency]} in ${currency}.`, param);
}
