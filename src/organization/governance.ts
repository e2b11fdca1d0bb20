import type { Governance } from "../mcp/governance.ts";
import { checkOut } from "./acp/checkout.ts";
import { listAgents } from "./service/agents.ts";
import { checkBudget } from "./service/budget.ts";
import { settle } from "./service/settlement.ts";
import { canSpend, evaluate } from "./service/spending.ts";
import { transactions } from "./service/transactions.ts";
import { chargeCard } from "./stripe/charge.ts";
import { type FetchDesk, fetchPaid } from "./x402/fetch.ts";

/** Takes one call from an agent's allowance, or throws. Asking and spending have one of the same size each. */
export type SpendCall = (kind: "ask" | "spend", agentId: string, perMinute: number) => void;

/** In whose name the service records what a payment tool's call has brought back. */
export type Rail = "x402" | "stripe" | "acp";

/** The tools' service over this organization: each call is one unit of work of the calling key, or a chain of them. */
export function organizationGovernance(deskOf: (rail: Rail) => FetchDesk): Governance {
  const desk = deskOf("x402");
  const { run, cache, spendCall, refreshBalance } = desk;
  return {
    listAgents: (input) => run((work, principal) => listAgents(work, cache, principal, input)),
    checkBudget: async (input) => {
      const read = () => run((work, principal) => checkBudget(work, cache, principal, input));
      const answer = read();
      // What is refused makes the service ask nobody.
      return answer.wallet !== undefined && (await refreshBalance()) ? read() : answer;
    },
    canSpend: (input) => run((work, principal) => canSpend(work, cache, principal, input, spendCall)),
    evaluate: (input) => run((work, principal) => evaluate(work, cache, principal, input, spendCall)),
    settle: (input) => run((work, principal) => settle(work, cache, principal, input)),
    transactions: (input) => run((work, principal) => transactions(work, principal, input)),
    fetch: (input) => fetchPaid(desk, input),
    stripeCharge: (input) => chargeCard(deskOf("stripe"), input),
    checkout: (input) => checkOut(deskOf("acp"), input),
  };
}
