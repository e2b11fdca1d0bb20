import { LIMITS } from "../../../limits.ts";
import type { AnswerOf, OrganizationApi } from "../../api.ts";

export type AgentView = AnswerOf<"getAgent">;
export type MandateView = AnswerOf<"getMandate">;
export type KeyView = AnswerOf<"listKeys">["data"][number];

/** The mandate in force (or paused) of each of these agents. */
export async function mandatesOf(
  api: OrganizationApi,
  agents: readonly AgentView[],
): Promise<ReadonlyMap<string, MandateView>> {
  const wanted = new Set(agents.flatMap(({ mandate_id }) => mandate_id ?? []));
  const found = new Map<string, MandateView>();
  if (wanted.size > 1) {
    // One call that finds most of them; what it does not reach is asked for by itself.
    const { data } = await api.get("listMandates", { query: { status: "active", limit: LIMITS.listMax } });
    for (const mandate of data) if (wanted.delete(mandate.id)) found.set(mandate.agent_id, mandate);
  }
  const rest = await Promise.all([...wanted].map((mandate_id) => api.get("getMandate", { params: { mandate_id } })));
  for (const mandate of rest) found.set(mandate.agent_id, mandate);
  return found;
}

/** The currency that a mandate's amounts are in. */
export const currencyOf = ({ terms }: MandateView): string => String(terms.currency ?? "");

/** Every agent, oldest first. */
export async function allAgents(api: OrganizationApi): Promise<readonly AgentView[]> {
  const agents: AgentView[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get("listAgents", { query: { limit: LIMITS.listMax, cursor } });
    agents.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && agents.length < LIMITS.agents);
  return agents;
}

/** Spend keys that this agent can be used with now. */
export const keysFor = (keys: readonly KeyView[], agentId: string): readonly KeyView[] =>
  keys.filter(
    ({ role, status, agents }) =>
      role === "spend" && status === "active" && (agents === null || agents.includes(agentId)),
  );
