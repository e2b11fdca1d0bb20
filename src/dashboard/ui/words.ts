import { cleanText } from "../../mcp/text.ts";

/** Somebody else's text as one visible line: whatever could turn or hide what stands beside it is gone. */
export const plain = (text: string): string => cleanText(text, 2_000);

/**
 * "1,250.00": two decimals at least, six at most, in groups of three. Amounts come as JSON numbers in major units with at
 * most six decimals; nothing is calculated here.
 */
export function amountWords(amount: number): string {
  return AMOUNT.format(amount);
}
const AMOUNT = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 6 });

export const moneyWords = (amount: number, currency: string): string => `${amountWords(amount)} ${currency}`;

export const countWords = (count: number, one: string, many = `${one}s`): string =>
  `${COUNT.format(count)} ${count === 1 ? one : many}`;
const COUNT = new Intl.NumberFormat("en-US");

/** "21 Nov 2026, 14:05" in the organization's time zone. */
export function timeWords(ms: number, timezone: string): string {
  let format = FORMATS.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: timezone });
    FORMATS.set(timezone, format);
  }
  return format.format(ms);
}
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** "in 5 minutes", "3 hours ago", "now". */
export function relativeWords(ms: number, now: number): string {
  const away = ms - now;
  const size = Math.abs(away);
  if (size < 45_000) return "now";
  const [unit, length] = UNITS.find(([, span]) => size >= span) ?? UNITS.at(-1)!;
  return RELATIVE.format(Math.trunc(away / length) || Math.sign(away), unit);
}
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `pending_approval` → "Pending approval". */
export const labelWords = (code: string): string => (code.charAt(0).toUpperCase() + code.slice(1)).replaceAll("_", " ");
