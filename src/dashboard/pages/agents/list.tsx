import { organizationPage } from "../../answer.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Card, Empty, LinkButton, PageHead, Pager, Table } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { type AgentView, type MandateView, mandatesOf } from "./data.ts";
import { AgentBadge, BudgetLines, MandateBadge } from "./parts.tsx";

export async function agentList(visit: OrganizationVisit): Promise<Response> {
  const { api, base, url, organization } = visit;
  const cursor = url.searchParams.get("cursor") ?? undefined;
  const { data, next_cursor } = await api.get("listAgents", { query: { cursor } });
  const mandates = await mandatesOf(api, data);
  const manage = mayManage(organization);
  const create = manage ? (
    <LinkButton href={`${base}/agents/new`} kind="main">
      Create an agent
    </LinkButton>
  ) : undefined;
  return organizationPage(
    visit,
    { title: "Agents", section: "agents", live: true },
    <>
      <PageHead title="Agents" lead="Who spends. Each agent is held to limits of its own, its mandate.">
        {data.length > 0 ? create : undefined}
      </PageHead>
      {data.length === 0 ? (
        <Card>
          <Empty icon="agent" title="No agents yet" action={create}>
            An agent is one of your AI helpers, such as a research assistant or a build bot. Give each its own name and
            limits: then you see who spent what, and can stop one without stopping the others.
          </Empty>
        </Card>
      ) : (
        <Card flush id="agents" live>
          <Table caption="Agents" columns={["Agent", "Status", "Left to spend", "Mandate"]}>
            {data.map((agent) => (
              <AgentRow base={base} agent={agent} mandate={mandates.get(agent.id)} />
            ))}
          </Table>
        </Card>
      )}
      <Pager url={url} next={next_cursor} />
    </>,
  );
}

const AgentRow = ({
  base,
  agent,
  mandate,
}: {
  readonly base: string;
  readonly agent: AgentView;
  readonly mandate: MandateView | undefined;
}) => (
  <tr>
    <td>
      <a class="row-title" href={`${base}/agents/${agent.id}`}>
        <bdi>{plain(agent.name)}</bdi>
      </a>
      {agent.description === "" ? null : (
        <p class="hint clamp">
          <bdi>{plain(agent.description)}</bdi>
        </p>
      )}
    </td>
    <td data-label="Status">
      <AgentBadge status={agent.status} />
    </td>
    <td data-label="Left to spend">
      <BudgetLines mandate={mandate} />
    </td>
    <td data-label="Mandate">
      {mandate === undefined ? (
        <span class="soft">None</span>
      ) : (
        <>
          <a href={`${base}/mandates/${mandate.id}`}>
            <bdi>{plain(String(mandate.terms.name ?? "Mandate"))}</bdi>
          </a>{" "}
          {mandate.status === "active" ? null : <MandateBadge status={mandate.status} />}
        </>
      )}
    </td>
  </tr>
);
