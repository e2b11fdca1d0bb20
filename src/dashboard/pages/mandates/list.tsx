import { organizationPage } from "../../answer.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Select } from "../../ui/form.tsx";
import { Empty, LinkButton, PageHead, Pager } from "../../ui/parts.tsx";
import { countWords, moneyWords, plain } from "../../ui/words.ts";
import { agentNames } from "../transactions/names.ts";
import { Budgets, hasEnded, type Mandate, type MandateStatus, STATUS_LABELS, StatusBadge, termsOf } from "./shown.tsx";

const STATUSES = Object.keys(STATUS_LABELS) as readonly MandateStatus[];

/** Mandates, newest first, with what is left of their budgets. */
export async function mandateList(visit: OrganizationVisit): Promise<Response> {
  const { api, url, base, organization } = visit;
  const wanted = url.searchParams.get("status") ?? "";
  const status = STATUSES.find((one) => one === wanted);
  const agents = await agentNames(visit);
  const agent = url.searchParams.get("agent") ?? "";
  const { data, next_cursor } = await api.get("listMandates", {
    query: {
      ...(status === undefined ? {} : { status }),
      ...(agents.has(agent) ? { agent_id: agent } : {}),
      cursor: url.searchParams.get("cursor") ?? undefined,
    },
  });
  const filtered = status !== undefined || agents.has(agent);
  const manages = mayManage(organization);
  const path = `${base}/mandates`;
  return organizationPage(
    visit,
    { title: "Mandates", section: "mandates", live: true },
    <>
      <PageHead
        title="Mandates"
        lead="What each agent may spend, and when a person is asked. Without a mandate in force an agent can spend nothing."
      >
        {manages && agents.size > 0 ? (
          <LinkButton kind="main" href={`${path}/new`}>
            New mandate
          </LinkButton>
        ) : null}
      </PageHead>
      {data.length > 0 || filtered ? (
        <form method="get" action={path} class="filters">
          <Select
            name="agent"
            label="Agent"
            value={agent}
            choices={[
              { value: "", label: "All agents" },
              ...[...agents].map(([value, label]) => ({ value, label: plain(label) })),
            ]}
          />
          <Select
            name="status"
            label="Status"
            value={status ?? ""}
            choices={[
              { value: "", label: "All" },
              ...STATUSES.map((value) => ({ value, label: STATUS_LABELS[value] })),
            ]}
          />
          <button type="submit" class="button plain">
            Show
          </button>
          {filtered ? <a href={path}>Show all</a> : null}
        </form>
      ) : null}
      <div id="mandates" data-live>
        {data.length === 0 ? (
          <Nothing visit={visit} filtered={filtered} agents={agents.size} manages={manages} />
        ) : null}
        {data.map((mandate) => (
          <Entry visit={visit} mandate={mandate} agent={agents.get(mandate.agent_id)} />
        ))}
      </div>
      <Pager url={url} next={next_cursor} />
    </>,
  );
}

function Entry({
  visit,
  mandate,
  agent,
}: {
  readonly visit: OrganizationVisit;
  readonly mandate: Mandate;
  readonly agent: string | undefined;
}) {
  const { base, organization } = visit;
  const { id, status, version, agent_id } = mandate;
  const terms = termsOf(mandate);
  const ended = hasEnded(status);
  return (
    <article class={`card mandate${ended ? " ended" : ""}`} aria-labelledby={`${id}-name`}>
      <div class="mandate-words">
        <h2 id={`${id}-name`}>
          <a href={`${base}/mandates/${id}`}>
            <bdi>{plain(terms.name)}</bdi>
          </a>
        </h2>
        <p class="row">
          <StatusBadge status={status} />
          <span class="soft">{`Version ${version}`}</span>
        </p>
        <p>
          <a href={`${base}/agents/${agent_id}`}>
            <bdi>{agent === undefined ? agent_id : plain(agent)}</bdi>
          </a>
        </p>
        <p class="hint">
          {`At most ${moneyWords(terms.per_transaction_limit, terms.currency)} per purchase, ${
            terms.rules.length === 0 ? "no rules" : countWords(terms.rules.length, "rule")
          }.`}
        </p>
      </div>
      {ended ? null : (
        <div class="mandate-budgets">
          <Budgets mandate={mandate} timezone={organization.timezone} />
        </div>
      )}
    </article>
  );
}

function Nothing({
  visit: { base },
  filtered,
  agents,
  manages,
}: {
  readonly visit: OrganizationVisit;
  readonly filtered: boolean;
  readonly agents: number;
  readonly manages: boolean;
}) {
  if (filtered) {
    return (
      <Empty
        icon="search"
        title="None of these"
        action={<LinkButton href={`${base}/mandates`}>Show all mandates</LinkButton>}
      >
        No mandate is of this agent and in this state.
      </Empty>
    );
  }
  const [href, label] =
    agents === 0
      ? ([`${base}/agents/new`, "Create an agent"] as const)
      : ([`${base}/mandates/new`, "Write a mandate"] as const);
  return (
    <Empty
      icon="shield"
      title="No mandates yet"
      action={
        manages ? (
          <LinkButton kind="main" href={href}>
            {label}
          </LinkButton>
        ) : undefined
      }
    >
      A mandate is what an agent may spend: how much per purchase and per month, where, for what, and from which amount
      on a person is asked. {agents === 0 ? "It is written for an agent, so that comes first." : null}
    </Empty>
  );
}
