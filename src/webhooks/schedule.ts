const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After each failed attempt, ms until the next one. Ten attempts in all, over at least 75 hours. */
const DELAYS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

export const MAX_ATTEMPTS = DELAYS.length + 1;
/** Upward only: a receiver that was down for 72 hours is still asked after that. */
const JITTER = 0.2;
const RETRY_AFTER_MAX = 24 * HOUR;
/** Statuses with which a server says that it is asked too much (Standard Webhooks; RFC 9110 section 10.2.3). */
const THROTTLING: readonly number[] = [429, 502, 503, 504];

/**
 * How long to wait after a failed attempt, ms, or null when it was the last one.
 *
 * @param attempt How many attempts there have been, this one included.
 * @param answer What the receiver said, as far as it said anything.
 * @param random 0 ≤ random < 1.
 */
export function nextDelay(
  attempt: number,
  answer: { readonly status: number | null; readonly retryAfterMs: number | null },
  random: number,
): number | null {
  const base = DELAYS[attempt - 1];
  if (base === undefined) return null;
  const own = Math.ceil(base * (1 + JITTER * random));
  const asked = answer.status !== null && THROTTLING.includes(answer.status) ? (answer.retryAfterMs ?? 0) : 0;
  return Math.max(own, Math.min(asked, RETRY_AFTER_MAX));
}

const PROBE_PAUSE = 5 * SECOND;
const PROBE_PAUSE_MAX = MINUTE;

/**
 * How long an endpoint that only fails is left alone after a failure, whatever waits for it, ms.
 *
 * @param beyond How many failures there have been since it is asked one at a time; negative = not yet.
 */
export const probePause = (beyond: number): number =>
  beyond < 0 ? 0 : Math.min(PROBE_PAUSE * (beyond + 1), PROBE_PAUSE_MAX);

/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3), ms from now; null for what is neither seconds nor a date.
 *
 * @param now ms.
 */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND;
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
