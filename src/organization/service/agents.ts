import { LIMITS } from "../../limits.ts";
import type { AgentSummary, ListAgentsInput, ListAgentsOutput } from "../../mcp/governance.ts";
import { toMajor } from "../../money.ts";
import { describeTerms } from "../../policy/explain.ts";
import { type AgentRow, agentsAfter } from "../agents.ts";
import { type MandateCache, readAgent } from "../judge.ts";
import { decodeCursor, encodeCursor } from "../listing.ts";
import type { Principal } from "../principal.ts";
import { iso, mandateBudgets } from "../views.ts";
import type { Work } from "../work.ts";
import { mandateOf } from "./standing.ts";

export function listAgents(
  work: Work,
  cache: MandateCache,
  principal: Principal,
  input: ListAgentsInput,
): ListAgentsOutput {
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
