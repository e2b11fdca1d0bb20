import type { OrganizationVisit } from "../../route.ts";

/** Pages of a hundred: as many as an organization can have agents. */
const PAGES = 10;

/** Agents that a new mandate can be for, by id: whoever is decommissioned gets none any more. */
export async function agentsToChoose({ api }: Pick<OrganizationVisit, "api">): Promise<ReadonlyMap<string, string>> {
  const agents = new Map<string, string>();
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const { data, next_cursor } = await api.get("listAgents", { query: { limit: 100, cursor } });
    for (const { id, name, status } of data) if (status !== "decommissioned") agents.set(id, name);
    if (next_cursor === null) break;
    cursor = next_cursor;
  }
  return agents;
}
