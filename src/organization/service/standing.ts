import { agentNotFound } from "../authorize.ts";
import { type AgentInForce, type MandateCache, type MandateInForce, readAgent } from "../judge.ts";
import type { Principal } from "../principal.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";

export function requireAgent(work: Work, principal: Principal, agentId: string): AgentInForce {
  const agent = readAgent(work, agentId, principal.mayUse(agentId));
  if (agent === null) throw agentNotFound();
  return agent;
}

export const mandateOf = (work: Work, cache: MandateCache, agent: AgentInForce): MandateInForce | null =>
  agent.mandate_id === null || agent.version === null ? null : cache.get(work, agent.mandate_id, agent.version);

export const stopOf = (work: Work, agent: AgentInForce, mandate: MandateInForce | null): string | null =>
  mandate === null
    ? "This agent has no mandate in force."
    : spendingBlock(work, agent, mandate.compiled.valid_from, mandate.compiled.valid_until);

/** Why nothing at all can be spent now, or null. */
export function spendingBlock(work: Work, row: AgentInForce, from: number | null, until: number | null): string | null {
  if (work.organization.frozen === 1) return "All spending of this organization is frozen by an administrator.";
  if (row.status !== "active") return `This agent is ${row.status}.`;
  if (row.mandate_status === "paused") return "This agent's mandate is paused by an administrator.";
  if (from !== null && work.now < from) return `This agent's mandate begins at ${iso(from)}.`;
  if (until !== null && work.now >= until) return `This agent's mandate ended at ${iso(until)}.`;
  return null;
}
