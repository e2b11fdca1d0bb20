import * as z from "zod";
import { transaction, transactionStatus } from "../../schema/transaction.ts";
import { defineTool } from "../tool.ts";
import { agentId, cursor, instant, pageSize, transactionId, vendor } from "./fields.ts";

const input = z.strictObject({
  agent_id: agentId,
  transaction_id: transactionId.optional().meta({ description: "Only this one" }),
  status: transactionStatus.optional(),
  vendor: vendor.optional().meta({ description: "Only this vendor" }),
  since: instant("From this instant (RFC 3339)").optional(),
  until: instant("Before this instant (RFC 3339)").optional(),
  limit: pageSize.optional(),
  cursor: cursor.optional(),
});

const output = z.object({
  transactions: z.array(transaction),
  next_cursor: z.string().optional(),
  message: z.string(),
});

export const transactions = defineTool({
  name: "quetra_transactions",
  title: "Look up transactions",
  description:
    "Lists an agent's transactions, newest first, with status, amounts held and settled, and the reasons of refusals. With transaction_id it returns that one: this is how the decision on a pending_approval becomes visible.",
  input,
  output,
  posture: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: (governance, args) => governance.transactions(args),
});
