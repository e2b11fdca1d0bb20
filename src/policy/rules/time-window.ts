import { fixedCheck } from "../check.ts";
import { WEEKDAYS } from "../rule-schemas.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule } from "../types.ts";
import { instantsOfLocal, localTimeAt, offsetIntervalAt } from "../zone.ts";
import type { MandateContext } from "./context.ts";

const DAY_MS = 86_400_000;

/**
 * Certain hours of certain days on the wall clock of a zone. Half-open: from `start` to before `end`. An end at or
 * before the start is on the next day, and `days` are the days on which the window starts.
 */
export function compileTimeWindow(rule: RuleOf<"time_window">, context: MandateContext): CompiledRule {
  const timezone = rule.timezone ?? context.timezone;
  const start = minutes(rule.start);
  const end = minutes(rule.end);
  const crosses = end <= start;
  const startsOn = WEEKDAYS.map((day) => rule.days.includes(day));
  const check = fixedCheck(rule.type, rule.id, "outside_time_window");
  return {
    id: rule.id,
    type: rule.type,
    needs_amount: false,
    judge({ now }) {
      const { weekday, minuteOfDay } = localTimeAt(timezone, now);
      const open = crosses
        ? (startsOn[weekday] === true && minuteOfDay >= start) ||
          (startsOn[(weekday + 6) % 7] === true && minuteOfDay < end)
        : startsOn[weekday] === true && minuteOfDay >= start && minuteOfDay < end;
      return open ? check.passed : check.failed;
    },
    openings: (from) => openings(timezone, start, from),
    words: `only ${daysWords(startsOn)} from ${rule.start} to ${rule.end}${crosses ? " of the next day" : ""} (${timezone})`,
  };
}

function minutes(time: string): number {
  const [hours = "0", minute = "0"] = time.split(":");
  return Number(hours) * 60 + Number(minute);
}

/**
 * Every time in the eight days after `from` at which the clock shows the start, and every change of offset (which can
 * put the clock back into a window). Whether the day is right is for `judge` to say.
 */
function openings(timezone: string, start: number, from: number): number[] {
  const found: number[] = [];
  const interval = offsetIntervalAt(timezone, from);
  const today = Math.floor((from + interval.offset) / DAY_MS);
  for (let day = today; day <= today + 8; day++) {
    for (const instant of instantsOfLocal(timezone, day * DAY_MS + start * 60_000)) {
      if (instant > from) found.push(instant);
    }
  }
  if (interval.end < from + 8 * DAY_MS) found.push(interval.end);
  return found.sort((a, b) => a - b);
}

const NAMES = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** "every day", "Mon to Fri", "Mon, Wed, Sun": weeks are shown from Monday. */
function daysWords(startsOn: readonly boolean[]): string {
  const listed = [1, 2, 3, 4, 5, 6, 0].filter((day) => startsOn[day]);
  if (listed.length === 7) return "every day";
  const name = (day: number | undefined) => NAMES[day ?? 0] ?? "";
  const position = (day: number) => (day + 6) % 7;
  const run = listed.every((day, index) => index === 0 || position(day) === position(listed[index - 1] ?? 0) + 1);
  return run && listed.length > 2 ? `${name(listed[0])} to ${name(listed.at(-1))}` : listed.map(name).join(", ");
}
