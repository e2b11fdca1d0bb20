import type { Governance } from "../mcp/governance.ts";
import type { MandateCache } from "./judge.ts";
import type { Principal } from "./principal.ts";
import { listAgents } from "./service/agents.ts";
import { checkBudget } from "./service/budget.ts";
import { settle } from "./service/settlement.ts";
import { canSpend, evaluate } from "./service/spending.ts";
import { transactions } from "./service/transactions.ts";
import type { Work } from "./work.ts";

/** Takes one call from an agent's allowance, or throws. Asking and spending have one of the same size each. */
export type SpendCall = (kind: "ask" | "spend", agentId: string, perMinute: number) => void;

/**
 * The tools' service over this organization: each call is one unit of work of the calling key.
 *
 * @param run Opens the storage transaction, identifies the key in it, and turns problems into `GovernanceError`s.
 * @param spendCall Throttle of spending calls per agent; throws when the agent is over its rate.
 */
export function organizationGovernance(
  run: <T>(action: (work: Work, principal: Principal) => T) => T,
  cache: MandateCache,
  spendCall: SpendCall,
): Governance {
  return {
    listAgents: (input) => run((work, principal) => listAgents(work, cache, principal, input)),
    checkBudget: (input) => run((work, principal) => checkBudget(work, cache, principal, input)),
    canSpend: (input) => run((work, principal) => canSpend(work, cache, principal, input, spendCall)),
    evaluate: (input) => run((work, principal) => evaluate(work, cache, principal, input, spendCall)),
    settle: (input) => run((work, principal) => settle(work, cache, principal, input)),
    transactions: (input) => run((work, principal) => transactions(work, principal, input)),
  };
}
