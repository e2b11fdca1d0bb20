import * as z from "zod";
import { transaction } from "../../schema/transaction.ts";
import { defineTool } from "../tool.ts";
import { agentId, amountCharged, transactionId } from "./fields.ts";

const input = z.strictObject({ agent_id: agentId, transaction_id: transactionId, amount_charged: amountCharged });

const output = z.object({ transaction, replayed: z.boolean(), message: z.string() });

export const settle = defineTool({
  name: "quetra_settle",
  title: "Report what a purchase cost",
  description:
    "Reports what a purchase made outside Quetra, after an approved quetra_evaluate, really cost; 0 if it did not happen. A charge above the hold is booked in full as an overdraft and alerts people. Below it, the mandate decides whether the rest is freed at once. Pays and refunds nothing; purchases by a payment tool of Quetra need no report.",
  input,
  output,
  posture: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: (governance, args) => governance.settle(args),
});
