import { organizationPage } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { Select } from "../../ui/form.tsx";
import { Badge, Card, Empty, LinkButton, Notice, PageHead, Pager, Table, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { newestSeq } from "../overview/pulse.ts";
import { agentNames } from "../transactions/names.ts";
import { SEVERITY_CHOICES, Severity } from "./severity.tsx";
import { type Alert, KIND_CHOICES, KIND_WORDS } from "./words.ts";

const ROWS = 25;
const FILTERS = ["severity", "kind", "agent_id", "acknowledged"] as const;
type Filters = Readonly<Record<(typeof FILTERS)[number], string>>;

/** What the watch over the log found worth a word. */
export async function alertList(visit: OrganizationVisit): Promise<Response> {
  const { api, url, base } = visit;
  const seq = await newestSeq(visit);
  const cursor = url.searchParams.get("cursor") ?? undefined;
  const filters = Object.fromEntries(
    FILTERS.map((name) => [name, (url.searchParams.get(name) ?? "").trim()]),
  ) as unknown as Filters;
  const query = Object.fromEntries(FILTERS.map((name) => [name, filters[name] || undefined]));
  const [agents, answer] = await Promise.all([
    agentNames(visit),
    api.call("listAlerts", { query: { ...query, limit: ROWS, cursor } }),
  ]);
  const alerts = answer.ok ? answer.body.data : [];
  return organizationPage(
    visit,
    { title: "Alerts", section: "alerts", live: seq, status: answer.ok ? 200 : answer.status },
    <>
      <PageHead title="Alerts" lead="Quetra watches what agents do and says so when something stands out.">
        <LinkButton href={`${base}/settings/alerts`}>What raises alerts</LinkButton>
      </PageHead>
      <FilterForm path={`${base}/alerts`} filters={filters} agents={agents} />
      {answer.ok ? null : <Notice tone="bad">{answer.errors[0]?.message ?? answer.detail}</Notice>}
      <Card id="alerts" live={cursor === undefined} flush>
        {alerts.length === 0 ? (
          <NoAlerts path={`${base}/alerts`} filtered={FILTERS.some((name) => filters[name] !== "")} />
        ) : (
          <Lines visit={visit} alerts={alerts} agents={agents} />
        )}
        <Pager url={url} next={answer.ok ? answer.body.next_cursor : null} />
      </Card>
    </>,
  );
}

const ANY = { value: "", label: "Any" };

function FilterForm({
  path,
  filters,
  agents,
}: {
  readonly path: string;
  readonly filters: Filters;
  readonly agents: ReadonlyMap<string, string>;
}) {
  const names = [...agents].map(([value, name]) => ({ value, label: plain(name) }));
  const seen = [
    { value: "", label: "All" },
    { value: "false", label: "Not seen yet" },
    { value: "true", label: "Acknowledged" },
  ];
  return (
    <form method="get" action={path} class="filters" aria-label="Filter alerts">
      <Select name="severity" label="Severity" value={filters.severity} choices={[ANY, ...SEVERITY_CHOICES]} />
      <Select name="kind" label="Kind" value={filters.kind} choices={[ANY, ...KIND_CHOICES]} />
      <Select name="agent_id" label="Agent" value={filters.agent_id} choices={[ANY, ...names]} />
      <Select name="acknowledged" label="Seen" value={filters.acknowledged} choices={seen} />
      <button type="submit" class="button">
        Show
      </button>
    </form>
  );
}

const NoAlerts = ({ path, filtered }: { readonly path: string; readonly filtered: boolean }) =>
  filtered ? (
    <Empty icon="search" title="Nothing fits" action={<LinkButton href={path}>Show all alerts</LinkButton>}>
      No alert fits these filters.
    </Empty>
  ) : (
    <Empty icon="bell" title="Nothing stood out so far">
      A large purchase, a new vendor, a budget that runs low, a payment whose outcome nobody knows: what stands out is
      said here, once, with the figures behind it.
    </Empty>
  );

function Lines({
  visit,
  alerts,
  agents,
}: {
  readonly visit: OrganizationVisit;
  readonly alerts: readonly Alert[];
  readonly agents: ReadonlyMap<string, string>;
}) {
  const { base, now, organization } = visit;
  return (
    <Table
      caption="Alerts, newest first"
      columns={["What", "Severity", "Agent", { label: "When", end: true }]}
      narrow="line"
    >
      {alerts.map(({ id, kind, severity, message, agent_id, raised_at, acknowledged_at }) => (
        <tr>
          <td>
            <a href={`${base}/alerts/${id}`}>
              <strong>{KIND_WORDS[kind]}</strong>
            </a>
            <p class="soft">{plain(message)}</p>
          </td>
          <td data-label="Severity">
            <span>
              <Severity of={severity} /> {acknowledged_at === null ? null : <Badge>Seen</Badge>}
            </span>
          </td>
          <td data-label="Agent">
            {agent_id === null ? (
              <span class="soft">No agent</span>
            ) : (
              <bdi>{plain(agents.get(agent_id) ?? agent_id)}</bdi>
            )}
          </td>
          <td class="end soft" data-label="When">
            <When at={raised_at} now={now} timezone={organization.timezone} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
