import { newId } from "../keys/ids.ts";
import { LIMITS } from "../limits.ts";
import { stopCheckouts } from "./acp/stop.ts";
import { conflict, notFound } from "./problem.ts";
import { all, changeOne, first } from "./sql.ts";
import type { Work } from "./work.ts";

export interface AgentRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: "active" | "suspended" | "decommissioned";
  /** JSON array. */
  readonly tags: string;
  /** JSON object. */
  readonly metadata: string;
  readonly spend_calls_per_minute: number;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface AgentInput {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly spend_calls_per_minute: number;
}

export function requireAgent(work: Work, id: string): AgentRow {
  const row = first<AgentRow>(work.sql, "SELECT * FROM agents WHERE id = ?", id);
  if (row === undefined) throw notFound("agent");
  return row;
}

export const agentsAfter = (work: Work, seq: number, limit: number): AgentRow[] =>
  all<AgentRow>(work.sql, "SELECT * FROM agents WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit);

export function createAgent(work: Work, input: AgentInput): AgentRow {
  const count = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM agents");
  if ((count?.n ?? 0) >= LIMITS.agents) {
    throw conflict("limit_reached", `An organization can have at most ${LIMITS.agents} agents.`);
  }
  const id = newId("agt");
  work.exec(
    `INSERT INTO agents (id, name, description, status, tags, metadata, spend_calls_per_minute, created_at, updated_at)
     VALUES (?, ?, ?, 'active', ?, ?, ?, ?, ?)`,
    id,
    input.name,
    input.description,
    JSON.stringify(input.tags),
    JSON.stringify(input.metadata),
    input.spend_calls_per_minute,
    work.now,
    work.now,
  );
  work.log("agent.created", id, { agent_id: id, ...input });
  return requireAgent(work, id);
}

export function updateAgent(work: Work, id: string, change: Partial<AgentInput>): AgentRow {
  const row = requireAgent(work, id);
  if (row.status === "decommissioned") throw conflict("agent_decommissioned", "This agent is decommissioned.");
  changeOne(
    work.sql,
    `UPDATE agents SET name = ?, description = ?, tags = ?, metadata = ?, spend_calls_per_minute = ?,
     version = version + 1, updated_at = ? WHERE id = ?`,
    change.name ?? row.name,
    change.description ?? row.description,
    change.tags === undefined ? row.tags : JSON.stringify(change.tags),
    change.metadata === undefined ? row.metadata : JSON.stringify(change.metadata),
    change.spend_calls_per_minute ?? row.spend_calls_per_minute,
    work.now,
    id,
  );
  work.log("agent.updated", id, { agent_id: id, ...change });
  return requireAgent(work, id);
}

/**
 * active ⇄ suspended → decommissioned. A decommissioned agent never comes back; its history and its open transactions
 * stay, and can still be settled by a person.
 */
export function setAgentStatus(work: Work, id: string, status: AgentRow["status"], reason: string | null): AgentRow {
  const row = requireAgent(work, id);
  if (row.status === status) return row;
  if (row.status === "decommissioned") throw conflict("agent_decommissioned", "This agent is decommissioned for good.");
  changeOne(
    work.sql,
    "UPDATE agents SET status = ?, version = version + 1, updated_at = ? WHERE id = ?",
    status,
    work.now,
    id,
  );
  if (status !== "active") stopCheckouts(work, id);
  const event = status === "active" ? "agent.resumed" : `agent.${status}`;
  work.log(event, id, { agent_id: id, reason });
  return requireAgent(work, id);
}
