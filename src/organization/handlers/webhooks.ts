import { guardPolicy } from "../../payments/policy.ts";
import { API_VERSION, describeCatalogue } from "../../webhooks/catalogue.ts";
import type { ApiCall } from "../api.ts";
import { keyVersion } from "../key-version.ts";
import { decodeCursor, encodeCursor, readInstant } from "../listing.ts";
import { all } from "../sql.ts";
import { iso, isoOrNull } from "../views.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type EndpointInput,
  enableEndpoint,
  listEndpoints,
  type NewEndpoint,
  type Rotation,
  rotateSecret,
  updateEndpoint,
} from "../webhooks/endpoints.ts";
import { type DeliveryView, listDeliveries } from "../webhooks/listing.ts";
import { messageOf } from "../webhooks/messages.ts";
import { replayMany, replayOne, sendTest } from "../webhooks/replay.ts";
import {
  type DeliveryRow,
  type EndpointRow,
  findMessage,
  requireDelivery,
  requireEndpoint,
} from "../webhooks/store.ts";
import type { Work } from "../work.ts";
import { bodyOf, type Handler, param, queryOf } from "./desk.ts";

const view = (row: EndpointRow, now: number) => ({
  id: row.id,
  url: row.url,
  description: row.description,
  events: JSON.parse(row.events) as string[],
  approval_links: row.approval_links === 1,
  key_version: keyVersion(row.sealed_secret),
  status: row.status,
  disabled_reason: row.disabled_reason,
  failing_since: isoOrNull(row.failing_since),
  pending: row.open,
  old_secret_until: row.previous_until !== null && row.previous_until > now ? iso(row.previous_until) : null,
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
});

const deliveryView = (row: DeliveryView) => ({
  id: row.id,
  webhook_id: row.endpoint_id,
  event_id: row.message_id,
  event_type: row.event_type,
  kind: row.kind,
  status: row.due_at === null ? row.status : ("pending" as const),
  attempts: row.attempts,
  next_attempt_at: row.status === "pending" ? isoOrNull(row.due_at) : null,
  last_status: row.last_status,
  last_error: row.last_error,
  created_at: iso(row.created_at),
  ended_at: isoOrNull(row.ended_at),
});

const shown = (work: Work, row: DeliveryRow) => {
  const message = findMessage(work.sql, row.message_id);
  if (message === undefined) throw new Error("a delivery names a message that does not exist");
  return { message, view: deliveryView({ ...row, event_type: message.type }) };
};

interface AttemptRow {
  readonly n: number;
  readonly at: number;
  readonly status: number | null;
  readonly ms: number | null;
  readonly error: string | null;
  readonly excerpt: string | null;
}

const webhookId = (call: ApiCall) => param(call, "webhook_id");

export const webhookHandlers = {
  listWebhookEvents: () => ({ api_version: API_VERSION, data: describeCatalogue() }),
  createWebhook: ({ work, env }, call) =>
    view(createEndpoint(work, guardPolicy(env), bodyOf<NewEndpoint>(call)), work.now),
  listWebhooks: ({ work }) => ({ data: listEndpoints(work).map((row) => view(row, work.now)) }),
  getWebhook: ({ work }, call) => view(requireEndpoint(work, webhookId(call)), work.now),
  updateWebhook: ({ work, env }, call) =>
    view(updateEndpoint(work, guardPolicy(env), webhookId(call), bodyOf<Partial<EndpointInput>>(call)), work.now),
  deleteWebhook: ({ work }, call) => ({ id: deleteEndpoint(work, webhookId(call)).id, deleted: true }),
  rotateWebhookSecret: ({ work }, call) => view(rotateSecret(work, webhookId(call), bodyOf<Rotation>(call)), work.now),
  testWebhook: ({ work }, call) => shown(work, sendTest(work, webhookId(call))).view,
  enableWebhook: ({ work }, call) => view(enableEndpoint(work, webhookId(call)), work.now),
  disableWebhook: ({ work }, call) => {
    const { id } = requireEndpoint(work, webhookId(call));
    disableEndpoint(work, id, "administrator");
    return view(requireEndpoint(work, id), work.now);
  },
  listWebhookDeliveries: ({ work }, call) => {
    const { limit, cursor, status } = queryOf<{
      limit: number;
      cursor?: string;
      status?: "pending" | "delivered" | "failed";
    }>(call);
    const { id } = requireEndpoint(work, webhookId(call));
    const { rows, next } = listDeliveries(work, id, { limit, before: decodeCursor(cursor), status });
    return { data: rows.map(deliveryView), next_cursor: encodeCursor(next) };
  },
  getWebhookDelivery: ({ work }, call) => {
    const row = requireDelivery(work, param(call, "delivery_id"), requireEndpoint(work, webhookId(call)).id);
    const { message, view: seen } = shown(work, row);
    const attempts = all<AttemptRow>(
      work.sql,
      "SELECT n, at, status, ms, error, excerpt FROM webhook_attempts WHERE delivery_id = ? ORDER BY n",
      row.id,
    );
    return {
      ...seen,
      body: JSON.parse(message.body) as unknown,
      attempt_log: attempts.map((attempt) => ({ ...attempt, at: iso(attempt.at) })),
    };
  },
  replayWebhookDelivery: ({ work }, call) =>
    shown(work, replayOne(work, webhookId(call), param(call, "delivery_id"))).view,
  replayWebhookEvents: ({ work, cache, env }, call) => {
    const body = bodyOf<{ since: string; until?: string; only_failed: boolean; after_seq: number }>(call);
    const { only_failed, after_seq } = body;
    const since = readInstant(body.since, "since") ?? 0;
    const until = readInstant(body.until, "until") ?? Number.MAX_SAFE_INTEGER;
    return replayMany(work, webhookId(call), { since, until, only_failed, after_seq }, (row) =>
      messageOf(work, cache, env, row),
    );
  },
} satisfies Record<string, Handler>;
