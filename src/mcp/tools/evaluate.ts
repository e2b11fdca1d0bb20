import * as z from "zod";
import { budgetStatus, check, idempotencyKey } from "../../schema/common.ts";
import { transactionStatus } from "../../schema/transaction.ts";
import { defineTool } from "../tool.ts";
import { agentId, amount, category, currency, metadata, protocol, reason, transactionId, vendor } from "./fields.ts";

const input = z
  .strictObject({
    agent_id: agentId,
    amount,
    vendor,
    currency,
    category: category.optional(),
    protocol,
    idempotency_key: idempotencyKey.optional().meta({
      description: "New purchase: its own unique id, the same on every retry. Either this or transaction_id",
    }),
    transaction_id: transactionId
      .optional()
      .meta({ description: "Continues an approved purchase; all else as in the first call" }),
    reason: reason.optional(),
    metadata: metadata.optional(),
  })
  .superRefine((value, context) => {
    if ((value.idempotency_key === undefined) !== (value.transaction_id === undefined)) return;
    const both = value.idempotency_key !== undefined;
    context.addIssue({
      code: "custom",
      path: ["idempotency_key"],
      message: both
        ? "Give either idempotency_key or transaction_id, not both: transaction_id only to continue an approved purchase."
        : "Give an idempotency_key for a new purchase, or the transaction_id of an approved one.",
    });
  });

const output = z.object({
  outcome: z.enum(["approved", "rejected", "pending_approval", "already_used"]),
  transaction_id: z.string(),
  status: transactionStatus,
  replayed: z.boolean(),
  amount: z.number(),
  currency: z.string(),
  vendor: z.string(),
  checks: z.array(check),
  max_amount_now: z.number().nullable(),
  max_amount_with_approval: z.number().nullable(),
  retry_at: z.string().nullable(),
  budgets: z.array(budgetStatus),
  approval_id: z.string().optional(),
  approval_url: z.string().optional(),
  approval_expires_at: z.string().optional(),
  settle_by: z.string().optional(),
  message: z.string(),
});

export const evaluate = defineTool({
  name: "quetra_evaluate",
  title: "Authorize a purchase",
  description:
    "The gate before a purchase: judges it and, if approved, holds the budget under transaction_id. Outcomes: approved (may be bought once, for at most amount, then reported with quetra_settle), rejected (with the failed checks and what would pass), pending_approval (not yet allowed; a person decides at approval_url, quetra_transactions shows it), already_used (this purchase was already made or is over; it allows nothing new). The same idempotency_key never holds twice. Moves no money.",
  input,
  output,
  posture: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  always_load: true,
  run: (governance, args) => governance.evaluate(args),
});
