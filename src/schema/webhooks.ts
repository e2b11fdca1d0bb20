import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { isFilter } from "../webhooks/filter.ts";
import { description } from "./resources.ts";

/** What the REST API takes and shows of webhooks. */
const url = z
  .string()
  .min(1)
  .max(LIMITS.webhookUrlChars)
  .meta({ description: "https, a public host, port 443. Shown as it was given to whoever may read webhooks" });
const events = z
  .array(z.string().max(64).refine(isFilter, "No event has this type. GET /webhook-events lists them."))
  .min(1)
  .max(LIMITS.webhookFilters)
  .meta({ description: 'Types, beginnings like "transaction.*", or "*"' });
const approvalLinks = z.boolean().meta({
  description:
    "Add to every transaction.pending_approval a link that decides it. Whoever receives it can approve: only for receivers that hand it to approvers",
});

export const webhookInput = z.strictObject({
  url,
  description: description.default(""),
  events: events.default(["*"]),
  approval_links: approvalLinks.default(false),
});
export const webhookChange = z.strictObject({
  url: url.optional(),
  description: description.optional(),
  events: events.optional(),
  approval_links: approvalLinks.optional(),
});
export const webhookRotation = z.strictObject({
  overlap_hours: z
    .number()
    .min(0)
    .max(LIMITS.webhookOverlapHours)
    .default(LIMITS.webhookOverlapHours)
    .meta({ description: "For how long the old secret signs beside the new one" }),
  force: z.boolean().default(false).meta({ description: "Rotate although the last rotation's overlap has not ended" }),
});
export const webhookReplay = z.strictObject({
  since: z.string().max(40).meta({ description: "Events that happened at or after this instant" }),
  until: z.string().max(40).optional().meta({ description: "Events that happened before this instant" }),
  only_failed: z
    .boolean()
    .default(false)
    .meta({ description: "Only events whose delivery here has failed, and that nothing has delivered since" }),
  after_seq: z.int().min(0).default(0).meta({ description: "To go on: next_after_seq of the answer before" }),
});

export const webhook = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  approval_links: z.boolean(),
  key_version: z.string().meta({ description: "Id of the sealing secret that its secret is sealed with" }),
  status: z.enum(["enabled", "disabled"]),
  disabled_reason: z.enum(["gone", "failing", "backlog", "administrator"]).nullable(),
  failing_since: z
    .string()
    .nullable()
    .meta({ description: "Since when attempts fail, none of them a test; null = the last one did not" }),
  pending: z.int().meta({ description: "Deliveries that have not ended" }),
  old_secret_until: z.string().nullable().meta({ description: "Until when the secret before signs as well" }),
  created_at: z.string(),
  updated_at: z.string(),
});
const secret = z.string().meta({ description: "whsec_…, shown this once: what signatures are verified with" });
export const newWebhook = webhook.extend({ secret });

export const deliveryStatus = z.enum(["pending", "delivered", "failed"]);
export const delivery = z.object({
  id: z.string(),
  webhook_id: z.string(),
  event_id: z.string().meta({ description: "Also the webhook-id header; the same on retries and replays" }),
  event_type: z.string(),
  kind: z.enum(["event", "replay", "test"]),
  status: deliveryStatus,
  attempts: z.int(),
  next_attempt_at: z
    .string()
    .nullable()
    .meta({ description: "Not before; null while it is under way, and after the end" }),
  last_status: z.int().nullable().meta({ description: "HTTP status of the last answer; null = there was none" }),
  last_error: z.string().nullable(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
});
export const deliveryDetail = delivery.extend({
  body: z.record(z.string(), z.unknown()).meta({ description: "What is sent, without an approval_link" }),
  attempt_log: z.array(
    z.object({
      n: z.int(),
      at: z.string(),
      status: z.int().nullable(),
      ms: z.int().nullable(),
      error: z.string().nullable(),
      excerpt: z.string().nullable().meta({ description: "The beginning of the receiver's answer: untrusted" }),
    }),
  ),
});
export const replayed = z.object({
  replayed: z.int().meta({ description: "Deliveries that were made" }),
  next_after_seq: z.int().nullable().meta({ description: "Call again with it as after_seq; null = nothing is left" }),
});
export const webhookEvents = z.object({
  api_version: z.string(),
  data: z.array(
    z.object({
      type: z.string(),
      description: z.string(),
      example: z.record(z.string(), z.unknown()),
      schema: z.record(z.string(), z.unknown()).meta({ description: "JSON Schema 2020-12 of the whole body" }),
    }),
  ),
});
