import { newId } from "../../keys/ids.ts";
import { LIMITS } from "../../limits.ts";
import { probePause } from "../../webhooks/schedule.ts";
import { notFound } from "../problem.ts";
import { all, changeOne, first } from "../sql.ts";
import type { Work } from "../work.ts";

export type DisabledReason = "gone" | "failing" | "backlog" | "administrator";

export interface EndpointRow {
  readonly seq: number;
  readonly id: string;
  readonly url: string;
  /** Counts the addresses that it has had, so that what an earlier one answers late is not said of this one. */
  readonly url_version: number;
  readonly description: string;
  /** JSON array of filters. */
  readonly events: string;
  readonly approval_links: number;
  /**
   * Links of approvals that were asked for at this instant or before are void: they went to another address, or somebody
   * had switched them off since.
   */
  readonly links_since: number;
  readonly status: "enabled" | "disabled";
  readonly disabled_reason: DisabledReason | null;
  /** Events up to this one are not its own: it was made, or enabled again, after them. */
  readonly from_seq: number;
  readonly sealed_secret: string;
  readonly previous_secret: string | null;
  readonly previous_until: number | null;
  /** Attempts that failed since the last one that did not. */
  readonly failures: number;
  /** When the first of them failed. */
  readonly failing_since: number | null;
  readonly last_failure_at: number | null;
  /** When the endpoint's timer is due. */
  readonly timer_at: number | null;
  /** Deliveries that have not ended, and that have. */
  readonly open: number;
  readonly done: number;
  /** `open` when it was enabled the last time. */
  readonly open_at_enable: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface DeliveryRow {
  readonly seq: number;
  readonly id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly kind: "event" | "replay" | "test";
  /** `queued`: a message is under way; `sending`: the attempt was begun. Both until `due_at`, when they are looked at again. */
  readonly status: "pending" | "queued" | "sending" | "delivered" | "failed";
  readonly attempts: number;
  /** How many of them do not count for the schedule, which enabling the endpoint starts anew. */
  readonly attempts_before: number;
  readonly due_at: number | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly created_at: number;
  readonly ended_at: number | null;
}

export interface MessageRow {
  /** The event's id, which is also the `webhook-id`. */
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly at: number;
  readonly body: string;
}

export const findEndpoint = (sql: SqlStorage, id: string): EndpointRow | undefined =>
  first<EndpointRow>(sql, "SELECT * FROM webhook_endpoints WHERE id = ?", id);

export function requireEndpoint(work: Work, id: string): EndpointRow {
  const row = findEndpoint(work.sql, id);
  if (row === undefined) throw notFound("webhook");
  return row;
}

/** The endpoints that an event concerns. */
export const listeningTo = (work: Work, seq: number): EndpointRow[] =>
  all<EndpointRow>(
    work.sql,
    "SELECT * FROM webhook_endpoints WHERE status = 'enabled' AND from_seq < ? ORDER BY seq",
    seq,
  );

export const deliveryOf = (sql: SqlStorage, id: string): DeliveryRow | undefined =>
  first<DeliveryRow>(sql, "SELECT * FROM webhook_deliveries WHERE id = ?", id);

/** Of this endpoint only: another's delivery is an unknown one. */
export function requireDelivery(work: Work, id: string, endpointId: string): DeliveryRow {
  const row = deliveryOf(work.sql, id);
  if (row === undefined || row.endpoint_id !== endpointId) throw notFound("delivery");
  return row;
}

export const findMessage = (sql: SqlStorage, id: string): MessageRow | undefined =>
  first<MessageRow>(sql, "SELECT * FROM webhook_messages WHERE id = ?", id);

export function keepMessage(work: Work, message: MessageRow): void {
  work.exec(
    "INSERT OR IGNORE INTO webhook_messages (id, seq, type, at, body) VALUES (?, ?, ?, ?, ?)",
    message.id,
    message.seq,
    message.type,
    message.at,
    message.body,
  );
}

/** One delivery of a message that is kept already, due now. The caller arms the endpoint. */
export function insertDelivery(work: Work, endpointId: string, messageId: string, kind: DeliveryRow["kind"]): string {
  const id = newId("whd");
  work.exec(
    `INSERT INTO webhook_deliveries (id, endpoint_id, message_id, kind, status, due_at, created_at)
     VALUES (?, ?, ?, ?, 'pending', ?, ?)`,
    id,
    endpointId,
    messageId,
    kind,
    work.now,
    work.now,
  );
  changeOne(work.sql, "UPDATE webhook_endpoints SET open = open + 1 WHERE id = ?", endpointId);
  return id;
}

/** Ends a delivery. */
export function endDelivery(work: Work, delivery: DeliveryRow, status: "delivered" | "failed"): void {
  changeOne(
    work.sql,
    "UPDATE webhook_deliveries SET status = ?, due_at = NULL, ended_at = ? WHERE id = ? AND due_at IS NOT NULL",
    status,
    work.now,
    delivery.id,
  );
  // A deleted endpoint has no row to count on any more.
  work.exec("UPDATE webhook_endpoints SET open = open - 1, done = done + 1 WHERE id = ?", delivery.endpoint_id);
}

/** How many may be on their way at once: one that only fails is asked one at a time. */
const capacityOf = (endpoint: EndpointRow): number =>
  endpoint.failures >= LIMITS.webhookProbeAfter ? 1 : LIMITS.webhookInFlight;

const IN_FLIGHT =
  "SELECT COUNT(*) AS n FROM webhook_deliveries WHERE endpoint_id = ? AND status IN ('queued', 'sending')";
const FIRST_DUE = "SELECT MIN(due_at) AS at FROM webhook_deliveries WHERE endpoint_id = ? AND status = ?";

/** How many more may be sent, once its pause is over. */
const capacityLeft = (work: Work, endpoint: EndpointRow): number =>
  capacityOf(endpoint) - (first<{ n: number }>(work.sql, IN_FLIGHT, endpoint.id)?.n ?? 0);

/** Until when nothing is sent: however much waits, one that only fails is not asked again at once. */
const pausedUntil = ({ failures, last_failure_at }: EndpointRow): number =>
  last_failure_at === null ? 0 : last_failure_at + probePause(failures - LIMITS.webhookProbeAfter);

/** How many more may be sent now. */
export const roomOf = (work: Work, endpoint: EndpointRow): number =>
  pausedUntil(endpoint) > work.now ? 0 : capacityLeft(work, endpoint);

/**
 * Sets the endpoint's one timer to when something of it is due: the next delivery, where one more may be sent, or the end
 * of a lease. A disabled endpoint has none.
 */
export function arm(work: Work, endpointId: string): void {
  const endpoint = findEndpoint(work.sql, endpointId);
  if (endpoint === undefined) return;
  const due = nextDue(work, endpoint);
  if (due === endpoint.timer_at) return;
  if (endpoint.timer_at !== null) work.clearTimer(endpoint.timer_at, "webhook", endpoint.id);
  if (due !== null) work.setTimer(due, "webhook", endpoint.id);
  work.exec("UPDATE webhook_endpoints SET timer_at = ? WHERE id = ?", due, endpoint.id);
}

function nextDue(work: Work, endpoint: EndpointRow): number | null {
  if (endpoint.status === "disabled") return null;
  const firstOf = (status: string) =>
    first<{ at: number | null }>(work.sql, FIRST_DUE, endpoint.id, status)?.at ?? Number.POSITIVE_INFINITY;
  const lease = Math.min(firstOf("queued"), firstOf("sending"));
  const pending = Math.max(firstOf("pending"), pausedUntil(endpoint));
  const due = capacityLeft(work, endpoint) > 0 ? Math.min(lease, pending) : lease;
  return Number.isFinite(due) ? due : null;
}
