import type { PeriodKind } from "./types.ts";
import { offsetIntervalAt, offsetIntervalsAround } from "./zone.ts";

/** A calendar period in a time zone. Counters are keyed by `label`; `start` and `end` are instants in ms. */
export interface Period {
  /** Local: `2026-11`, `2026-W47`, `2026-11-21`, `2026-11-21T14`, `total`. */
  readonly label: string;
  /** First instant whose local time carries the label; -Infinity for `total`. */
  readonly start: number;
  /** First instant after the last one that carries it; Infinity for `total`. */
  readonly end: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const TOTAL: Period = { label: "total", start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };

/** A period, and a stretch around `now` in which every instant carries its label. */
interface Segment {
  readonly from: number;
  readonly until: number;
  readonly period: Period;
}

// The last few answers per kind and zone. A period is not one stretch of time: when a clock is set back across
// midnight, a minute of tomorrow lies inside today. So it is the stretch, not the period, that answers from here.
const caches: Record<Exclude<PeriodKind, "total">, Map<string, Segment[]>> = {
  hourly: new Map(),
  daily: new Map(),
  weekly: new Map(),
  monthly: new Map(),
};
const MAX_ZONES = 128;
const MAX_SEGMENTS = 4;

/**
 * The period that an instant (ms) belongs to. All instants whose local time carries one label share one period, so an
 * hour that the end of daylight saving repeats has one budget, not two. Throws for an unknown zone.
 */
export function periodAt(kind: PeriodKind, timezone: string, now: number): Period {
  if (kind === "total") return TOTAL;
  const cache = caches[kind];
  let segments = cache.get(timezone);
  if (segments !== undefined) {
    for (let index = 0; index < segments.length; index++) {
      const segment = segments[index]!;
      if (now >= segment.from && now < segment.until) return segment.period;
    }
  }
  const segment = computeSegment(kind, timezone, now);
  if (segments === undefined) {
    if (cache.size >= MAX_ZONES) cache.clear();
    segments = [];
    cache.set(timezone, segments);
  }
  segments.unshift(segment);
  if (segments.length > MAX_SEGMENTS) segments.pop();
  return segment.period;
}

/** When the budget of a period starts anew (ms), or null where it never does. */
export function resetsAt(kind: PeriodKind, timezone: string, now: number): number | null {
  const { end } = periodAt(kind, timezone, now);
  return end === Number.POSITIVE_INFINITY ? null : end;
}

function computeSegment(kind: Exclude<PeriodKind, "total">, timezone: string, now: number): Segment {
  const interval = offsetIntervalAt(timezone, now);
  const { label, localStart, localEnd } = localPeriod(kind, now + interval.offset);
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { start: since, end: until, offset } of offsetIntervalsAround(timezone, localStart, localEnd)) {
    const from = Math.max(since, localStart - offset);
    const to = Math.min(until, localEnd - offset);
    if (from >= to) continue;
    start = Math.min(start, from);
    end = Math.max(end, to);
  }
  return {
    from: Math.max(interval.start, localStart - interval.offset),
    until: Math.min(interval.end, localEnd - interval.offset),
    period: { label, start, end },
  };
}

/** Label and bounds on the local time line, in ms as if local time were UTC. */
function localPeriod(kind: Exclude<PeriodKind, "total">, local: number) {
  switch (kind) {
    case "hourly": {
      const localStart = Math.floor(local / HOUR_MS) * HOUR_MS;
      return { label: iso(localStart).slice(0, 13), localStart, localEnd: localStart + HOUR_MS };
    }
    case "daily": {
      const localStart = Math.floor(local / DAY_MS) * DAY_MS;
      return { label: iso(localStart).slice(0, 10), localStart, localEnd: localStart + DAY_MS };
    }
    case "weekly": {
      const day = Math.floor(local / DAY_MS);
      // 1 January 1970 was a Thursday, three days after a Monday.
      const monday = day - ((((day + 3) % 7) + 7) % 7);
      return { label: isoWeek(monday), localStart: monday * DAY_MS, localEnd: (monday + 7) * DAY_MS };
    }
    case "monthly": {
      const date = new Date(local);
      const localStart = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
      const localEnd = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
      return { label: iso(localStart).slice(0, 7), localStart, localEnd };
    }
  }
}

const iso = (local: number): string => new Date(local).toISOString();

/** ISO 8601: a week belongs to the year of its Thursday. */
function isoWeek(mondayDay: number): string {
  const thursdayDay = mondayDay + 3;
  const year = new Date(thursdayDay * DAY_MS).getUTCFullYear();
  const week = 1 + Math.floor((thursdayDay - Date.UTC(year, 0, 1) / DAY_MS) / 7);
  return `${year}-W${String(week).padStart(2, "0")}`;
}
