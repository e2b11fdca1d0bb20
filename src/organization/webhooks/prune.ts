import { LIMITS } from "../../limits.ts";
import { all } from "../sql.ts";
import type { Work } from "../work.ts";
import type { EndpointRow } from "./store.ts";

interface Doomed {
  readonly id: string;
  readonly seq: number;
  readonly message_id: string;
  readonly created_at: number;
}

/** By the index: `due_at` is null for what has ended, and the rows of one index entry lie by `seq`. */
const OLDEST = `SELECT id, seq, message_id, created_at FROM webhook_deliveries
  WHERE endpoint_id = ? AND status = ? AND due_at IS NULL ORDER BY seq LIMIT ?`;

/**
 * Takes the oldest deliveries that have ended, where they are too many or too old; a bounded step of it per turn, and
 * more than a turn can add. What has not ended is never taken.
 */
export function prune(work: Work, endpoint: EndpointRow): void {
  const oldest = (status: string, limit: number) => all<Doomed>(work.sql, OLDEST, endpoint.id, status, limit);
  const either = (limit: number) => [...oldest("delivered", limit), ...oldest("failed", limit)];
  const excess = endpoint.done - LIMITS.webhookDeliveriesKept;
  const before = work.now - LIMITS.webhookKeptMs;
  // Hardly ever is anything too old: a look at the oldest two says so, and then no more is read than there is too much.
  const isAny = either(1).some(({ created_at }) => created_at < before);
  const most = isAny ? LIMITS.webhookPruneBatch : Math.min(excess, LIMITS.webhookPruneBatch);
  if (most <= 0) return;
  const doomed = either(most)
    .sort((a, b) => a.seq - b.seq)
    .slice(0, most)
    .filter(({ created_at }, index) => index < excess || created_at < before);
  for (const delivery of doomed) remove(work, delivery);
  if (doomed.length > 0) {
    work.exec("UPDATE webhook_endpoints SET done = done - ? WHERE id = ?", doomed.length, endpoint.id);
  }
}

/** A step of what a deleted endpoint has left behind. */
export function sweepDeleted(work: Work, endpointId: string): void {
  const doomed = all<Doomed>(
    work.sql,
    "SELECT id, seq, message_id, created_at FROM webhook_deliveries WHERE endpoint_id = ? ORDER BY seq LIMIT ?",
    endpointId,
    LIMITS.webhookPruneBatch,
  );
  for (const delivery of doomed) remove(work, delivery);
  if (doomed.length === LIMITS.webhookPruneBatch) work.setTimer(work.now, "webhook", endpointId);
}

function remove(work: Work, { id, message_id }: Doomed): void {
  work.exec("DELETE FROM webhook_attempts WHERE delivery_id = ?", id);
  work.exec("DELETE FROM webhook_deliveries WHERE id = ?", id);
  work.exec(
    "DELETE FROM webhook_messages WHERE id = ? AND NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE message_id = ?)",
    message_id,
    message_id,
  );
}
