import type { ToolDefinition } from "./tool.ts";
import { canSpend } from "./tools/can-spend.ts";
import { checkBudget } from "./tools/check-budget.ts";
import { checkout } from "./tools/checkout.ts";
import { evaluate } from "./tools/evaluate.ts";
import { fetchTool } from "./tools/fetch.ts";
import { listAgents } from "./tools/list-agents.ts";
import { settle } from "./tools/settle.ts";
import { stripeCharge } from "./tools/stripe-charge.ts";
import { transactions } from "./tools/transactions.ts";

/** Every tool, in the order in which tools/list shows them: the order in which a purchase uses them. */
export const CATALOG: readonly ToolDefinition[] = [
  listAgents,
  checkBudget,
  canSpend,
  evaluate,
  settle,
  transactions,
  fetchTool,
  stripeCharge,
  checkout,
];

const BY_NAME: ReadonlyMap<string, ToolDefinition> = new Map(CATALOG.map((tool) => [tool.name, tool]));

export const findTool = (name: string): ToolDefinition | undefined => BY_NAME.get(name);
