import { Temporal } from "temporal-polyfill";

/** A stretch of time with one UTC offset. All in milliseconds; infinite where the zone has no further transition. */
export interface OffsetInterval {
  /** First instant. */
  readonly start: number;
  /** First instant after. */
  readonly end: number;
  /** Local time minus UTC. */
  readonly offset: number;
}

/** No zone was ever further from UTC than 16 hours (Manila before 1844); a day is a safe bound for every search. */
const OFFSET_BOUND = 86_400_000;

// Intervals that were needed, per zone, the one in use first. Bounded: a mandate names its zone, so a hostile
// administrator could otherwise grow this with every one of some 600 names.
const cache = new Map<string, OffsetInterval[]>();
const MAX_ZONES = 128;
const MAX_INTERVALS_PER_ZONE = 64;

/** Is this the name of a zone in the IANA database? Offsets such as "+05:00" are not: they know no daylight saving. */
export function isTimeZone(name: string): boolean {
  if (name.length > 64 || !/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The offset in force in a zone at an instant (ms), with the stretch in which it stays. Throws for an unknown zone. */
export function offsetIntervalAt(timezone: string, now: number): OffsetInterval {
  let known = cache.get(timezone);
  if (known !== undefined) {
    for (let index = 0; index < known.length; index++) {
      const interval = known[index]!;
      if (now >= interval.start && now < interval.end) {
        if (index > 0) {
          known[index] = known[0]!;
          known[0] = interval;
        }
        return interval;
      }
    }
  }
  const interval = computeInterval(timezone, now);
  if (known === undefined) {
    if (cache.size >= MAX_ZONES) cache.clear();
    known = [];
    cache.set(timezone, known);
  }
  if (known.length >= MAX_INTERVALS_PER_ZONE) known.length = 0;
  known.unshift(interval);
  return interval;
}

function computeInterval(timezone: string, now: number): OffsetInterval {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(now)).toZonedDateTimeISO(timezone);
  // "previous" is strictly before, so a transition at `now` itself is found one millisecond later.
  const previous = at.add({ milliseconds: 1 }).getTimeZoneTransition("previous");
  const next = at.getTimeZoneTransition("next");
  return {
    start: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    end: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offset: at.offsetNanoseconds / 1_000_000,
  };
}

export interface LocalTime {
  /** 0 = Sunday. */
  readonly weekday: number;
  /** 0 to 1439. */
  readonly minuteOfDay: number;
}

const DAY_MS = 86_400_000;

/** What a wall clock in the zone shows. Costs no calendar or formatter call while the offset stays. */
export function localTimeAt(timezone: string, now: number): LocalTime {
  const local = now + offsetIntervalAt(timezone, now).offset;
  const day = Math.floor(local / DAY_MS);
  // 1 January 1970 was a Thursday; the second remainder keeps dates before it positive.
  return { weekday: (((day + 4) % 7) + 7) % 7, minuteOfDay: Math.floor((local - day * DAY_MS) / 60_000) };
}

/** The stretches of constant offset that can hold local times from `localFrom` to `localUntil` (local ms). */
export function offsetIntervalsAround(timezone: string, localFrom: number, localUntil: number): OffsetInterval[] {
  const intervals: OffsetInterval[] = [];
  let interval = offsetIntervalAt(timezone, localFrom - OFFSET_BOUND);
  intervals.push(interval);
  while (interval.end < localUntil + OFFSET_BOUND) {
    interval = offsetIntervalAt(timezone, interval.end);
    intervals.push(interval);
  }
  return intervals;
}

/**
 * The instants (ms, ascending) at which a wall clock in the zone reaches a local time (local ms): two when the clock is
 * set back over it; the moment of the jump when it is skipped.
 */
export function instantsOfLocal(timezone: string, local: number): number[] {
  const instants: number[] = [];
  for (const { start, end, offset } of offsetIntervalsAround(timezone, local, local)) {
    const instant = local - offset;
    if (instant >= start && instant < end) instants.push(instant);
    else if (instant < start && start + previousOffset(timezone, start) < local) instants.push(start);
  }
  return instants;
}

const previousOffset = (timezone: string, transition: number): number =>
  Number.isFinite(transition) ? offsetIntervalAt(timezone, transition - 1).offset : 0;
