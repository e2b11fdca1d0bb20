import { LIMITS } from "../../limits.ts";
import type { WebhookOrder, WebhookOutcome } from "../../payments/rails-api.ts";
import { MAX_ATTEMPTS, nextDelay } from "../../webhooks/schedule.ts";
import { regionByte } from "../keys.ts";
import { first } from "../sql.ts";
import type { Work } from "../work.ts";
import { disableEndpoint } from "./endpoints.ts";
import {
  arm,
  type DeliveryRow,
  deliveryOf,
  type EndpointRow,
  endDelivery,
  findEndpoint,
  findMessage,
  type MessageRow,
} from "./store.ts";

/**
 * Begins one attempt, or answers null when there is nothing to do: the message came twice or too late, or the endpoint
 * was disabled or deleted meanwhile. From here on the attempt counts, whatever becomes of who asked.
 *
 * @param attempt The number that the message was sent with.
 */
export function claimDelivery(work: Work, deliveryId: string, attempt: number): WebhookOrder | null {
  const delivery = deliveryOf(work.sql, deliveryId);
  if (delivery?.status !== "queued" || delivery.attempts + 1 !== attempt) return null;
  const endpoint = findEndpoint(work.sql, delivery.endpoint_id);
  const message = findMessage(work.sql, delivery.message_id);
  if (endpoint?.status !== "enabled" || message === undefined) return null;
  if (isErased(work, message)) {
    giveUp(work, delivery, "erased");
    return null;
  }
  work.exec(
    "UPDATE webhook_deliveries SET status = 'sending', attempts = ?, due_at = ? WHERE id = ?",
    attempt,
    work.now + LIMITS.webhookLeaseMs,
    delivery.id,
  );
  work.exec(
    "INSERT INTO webhook_attempts (delivery_id, n, at, url_version) VALUES (?, ?, ?, ?)",
    delivery.id,
    attempt,
    work.now,
    endpoint.url_version,
  );
  arm(work, endpoint.id);
  const { id: organization_id, region } = work.organization;
  const approval = linkedApproval(endpoint, message);
  return {
    organization_id,
    url: endpoint.url,
    message_id: message.id,
    body: message.body,
    sealed_secrets: signing(endpoint, work.now),
    approval_link:
      approval === null
        ? null
        : { region: regionByte(region), organization_id, approval_id: approval, endpoint_id: endpoint.id },
  };
}

/** Nothing is left to send. By the log, whose row an erasure empties; a test is in no log, whatever its seq. */
const isErased = (work: Work, { seq, id }: MessageRow): boolean =>
  first(work.sql, "SELECT 1 AS yes FROM events WHERE seq = ? AND id = ? AND body IS NULL", seq, id) !== undefined;

/** Ends a delivery as failed without an attempt. */
function giveUp(work: Work, delivery: DeliveryRow, error: string): void {
  work.exec("UPDATE webhook_deliveries SET last_status = NULL, last_error = ? WHERE id = ?", error, delivery.id);
  endDelivery(work, delivery, "failed");
  arm(work, delivery.endpoint_id);
}

/** The approval that this message may carry a link for. */
function linkedApproval(endpoint: EndpointRow, message: MessageRow): string | null {
  if (endpoint.approval_links !== 1 || message.type !== "transaction.pending_approval") return null;
  if (message.at <= endpoint.links_since) return null;
  return (JSON.parse(message.body) as { data: { approval_id?: string } }).data.approval_id ?? null;
}

/** The current secret, and the one before until its overlap ends. */
function signing(endpoint: EndpointRow, now: number): string[] {
  const { sealed_secret, previous_secret, previous_until } = endpoint;
  const both = previous_secret !== null && previous_until !== null && previous_until > now;
  return both ? [sealed_secret, previous_secret] : [sealed_secret];
}

/** Records what came of an attempt. A late record of success still ends the delivery; anything else late changes nothing. */
export function recordAttempt(work: Work, deliveryId: string, attempt: number, outcome: WebhookOutcome): void {
  const delivery = deliveryOf(work.sql, deliveryId);
  if (delivery === undefined || delivery.due_at === null) return;
  const ok = isSuccess(outcome);
  const current = delivery.status === "sending" && delivery.attempts === attempt;
  const known = first<{ url_version: number }>(
    work.sql,
    "SELECT url_version FROM webhook_attempts WHERE delivery_id = ? AND n = ?",
    deliveryId,
    attempt,
  );
  if (known === undefined || (!current && !ok)) return;
  writeResult(work, delivery, attempt, outcome);
  for (const { from, to } of outcome.resealed) reseal(work, delivery.endpoint_id, from, to);
  if (ok) endDelivery(work, delivery, "delivered");
  else postpone(work, delivery, outcome);
  const endpoint = findEndpoint(work.sql, delivery.endpoint_id);
  // What an earlier address answered says nothing about this one.
  if (endpoint?.url_version === known.url_version) noteOutcome(work, endpoint, delivery, outcome);
  arm(work, delivery.endpoint_id);
}

const isSuccess = ({ status }: WebhookOutcome): boolean => status !== null && status >= 200 && status < 300;

/** The attempt was begun and nobody came back: whether the receiver has it is not known, so it is asked again later. */
export function interrupt(work: Work, delivery: DeliveryRow): void {
  const outcome: WebhookOutcome = {
    status: null,
    ms: null,
    error: "interrupted",
    excerpt: null,
    retry_after_ms: null,
    resealed: [],
  };
  writeResult(work, delivery, delivery.attempts, outcome);
  postpone(work, delivery, outcome);
}

function writeResult(work: Work, delivery: DeliveryRow, attempt: number, outcome: WebhookOutcome): void {
  const { status, ms, error, excerpt } = outcome;
  work.exec(
    "UPDATE webhook_attempts SET status = ?, ms = ?, error = ?, excerpt = ? WHERE delivery_id = ? AND n = ?",
    status,
    ms,
    error,
    excerpt,
    delivery.id,
    attempt,
  );
  // Only the newest excerpt is kept: an outage would fill the storage with what a receiver says again and again.
  work.exec("UPDATE webhook_attempts SET excerpt = NULL WHERE delivery_id = ? AND n = ?", delivery.id, attempt - 1);
  work.exec("UPDATE webhook_deliveries SET last_status = ?, last_error = ? WHERE id = ?", status, error, delivery.id);
}

/** The endpoint's own record. What somebody tried by hand is no failure of what it should have got. */
function noteOutcome(work: Work, endpoint: EndpointRow, delivery: DeliveryRow, outcome: WebhookOutcome): void {
  if (isSuccess(outcome)) {
    work.exec(
      "UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, last_failure_at = NULL WHERE id = ?",
      endpoint.id,
    );
    return;
  }
  // 410 is how a receiver says that it wants nothing more (Standard Webhooks).
  if (outcome.status === 410) disableEndpoint(work, endpoint.id, "gone");
  if (delivery.kind === "test") return;
  const { last_failure_at, failing_since } = endpoint;
  // After a longer silence than any schedule makes, what failed before is another story.
  const goesOn = last_failure_at !== null && work.now - last_failure_at <= LIMITS.webhookFailingGapMs;
  const since = goesOn ? (failing_since ?? work.now) : work.now;
  const failures = goesOn ? endpoint.failures + 1 : 1;
  work.exec(
    "UPDATE webhook_endpoints SET failures = ?, failing_since = ?, last_failure_at = ? WHERE id = ?",
    failures,
    since,
    work.now,
    endpoint.id,
  );
  const long = work.now - since >= LIMITS.webhookDisableAfterMs;
  if (long && failures >= LIMITS.webhookDisableFailures) disableEndpoint(work, endpoint.id, "failing");
}

/** The next attempt by the schedule, or the end. A test is sent once: somebody is waiting for its answer. */
function postpone(work: Work, delivery: DeliveryRow, { status, retry_after_ms }: WebhookOutcome): void {
  const answer = { status, retryAfterMs: retry_after_ms };
  const attempt = delivery.attempts - delivery.attempts_before;
  const last = delivery.kind === "test" || attempt >= MAX_ATTEMPTS;
  const delay = last ? null : nextDelay(attempt, answer, Math.random());
  if (delay === null) endDelivery(work, delivery, "failed");
  else {
    work.exec(
      "UPDATE webhook_deliveries SET status = 'pending', due_at = ? WHERE id = ?",
      work.now + delay,
      delivery.id,
    );
  }
}

/** The same secret under a newer sealing secret. */
function reseal(work: Work, endpointId: string, from: string, to: string): void {
  for (const column of ["sealed_secret", "previous_secret"]) {
    work.exec(`UPDATE webhook_endpoints SET ${column} = ? WHERE id = ? AND ${column} = ?`, to, endpointId, from);
  }
}
