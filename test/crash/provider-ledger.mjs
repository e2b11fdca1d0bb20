/** What the journals say of charges and checkouts, on disk after the service was stopped. */
import { openObject } from "./ledger.mjs";

export function readJournal(state, organizationId) {
  const object = openObject(state, organizationId);
  if (object === null) throw new Error("the organization's database is missing on disk");
  const rows = (query) =>
    object
      .prepare(query)
      .all()
      .map(({ metadata, ...row }) => ({ ...row, op: JSON.parse(metadata).op }));
  const columns = "t.id, t.agent_id, t.idempotency_key, t.protocol, t.status, t.amount, t.held, t.settled, t.metadata";
  const payments = [
    ...rows(`SELECT ${columns}, c.payment_intent AS reference, c.watch_at, c.outcome, c.sent_at AS begun_at
      FROM transactions t JOIN stripe_charges c ON c.transaction_id = t.id`),
    ...rows(`SELECT ${columns}, k.session_id AS reference, k.watch_at, k.outcome, k.began_at AS begun_at, k.order_id
      FROM transactions t JOIN acp_checkouts k ON k.transaction_id = t.id`),
  ];
  const ends = object
    .prepare("SELECT type, body FROM events WHERE type IN ('transaction.completed', 'transaction.voided')")
    .all()
    .map(({ type, body }) => ({ type, by: JSON.parse(body).actor.id }));
  object.close();
  return { payments, ends };
}
