/** Days, weeks and months in UTC, and when people work. All times in ms. */

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

export const startOfDay = (at) => at - (at % DAY);
export const isWorkday = (at) => ![0, 6].includes(new Date(at).getUTCDay());

/** The same day where somebody works, otherwise the next. */
export const nextWorkday = (at) => (isWorkday(at) ? at : nextWorkday(at + DAY));

/** @returns {{ start: number, end: number }} The calendar month that holds an instant. */
export function monthOf(at) {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: Date.UTC(year, month, 1), end: Date.UTC(year, month + 1, 1) };
}

/** @returns {{ start: number, end: number }} The week, from Monday on. */
export function weekOf(at) {
  const day = startOfDay(at);
  const start = day - ((new Date(day).getUTCDay() + 6) % 7) * DAY;
  return { start, end: start + 7 * DAY };
}

/** Every week or month that a stretch touches. */
export function periodsOf(periodAt, from, to) {
  const periods = [];
  for (let at = from; at < to; at = periods.at(-1).end) periods.push(periodAt(at));
  return periods;
}

/**
 * Instants at which somebody asks for something: some on each workday between eight and six, hardly any at weekends.
 *
 * @param {[number, number]} perDay At least and at most.
 */
export function workingInstants(from, to, perDay, random) {
  const instants = [];
  for (let day = startOfDay(from); day < to; day += DAY) {
    const [least, most] = perDay;
    const count = isWorkday(day) ? least + Math.floor(random() * (most - least + 1)) : Number(random() < 0.15);
    for (let n = 0; n < count; n++) {
      const at = day + 8 * HOUR + Math.floor((random() * 10 * HOUR) / 1000) * 1000;
      if (at >= from && at < to) instants.push(at);
    }
  }
  return instants.sort((a, b) => a - b);
}
