import { publicUrl } from "../../../public-url.ts";
import { organizationPage } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Connect } from "../../ui/connect.tsx";
import { Card, Copyable, Facts, LinkButton, PageHead, When } from "../../ui/parts.tsx";
import { Refused } from "../../ui/refused.tsx";
import { plain } from "../../ui/words.ts";
import { AgentActions } from "./actions.tsx";
import { type AgentView, keysFor, mandatesOf } from "./data.ts";
import { FirstSteps } from "./first-steps.tsx";
import { LatestCard } from "./latest-card.tsx";
import { MandateCard } from "./mandate-card.tsx";
import { AgentBadge } from "./parts.tsx";

const LATEST = 5;

export const showAgent = (visit: OrganizationVisit): Promise<Response> => agentPage(visit, null);

/** @param refusal Why what was just asked for here was not done. */
export async function agentPage(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { api, base, organization, params, scope } = visit;
  const agent_id = params.agent_id ?? "";
  const manage = mayManage(organization);
  const [agent, latest, keys] = await Promise.all([
    api.get("getAgent", { params: { agent_id } }),
    api.get("listTransactions", { query: { agent_id, limit: LATEST } }),
    manage ? api.get("listKeys") : null,
  ]);
  const mandate = (await mandatesOf(api, [agent])).get(agent.id);
  const usable = keysFor(keys?.data ?? [], agent.id);
  const starting = manage && agent.status === "active" && latest.data.length === 0;
  return organizationPage(
    visit,
    { title: plain(agent.name), section: "agents", live: true, status: refusal?.status ?? 200 },
    <>
      <PageHead
        title={
          <>
            <bdi>{plain(agent.name)}</bdi> <AgentBadge status={agent.status} />
          </>
        }
        lead={agent.description === "" ? undefined : <bdi>{plain(agent.description)}</bdi>}
        back={{ href: `${base}/agents`, label: "Agents" }}
      >
        {manage && agent.status !== "decommissioned" ? (
          <LinkButton href={`${base}/agents/${agent.id}/edit`}>Edit</LinkButton>
        ) : undefined}
      </PageHead>
      {refusal === null ? null : <Refused refusal={refusal} />}
      {starting ? <FirstSteps base={base} agent={agent} mandate={mandate} keys={usable} /> : null}
      <div class="columns">
        <div>
          <MandateCard visit={visit} agent={agent} mandate={mandate} />
          <LatestCard visit={visit} agent={agent} transactions={latest.data} />
          {agent.status === "decommissioned" ? null : (
            <Card
              title="Connect a client"
              id="connect"
              hint={
                <>
                  Put a spend key in place of YOUR_KEY. A key is shown once, when it is made
                  {manage ? (
                    <>
                      : <a href={`${base}/keys/new?agent_id=${agent.id}`}>make one for this agent</a>
                    </>
                  ) : null}
                  .
                </>
              }
            >
              <Connect origin={publicUrl(scope.env)} apiKey={null} />
            </Card>
          )}
        </div>
        <div class="agent-side">
          <FactsCard visit={visit} agent={agent} />
          {manage ? <AgentActions visit={visit} agent={agent} /> : null}
        </div>
      </div>
    </>,
  );
}

const FactsCard = ({ visit, agent }: { readonly visit: OrganizationVisit; readonly agent: AgentView }) => {
  const { now, organization } = visit;
  const { timezone } = organization;
  const metadata = Object.entries(agent.metadata);
  return (
    <Card title="Facts">
      <Facts
        items={[
          ["Id", <Copyable text={agent.id} label="the id" />],
          ["Spending calls per minute", String(agent.spend_calls_per_minute)],
          agent.tags.length === 0
            ? null
            : [
                "Tags",
                <span class="tags">
                  {agent.tags.map((tag) => (
                    <span class="tag">
                      <bdi>{plain(tag)}</bdi>
                    </span>
                  ))}
                </span>,
              ],
          ...metadata.map(([key, value]) => [<bdi>{plain(key)}</bdi>, <bdi>{plain(value) || "(empty)"}</bdi>] as const),
          ["Created", <When at={agent.created_at} now={now} timezone={timezone} exact />],
          ["Changed", <When at={agent.updated_at} now={now} timezone={timezone} exact />],
        ]}
      />
    </Card>
  );
};
