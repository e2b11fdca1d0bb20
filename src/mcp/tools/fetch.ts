import * as z from "zod";
import { LIMITS } from "../../limits.ts";
import { check, idempotencyKey } from "../../schema/common.ts";
import { defineTool } from "../tool.ts";
import { agentId, amount, category, metadata, reason, transactionId } from "./fields.ts";

const input = z.strictObject({
  agent_id: agentId,
  url: z.string().min(1).max(LIMITS.urlBytes).meta({ description: "https URL" }),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]).default("GET"),
  headers: z.record(z.string(), z.string()).optional().meta({ description: "Request headers" }),
  body: z.string().optional().meta({ description: "Text" }),
  max_amount: amount.optional().meta({ description: "Pay at most this, USD" }),
  category: category.optional(),
  reason: reason.optional(),
  metadata: metadata.optional(),
  idempotency_key: idempotencyKey.optional().meta({ description: "Allows one payment; a retry repeats it" }),
  transaction_id: transactionId.optional().meta({ description: "Instead of the key: continues an approved purchase" }),
});

const content = z.object({
  untrusted_content_from: z.string(),
  text: z.string().optional(),
  base64: z.string().optional(),
  bytes: z.number(),
  truncated: z.boolean(),
});
const quote = z.object({
  amount: z.number(),
  currency: z.string(),
  network: z.string(),
  asset: z.string(),
  pay_to: z.string(),
});

const output = z.object({
  outcome: z.enum([
    "response",
    "paid",
    "unsettled",
    "payment_required",
    "rejected",
    "pending_approval",
    "already_used",
    "failed",
  ]),
  code: z.string().optional(),
  transaction_id: z.string().optional(),
  replayed: z.boolean().optional(),
  url: z.string().optional(),
  status: z.number().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  content: content.optional(),
  payment: quote
    .extend({ transaction_id: z.string(), settlement_hash: z.string().optional(), outcome: z.string() })
    .optional(),
  quote: quote.optional(),
  checks: z.array(check).optional(),
  max_amount_now: z.number().nullish(),
  max_amount_with_approval: z.number().nullish(),
  retry_at: z.string().nullish(),
  approval_id: z.string().optional(),
  approval_url: z.string().optional(),
  approval_expires_at: z.string().optional(),
  message: z.string(),
});

export const fetchTool = defineTool({
  name: "quetra_fetch",
  title: "Fetch a URL, pay if it asks",
  description:
    "Sends an HTTP request; returns status, headers, content (that server's data). If the server asks for an x402 payment (402) and idempotency_key is given, pays it once, in USDC of the organization, if the mandate approves that price for that host; without the key it returns the price. Outcomes: response (nothing paid), paid, unsettled (paid or not: not yet proven), payment_required, rejected, pending_approval (a person decides at approval_url; the same call then pays), already_used, failed.",
  input,
  output,
  posture: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  framed: "content",
  run: (governance, args) => governance.fetch(args),
});
