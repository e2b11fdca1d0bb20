import { all } from "./sql.ts";

export interface LedgerReport {
  readonly valid: boolean;
  /** At most 20 sentences. */
  readonly problems: readonly string[];
}

/** Every counter with what its reservations add up to. */
const COUNTERS_AGAINST_RESERVATIONS = `
  SELECT c.id AS id, c.held AS held, c.settled AS settled, COALESCE(r.held, 0) AS sum_held, COALESCE(r.settled, 0) AS sum_settled
  FROM counters c LEFT JOIN (
    SELECT j.value AS counter, SUM(t.held) AS held, SUM(t.settled - t.refunded) AS settled
    FROM transactions t, json_each(t.counters) j GROUP BY j.value
  ) r ON r.counter = c.id
  WHERE c.held <> COALESCE(r.held, 0) OR c.settled <> COALESCE(r.settled, 0) LIMIT 20`;

/** Transactions whose amounts do not fit their status. */
const AMOUNTS_AGAINST_STATUS = `
  SELECT id, status FROM transactions WHERE
    (status IN ('rejected', 'denied', 'expired', 'voided', 'released') AND (held <> 0 OR settled <> 0))
    OR (status IN ('pending_approval', 'authorized', 'executing', 'unknown') AND (held <> amount OR settled <> 0))
    OR (status = 'refunded' AND (held <> 0 OR refunded <> settled))
    OR (status = 'completed' AND settled = 0)
    OR (settled + held > amount AND overdraft = 0)
  LIMIT 20`;

const PENDING_AGAINST_APPROVALS = `
  SELECT t.id AS id FROM transactions t LEFT JOIN approvals a ON a.transaction_id = t.id AND a.status = 'pending'
  WHERE t.status = 'pending_approval' AND a.id IS NULL LIMIT 20`;

/** Payments that are open and that nobody watches: their budget would be held for ever. */
const OPEN_PAYMENTS_AGAINST_WATCHES = `
  SELECT t.id AS id FROM transactions t LEFT JOIN x402_payments p ON p.transaction_id = t.id
  WHERE t.protocol = 'x402' AND t.status IN ('executing', 'unknown')
    AND (p.nonce IS NULL OR NOT EXISTS (SELECT 1 FROM timers w WHERE w.kind = 'x402_watch' AND w.ref = t.id)) LIMIT 20`;

/** Authorizations whose time nobody watches: their budget would be held for ever. */
const AUTHORIZED_AGAINST_TIMERS = `
  SELECT t.id AS id FROM transactions t WHERE t.status = 'authorized' AND NOT EXISTS (
    SELECT 1 FROM timers w WHERE w.kind IN ('settle_by', 'release') AND w.ref = t.id) LIMIT 20`;

/** Signed payments that were judged in another currency, or called off although the chain has them. */
const SIGNED_AGAINST_TERMS = `
  SELECT t.id AS id FROM transactions t JOIN x402_payments p ON p.transaction_id = t.id
  WHERE (p.nonce IS NOT NULL AND t.currency <> 'USD') OR (p.outcome = 'not_sent' AND t.settled > 0) LIMIT 20`;

/** Payments that the chain has taken, settled for less than was signed. */
const PAID_AGAINST_SETTLED = `
  SELECT t.id AS id FROM transactions t JOIN x402_payments p ON p.transaction_id = t.id
  WHERE p.outcome IN ('paid', 'paid_late', 'paid_not_delivered') AND t.settled < p.value LIMIT 20`;

/** Checkouts that are open and that nobody watches, or that were never begun. */
const OPEN_CHECKOUTS_AGAINST_WATCHES = `
  SELECT t.id AS id FROM transactions t LEFT JOIN acp_checkouts c ON c.transaction_id = t.id
  WHERE t.protocol = 'acp' AND t.status IN ('executing', 'unknown')
    AND (c.began_at IS NULL OR NOT EXISTS (SELECT 1 FROM timers w WHERE w.kind = 'acp_watch' AND w.ref = t.id)) LIMIT 20`;

/** Checkouts that Stripe has proven paid and that are not settled, or proven unpaid and called paid by nobody else. */
const CHECKOUTS_AGAINST_SETTLED = `
  SELECT t.id AS id FROM transactions t JOIN acp_checkouts c ON c.transaction_id = t.id
  WHERE (c.outcome IN ('ordered', 'paid_no_order') AND t.status NOT IN ('completed', 'refunded'))
    OR (c.outcome IN ('unpaid', 'refused') AND t.status IN ('executing', 'unknown', 'authorized')) LIMIT 20`;

/** Charges that are open and that nobody watches. */
const OPEN_CHARGES_AGAINST_WATCHES = `
  SELECT t.id AS id FROM transactions t LEFT JOIN stripe_charges c ON c.transaction_id = t.id
  WHERE t.protocol = 'stripe' AND t.status IN ('executing', 'unknown')
    AND (c.sent_at IS NULL OR NOT EXISTS (SELECT 1 FROM timers w WHERE w.kind = 'stripe_watch' AND w.ref = t.id)) LIMIT 20`;

/** Charges that Stripe has and that are not settled, simulations that are not marked, and ends that contradict their journal. */
const CHARGED_AGAINST_SETTLED = `
  SELECT t.id AS id FROM transactions t JOIN stripe_charges c ON c.transaction_id = t.id
  WHERE (c.outcome IN ('charged', 'simulated') AND t.settled = 0)
    OR ((c.outcome = 'simulated') <> (t.simulated = 1)) LIMIT 20`;

/** Refunds: what is booked is what the transaction says, what is under way is watched. */
const REFUNDS_AGAINST_TRANSACTION = `
  SELECT t.id AS id FROM transactions t JOIN stripe_charges c ON c.transaction_id = t.id
  WHERE t.refunded <> (SELECT COALESCE(SUM(r.amount), 0) FROM stripe_refunds r WHERE r.transaction_id = t.id AND r.booked = 1)
    OR (EXISTS (SELECT 1 FROM stripe_refunds r WHERE r.transaction_id = t.id AND r.status IN ('sending', 'pending'))
      AND NOT EXISTS (SELECT 1 FROM timers w WHERE w.kind = 'stripe_watch' AND w.ref = t.id)) LIMIT 20`;

/**
 * The ledger's invariants over the whole object: counters equal the sum of their reservations, amounts fit statuses,
 * every pending transaction has its open approval, every open payment its watch, and what the chain took is settled.
 * Reads everything; not for the hot path.
 */
export function checkLedger(sql: SqlStorage): LedgerReport {
  const problems = [
    ...all<{ id: number; held: number; settled: number; sum_held: number; sum_settled: number }>(
      sql,
      COUNTERS_AGAINST_RESERVATIONS,
    ).map(
      (row) =>
        `counter ${row.id}: held ${row.held}, settled ${row.settled}, but its reservations add up to ${row.sum_held} and ${row.sum_settled}`,
    ),
    ...all<{ id: string; status: string }>(sql, AMOUNTS_AGAINST_STATUS).map(
      (row) => `transaction ${row.id}: its amounts do not fit ${row.status}`,
    ),
    ...all<{ id: string }>(sql, PENDING_AGAINST_APPROVALS).map(
      (row) => `transaction ${row.id}: pending, but no approval is open`,
    ),
    ...all<{ id: string }>(sql, OPEN_PAYMENTS_AGAINST_WATCHES).map(
      (row) => `transaction ${row.id}: its payment is open, but nobody watches it`,
    ),
    ...all<{ id: string }>(sql, AUTHORIZED_AGAINST_TIMERS).map(
      (row) => `transaction ${row.id}: authorized, but no timer ends it`,
    ),
    ...all<{ id: string }>(sql, SIGNED_AGAINST_TERMS).map(
      (row) => `transaction ${row.id}: its payment is not what was judged or booked`,
    ),
    ...all<{ id: string }>(sql, PAID_AGAINST_SETTLED).map(
      (row) => `transaction ${row.id}: the chain took more than is settled`,
    ),
    ...all<{ id: string }>(sql, OPEN_CHECKOUTS_AGAINST_WATCHES).map(
      (row) => `transaction ${row.id}: its checkout is open, but nobody watches it`,
    ),
    ...all<{ id: string }>(sql, CHECKOUTS_AGAINST_SETTLED).map(
      (row) => `transaction ${row.id}: Stripe's word on its checkout is not what is booked`,
    ),
    ...all<{ id: string }>(sql, OPEN_CHARGES_AGAINST_WATCHES).map(
      (row) => `transaction ${row.id}: its charge is open, but nobody watches it`,
    ),
    ...all<{ id: string }>(sql, CHARGED_AGAINST_SETTLED).map(
      (row) => `transaction ${row.id}: its charge is not what is settled`,
    ),
    ...all<{ id: string }>(sql, REFUNDS_AGAINST_TRANSACTION).map(
      (row) => `transaction ${row.id}: its refunds are not what is booked, or nobody watches them`,
    ),
  ];
  return { valid: problems.length === 0, problems: problems.slice(0, 20) };
}
