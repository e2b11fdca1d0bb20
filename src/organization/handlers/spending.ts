import type { CanSpendInput, EvaluateInput } from "../../mcp/governance.ts";
import { canSpend, evaluate } from "../service/spending.ts";
import { bodyOf, type Handler } from "./desk.ts";

export const spendingHandlers = {
  evaluate: ({ work, cache, principal, spendCall }, call) =>
    evaluate(work, cache, principal, bodyOf<EvaluateInput>(call), spendCall),
  canSpend: ({ work, cache, principal, spendCall }, call) =>
    canSpend(work, cache, principal, bodyOf<CanSpendInput>(call), spendCall),
} satisfies Record<string, Handler>;
