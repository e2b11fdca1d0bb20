import * as z from "zod";
import { check } from "../../schema/common.ts";
import { defineTool } from "../tool.ts";
import { agentId, amount, category, currency, protocol, vendor } from "./fields.ts";

const input = z.strictObject({
  agent_id: agentId,
  amount,
  vendor,
  currency,
  category: category.optional(),
  protocol,
});

const output = z.object({
  outcome: z.enum(["approved", "rejected", "approval_required"]),
  checks: z.array(check),
  max_amount_now: z.number().nullable(),
  max_amount_with_approval: z.number().nullable(),
  retry_at: z.string().nullable(),
  message: z.string(),
});

export const canSpend = defineTool({
  name: "quetra_can_spend",
  title: "Ask whether a purchase would pass",
  description:
    "Dry run: whether a purchase would be approved, rejected, or need a person's approval, which checks fail and why, and what would pass (max_amount_now, max_amount_with_approval, retry_at; null = nothing). Holds and records nothing, and allows nothing: the purchase itself needs quetra_evaluate.",
  input,
  output,
  posture: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  always_load: true,
  run: (governance, args) => governance.canSpend(args),
});
