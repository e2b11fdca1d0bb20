import type { FetchOutput } from "../../mcp/governance.ts";
import { X402_CURRENCY } from "../../payments/x402/assets.ts";
import type { Decision, PurchaseRequest } from "../../policy/types.ts";
import type { SpendCall } from "../governance.ts";
import { type AgentInForce, type Case, decideCase, type MandateCache, type OwnHold, openCase } from "../judge.ts";
import { earlierPurchase, inTime, ownHold } from "../payment-calls.ts";
import type { Principal } from "../principal.ts";
import { requireAgent } from "../service/standing.ts";
import { requestOf, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { askOf } from "./begin.ts";
import { paymentOf } from "./journal.ts";
import * as present from "./present.ts";
import type { FetchRequest } from "./request.ts";

/** What admission needs of the object. */
export interface Gate {
  readonly cache: MandateCache;
  readonly spendCall: SpendCall;
  readonly mayLog: (agentId: string) => boolean;
}

export type Admission =
  /** The request may be sent. `row`: an earlier authorization that it continues. */
  | { readonly kind: "admitted"; readonly agent: AgentInForce; readonly row: TransactionRow | null }
  /** Nothing is sent: this is the answer. */
  | { readonly kind: "answer"; readonly answer: FetchOutput };

/**
 * May this agent send this request at all? Everything that needs no amount is asked before the first byte leaves, for
 * requests that pay nothing as well. A call about a transaction that is over, or on its way, is answered from the ledger.
 *
 * @throws Problem `agent_not_found`, `too_many_requests`, `idempotency_conflict`, `transaction_not_found`,
 *   `transaction_mismatch`.
 */
export function admit(work: Work, gate: Gate, principal: Principal, request: FetchRequest): Admission {
  const agent = requireAgent(work, principal, request.agent_id);
  gate.spendCall("spend", agent.id, agent.spend_calls_per_minute);
  const row = inTime(work, gate.cache, earlier(work, request));
  if (row !== null && row.status !== "authorized") {
    return { kind: "answer", answer: present.standing(work, row) };
  }
  const refused =
    row === null
      ? judgeHost(work, gate, agent, request, askOf(request, work.country, null), null)
      : judgeHost(work, gate, agent, request, { ...requestOf(row), amount: null }, ownHold(row));
  return refused === null ? { kind: "admitted", agent, row } : { kind: "answer", answer: refused };
}

/** The same for the host that a redirect leads to. Null: it may be asked. */
export function admitHost(
  work: Work,
  gate: Gate,
  principal: Principal,
  request: FetchRequest,
  vendor: string,
): FetchOutput | null {
  const ask = askOf(request, work.country, null, vendor);
  return judgeHost(work, gate, requireAgent(work, principal, request.agent_id), request, ask, null);
}

function judgeHost(
  work: Work,
  gate: Gate,
  agent: AgentInForce,
  request: FetchRequest,
  ask: PurchaseRequest,
  own: OwnHold | null,
): FetchOutput | null {
  const { decision, judged } = decideCase(work, openCase(work, gate.cache, ask, agent, own));
  // How many purchases wait for a person says nothing about a request that may cost nothing.
  const failed = decision.checks.filter((check) => !check.passed && check.code !== "too_many_pending_approvals");
  if (failed.length === 0) return null;
  if (gate.mayLog(agent.id)) logRefusal(work, request, decision, judged);
  return present.rejected(work, decision, judged, null);
}

/** A continued purchase must be this request, held for x402. */
const earlier = (work: Work, request: FetchRequest): TransactionRow | null =>
  earlierPurchase(
    work,
    request,
    (row) => {
      const payment = paymentOf(work, row.id);
      return (
        row.protocol === "x402" &&
        // A hold in another currency has counted on other budgets: USDC settles USD alone.
        row.currency === X402_CURRENCY &&
        row.vendor === request.vendor &&
        (request.category === null || row.category === request.category) &&
        (payment === undefined || payment.request_hash === request.target.request_hash)
      );
    },
    "agent, host, category, method, URL and body must be the same, and it must have been authorized for x402 in USD.",
  );

/** A request that was not let out leaves a trace without an amount. No free text of the agent, no query of the URL. */
function logRefusal(work: Work, request: FetchRequest, decision: Decision, judged: Case): void {
  const { mandate } = judged;
  work.log("request.refused", request.agent_id, {
    agent_id: request.agent_id,
    method: request.target.method,
    codes: decision.checks.filter((check) => !check.passed).map((check) => check.code),
    request: judged.request,
    usage: judged.usage,
    mandate: mandate === null ? null : { id: mandate.id, version: mandate.version, hash: mandate.hash },
  });
}
