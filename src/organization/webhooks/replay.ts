import { newId } from "../../keys/ids.ts";
import { LIMITS } from "../../limits.ts";
import { API_VERSION } from "../../webhooks/catalogue.ts";
import { wants } from "../../webhooks/filter.ts";
import type { EventRow } from "../event-log.ts";
import { conflict } from "../problem.ts";
import { all, first } from "../sql.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";
import {
  arm,
  type DeliveryRow,
  type EndpointRow,
  insertDelivery,
  keepMessage,
  type MessageRow,
  requireDelivery,
  requireEndpoint,
} from "./store.ts";

export interface ReplayInput {
  /** ms; `since` inclusive, `until` exclusive. */
  readonly since: number;
  readonly until: number;
  readonly only_failed: boolean;
  readonly after_seq: number;
}

export interface ReplayReport {
  readonly replayed: number;
  readonly next_after_seq: number | null;
}

/** Sends a test event to one endpoint, once. It is in no log: nothing has happened. */
export function sendTest(work: Work, id: string): DeliveryRow {
  const endpoint = requireTaking(work, id, 1);
  const { seq } = work.head;
  const type = "webhook.test";
  const data = { endpoint_id: id, message: "This is a test. Nothing has happened." };
  const message = { id: newId("evt"), seq, type, at: work.now };
  const body = { id: message.id, type, timestamp: iso(work.now), seq, api_version: API_VERSION, data };
  keepMessage(work, { ...message, body: JSON.stringify(body) });
  return deliverAgain(work, endpoint, message.id, "test");
}

/** Sends the event of an ended delivery once more, as a delivery of its own, so that the history stays. */
export function replayOne(work: Work, id: string, deliveryId: string): DeliveryRow {
  const delivery = requireDelivery(work, deliveryId, requireEndpoint(work, id).id);
  const endpoint = requireTaking(work, id, 1);
  if (isOpen(work, id, delivery.message_id)) {
    throw conflict(
      "delivery_pending",
      "This event is still to be sent to this webhook. There is nothing to replay yet.",
    );
  }
  return deliverAgain(work, endpoint, delivery.message_id, "replay");
}

function deliverAgain(work: Work, { id }: EndpointRow, messageId: string, kind: DeliveryRow["kind"]): DeliveryRow {
  const made = insertDelivery(work, id, messageId, kind);
  arm(work, id);
  return requireDelivery(work, made, id);
}

/**
 * Makes deliveries of what happened in a time, oldest first, a bounded step per call. What is still to be sent is left
 * out, so a call that is repeated because its answer was lost sends little twice.
 *
 * @param messageOf The message that an event is sent as; null = it never leaves.
 */
export function replayMany(
  work: Work,
  id: string,
  input: ReplayInput,
  messageOf: (row: EventRow) => MessageRow | null,
): ReplayReport {
  const endpoint = requireTaking(work, id, LIMITS.webhookReplayEvents);
  const step = input.only_failed ? failed(work, endpoint, input) : happened(work, endpoint, input, messageOf);
  let replayed = 0;
  for (const messageId of step.messages) {
    if (isOpen(work, id, messageId)) continue;
    insertDelivery(work, id, messageId, "replay");
    replayed += 1;
  }
  arm(work, id);
  return { replayed, next_after_seq: step.next };
}

interface Step {
  readonly messages: readonly string[];
  readonly next: number | null;
}

/**
 * From the log itself, so that it reaches behind what is kept of deliveries. Not further than the follower has come, which
 * would send the same again; but what is older than the endpoint, or than its enabling, the follower leaves to replays.
 */
function happened(
  work: Work,
  endpoint: EndpointRow,
  { since, until, after_seq }: ReplayInput,
  messageOf: (row: EventRow) => MessageRow | null,
): Step {
  const from = Math.max(after_seq, firstSeqAt(work, since) - 1);
  const rows = all<EventRow>(
    work.sql,
    `SELECT * FROM events WHERE seq > ? AND seq <= MAX(?, (SELECT seq FROM cursors WHERE name = 'webhooks'))
     ORDER BY seq LIMIT ?`,
    from,
    endpoint.from_seq,
    LIMITS.webhookReplayEvents + 1,
  );
  const inTime = rows.filter(({ at }) => at < until);
  const step = inTime.slice(0, LIMITS.webhookReplayEvents);
  const filters = JSON.parse(endpoint.events) as string[];
  const messages = step.flatMap((row) => {
    const message = wants(filters, row.type) ? messageOf(row) : null;
    if (message === null) return [];
    keepMessage(work, message);
    return [message.id];
  });
  return { messages, next: inTime.length > step.length ? step.at(-1)!.seq : null };
}

/**
 * Those of the time whose delivery here has failed, that have not been delivered by another one since, and whose content
 * was not erased. The `+` keeps `status` out of the choice of an index: by status, every failed delivery would go over
 * every delivered one.
 */
function failed(work: Work, endpoint: EndpointRow, { since, until, after_seq }: ReplayInput): Step {
  const rows = all<{ id: string; seq: number }>(
    work.sql,
    `SELECT DISTINCT m.id, m.seq FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id
     WHERE d.endpoint_id = ? AND d.status = 'failed' AND d.kind <> 'test' AND m.at >= ? AND m.at < ? AND m.seq > ?
       AND NOT EXISTS (SELECT 1 FROM webhook_deliveries o
         WHERE o.message_id = m.id AND o.endpoint_id = d.endpoint_id AND +o.status = 'delivered')
       AND NOT EXISTS (SELECT 1 FROM events e WHERE e.seq = m.seq AND e.id = m.id AND e.body IS NULL)
     ORDER BY m.seq LIMIT ?`,
    endpoint.id,
    since,
    until,
    after_seq,
    LIMITS.webhookReplayEvents + 1,
  );
  const step = rows.slice(0, LIMITS.webhookReplayEvents);
  return { messages: step.map((row) => row.id), next: rows.length > step.length ? step.at(-1)!.seq : null };
}

const isOpen = (work: Work, endpointId: string, messageId: string): boolean =>
  first(
    work.sql,
    "SELECT 1 AS yes FROM webhook_deliveries WHERE message_id = ? AND endpoint_id = ? AND due_at IS NOT NULL LIMIT 1",
    messageId,
    endpointId,
  ) !== undefined;

/** The endpoint, when it is enabled and can take so many more. */
function requireTaking(work: Work, id: string, more: number): EndpointRow {
  const endpoint = requireEndpoint(work, id);
  if (endpoint.status === "disabled") {
    throw conflict("webhook_disabled", "This webhook is disabled. Enable it first.", {
      disabled_reason: endpoint.disabled_reason,
    });
  }
  if (endpoint.open + more > LIMITS.webhookBacklog) {
    throw conflict("limit_reached", `At most ${LIMITS.webhookBacklog} deliveries of a webhook can be pending.`);
  }
  return endpoint;
}

/** The lowest seq of an event at or after an instant: `at` never falls as `seq` grows, so halving finds it. */
function firstSeqAt(work: Work, instant: number): number {
  let low = 1;
  let high = work.head.seq + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = first<{ at: number }>(work.sql, "SELECT at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1", middle);
    if (row === undefined || row.at >= instant) high = middle;
    else low = middle + 1;
  }
  return low;
}
