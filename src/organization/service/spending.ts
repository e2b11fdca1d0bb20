import type { CanSpendInput, CanSpendOutput, EvaluateInput, EvaluateOutput } from "../../mcp/governance.ts";
import { toMajor } from "../../money.ts";
import { hints, summarize } from "../../policy/explain.ts";
import { approvalOf } from "../approvals.ts";
import { authorize } from "../authorize.ts";
import type { SpendCall } from "../governance.ts";
import { decideCase, type MandateCache, openCase } from "../judge.ts";
import { evaluateMessage, PERSON_DECIDES, replayOutcome } from "../messages.ts";
import type { Principal } from "../principal.ts";
import { readPurchase, requireOneKey } from "../purchase-input.ts";
import { budgetsAfter, checkView, iso, isoOrNull, mandateBudgets, pendingFields, told } from "../views.ts";
import type { Work } from "../work.ts";
import { mandateOf, requireAgent, stopOf } from "./standing.ts";

export function canSpend(
  work: Work,
  cache: MandateCache,
  principal: Principal,
  input: CanSpendInput,
  spendCall: SpendCall,
): CanSpendOutput {
  const request = readPurchase(input, work.country);
  const agent = requireAgent(work, principal, input.agent_id);
  spendCall("ask", agent.id, agent.spend_calls_per_minute);
  const read = openCase(work, cache, request, agent);
  const { decision, judged } = decideCase(work, read);
  const mandate = judged.mandate?.compiled ?? null;
  const what = hints(mandate, request, judged.usage, work.now);
  return {
    outcome: decision.outcome,
    checks: told(decision).map((check) => checkView(check, request, mandate)),
    max_amount_now: what.max_amount_now === null ? null : toMajor(what.max_amount_now),
    max_amount_with_approval: what.max_amount_with_approval === null ? null : toMajor(what.max_amount_with_approval),
    retry_at: isoOrNull(what.retry_at),
    message: summarize(decision, request, mandate, what),
  };
}

export function evaluate(
  work: Work,
  cache: MandateCache,
  principal: Principal,
  input: EvaluateInput,
  spendCall: SpendCall,
): EvaluateOutput {
  requireOneKey(input);
  const request = readPurchase(input, work.country);
  const agent = requireAgent(work, principal, request.agent_id);
  spendCall("spend", request.agent_id, agent.spend_calls_per_minute);
  const { row, replayed, decided } = authorize(
    work,
    cache,
    {
      tool: "evaluate",
      request,
      idempotency_key: input.idempotency_key ?? null,
      transaction_id: input.transaction_id ?? null,
      reason: input.reason ?? null,
      metadata: input.metadata ?? null,
    },
    agent,
  );
  const mandate = decided === undefined ? mandateOf(work, cache, agent) : decided.judged.mandate;
  // A hold from before a freeze is still a hold, but nobody may be told to go and buy on it.
  const stopped = replayed && row.status === "authorized" ? stopOf(work, agent, mandate) : null;
  const what =
    decided !== undefined && decided.decision.outcome !== "approved"
      ? hints(mandate?.compiled ?? null, request, decided.judged.usage, work.now)
      : null;
  const approval = row.status === "pending_approval" ? approvalOf(work, row.id) : undefined;
  return {
    outcome: stopped === null ? replayOutcome(row.status) : "rejected",
    transaction_id: row.id,
    status: row.status,
    replayed,
    amount: toMajor(row.amount),
    currency: row.currency,
    vendor: row.vendor,
    checks:
      decided === undefined
        ? []
        : told(decided.decision).map((check) => checkView(check, request, mandate?.compiled ?? null)),
    max_amount_now: what?.max_amount_now == null ? null : toMajor(what.max_amount_now),
    max_amount_with_approval: what?.max_amount_with_approval == null ? null : toMajor(what.max_amount_with_approval),
    retry_at: isoOrNull(what?.retry_at ?? null),
    budgets:
      decided !== undefined
        ? budgetsAfter(decided.judged, row.held)
        : mandate === null
          ? []
          : mandateBudgets(work, mandate),
    ...(approval === undefined ? {} : pendingFields(work, approval)),
    ...(row.settle_by === null || row.status !== "authorized" ? {} : { settle_by: iso(row.settle_by) }),
    message:
      stopped !== null
        ? `${stopped} The budget of this purchase stays held, but it must not be made now.`
        : replayed || decided === undefined || decided.decision.outcome === "approved"
          ? evaluateMessage(row, replayed)
          : `${summarize(decided.decision, request, mandate?.compiled ?? null, what)}${approval === undefined ? "" : ` ${PERSON_DECIDES}`}`,
  };
}
