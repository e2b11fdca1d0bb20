import * as z from "zod";
import { budgetStatus } from "../../schema/common.ts";
import { defineTool } from "../tool.ts";
import { cursor, pageSize } from "./fields.ts";

const input = z.strictObject({ limit: pageSize.optional(), cursor: cursor.optional() });

const output = z.object({
  agents: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      status: z.string(),
      mandate: z
        .object({
          id: z.string(),
          name: z.string(),
          status: z.string(),
          currency: z.string(),
          per_transaction_limit: z.number(),
          budgets: z.array(budgetStatus),
          rules: z.array(z.string()),
          valid_until: z.string().optional(),
        })
        .nullable(),
    }),
  ),
  next_cursor: z.string().optional(),
  message: z.string(),
});

export const listAgents = defineTool({
  name: "quetra_list_agents",
  title: "List agents and their limits",
  description:
    "Lists the agents that this key may act for, each with its description and its mandate: per-transaction limit, budgets with what remains and when they reset, and every rule in words. An agent without mandate (null) cannot spend. An agent's id is the agent_id of all other tools.",
  input,
  output,
  posture: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: (governance, args) => governance.listAgents(args),
});
