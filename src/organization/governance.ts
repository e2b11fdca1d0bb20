import { LIMITS } from "../limits.ts";
import type {
  AgentSummary,
  CanSpendInput,
  CanSpendOutput,
  CheckBudgetInput,
  CheckBudgetOutput,
  EvaluateInput,
  EvaluateOutput,
  Governance,
  ListAgentsInput,
  ListAgentsOutput,
  SettleInput,
  SettleOutput,
  TransactionsInput,
  TransactionsOutput,
} from "../mcp/governance.ts";
import { formatMoney, parseAmount, toMajor } from "../money.ts";
import { describeTerms, hints, summarize } from "../policy/explain.ts";
import type { Check } from "../policy/types.ts";
import { normalizeVendor } from "../policy/vendor.ts";
import { advance } from "./advance.ts";
import { type AgentRow, agentsAfter } from "./agents.ts";
import { approvalOf } from "./approvals.ts";
import { agentNotFound, authorize, transactionNotFound } from "./authorize.ts";
import {
  type AgentInForce,
  decideCase,
  type MandateCache,
  type MandateInForce,
  openCase,
  pendingApprovals,
  readAgent,
} from "./judge.ts";
import { decodeCursor, encodeCursor, listTransactions, readInstant } from "./listing.ts";
import { evaluateMessage, replayOutcome, settleMessage } from "./messages.ts";
import type { Principal } from "./principal.ts";
import { Problem } from "./problem.ts";
import { readPurchase, requireOneKey } from "./purchase-input.ts";
import { first } from "./sql.ts";
import { findTransaction, type TransactionRow } from "./transactions.ts";
import {
  budgetsAfter,
  checkView,
  iso,
  isoOrNull,
  mandateBudgets,
  organizationBudgets,
  transactionView,
} from "./views.ts";
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

function listAgents(work: Work, cache: MandateCache, principal: Principal, input: ListAgentsInput): ListAgentsOutput {
  const limit = input.limit ?? LIMITS.listDefault;
  const visible = visibleAgents(work, principal, decodeCursor(input.cursor) ?? 0, limit + 1);
  const page = visible.slice(0, limit);
  const agents = page.map((row) => agentSummary(work, cache, row));
  // Only an agent that this key can see makes another page: paging must not tell that there are others.
  const next = visible.length > limit ? encodeCursor(page.at(-1)?.seq ?? null) : null;
  return { agents, ...(next === null ? {} : { next_cursor: next }), message: agentsMessage(agents, input.cursor) };
}

function agentsMessage(agents: readonly AgentSummary[], cursor: string | undefined): string {
  const able = agents.filter((agent) => agent.status === "active" && agent.mandate?.status === "active").length;
  if (agents.length > 0) {
    return `${agents.length} agent${agents.length === 1 ? "" : "s"}, ${able} of them with an active mandate.`;
  }
  return cursor === undefined
    ? "This key can use no agent. An administrator creates agents and their mandates."
    : "No more agents.";
}

/** Agents that the key may use and that still exist, in the order of their creation. */
function visibleAgents(work: Work, principal: Principal, after: number, limit: number): AgentRow[] {
  const found: AgentRow[] = [];
  let position = after;
  for (;;) {
    const rows = agentsAfter(work, position, LIMITS.listMax);
    found.push(...rows.filter((row) => row.status !== "decommissioned" && principal.mayUse(row.id)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < LIMITS.listMax || found.length >= limit) return found.slice(0, limit);
    position = last.seq;
  }
}

function requireAgent(work: Work, principal: Principal, agentId: string): AgentInForce {
  const agent = readAgent(work, agentId, principal.mayUse(agentId));
  if (agent === null) throw agentNotFound();
  return agent;
}

const mandateOf = (work: Work, cache: MandateCache, agent: AgentInForce): MandateInForce | null =>
  agent.mandate_id === null || agent.version === null ? null : cache.get(work, agent.mandate_id, agent.version);

function agentSummary(work: Work, cache: MandateCache, agent: AgentRow): AgentSummary {
  const row = readAgent(work, agent.id, true);
  const mandate = row === null ? null : mandateOf(work, cache, row);
  const { id, name, description, status } = agent;
  if (mandate === null) return { id, name, description, status, mandate: null };
  const { compiled } = mandate;
  return {
    id,
    name,
    description,
    status,
    mandate: {
      id: mandate.id,
      name: compiled.terms.name,
      status: row?.mandate_status ?? "active",
      currency: compiled.currency,
      per_transaction_limit: toMajor(compiled.per_transaction_limit),
      budgets: mandateBudgets(work, mandate),
      rules: describeTerms(compiled),
      ...(compiled.valid_until === null ? {} : { valid_until: iso(compiled.valid_until) }),
    },
  };
}

function checkBudget(
  work: Work,
  cache: MandateCache,
  principal: Principal,
  input: CheckBudgetInput,
): CheckBudgetOutput {
  const agent = requireAgent(work, principal, input.agent_id);
  const mandate = mandateOf(work, cache, agent);
  const shared = organizationBudgets(work, work.organizationBudgets());
  const pending = pendingApprovals(work, input.agent_id);
  if (mandate === null) {
    return {
      agent_id: input.agent_id,
      can_spend: false,
      budgets: [],
      organization_budgets: shared,
      available_now: 0,
      pending_approvals: pending,
      message: "This agent has no mandate in force, so nothing can be spent. An administrator has to activate one.",
    };
  }
  const { compiled } = mandate;
  const budgets = mandateBudgets(work, mandate);
  const blocked = spendingBlock(work, agent, compiled.valid_from, compiled.valid_until);
  const own = shared.filter((budget) => budget.currency === compiled.currency);
  const room =
    shared.length > 0 && own.length === 0
      ? 0
      : Math.min(toMajor(compiled.per_transaction_limit), ...[...budgets, ...own].map((budget) => budget.remaining));
  const available = blocked === null ? Math.max(0, room) : 0;
  const resets = [...budgets, ...own].map((budget) => budget.resets_at).filter((at) => at !== null);
  return {
    agent_id: input.agent_id,
    can_spend: available > 0,
    currency: compiled.currency,
    per_transaction_limit: toMajor(compiled.per_transaction_limit),
    budgets,
    organization_budgets: shared,
    available_now: available,
    ...(resets.length === 0 ? {} : { next_reset_at: resets.reduce((a, b) => (a < b ? a : b)) }),
    pending_approvals: pending,
    message:
      blocked ??
      (available > 0
        ? `Up to ${formatMoney(Math.round(available * 1e6), compiled.currency)} fits one purchase now, as far as budgets go; quetra_can_spend asks the rules as well.`
        : "The budget is used up for now; next_reset_at says when the next period begins."),
  };
}

const stopOf = (work: Work, agent: AgentInForce, mandate: MandateInForce | null): string | null =>
  mandate === null
    ? "This agent has no mandate in force."
    : spendingBlock(work, agent, mandate.compiled.valid_from, mandate.compiled.valid_until);

/** Why nothing at all can be spent now, or null. */
function spendingBlock(work: Work, row: AgentInForce, from: number | null, until: number | null): string | null {
  if (work.organization.frozen === 1) return "All spending of this organization is frozen by an administrator.";
  if (row.status !== "active") return `This agent is ${row.status}.`;
  if (row.mandate_status === "paused") return "This agent's mandate is paused by an administrator.";
  if (from !== null && work.now < from) return `This agent's mandate begins at ${iso(from)}.`;
  if (until !== null && work.now >= until) return `This agent's mandate ended at ${iso(until)}.`;
  return null;
}

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
    checks: told(decision.checks, decision.asks).map((check) => checkView(check, request, mandate)),
    max_amount_now: what.max_amount_now === null ? null : toMajor(what.max_amount_now),
    max_amount_with_approval: what.max_amount_with_approval === null ? null : toMajor(what.max_amount_with_approval),
    retry_at: isoOrNull(what.retry_at),
    message: summarize(decision, request, mandate, what),
  };
}

/** Failed checks, and the approval rules that ask. */
const told = (checks: readonly Check[], asks: readonly string[]): Check[] =>
  checks.filter((check) => !check.passed || (check.id !== undefined && asks.includes(check.id)));

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
        : told(decided.decision.checks, decided.decision.asks).map((check) =>
            checkView(check, request, mandate?.compiled ?? null),
          ),
    max_amount_now: what?.max_amount_now == null ? null : toMajor(what.max_amount_now),
    max_amount_with_approval: what?.max_amount_with_approval == null ? null : toMajor(what.max_amount_with_approval),
    retry_at: isoOrNull(what?.retry_at ?? null),
    budgets:
      decided !== undefined
        ? budgetsAfter(decided.judged, row.held)
        : mandate === null
          ? []
          : mandateBudgets(work, mandate),
    ...(approval === undefined ? {} : { approval_id: approval.id, approval_expires_at: iso(approval.expires_at) }),
    ...(row.settle_by === null || row.status !== "authorized" ? {} : { settle_by: iso(row.settle_by) }),
    message:
      stopped !== null
        ? `${stopped} The budget of this purchase stays held, but it must not be made now.`
        : replayed || decided === undefined || decided.decision.outcome === "approved"
          ? evaluateMessage(row, replayed)
          : summarize(decided.decision, request, mandate?.compiled ?? null, what),
  };
}

/** Reports what an outside purchase cost. The agent's word can book more, never less than the mandate lets it. */
function settle(work: Work, cache: MandateCache, principal: Principal, input: SettleInput): SettleOutput {
  const amount = parseAmount(input.amount_charged, { allowZero: true });
  if (!amount.ok) throw new Problem(400, "invalid_amount", amount.error);
  const row = ownTransaction(work, principal, input.agent_id, input.transaction_id);
  if (row.claimed === amount.value && row.status !== "pending_approval") {
    return { transaction: transactionView(work, row), replayed: true, message: settleMessage(row, true) };
  }
  const mandate =
    row.mandate_id === null
      ? null
      : first<{ version: number }>(work.sql, "SELECT version FROM mandates WHERE id = ?", row.mandate_id);
  const mayRelease =
    mandate != null &&
    row.mandate_id !== null &&
    cache.get(work, row.mandate_id, mandate.version).compiled.agent_may_release;
  const next = advance(work, cache, row, { type: "claim", amount: amount.value, may_release: mayRelease });
  return { transaction: transactionView(work, next), replayed: false, message: settleMessage(next, false) };
}

/** Foreign, unknown, and another agent's: one answer. */
function ownTransaction(work: Work, principal: Principal, agentId: string, id: string): TransactionRow {
  requireAgent(work, principal, agentId);
  const row = findTransaction(work, id);
  if (row === undefined || row.agent_id !== agentId) throw transactionNotFound();
  return row;
}

function transactions(work: Work, principal: Principal, input: TransactionsInput): TransactionsOutput {
  if (input.transaction_id !== undefined) {
    const row = ownTransaction(work, principal, input.agent_id, input.transaction_id);
    return { transactions: [transactionView(work, row)], message: evaluateMessage(row, true) };
  }
  requireAgent(work, principal, input.agent_id);
  const vendor = input.vendor === undefined ? undefined : normalizeVendor(input.vendor);
  if (vendor !== undefined && !vendor.ok) throw new Problem(400, "invalid_vendor", vendor.error);
  const page = listTransactions(work, {
    agent_id: input.agent_id,
    status: input.status,
    vendor: vendor?.value,
    since: readInstant(input.since, "since"),
    until: readInstant(input.until, "until"),
    before_seq: decodeCursor(input.cursor),
    limit: input.limit ?? LIMITS.listDefault,
  });
  return {
    transactions: page.rows.map((row) => transactionView(work, row)),
    ...(page.next_cursor === null ? {} : { next_cursor: page.next_cursor }),
    message:
      page.next_cursor === null
        ? `${page.rows.length} transaction${page.rows.length === 1 ? "" : "s"}, newest first.`
        : `${page.rows.length} transactions, newest first; next_cursor leads to older ones.`,
  };
}
