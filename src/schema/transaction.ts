import * as z from "zod";
import { protocol } from "./common.ts";

export const TRANSACTION_STATUSES = [
  "rejected",
  "pending_approval",
  "denied",
  "expired",
  "authorized",
  "executing",
  "unknown",
  "completed",
  "voided",
  "released",
  "refunded",
] as const;
export const transactionStatus = z.enum(TRANSACTION_STATUSES);
export type TransactionStatus = z.infer<typeof transactionStatus>;

/** A transaction as every edge shows it (tools, REST, CSV). Amounts in major units; absent = does not apply. */
export const transaction = z.object({
  id: z.string(),
  status: transactionStatus,
  agent_id: z.string(),
  vendor: z.string(),
  amount: z.number(),
  currency: z.string(),
  category: z.string().optional(),
  protocol,
  amount_held: z.number(),
  amount_settled: z.number(),
  amount_refunded: z.number().optional(),
  /** What the agent reported, where that differs from what is booked. */
  amount_claimed: z.number().optional(),
  reasons: z.array(z.string()).optional(),
  overdraft: z.literal(true).optional(),
  presumed: z.literal(true).optional(),
  late: z.literal(true).optional(),
  simulated: z.literal(true).optional(),
  waiting_for: z.string().optional(),
  reason: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  approval_id: z.string().optional(),
  approval_expires_at: z.string().optional(),
  settle_by: z.string().optional(),
  mandate_id: z.string().optional(),
  mandate_version: z.number().optional(),
  /** Of a payment tool: to whom, over which network, what became of it. */
  payment: z.record(z.string(), z.string()).optional(),
  /** The refund that this call asked Stripe for. */
  refund: z
    .object({
      id: z.string(),
      status: z.enum(["sending", "pending", "succeeded", "failed", "refused"]),
      amount: z.number(),
      message: z.string(),
    })
    .optional(),
  repeat_count: z.number().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type TransactionView = z.infer<typeof transaction>;
