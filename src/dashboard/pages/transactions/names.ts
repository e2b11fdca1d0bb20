import type { Actor } from "../../../organization/event-log.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";

/** Names for the ids that transactions and events carry. Whatever has none is shown by its id. */
export interface Names {
  readonly agents: ReadonlyMap<string, string>;
  readonly keys: ReadonlyMap<string, string>;
  readonly people: ReadonlyMap<string, string>;
}

/** Pages of agents that are read for a list of names: what is beyond them is shown by id. */
const AGENT_PAGES = 10;

export async function agentNames({ api }: Pick<OrganizationVisit, "api">): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  let cursor: string | undefined;
  for (let page = 0; page < AGENT_PAGES; page++) {
    const { data, next_cursor } = await api.get("listAgents", { query: { limit: 100, cursor } });
    for (const { id, name } of data) names.set(id, name);
    if (next_cursor === null) break;
    cursor = next_cursor;
  }
  return names;
}

/** Names of whoever caused these events. Keys are named to those only who may see keys. */
export async function namesOf(visit: OrganizationVisit, actors: readonly Actor[]): Promise<Names> {
  const people = [...new Set(actors.filter(({ type }) => type === "person").map(({ id }) => id))];
  const wantsKeys = mayManage(visit.organization) && actors.some(({ type }) => type === "key" || type === "agent");
  const [agents, keys, persons] = await Promise.all([
    agentNames(visit),
    wantsKeys ? keyNames(visit) : NOBODY,
    people.length === 0 ? NOBODY : visit.people.names(people),
  ]);
  return { agents, keys, people: persons };
}

const NOBODY: ReadonlyMap<string, string> = new Map();

async function keyNames({ api }: OrganizationVisit): Promise<ReadonlyMap<string, string>> {
  const answer = await api.call("listKeys");
  return answer.ok ? new Map(answer.body.data.map(({ id, name }) => [id, name])) : NOBODY;
}
