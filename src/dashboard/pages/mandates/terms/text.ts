import { instantsOfLocal, offsetIntervalAt } from "../../../../policy/zone.ts";

/**
 * How single values stand in a form, and how they are read again. Whatever was typed and cannot be read stays the text
 * that it is, so that the operation's own schema says what is wrong with it.
 */

/** One entry a line, for what may hold commas itself. Hosts are also taken one behind the other, as people paste them. */
export const readVendors = (text: string): string[] =>
  entries(text, /\n/).flatMap((line) => {
    const parts = entries(line, /,/);
    return parts.length > 1 && parts.every((part) => HOST.test(part)) ? parts : [line];
  });
const HOST = /^[^\s.]+\.\S+$/;

export const readCategories = (text: string): string[] => entries(text, /[\n,]/);
/** Countries and names of profiles hold neither spaces nor commas. */
export const readCodes = (text: string): string[] => entries(text, /[\s,;]/);

const entries = (text: string, separator: RegExp): string[] =>
  text
    .split(separator)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

/** Plain decimals only: `1e3` and `1,000` are asked about, not guessed. Amounts have at most nine digits and six decimals. */
export function readNumber(text: string): number | string | undefined {
  if (text === "") return undefined;
  return /^-?\d{1,15}(?:\.\d{1,20})?$/.test(text) ? Number(text) : text;
}

/** A share as a percentage. The point is moved in the text: a multiplication would change the last digits. */
export function printPercent(share: number): string {
  const [digits = "0", exponent] = String(share).split("e");
  if (exponent !== undefined) return `${digits}e${Number(exponent) + 2}`;
  const [whole = "0", fraction = ""] = digits.split(".");
  const moved = `${whole}${fraction.slice(0, 2).padEnd(2, "0")}`.replace(/^0+(?=\d)/, "");
  return fraction.length > 2 ? `${moved}.${fraction.slice(2)}` : moved;
}

export function readPercent(text: string): number | string | undefined {
  if (text === "") return undefined;
  const match = /^(\d{1,15}(?:\.\d{1,20})?)(?:e(-?\d{1,3}))?$/.exec(text.replace(/\s*%$/, ""));
  return match === null ? text : Number(`${match[1]}e${Number(match[2] ?? 0) - 2}`);
}

/** An instant as a wall clock in the zone shows it, in the form of `<input type="datetime-local">`. */
export function printInstant(instant: string, timezone: string): string {
  const at = Date.parse(instant);
  const local = new Date(at + offsetIntervalAt(timezone, at).offset).toISOString().slice(0, -1);
  return local.replace(/\.000$/, "").replace(/(T\d\d:\d\d):00$/, "$1");
}

/** The instant at which a wall clock in the zone first shows it; text that is no local time stays as it is. */
export function readInstant(text: string, timezone: string): string | undefined {
  if (text === "") return undefined;
  const local = localTime(text);
  const at = local === null ? undefined : instantsOfLocal(timezone, local)[0];
  return at === undefined ? text : new Date(at).toISOString();
}

/** Milliseconds as if the wall clock showed UTC, or null. */
export function localTime(text: string): number | null {
  const match = /^([+-]\d{6}|\d{4})-(\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/.exec(text);
  if (match === null) return null;
  const [, year, date, time, seconds = "00", fraction = ""] = match;
  const day = Date.parse(`${year}-${date}T00:00:00Z`);
  // What no calendar has (30 February) is moved on by the parser: then it is no date.
  if (Number.isNaN(day) || !new Date(day).toISOString().includes(`-${date}T`)) return null;
  const at = Date.parse(`${year}-${date}T${time}:${seconds}.${fraction.padEnd(3, "0")}Z`);
  return Number.isNaN(at) ? null : at;
}

/** As a browser sends a text that a page has shown: line breaks in one form, and no character that HTML cannot hold. */
export const asTyped = (text: string): string => text.replaceAll(/\r\n?/g, "\n").replaceAll("\0", "\ufffd").trim();
