import type { Child } from "hono/jsx";
import { LIMITS } from "../../../limits.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { Input, Select } from "../../ui/form.tsx";
import { Card, Empty, LinkButton, Money, Notice, PageHead, Pager, Table, When } from "../../ui/parts.tsx";
import {
  Flags,
  PROTOCOL_CHOICES,
  PROTOCOL_SHORT,
  STATUS_CHOICES,
  TransactionStatusBadge,
} from "../../ui/transaction.tsx";
import { amountWords, countWords, plain } from "../../ui/words.ts";
import { asOf } from "../audit/log.ts";
import { type Filters, filterQuery, isFiltered, operationQuery, readFilters } from "./filters.ts";
import { agentNames } from "./names.ts";
import { type Line, pageOfId, searchVendors } from "./search.ts";

const ROWS = 50;

/** Everything that agents have asked for, newest first. */
export async function transactionList(visit: OrganizationVisit): Promise<Response> {
  const { url, base } = visit;
  const filters = readFilters(url);
  const known = pageOfId(base, filters.q);
  if (known !== null) return redirect(known);
  const agents = await agentNames(visit);
  const shown = await rowsOf(visit, filters);
  const path = `${base}/transactions`;
  return organizationPage(
    visit,
    { title: "Transactions", section: "transactions", live: true, status: shown.refused === null ? 200 : 400 },
    <>
      <PageHead title="Transactions" lead="Everything your agents have asked to spend, and what became of it.">
        {filters.q === "" && shown.lines.length > 0 ? (
          <LinkButton href={`${path}.csv${filterQuery(filters)}`}>Export as CSV</LinkButton>
        ) : null}
      </PageHead>
      <FilterForm path={path} filters={filters} agents={agents} />
      {shown.refused === null ? null : <Notice tone="bad">{shown.refused}</Notice>}
      <Card id="transactions" live={url.searchParams.get("cursor") === null} flush>
        {shown.lines.length === 0 ? (
          <Nothing visit={visit} filters={filters} more={shown.next !== null} />
        ) : (
          <Lines visit={visit} lines={shown.lines} agents={agents} />
        )}
        {shown.note === null ? null : <p class="hint">{shown.note}</p>}
        <Pager url={url} next={shown.next} />
      </Card>
    </>,
  );
}

interface Shown {
  readonly lines: readonly Line[];
  readonly next: string | null;
  /** Why the list is not there. */
  readonly refused: string | null;
  readonly note: Child | null;
}

async function rowsOf(visit: OrganizationVisit, filters: Filters): Promise<Shown> {
  const cursor = visit.url.searchParams.get("cursor");
  if (filters.q !== "") {
    const [{ lines, next_cursor }, { seq }] = await Promise.all([searchVendors(visit, filters, cursor), asOf(visit)]);
    const note = `Searched among the newest ${countWords(LIMITS.dashboardSearchRows, "transaction")}, as of event ${seq} of the log.`;
    return { lines, next: next_cursor, refused: null, note };
  }
  const query = { ...operationQuery(filters, visit), limit: ROWS, cursor: cursor ?? undefined };
  const answer = await visit.api.call("listTransactions", { query });
  if (answer.ok) return { lines: answer.body.data, next: answer.body.next_cursor, refused: null, note: null };
  const first = answer.errors[0]?.message;
  return { lines: [], next: null, refused: first ?? answer.detail, note: null };
}

function FilterForm({
  path,
  filters,
  agents,
}: {
  readonly path: string;
  readonly filters: Filters;
  readonly agents: ReadonlyMap<string, string>;
}) {
  const choices = [...agents].map(([value, name]) => ({ value, label: plain(name) }));
  if (filters.agent_id !== "" && !agents.has(filters.agent_id)) {
    choices.push({ value: filters.agent_id, label: plain(filters.agent_id) });
  }
  return (
    <form method="get" action={path} class="filters narrowed" aria-label="Filter transactions">
      <Input name="q" label="Search" type="search" value={filters.q} placeholder="Vendor or id" maxlength={200} />
      <Select
        name="agent_id"
        label="Agent"
        value={filters.agent_id}
        choices={[{ value: "", label: "All agents" }, ...choices]}
      />
      <Select
        name="status"
        label="Status"
        value={filters.status}
        choices={[{ value: "", label: "Any status" }, ...STATUS_CHOICES]}
      />
      <Select
        name="protocol"
        label="Paid by"
        value={filters.protocol}
        choices={[{ value: "", label: "Any way" }, ...PROTOCOL_CHOICES]}
      />
      <Input name="currency" label="Currency" value={filters.currency} placeholder="Any" maxlength={3} />
      <Input name="from" label="From" type="date" value={filters.from} />
      <Input name="until" label="To" type="date" value={filters.until} />
      {filters.vendor === "" ? null : <Input name="vendor" label="Vendor" value={plain(filters.vendor)} />}
      <div class="row">
        <button type="submit" class="button">
          Show
        </button>
        {isFiltered(filters) ? <a href={path}>Clear</a> : null}
      </div>
    </form>
  );
}

function Lines({
  visit,
  lines,
  agents,
}: {
  readonly visit: OrganizationVisit;
  readonly lines: readonly Line[];
  readonly agents: ReadonlyMap<string, string>;
}) {
  const { base, now, organization } = visit;
  return (
    <div class="money-lines">
      <Table
        caption="Transactions, newest first"
        columns={["Vendor", "Status", "Agent", "When", { label: "Amount", end: true }]}
      >
        {lines.map((line) => (
          <tr>
            <th scope="row">
              <a href={`${base}/transactions/${line.id}`}>
                <bdi>{plain(line.vendor)}</bdi>
              </a>
              <p class="hint">
                {PROTOCOL_SHORT[line.protocol]}
                {line.category === undefined ? null : (
                  <>
                    {" · "}
                    <bdi>{plain(line.category)}</bdi>
                  </>
                )}
              </p>
            </th>
            <td class="row-wide" data-label="Status">
              <span>
                <TransactionStatusBadge status={line.status} />
                <Flags transaction={line} />
              </span>
            </td>
            <td class="row-base" data-label="Agent">
              <bdi>{plain(agents.get(line.agent_id) ?? line.agent_id)}</bdi>
            </td>
            <td class="row-aside" data-label="When">
              <When at={line.created_at} now={now} timezone={organization.timezone} />
            </td>
            <td class="end" data-label="Amount">
              <span>
                <Money amount={line.amount} currency={line.currency} />
                <Booked line={line} />
              </span>
            </td>
          </tr>
        ))}
      </Table>
    </div>
  );
}

/** What is booked, where that is not what was asked for. */
function Booked({ line }: { readonly line: Line }) {
  const parts: string[] = [];
  if (line.amount_settled !== 0 && line.amount_settled !== line.amount) {
    parts.push(`${amountWords(line.amount_settled)} settled`);
  }
  if (line.amount_held !== 0 && line.amount_held !== line.amount) parts.push(`${amountWords(line.amount_held)} held`);
  if (line.amount_refunded !== undefined) parts.push(`${amountWords(line.amount_refunded)} refunded`);
  return parts.length === 0 ? null : <p class="hint">{parts.join(", ")}</p>;
}

function Nothing({
  visit,
  filters,
  more,
}: {
  readonly visit: OrganizationVisit;
  readonly filters: Filters;
  readonly more: boolean;
}) {
  const path = `${visit.base}/transactions`;
  if (more) {
    return (
      <Empty icon="search" title="Nothing here yet">
        No transaction of this stretch fits. Older ones have not been looked at: go on with Older below.
      </Empty>
    );
  }
  if (isFiltered(filters)) {
    return (
      <Empty icon="search" title="Nothing fits" action={<LinkButton href={path}>Show all transactions</LinkButton>}>
        No transaction fits these filters. Try fewer of them, or a part of the vendor's name.
      </Empty>
    );
  }
  return (
    <Empty
      icon="list"
      title="No agent has asked yet"
      action={<LinkButton href={`${visit.base}/agents`}>To the agents</LinkButton>}
    >
      Whenever an agent asks to spend, it stands here: what for, what the policy said, and what became of the money.
      Connect an agent and let it ask for something small.
    </Empty>
  );
}
