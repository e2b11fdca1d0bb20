import type { EventBody } from "../../../organization/event-log.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import { notFoundPage } from "../../errors.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { By } from "../../ui/by.tsx";
import { Card, Copyable, Facts, LinkButton, Notice, PageHead, When } from "../../ui/parts.tsx";
import { visibleJson } from "../../ui/visible-json.ts";
import { namesOf } from "../transactions/names.ts";
import { memberWords, personIn } from "./member-words.ts";
import { Subject } from "./subject.tsx";

/** One event as the object has it: what it says, and its link in the chain. */
export async function eventPage(visit: OrganizationVisit): Promise<Response> {
  const { api, base, url, now, organization } = visit;
  if (!url.searchParams.has("seq")) return redirect(`${base}/audit/events`);
  const seq = /^[1-9]\d{0,14}$/.test(url.searchParams.get("seq") ?? "") ? Number(url.searchParams.get("seq")) : null;
  if (seq === null) return notFoundPage(visit);
  const { data, next_after_seq } = await api.get("listEvents", { query: { after_seq: seq - 1, limit: 1 } });
  const event = data[0];
  if (event === undefined || event.seq !== seq) return notFoundPage(visit);
  const body = event.body as EventBody | null;
  const names = await namesOf(visit, [body?.actor ?? [], personIn(event) ?? []].flat());
  const words = memberWords(event.type, body);
  return organizationPage(
    visit,
    { title: `Event ${seq}`, section: "audit" },
    <>
      <PageHead title={`Event ${seq}`} lead={event.type} back={{ href: `${base}/audit/events`, label: "Events" }}>
        {seq === 1 ? null : <LinkButton href={`${base}/audit/event?seq=${seq - 1}`}>Before</LinkButton>}
        {next_after_seq === null ? null : <LinkButton href={`${base}/audit/event?seq=${seq + 1}`}>After</LinkButton>}
      </PageHead>
      <Card title="Where it stands">
        <Facts
          items={[
            ["Written", <When at={event.at} now={now} timezone={organization.timezone} exact />],
            body === null ? null : ["By", <By actor={body.actor} names={names} />],
            ["About", <Subject base={base} event={event} names={names} />],
            words === null ? null : ["In words", words],
            ["Id", <Copyable text={event.id} label="the event's id" />],
            ["Digest of what it says", <Copyable text={event.digest} label="the digest" />],
            ["Link in the chain", <Copyable text={event.hash} label="the hash" />],
          ]}
        />
      </Card>
      <Card
        title="What it says"
        hint="Exactly as it is sealed. Amounts count millionths: 25000000 is 25.00. Agents and merchants wrote some of these words."
        actions={
          body !== null && mayManage(organization) ? (
            <a href={`${base}/audit/erase?seq=${seq}`}>Erase this</a>
          ) : undefined
        }
      >
        {body === null ? (
          <Notice tone="info">What it said was erased for good. Its place in the chain is still proven.</Notice>
        ) : (
          <section aria-label="What the event says">
            <pre dir="ltr">
              <code>{visibleJson(body)}</code>
            </pre>
          </section>
        )}
      </Card>
    </>,
  );
}
