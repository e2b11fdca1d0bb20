import { instantsOfLocal, offsetIntervalAt } from "../../policy/zone.ts";

/** Dates and times as people type them, in their organization's zone. */

/**
 * What a field of type `date` or `datetime-local` holds, as an instant. Text that is neither stays as it is, so that the
 * operation says what is wrong with it. A time that the clock shows twice is the earlier one.
 *
 * @param days Later by so many days: 1 makes of a date the end of that day.
 */
export function instantOfLocal(text: string, timezone: string, days = 0): string {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/.test(text)) return text;
  const local = Date.parse(`${text.length === 10 ? `${text}T00:00` : text}Z`);
  if (Number.isNaN(local)) return text;
  const instant = instantsOfLocal(timezone, local + days * 86_400_000)[0];
  return instant === undefined ? text : new Date(instant).toISOString();
}

/** An instant as `datetime-local` shows it. */
export const localText = (ms: number, timezone: string): string =>
  new Date(ms + offsetIntervalAt(timezone, ms).offset).toISOString().slice(0, 16);
