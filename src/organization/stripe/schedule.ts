const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** So long after the beginning an open outcome is looked at; then once a day, for ever: only proof ends it. */
const LOOKS_MS: readonly number[] = [5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 6 * HOUR];

/** When to look first, ms after the beginning. */
export const FIRST_LOOK_MS = LOOKS_MS[0]!;

/** What brought no answer is asked again so soon for an hour: an outage of Stripe's must not cost an hour of its own. */
const ASK_AGAIN_MS = 45 * SECOND;
const ASK_AGAIN_WITHIN_MS = HOUR;

export interface LookPlan {
  /** Further instants at which a look can decide something. */
  readonly also?: readonly number[];
  /** Has Stripe said what it has? Where it has not, the planned looks were not all that they should have been. */
  readonly heard?: boolean;
}

/** When to look again, ms. */
export function nextLook(now: number, begunAt: number, { also = [], heard = true }: LookPlan = {}): number {
  const again = !heard && now < begunAt + ASK_AGAIN_WITHIN_MS ? [now + ASK_AGAIN_MS] : [];
  const planned = [...LOOKS_MS.map((after) => begunAt + after), ...also, ...again].filter((at) => at > now);
  return Math.min(now + DAY, ...planned);
}

/** When to ask once more for refunds of which nothing is known to be under way: something told of them, and is not repeated. */
export const REFUNDS_AGAIN_MS = HOUR;

/** A refund that has arrived can still come back, for weeks (Stripe tells it by a webhook, if there is one). */
const LATE_LOOKS_MS: readonly number[] = [DAY, 7 * DAY, 30 * DAY];

/** When to look once more at refunds that are all over; null = not any more. */
export function nextLateLook(now: number, lastChange: number): number | null {
  return LATE_LOOKS_MS.map((after) => lastChange + after).find((at) => at > now) ?? null;
}
