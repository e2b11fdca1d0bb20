import type { Child } from "hono/jsx";
import { organizationPage } from "../../answer.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Badge, Card, Empty, LinkButton, PageHead, Pager, Table, When } from "../../ui/parts.tsx";
import { countWords, labelWords, plain } from "../../ui/words.ts";
import { allAgents, type KeyView } from "../agents/data.ts";
import { KEY_TONES, roleLabel } from "./words.ts";

/** Keys on one page. The operation answers all of them at once. */
const PAGE = 50;

export async function keyList(visit: OrganizationVisit): Promise<Response> {
  const { api, base, url, organization } = visit;
  if (!mayManage(organization)) return page(visit, undefined, <NotYours />);
  const { data } = await api.get("listKeys");
  const ended = url.searchParams.get("status") === "ended";
  const wanted = data.filter(({ status }) => (status === "active") !== ended);
  const from = /^\d{1,6}$/.test(url.searchParams.get("cursor") ?? "") ? Number(url.searchParams.get("cursor")) : 0;
  const shown = wanted.slice(from, from + PAGE);
  const names = await agentNames(visit, shown);
  const create = (
    <LinkButton href={`${base}/keys/new`} kind="main">
      Create a key
    </LinkButton>
  );
  return page(
    visit,
    data.length > 0 ? create : undefined,
    <>
      {data.length === 0 ? null : (
        <nav class="tabs" aria-label="Which keys">
          <a href={`${base}/keys`} aria-current={ended ? undefined : "page"}>
            In use
          </a>
          <a href={`${base}/keys?status=ended`} aria-current={ended ? "page" : undefined}>
            Revoked and expired
          </a>
        </nav>
      )}
      {shown.length === 0 ? (
        <Card>
          {ended ? (
            <p class="soft">No key was revoked yet, and none has expired.</p>
          ) : (
            <Empty icon="key" title="No keys in use" action={create}>
              A key lets a program in: a spend key for an agent, which goes into the URL that you paste into Claude, or
              a key for your own tools. You see it once, and can revoke it at any time.
            </Empty>
          )}
        </Card>
      ) : (
        <Card flush>
          <KeyTable visit={visit} keys={shown} names={names} />
        </Card>
      )}
      <Pager url={url} next={wanted.length > from + PAGE ? String(from + PAGE) : null} />
    </>,
  );
}

const page = (visit: OrganizationVisit, action: Child, content: Child): Response =>
  organizationPage(
    visit,
    { title: "API keys", section: "keys" },
    <>
      <PageHead title="API keys" lead="What programs sign in with. Each key can do one kind of thing.">
        {action}
      </PageHead>
      {content}
    </>,
  );

const NotYours = () => (
  <Card>
    <Empty icon="key" title="Owners and admins look after keys">
      Keys let agents spend and programs change things, so only owners and admins see which there are. Ask one of them
      if you need one.
    </Empty>
  </Card>
);

/** Names of the agents that these keys are limited to. */
async function agentNames({ api }: OrganizationVisit, keys: readonly KeyView[]): Promise<ReadonlyMap<string, string>> {
  if (keys.every(({ agents }) => agents === null)) return new Map();
  return new Map((await allAgents(api)).map(({ id, name }) => [id, name]));
}

const KeyTable = ({
  visit: { base, now, organization },
  keys,
  names,
}: {
  readonly visit: OrganizationVisit;
  readonly keys: readonly KeyView[];
  readonly names: ReadonlyMap<string, string>;
}) => (
  <Table caption="API keys" columns={["Name", "May", "Agents", "Ends with", "Status", "Created", "Expires"]}>
    {keys.map((key) => (
      <tr>
        <td>
          <a class="row-title" href={`${base}/keys/${key.id}`}>
            <bdi>{plain(key.name)}</bdi>
          </a>
        </td>
        <td data-label="May">{roleLabel(key.role)}</td>
        <td data-label="Agents">
          <AgentsOf agents={key.agents} role={key.role} names={names} />
        </td>
        <td data-label="Ends with">
          <code>{`…${key.last4}`}</code>
        </td>
        <td data-label="Status">
          <Badge tone={KEY_TONES[key.status]}>{labelWords(key.status)}</Badge>
          {key.status === "active" && key.replaced_by !== null ? <Badge tone="warn">Being replaced</Badge> : null}
        </td>
        <td data-label="Created">
          <When at={key.created_at} now={now} timezone={organization.timezone} />
        </td>
        <td data-label="Expires">
          {key.expires_at === null ? (
            <span class="soft">Never</span>
          ) : (
            <When at={key.expires_at} now={now} timezone={organization.timezone} />
          )}
        </td>
      </tr>
    ))}
  </Table>
);

/** The first few by name, the rest by number. */
export function AgentsOf({
  agents,
  role,
  names,
}: Pick<KeyView, "agents" | "role"> & { readonly names: ReadonlyMap<string, string> }) {
  if (role !== "spend") return <span class="soft">–</span>;
  if (agents === null) return <>All</>;
  const shown = agents.slice(0, 3);
  return (
    <>
      {shown.map((id, index) => (
        <>
          {index === 0 ? "" : ", "}
          <bdi>{plain(names.get(id) ?? id)}</bdi>
        </>
      ))}
      {agents.length > shown.length ? ` and ${countWords(agents.length - shown.length, "other")}` : ""}
    </>
  );
}
