import { LIMITS } from "../limits.ts";
import { ERASED, erasedIn } from "./audit/erasures.ts";
import { publishedKeys } from "./audit/keys.ts";
import { type EventRow, readEvents } from "./event-log.ts";
import { keysBySigningSecret } from "./keys.ts";
import { all, changeOne, first } from "./sql.ts";
import type { TransactionRow } from "./transactions.ts";
import type { OrganizationRow } from "./work.ts";

/**
 * D1 follows the event log: one batch of events and of the transactions that they are about, then the cursor moves.
 * A batch is one transaction in D1; every write is guarded by the event's seq, so repeating or reordering changes nothing.
 * A lost batch is repeated; a crash between batch and cursor repeats it as well.
 */
export interface Batch {
  readonly statements: D1PreparedStatement[];
  readonly last: number;
  /** The log held more than one batch takes. */
  readonly more: boolean;
}

const CURSOR = "SELECT seq, failures FROM cursors WHERE name = 'projection'";

export const projectionCursor = (sql: SqlStorage): { readonly seq: number; readonly failures: number } =>
  first<{ seq: number; failures: number }>(sql, CURSOR) ?? { seq: 0, failures: 0 };

/** Moves the cursor; it never moves back. */
export function moveCursor(sql: SqlStorage, seq: number): void {
  sql.exec("UPDATE cursors SET seq = MAX(seq, ?), failures = 0 WHERE name = 'projection'", seq);
}

/** Counts a failed batch and answers in how many ms to try again: 1 s doubling to a minute. */
export function backOff(sql: SqlStorage): number {
  changeOne(sql, "UPDATE cursors SET failures = failures + 1 WHERE name = 'projection'");
  return Math.min(60_000, 1_000 * 2 ** Math.min(6, projectionCursor(sql).failures - 1));
}

const EVENT_COLUMNS = ["seq", "id", "type", "at", "subject", "salt", "body", "digest", "hash"] as const;
const TRANSACTION_COLUMNS = [
  "id",
  "event_seq",
  "agent_id",
  "status",
  "vendor",
  "amount",
  "currency",
  "category",
  "protocol",
  "held",
  "settled",
  "refunded",
  "claimed",
  "overdraft",
  "presumed",
  "late",
  "simulated",
  "codes",
  "payment",
  "mandate_id",
  "mandate_version",
  "repeat_count",
  "created_at",
  "updated_at",
] as const;
/** What of a transaction never changes after its first event. */
const FIXED: readonly string[] = [
  "id",
  "agent_id",
  "vendor",
  "amount",
  "currency",
  "category",
  "protocol",
  "created_at",
];

/** Rows travel as one JSON parameter: a statement per row would cost the object more than writing the row did. */
const columnsOf = (columns: readonly string[]): string => columns.map((_name, at) => `value ->> ${at}`).join(", ");
const jsonOf = (rows: readonly object[], columns: readonly string[]): string =>
  JSON.stringify(rows.map((row) => columns.map((column) => (row as Record<string, unknown>)[column])));

const UPSERT_EVENTS = `INSERT INTO events (organization_id, ${EVENT_COLUMNS.join(", ")})
  SELECT ?1, ${columnsOf(EVENT_COLUMNS)} FROM json_each(?2) WHERE true
  ON CONFLICT (organization_id, seq) DO NOTHING`;

const UPSERT_TRANSACTIONS = `INSERT INTO transactions (organization_id, ${TRANSACTION_COLUMNS.join(", ")})
  SELECT ?1, ${columnsOf(TRANSACTION_COLUMNS)} FROM json_each(?2) WHERE true
  ON CONFLICT (organization_id, id) DO UPDATE SET
  ${TRANSACTION_COLUMNS.filter((name) => !FIXED.includes(name))
    .map((name) => `${name} = excluded.${name}`)
    .join(", ")}
  WHERE excluded.event_seq > transactions.event_seq`;

/** A late batch must not bring back keys that were published before a rotation, hence the comparison. */
const UPDATE_ORGANIZATION = `UPDATE organizations SET name = ?1, timezone = ?2, frozen = ?3, signing_secrets = ?4,
  jwks = CASE WHEN as_of_seq <= ?5 THEN ?7 ELSE jwks END, as_of_seq = MAX(as_of_seq, ?5) WHERE id = ?6`;

/** Rows that the object has erased. A batch that comes late inserts nothing over them. */
const CLEAR_ERASED = `UPDATE events SET salt = NULL, body = NULL
  WHERE organization_id = ?1 AND seq IN (SELECT value FROM json_each(?2))`;

const ROWS_OF = `SELECT t.*, CASE
    WHEN p.transaction_id IS NOT NULL THEN json_object('network', p.network, 'asset', p.asset, 'pay_to', p.pay_to,
      'outcome', p.outcome, 'settlement_hash', p.settlement_hash)
    WHEN c.transaction_id IS NOT NULL THEN json_object('profile', c.profile_name, 'profile_version', c.profile_version,
      'payment_intent', c.payment_intent, 'outcome', c.outcome)
    WHEN k.transaction_id IS NOT NULL THEN json_object('profile', k.profile_name, 'profile_version', k.profile_version,
      'merchant_id', k.merchant_id, 'seller_profile', k.seller_profile, 'outcome', k.outcome)
  END AS payment
  FROM transactions t LEFT JOIN x402_payments p ON p.transaction_id = t.id
  LEFT JOIN stripe_charges c ON c.transaction_id = t.id LEFT JOIN acp_checkouts k ON k.transaction_id = t.id
  WHERE t.id IN (SELECT value FROM json_each(?))`;

/** As many events as fit one parameter of D1 (2 MB) with room to spare, and always the first. */
function upTo(bytes: number, events: readonly EventRow[]): EventRow[] {
  let sum = 0;
  return events.filter((event, index) => {
    sum += event.body?.length ?? 0;
    return index === 0 || sum <= bytes;
  });
}

/** The next batch, or null when D1 has everything. */
export function nextBatch(sql: SqlStorage, db: D1Database, limit: number, now: number): Batch | null {
  const read = readEvents(sql, projectionCursor(sql).seq, limit);
  const events = upTo(LIMITS.projectionBatchBytes, read);
  const newest = events.at(-1);
  if (newest === undefined) return null;
  const organization = first<OrganizationRow>(sql, "SELECT * FROM organization WHERE one = 1");
  if (organization === undefined) throw new Error("events without an organization");

  const newestEventOf = new Map<string, number>();
  for (const event of events) {
    if (event.subject?.startsWith("txn_") === true) newestEventOf.set(event.subject, event.seq);
  }
  const rows = all<TransactionRow>(sql, ROWS_OF, JSON.stringify([...newestEventOf.keys()])).map((row) => ({
    ...row,
    event_seq: newestEventOf.get(row.id) ?? newest.seq,
  }));
  const statements = [db.prepare(UPSERT_EVENTS).bind(organization.id, jsonOf(events, EVENT_COLUMNS))];
  if (rows.length > 0) {
    statements.push(db.prepare(UPSERT_TRANSACTIONS).bind(organization.id, jsonOf(rows, TRANSACTION_COLUMNS)));
  }
  statements.push(
    db
      .prepare(UPDATE_ORGANIZATION)
      .bind(
        organization.name,
        organization.timezone,
        organization.frozen,
        JSON.stringify(keysBySigningSecret(sql, now)),
        newest.seq,
        organization.id,
        JSON.stringify(publishedKeys(sql)),
      ),
  );
  const erased = events.flatMap(({ type, body }) => (type === ERASED ? erasedIn(body).map(({ seq }) => seq) : []));
  if (erased.length > 0) statements.push(db.prepare(CLEAR_ERASED).bind(organization.id, JSON.stringify(erased)));
  return { statements, last: newest.seq, more: read.length === limit || events.length < read.length };
}
