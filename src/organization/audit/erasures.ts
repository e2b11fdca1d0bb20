import type { EventRow } from "../event-log.ts";
import { conflict, notFound, Problem } from "../problem.ts";
import { all, changeOne, first } from "../sql.ts";
import { findTransaction } from "../transactions.ts";
import type { Work } from "../work.ts";

export interface ErasureInput {
  /** Both must fit: a slip in one number alone would erase something else, for ever. */
  readonly events: readonly { readonly seq: number; readonly id: string }[];
  readonly reason: string;
}

export interface Erased {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
}

/** What its event lists; the projection reads it again, to clear the same rows in D1. */
export const ERASED = "audit.erased";

const OPEN: readonly string[] = ["pending_approval", "authorized", "executing", "unknown"];

/**
 * Erases bodies of events, and the free text of the transactions that they are about. Digests and links stay, so the chain
 * still verifies. All of them, or none.
 *
 * @throws Problem `not_found`, `already_erased`, `erasure_refused`, `still_followed`.
 */
export function eraseEvents(work: Work, { events, reason }: ErasureInput) {
  const rows = [...new Map(events.map((one) => [one.seq, one])).values()].map((one) => requireErasable(work, one));
  const erased: Erased[] = rows.map(({ seq, id, type }) => ({ seq, id, type })).sort((a, b) => a.seq - b.seq);
  const bySeq = work.log(ERASED, work.organization.id, { erased, reason });
  for (const { seq, id } of erased) {
    changeOne(work.sql, "UPDATE events SET salt = NULL, body = NULL WHERE seq = ?", seq);
    work.exec("INSERT INTO erasures (seq, by_seq) VALUES (?, ?)", seq, bySeq);
    // The message that endpoints got of it, for replays: it goes by the event's id.
    work.exec("UPDATE webhook_messages SET body = json_set(body, '$.data', json('{}')) WHERE id = ?", id);
  }
  forgetFreeText(work, new Set(rows.flatMap(({ subject }) => (subject?.startsWith("txn_") === true ? [subject] : []))));
  const event = first<{ id: string }>(work.sql, "SELECT id FROM events WHERE seq = ?", bySeq);
  return { event_id: event?.id ?? "", seq: bySeq, erased };
}

function requireErasable(work: Work, { seq, id }: ErasureInput["events"][number]): EventRow {
  const row = first<EventRow>(work.sql, "SELECT * FROM events WHERE seq = ?", seq);
  if (row === undefined || row.id !== id) throw notFound("event");
  if (row.body === null) throw conflict("already_erased", "The body of an event was erased before.", { seq });
  const why = refusal(work, row);
  if (why !== null) throw conflict("erasure_refused", why, { seq });
  refuseFollowed(work, seq, id);
  return row;
}

/** Whoever still has to get the event would get it empty, or never know. */
function refuseFollowed(work: Work, seq: number, id: string): void {
  const follower = first<{ name: string }>(
    work.sql,
    "SELECT name FROM cursors WHERE seq < ? AND name <> 'projection'",
    seq,
  );
  if (follower !== undefined) {
    throw new Problem(
      409,
      "still_followed",
      "The event is new and has not gone everywhere yet. Try again in a moment.",
      {
        seq,
        retry_after: 2,
      },
    );
  }
  const open = first<{ webhook_id: string }>(work.sql, OPEN_DELIVERY, id);
  if (open !== undefined) {
    throw conflict(
      "still_followed",
      "A webhook has not got the event yet. Try again when its delivery has ended, or delete the webhook.",
      { seq, webhook_id: open.webhook_id },
    );
  }
}

/** A message has the id of its event. What a deleted endpoint has left behind is sent no more. */
const OPEN_DELIVERY = `SELECT e.id AS webhook_id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
  WHERE d.message_id = ? AND d.due_at IS NOT NULL LIMIT 1`;

/** Why a body must stay, or null. */
function refusal(work: Work, { type, subject }: EventRow): string | null {
  if (type === ERASED) return "The record of an erasure cannot be erased: it explains the others.";
  if (type.startsWith("signing_key.")) return "The record of a signing key cannot be erased: signatures rest on it.";
  if (type.startsWith("mandate.") && subject !== null && isInForce(work, subject)) {
    return "The mandate is in force, so what says how it came to be stays. Revoke it first.";
  }
  if (subject?.startsWith("txn_") === true && OPEN.includes(findTransaction(work, subject)?.status ?? "")) {
    return "The transaction has not ended. Erase its events once it is settled, voided or denied.";
  }
  return null;
}

const isInForce = (work: Work, mandateId: string): boolean =>
  first(work.sql, "SELECT 1 AS yes FROM mandates WHERE id = ? AND status IN ('active', 'paused')", mandateId) !==
  undefined;

/** What the agent and the approver wrote, wherever the object keeps it. */
function forgetFreeText(work: Work, transactions: ReadonlySet<string>): void {
  if (transactions.size === 0) return;
  for (const id of transactions) {
    work.exec("UPDATE transactions SET reason = NULL, metadata = NULL WHERE id = ?", id);
    work.exec("UPDATE approvals SET note = NULL WHERE transaction_id = ?", id);
  }
  // Kept answers of REST operations show the transaction with both. They are found by reading all of them, so once for all.
  work.exec(
    `UPDATE request_keys SET body = json_remove(body, '$.reason', '$.metadata')
       WHERE json_extract(body, '$.id') IN (SELECT value FROM json_each(?))`,
    JSON.stringify([...transactions]),
  );
}

/** Of erased rows, by which event: null where no event of the log names them. */
export function explain(sql: SqlStorage, rows: readonly EventRow[]) {
  return rows
    .filter(({ body, salt }) => body === null || salt === null)
    .map(({ seq, id, type }) => ({ seq, id, type, erased_by: erasedBy(sql, seq, id) }));
}

/** The table only finds the event; what counts is that its body, which the chain covers, names the row. */
function erasedBy(sql: SqlStorage, seq: number, id: string): { seq: number; id: string } | null {
  const [event] = all<{ seq: number; id: string; body: string | null }>(
    sql,
    "SELECT e.seq, e.id, e.body FROM erasures x JOIN events e ON e.seq = x.by_seq WHERE x.seq = ? AND e.type = ?",
    seq,
    ERASED,
  );
  const named = event === undefined ? [] : erasedIn(event.body);
  return event !== undefined && named.some((one) => one.seq === seq && one.id === id)
    ? { seq: event.seq, id: event.id }
    : null;
}

/** What an `audit.erased` event lists. */
export const erasedIn = (body: string | null): readonly Erased[] =>
  body === null ? [] : (JSON.parse(body) as { data: { erased: Erased[] } }).data.erased;
