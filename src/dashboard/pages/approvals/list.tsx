import { organizationPage } from "../../answer.tsx";
import type { AnswerOf } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Badge, Card, Empty, Money, PageHead, Pager, Table, type Tone, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { newestSeq } from "../overview/pulse.ts";
import { Queue } from "./queue.tsx";

type Approval = AnswerOf<"listApprovals">["data"][number];
type Status = Approval["status"];

export const STATUS_WORDS: Readonly<Record<Status, { readonly label: string; readonly tone: Tone }>> = {
  pending: { label: "Waiting", tone: "warn" },
  approved: { label: "Approved", tone: "good" },
  denied: { label: "Denied", tone: "bad" },
  expired: { label: "Nobody decided", tone: "quiet" },
  cancelled: { label: "Called off", tone: "quiet" },
};

const TABS = ["all", "approved", "denied", "expired", "cancelled", "pending"] as const;
const QUEUE = 50;
const ROWS = 25;

/** What waits for a person, and below it what was decided. */
export async function approvalList(visit: OrganizationVisit): Promise<Response> {
  const { api, base, url } = visit;
  const seq = await newestSeq(visit);
  const tab = TABS.find((one) => one === url.searchParams.get("status")) ?? "all";
  const cursor = url.searchParams.get("cursor") ?? undefined;
  const [waiting, history] = await Promise.all([
    api.get("listApprovals", { query: { status: "pending", limit: QUEUE } }),
    api.get("listApprovals", { query: { status: tab, limit: ROWS, cursor } }),
  ]);
  // Those that wait stand above already.
  const rows = tab === "all" ? history.data.filter(({ status }) => status !== "pending") : history.data;
  return organizationPage(
    visit,
    { title: "Approvals", section: "approvals", live: seq },
    <>
      <PageHead
        title="Approvals"
        lead="Purchases that a mandate leaves to a person. The agent waits until somebody decides."
      />
      <Card
        id="queue"
        live
        flush
        title="Waiting for a decision"
        {...(waiting.data.length > 0 ? { tone: "warn" as const } : {})}
        actions={
          waiting.next_cursor === null ? undefined : <a href={`${base}/approvals?status=pending`}>See all that wait</a>
        }
      >
        {waiting.data.length === 0 ? <NothingWaits base={base} /> : <Queue visit={visit} approvals={waiting.data} />}
      </Card>
      <Card id="history" live={cursor === undefined} flush title="Earlier ones">
        <nav class="tabs inset" aria-label="Which approvals">
          {TABS.map((one) => (
            <a href={`${base}/approvals?status=${one}`} aria-current={one === tab ? "true" : undefined}>
              {one === "all" ? "All" : STATUS_WORDS[one].label}
            </a>
          ))}
        </nav>
        {rows.length === 0 ? (
          <p class="soft">{history.next_cursor === null ? "None so far." : "None on this page. Older ones follow."}</p>
        ) : (
          <History visit={visit} rows={rows} />
        )}
        <Pager url={url} next={history.next_cursor} />
      </Card>
    </>,
  );
}

const NothingWaits = ({ base }: { readonly base: string }) => (
  <Empty icon="check" title="Nothing waits for you" action={<a href={`${base}/mandates`}>See which mandates ask</a>}>
    When an agent wants to buy something that its mandate leaves to a person, it appears here, with the time that is
    left to decide. If nobody does, it counts as denied.
  </Empty>
);

function History({ visit, rows }: { readonly visit: OrganizationVisit; readonly rows: readonly Approval[] }) {
  const { base, now, organization } = visit;
  return (
    <Table
      caption="Approvals, newest first"
      columns={["Vendor", "Outcome", { label: "Amount", end: true }, { label: "When", end: true }]}
      narrow="pair"
    >
      {rows.map(({ id, vendor, agent_name, status, amount, currency, decided_at, requested_at }) => (
        <tr>
          <th scope="row">
            <a href={`${base}/approvals/${id}`}>
              <bdi>{plain(vendor)}</bdi>
            </a>
            <p class="hint">
              <bdi>{plain(agent_name)}</bdi>
            </p>
          </th>
          <td data-label="Outcome">
            <Badge tone={STATUS_WORDS[status].tone}>{STATUS_WORDS[status].label}</Badge>
          </td>
          <td class="end" data-label="Amount">
            <Money amount={amount} currency={currency} />
          </td>
          <td class="end soft" data-label="When">
            <When at={decided_at ?? requested_at} now={now} timezone={organization.timezone} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
