import { LIMITS } from "../../limits.ts";
import { currencyExponent } from "../../money.ts";
import { standardTerms } from "../../policy/standard-terms.ts";
import {
  type AgentInput,
  type AgentRow,
  agentsAfter,
  createAgent,
  requireAgent,
  setAgentStatus,
  updateAgent,
} from "../agents.ts";
import { decodeCursor, encodeCursor } from "../listing.ts";
import { activateMandate, createMandate } from "../mandates.ts";
import { badInput, versionMismatch } from "../problem.ts";
import { first } from "../sql.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";
import { bodyOf, type Handler, param, queryOf } from "./desk.ts";
import { versionFrom } from "./if-match.ts";
import { mandateView } from "./mandates.ts";

function view(work: Work, row: AgentRow) {
  const mandate = first<{ id: string }>(
    work.sql,
    "SELECT id FROM mandates WHERE agent_id = ? AND status IN ('active', 'paused')",
    row.id,
  );
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status,
    tags: JSON.parse(row.tags),
    metadata: JSON.parse(row.metadata),
    spend_calls_per_minute: row.spend_calls_per_minute,
    mandate_id: mandate?.id ?? null,
    version: row.version,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}

const PRESET_NAME = ": standard limits";

const status =
  (to: AgentRow["status"]): Handler =>
  ({ work }, call) =>
    view(work, setAgentStatus(work, param(call, "agent_id"), to, bodyOf<{ reason?: string }>(call)?.reason ?? null));

export const agentHandlers = {
  createAgent: ({ work, cache }, call) => {
    const { preset, currency, ...input } = bodyOf<AgentInput & { preset: "standard" | "none"; currency: string }>(call);
    if (currencyExponent(currency) === undefined) {
      throw badInput("The currency is not known.", [{ path: "/currency", message: "Use an ISO 4217 code." }]);
    }
    const row = createAgent(work, input);
    if (preset === "none") return { ...view(work, row), mandate: null };
    const terms = standardTerms({
      agent_id: row.id,
      // Cut between characters: half of one would not be a valid name.
      name: `${row.name.slice(0, LIMITS.nameChars - PRESET_NAME.length).replace(/[\uD800-\uDBFF]$/, "")}${PRESET_NAME}`,
      currency,
      timezone: work.organization.timezone,
    });
    const mandate = activateMandate(work, cache, createMandate(work, terms).id);
    return { ...view(work, row), mandate: mandateView(work, cache, mandate) };
  },
  listAgents: ({ work }, call) => {
    const { limit, cursor } = queryOf<{ limit: number; cursor?: string }>(call);
    const rows = agentsAfter(work, decodeCursor(cursor) ?? 0, limit + 1);
    const page = rows.slice(0, limit);
    return {
      data: page.map((row) => view(work, row)),
      next_cursor: rows.length > limit ? encodeCursor(page.at(-1)?.seq ?? null) : null,
    };
  },
  getAgent: ({ work }, call) => view(work, requireAgent(work, param(call, "agent_id"))),
  updateAgent: ({ work }, call) => {
    const id = param(call, "agent_id");
    const { version } = requireAgent(work, id);
    if (call.if_match !== null && versionFrom(call) !== version) throw versionMismatch("agent", version);
    return view(work, updateAgent(work, id, bodyOf<Partial<AgentInput>>(call)));
  },
  suspendAgent: status("suspended"),
  resumeAgent: status("active"),
  decommissionAgent: status("decommissioned"),
} satisfies Record<string, Handler>;
