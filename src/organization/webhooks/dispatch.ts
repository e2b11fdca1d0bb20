import { errorFields, log } from "../../edge/log.ts";
import type { WebhookMessage } from "../../edge/webhook-message.ts";
import { LIMITS } from "../../limits.ts";
import type { AlarmDesk } from "../alarm.ts";
import { withDeadline } from "../deadline.ts";
import { regionByte } from "../keys.ts";
import { all } from "../sql.ts";
import type { TimerRow } from "../timers.ts";
import type { Work } from "../work.ts";
import { interrupt } from "./attempts.ts";
import { prune, sweepDeleted } from "./prune.ts";
import { arm, type DeliveryRow, type EndpointRow, findEndpoint, roomOf } from "./store.ts";

const TRY_AGAIN_MS = 60_000;
/** After the queue took no messages. */
const SEND_AGAIN_MS = 2_000;
/** For the queue to take a batch. The alarm waits for it, and with it whatever else is due. */
const QUEUE_DEADLINE_MS = 5_000;

/**
 * Sends what is due of every endpoint whose timer has come. Deliveries are marked and leased before the queue is asked,
 * so a message that is lost costs a minute and no event; messages hold no payload, so one that is doubled or late finds
 * nothing to do.
 */
export async function dispatchWebhooks(due: readonly TimerRow[], desk: AlarmDesk): Promise<void> {
  const messages: WebhookMessage[] = [];
  for (const timer of due) {
    try {
      let taken: readonly WebhookMessage[] = [];
      desk.transact((work) => {
        taken = dispatchOne(work, timer);
      });
      messages.push(...taken);
    } catch (error) {
      // One endpoint that cannot be read must not keep the others from their turn.
      log("error", "webhook_dispatch_failed", { endpoint_id: timer.ref, ...errorFields(error) });
      desk.transact((work) => {
        work.clearTimer(timer.due_at, timer.kind, timer.ref);
        work.setTimer(work.now + TRY_AGAIN_MS, timer.kind, timer.ref);
      });
    }
  }
  if (messages.length === 0) return;
  try {
    const batch = messages.map((body) => ({ body, contentType: "json" }) as const);
    await withDeadline(desk.env.WEBHOOKS.sendBatch(batch), QUEUE_DEADLINE_MS);
  } catch (error) {
    log("error", "webhook_queue_failed", errorFields(error));
    desk.transact((work) => takeBack(work, messages));
  }
}

function dispatchOne(work: Work, timer: TimerRow): WebhookMessage[] {
  work.clearTimer(timer.due_at, "webhook", timer.ref);
  const endpoint = findEndpoint(work.sql, timer.ref);
  if (endpoint === undefined) {
    sweepDeleted(work, timer.ref);
    return [];
  }
  work.exec("UPDATE webhook_endpoints SET timer_at = NULL WHERE id = ?", endpoint.id);
  prune(work, endpoint);
  const messages = endpoint.status === "enabled" ? takeDue(work, endpoint) : [];
  arm(work, endpoint.id);
  return messages;
}

const LAPSED = "SELECT * FROM webhook_deliveries WHERE endpoint_id = ? AND status = ? AND due_at <= ? LIMIT ?";
const DUE = `SELECT id, attempts FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'pending' AND due_at <= ?
  ORDER BY due_at, seq LIMIT ?`;

function takeDue(work: Work, endpoint: EndpointRow): WebhookMessage[] {
  const lapsed = (status: DeliveryRow["status"]) =>
    all<DeliveryRow>(work.sql, LAPSED, endpoint.id, status, work.now, LIMITS.webhookInFlight);
  // Nobody took the message: it goes again under the same number, and whichever comes first is the one that counts.
  for (const { id } of lapsed("queued")) setStatus(work, id, "pending", work.now);
  for (const delivery of lapsed("sending")) interrupt(work, delivery);
  const { id: organization_id, region } = work.organization;
  const due = all<Pick<DeliveryRow, "id" | "attempts">>(
    work.sql,
    DUE,
    endpoint.id,
    work.now,
    Math.max(0, roomOf(work, endpoint)),
  );
  return due.map(({ id, attempts }) => {
    setStatus(work, id, "queued", work.now + LIMITS.webhookLeaseMs);
    return { kind: "webhook", organization_id, region: regionByte(region), delivery_id: id, attempt: attempts + 1 };
  });
}

/** As if nothing had been sent, but a little later. A message that was taken all the same finds its delivery pending. */
function takeBack(work: Work, messages: readonly WebhookMessage[]): void {
  const endpoints = new Set<string>();
  for (const { delivery_id } of messages) {
    const rows = all<{ endpoint_id: string }>(
      work.sql,
      "UPDATE webhook_deliveries SET status = 'pending', due_at = ? WHERE id = ? AND status = 'queued' RETURNING endpoint_id",
      work.now + SEND_AGAIN_MS,
      delivery_id,
    );
    for (const { endpoint_id } of rows) endpoints.add(endpoint_id);
  }
  for (const id of endpoints) arm(work, id);
}

const setStatus = (work: Work, id: string, status: DeliveryRow["status"], dueAt: number): void =>
  work.exec("UPDATE webhook_deliveries SET status = ?, due_at = ? WHERE id = ?", status, dueAt, id);
