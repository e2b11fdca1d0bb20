import * as z from "zod";
import { budgetStatus } from "../../schema/common.ts";
import { defineTool } from "../tool.ts";
import { agentId } from "./fields.ts";

const input = z.strictObject({ agent_id: agentId });

const output = z.object({
  agent_id: z.string(),
  can_spend: z.boolean(),
  currency: z.string().optional(),
  per_transaction_limit: z.number().optional(),
  budgets: z.array(budgetStatus),
  organization_budgets: z.array(budgetStatus.extend({ currency: z.string() })),
  available_now: z.number(),
  next_reset_at: z.string().optional(),
  pending_approvals: z.number(),
  wallet: z
    .object({
      address: z.string(),
      network: z.string(),
      asset: z.string(),
      balance: z.number().nullable(),
      as_of: z.string().nullable(),
    })
    .optional(),
  message: z.string(),
});

export const checkBudget = defineTool({
  name: "quetra_check_budget",
  title: "Check an agent's budget",
  description:
    "Shows what one agent has left: every budget of its mandate and of the organization (settled, held, remaining, next reset), the per-transaction limit, and available_now, the most that one purchase could take before rules apply. Judging a purchase is quetra_can_spend.",
  input,
  output,
  posture: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: (governance, args) => governance.checkBudget(args),
});
