import { canSpend } from "../../../mcp/tools/can-spend.ts";
import { evaluate } from "../../../mcp/tools/evaluate.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Spending";

/** The REST twins of the two gate tools, for agents without MCP. The same schemas, the same service. */
export const spendingRoutes = [
  {
    id: "evaluate",
    method: "POST",
    path: "/evaluate",
    tag,
    summary: "Authorize a purchase: approved holds the budget",
    description: "A refusal is a 200 with `outcome: rejected`. The body's idempotency_key makes a retry safe.",
    roles: ["spend"],
    body: evaluate.input,
    status: 200,
    response: evaluate.output,
  },
  {
    id: "canSpend",
    method: "POST",
    path: "/can-spend",
    tag,
    summary: "Would it pass? Writes nothing",
    roles: ["spend"],
    body: canSpend.input,
    status: 200,
    response: canSpend.output,
  },
] as const satisfies readonly RouteDefinition[];
