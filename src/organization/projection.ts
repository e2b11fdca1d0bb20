import { readEvents } from "./event-log.ts";
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

const UPSERT_EVENT = `INSERT INTO events (organization_id, seq, id, type, at, subject, salt, body, digest, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (organization_id, seq) DO NOTHING`;

const UPSERT_TRANSACTION = `INSERT INTO transactions (organization_id, id, event_seq, agent_id, status, vendor, amount,
  currency, category, protocol, held, settled, refunded, claimed, overdraft, presumed, late, simulated, codes, mandate_id,
  mandate_version, repeat_count, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (organization_id, id) DO UPDATE SET event_seq = excluded.event_seq, status = excluded.status,
  held = excluded.held, settled = excluded.settled, refunded = excluded.refunded, claimed = excluded.claimed,
  overdraft = excluded.overdraft, presumed = excluded.presumed, late = excluded.late, simulated = excluded.simulated,
  repeat_count = excluded.repeat_count, updated_at = excluded.updated_at
  WHERE excluded.event_seq > transactions.event_seq`;

const UPDATE_ORGANIZATION = `UPDATE organizations SET name = ?, timezone = ?, frozen = ?, signing_secrets = ?,
  as_of_seq = MAX(as_of_seq, ?) WHERE id = ?`;

const ROWS_OF = "SELECT * FROM transactions WHERE id IN (SELECT value FROM json_each(?))";

/** The next batch, or null when D1 has everything. */
export function nextBatch(sql: SqlStorage, db: D1Database, limit: number, now: number): Batch | null {
  const events = readEvents(sql, projectionCursor(sql).seq, limit);
  const newest = events.at(-1);
  if (newest === undefined) return null;
  const organization = first<OrganizationRow>(sql, "SELECT * FROM organization WHERE one = 1");
  if (organization === undefined) throw new Error("events without an organization");

  const statements = events.map((event) =>
    db
      .prepare(UPSERT_EVENT)
      .bind(
        organization.id,
        event.seq,
        event.id,
        event.type,
        event.at,
        event.subject,
        event.salt,
        event.body,
        event.digest,
        event.hash,
      ),
  );
  const newestEventOf = new Map<string, number>();
  for (const event of events) {
    if (event.subject?.startsWith("txn_") === true) newestEventOf.set(event.subject, event.seq);
  }
  for (const row of all<TransactionRow>(sql, ROWS_OF, JSON.stringify([...newestEventOf.keys()]))) {
    statements.push(upsertTransaction(db, organization.id, row, newestEventOf.get(row.id) ?? newest.seq));
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
      ),
  );
  return { statements, last: newest.seq };
}

function upsertTransaction(
  db: D1Database,
  organizationId: string,
  row: TransactionRow,
  eventSeq: number,
): D1PreparedStatement {
  return db
    .prepare(UPSERT_TRANSACTION)
    .bind(
      organizationId,
      row.id,
      eventSeq,
      row.agent_id,
      row.status,
      row.vendor,
      row.amount,
      row.currency,
      row.category,
      row.protocol,
      row.held,
      row.settled,
      row.refunded,
      row.claimed,
      row.overdraft,
      row.presumed,
      row.late,
      row.simulated,
      row.codes,
      row.mandate_id,
      row.mandate_version,
      row.repeat_count,
      row.created_at,
      row.updated_at,
    );
}
