import type { AnswerOf } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { readStatistics, type Statistics } from "./statistics.ts";

/** What the overview shows, read once: history from D1, everything that counts now from the organization itself. */
export interface OverviewData {
  readonly organization: AnswerOf<"getOrganization">;
  readonly statistics: Statistics;
  readonly agents: AnswerOf<"listAgents">["data"];
  readonly mandates: AnswerOf<"listMandates">;
  readonly waiting: AnswerOf<"listApprovals">;
  readonly alerts: AnswerOf<"listAlerts">;
  readonly latest: AnswerOf<"listTransactions">["data"];
  /** Null: only managers may know. */
  readonly hasSpendKey: boolean | null;
  readonly nameOf: (agentId: string) => string;
}

const WAITING = 5;
const ALERTS = 3;
export const LATEST = 8;

export async function readOverview(visit: OrganizationVisit): Promise<OverviewData> {
  const { api, scope, now } = visit;
  const { organization_id, timezone } = visit.organization;
  // D1 first: where it stands is where the page's following begins, and nothing that comes later may be missed.
  const statistics = await readStatistics(scope.env.DB, organization_id, timezone, now);
  const [organization, agents, mandates, waiting, alerts, latest, hasSpendKey] = await Promise.all([
    api.get("getOrganization"),
    api.get("listAgents", { query: { limit: 100 } }),
    api.get("listMandates", { query: { status: "active", limit: 100 } }),
    api.get("listApprovals", { query: { status: "pending", limit: WAITING } }),
    api.get("listAlerts", { query: { acknowledged: "false", limit: ALERTS } }),
    api.get("listTransactions", { query: { limit: LATEST } }),
    spendKey(visit),
  ]);
  const names = new Map(agents.data.map(({ id, name }) => [id, name]));
  await nameTheRest(visit, names, [
    ...statistics.spending.map(({ agent_id }) => agent_id),
    ...mandates.data.map(({ agent_id }) => agent_id),
    ...latest.data.map(({ agent_id }) => agent_id),
    ...alerts.data.flatMap(({ agent_id }) => agent_id ?? []),
  ]);
  return {
    organization,
    statistics,
    agents: agents.data,
    mandates,
    waiting,
    alerts,
    latest: latest.data,
    hasSpendKey,
    nameOf: (id) => names.get(id) ?? id,
  };
}

async function spendKey(visit: OrganizationVisit): Promise<boolean | null> {
  if (!mayManage(visit.organization)) return null;
  const { data } = await visit.api.get("listKeys");
  return data.some(({ role, status }) => role === "spend" && status === "active");
}

/** Agents beyond the first page are asked for one by one; whoever is left is shown by id. */
const ASKED = 20;

async function nameTheRest({ api }: OrganizationVisit, names: Map<string, string>, ids: readonly string[]) {
  const missing = [...new Set(ids)].filter((id) => !names.has(id)).slice(0, ASKED);
  const answers = await Promise.all(missing.map((agent_id) => api.call("getAgent", { params: { agent_id } })));
  for (const answer of answers) if (answer.ok) names.set(answer.body.id, answer.body.name);
}
