import { periodAt } from "../../../policy/periods.ts";

/**
 * What the overview counts, from D1: the object is not asked for history, and D1 is never asked for a decision. All of it
 * is one snapshot, which follows the log; `as_of` says how far. Amounts in micros, added up as integers by the database.
 */
export interface Statistics {
  /** The newest event that is counted, and when it happened (ms); null before the first one has arrived. */
  readonly as_of: { readonly seq: number; readonly at: number | null };
  /** Local dates of the organization's zone, oldest first; the last one is today. */
  readonly days: readonly string[];
  readonly spending: readonly DaySpending[];
  /** By currency, the one with most spending first. */
  readonly totals: readonly CurrencyTotal[];
  readonly today: Today;
}

/** Settled less refunded, and what is held for whatever is still open. */
export interface DaySpending {
  /** Place in `days`. */
  readonly day: number;
  readonly agent_id: string;
  readonly currency: string;
  readonly amount: number;
}

export interface CurrencyTotal {
  readonly currency: string;
  /** Settled less refunded, of purchases of this calendar month. */
  readonly spent: number;
  /** Held now, of purchases of any time. */
  readonly held: number;
}

/** Purchases that agents asked for today. */
export interface Today {
  readonly approved: number;
  /** By the policy or by a person, or because nobody decided. */
  readonly refused: number;
  readonly waiting: number;
}

const DAYS = 30;

const AS_OF = `SELECT o.as_of_seq AS seq,
    (SELECT e.at FROM events e WHERE e.organization_id = o.id AND e.seq = o.as_of_seq) AS at
  FROM organizations o WHERE o.id = ?1`;

/** One range of the time index per day, so the zone's own days are counted, however long they are. */
const SPENDING = `SELECT d.key AS day, t.agent_id, t.currency, SUM(t.settled - t.refunded + t.held) AS amount
  FROM json_each(?2) d CROSS JOIN transactions t
  WHERE t.organization_id = ?1 AND t.created_at >= d.value ->> 0 AND t.created_at < d.value ->> 1
  GROUP BY d.key, t.agent_id, t.currency HAVING amount <> 0 ORDER BY d.key, t.agent_id, t.currency`;

const TOTALS = `SELECT currency, SUM(spent) AS spent, SUM(held) AS held FROM (
    SELECT currency, settled - refunded AS spent, 0 AS held FROM transactions
    WHERE organization_id = ?1 AND created_at >= ?2
    UNION ALL
    SELECT currency, 0, held FROM transactions WHERE organization_id = ?1 AND held > 0
  ) GROUP BY currency ORDER BY SUM(spent) DESC, SUM(held) DESC, currency`;

/** Repeated rejections share one row; each was a decision. */
const TODAY = `SELECT
    COALESCE(SUM(status NOT IN ('rejected', 'pending_approval', 'denied', 'expired')), 0) AS approved,
    COALESCE(SUM(CASE WHEN status = 'rejected' THEN repeat_count WHEN status IN ('denied', 'expired') THEN 1 ELSE 0 END), 0)
      AS refused,
    COALESCE(SUM(status = 'pending_approval'), 0) AS waiting
  FROM transactions WHERE organization_id = ?1 AND created_at >= ?2`;

export async function readStatistics(
  db: D1Database,
  organizationId: string,
  timezone: string,
  now: number,
): Promise<Statistics> {
  const days = lastDays(timezone, now);
  const ranges = days.map(({ start }, at) => [start, days[at + 1]?.start ?? Number.MAX_SAFE_INTEGER]);
  const month = periodAt("monthly", timezone, now).start;
  const [asOf, spending, totals, today] = await db.batch([
    db.prepare(AS_OF).bind(organizationId),
    db.prepare(SPENDING).bind(organizationId, JSON.stringify(ranges)),
    db.prepare(TOTALS).bind(organizationId, month),
    db.prepare(TODAY).bind(organizationId, days.at(-1)!.start),
  ]);
  return {
    as_of: (asOf!.results[0] as Statistics["as_of"] | undefined) ?? { seq: 0, at: null },
    days: days.map(({ label }) => label),
    spending: spending!.results as unknown as DaySpending[],
    totals: totals!.results as unknown as CurrencyTotal[],
    today: today!.results[0] as unknown as Today,
  };
}

/** The last days of the zone's calendar, oldest first. A day ends where the next one starts, so no instant counts twice. */
export function lastDays(timezone: string, now: number): { readonly label: string; readonly start: number }[] {
  const days: { label: string; start: number }[] = [];
  for (let at = now; days.length < DAYS; at = days[0]!.start - 1) {
    const { label, start } = periodAt("daily", timezone, at);
    days.unshift({ label, start });
  }
  return days;
}
