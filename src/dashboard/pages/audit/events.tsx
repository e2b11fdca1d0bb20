import { organizationPage } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { By } from "../../ui/by.tsx";
import { Input, Select } from "../../ui/form.tsx";
import { Card, Empty, LinkButton, PageHead, Pager, Table, When } from "../../ui/parts.tsx";
import { type Names, namesOf } from "../transactions/names.ts";
import { asOf, bodyOf, type LogFilter, type PastEvent, readLog } from "./log.ts";
import { memberWords, personIn } from "./member-words.ts";
import { Subject } from "./subject.tsx";

const GROUPS: readonly (readonly [value: string, label: string])[] = [
  ["", "All events"],
  ["transaction.", "Transactions"],
  ["mandate.", "Mandates"],
  ["agent.", "Agents"],
  ["organization.", "Organization"],
  ["member.", "Members"],
  ["key.", "API keys"],
  ["webhook.", "Webhooks"],
  ["alert.", "Alerts"],
  ["integration.", "Integrations"],
  ["profile.", "Payment profiles"],
  ["merchant.", "Merchants"],
  ["wallet.", "Wallets"],
  ["signing_key.", "Signing keys"],
  ["audit.", "Erasures"],
  ["request.", "Refused requests"],
];

/** The log, newest first. */
export async function eventList(visit: OrganizationVisit): Promise<Response> {
  const { base, url } = visit;
  const filter = filterOf(url);
  const [{ events, next }, { seq }] = await Promise.all([readLog(visit, filter), asOf(visit)]);
  const names = await namesOf(
    visit,
    events.flatMap((event) => [bodyOf(event)?.actor ?? [], personIn(event) ?? []].flat()),
  );
  const path = `${base}/audit/events`;
  return organizationPage(
    visit,
    { title: "Events", section: "audit", live: true },
    <>
      <PageHead
        title="Events"
        lead={`Everything that has changed, newest first, as of event ${seq}.`}
        back={{ href: `${base}/audit`, label: "Audit" }}
      />
      <Filter path={path} filter={filter} />
      <Card id="events" live={filter.before === null} flush>
        {events.length === 0 ? (
          <Nothing path={path} filter={filter} more={next !== null} />
        ) : (
          <Rows visit={visit} events={events} names={names} />
        )}
        <Pager url={url} next={next === null ? null : String(next)} />
      </Card>
    </>,
  );
}

function filterOf({ searchParams }: URL): LogFilter {
  const before = /^\d{1,15}$/.exec(searchParams.get("cursor") ?? "");
  const text = (name: string, form: RegExp) => {
    const value = (searchParams.get(name) ?? "").trim();
    return form.test(value) ? value : "";
  };
  return {
    type: text("type", /^[a-z_.]{1,60}$/),
    // People and invitations have ids without a prefix.
    subject: text("subject", /^[0-9A-Za-z_-]{1,64}$/),
    before: before === null ? null : Number(before[0]),
  };
}

function Filter({ path, filter: { type, subject } }: { readonly path: string; readonly filter: LogFilter }) {
  const groups = GROUPS.map(([value, label]) => ({ value, label }));
  const choices = GROUPS.some(([value]) => value === type) ? groups : [...groups, { value: type, label: type }];
  return (
    <form method="get" action={path} class="filters" aria-label="Filter events">
      <Select name="type" label="About" value={type} choices={choices} />
      <Input name="subject" label="Id" type="search" value={subject} placeholder="txn_…, agt_…, mdt_…" maxlength={64} />
      <div class="row">
        <button type="submit" class="button">
          Show
        </button>
        {type === "" && subject === "" ? null : <a href={path}>Clear</a>}
      </div>
    </form>
  );
}

function Rows({
  visit,
  events,
  names,
}: {
  readonly visit: OrganizationVisit;
  readonly events: readonly PastEvent[];
  readonly names: Names;
}) {
  const { base, now, organization } = visit;
  return (
    <div class="money-lines event-lines">
      <Table caption="Events, newest first" columns={["Event", "About", "By", "When", { label: "No.", end: true }]}>
        {events.map((event) => {
          const body = bodyOf(event);
          const words = memberWords(event.type, body);
          return (
            <tr>
              <th scope="row">
                <a href={`${base}/audit/event?seq=${event.seq}`}>{event.type}</a>
                {words === null ? null : <p class="hint">{words}</p>}
              </th>
              <td class="row-base" data-label="About">
                <span>
                  <Subject base={base} event={event} names={names} short />
                </span>
              </td>
              <td class="row-aside" data-label="By">
                <span>{body === null ? "Erased" : <By actor={body.actor} names={names} />}</span>
              </td>
              <td class="row-wide" data-label="When">
                <When at={event.at} now={now} timezone={organization.timezone} exact />
              </td>
              <td class="end" data-label="No.">
                {event.seq}
              </td>
            </tr>
          );
        })}
      </Table>
    </div>
  );
}

function Nothing({
  path,
  filter,
  more,
}: {
  readonly path: string;
  readonly filter: LogFilter;
  readonly more: boolean;
}) {
  if (more) {
    return (
      <Empty icon="search" title="Nothing in this stretch">
        No event of this part of the log fits. Older ones have not been looked at: go on with Older below.
      </Empty>
    );
  }
  if (filter.type === "" && filter.subject === "") {
    return (
      <Empty icon="chain" title="The log is just being written">
        The first events show here within seconds.
      </Empty>
    );
  }
  return (
    <Empty icon="search" title="Nothing fits" action={<LinkButton href={path}>Show all events</LinkButton>}>
      No event fits these filters.
    </Empty>
  );
}
