import type { Child } from "hono/jsx";
import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Form, FormErrors, fieldErrors, NO_ERRORS, Submit, TextArea } from "../../ui/form.tsx";
import { Badge, Card, Facts, PageHead, When } from "../../ui/parts.tsx";
import { countWords, labelWords, plain } from "../../ui/words.ts";
import { deciderName } from "../approvals/record.tsx";
import { figuresOf } from "./figures.tsx";
import { Severity } from "./severity.tsx";
import { type Alert, KIND_WORDS } from "./words.ts";

export const alertPage = (visit: OrganizationVisit): Promise<Response> => show(visit, null);

export async function acknowledge(visit: OrganizationVisit): Promise<Response> {
  const params = { alert_id: visit.params.alert_id ?? "" };
  const body = { note: visit.form.optional("note") };
  const answer = await visit.api.call("acknowledgeAlert", { params, body });
  return answer.ok
    ? redirect(`${visit.base}/alerts/${params.alert_id}`, { done: "acknowledged" })
    : show(visit, answer);
}

async function show(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { api, base, params } = visit;
  const alert = await api.get("getAlert", { params: { alert_id: params.alert_id ?? "" } });
  const { fields, above } = refusal === null ? { fields: NO_ERRORS, above: [] } : fieldErrors(refusal);
  const title = KIND_WORDS[alert.kind];
  return organizationPage(
    visit,
    { title, section: "alerts", status: refusal?.status ?? 200 },
    <>
      <PageHead title={title} back={{ href: `${base}/alerts`, label: "Alerts" }} lead={plain(alert.message)} />
      <FormErrors fields={fields} above={above} />
      <div class="columns">
        <Card title="What was seen">
          <About visit={visit} alert={alert} agent={await agentName(visit, alert.agent_id)} />
        </Card>
        <Card title={alert.acknowledged_at === null ? "Nobody has acknowledged it" : "Acknowledged"}>
          {alert.acknowledged_at === null ? (
            mayManage(visit.organization) ? (
              <Form visit={visit} action={`${base}/alerts/${alert.id}/acknowledge`}>
                <p class="soft">Says that a person has seen it. Nothing else changes: a paused mandate stays paused.</p>
                <TextArea
                  name="note"
                  label="Note"
                  hint="For whoever looks at it later."
                  optional
                  rows={2}
                  value={visit.form.text("note")}
                  errors={fields}
                />
                <Submit>Acknowledge</Submit>
              </Form>
            ) : (
              <p class="soft">An owner or an admin can acknowledge it.</p>
            )
          ) : (
            <Acknowledged visit={visit} alert={alert} name={await deciderName(visit, alert.acknowledged_by)} />
          )}
        </Card>
      </div>
    </>,
  );
}

async function agentName({ api }: OrganizationVisit, agent_id: string | null): Promise<string | null> {
  if (agent_id === null) return null;
  const answer = await api.call("getAgent", { params: { agent_id } });
  return answer.ok ? answer.body.name : agent_id;
}

function About({
  visit,
  alert,
  agent,
}: {
  readonly visit: OrganizationVisit;
  readonly alert: Alert;
  readonly agent: string | null;
}) {
  const { base, now } = visit;
  const { timezone } = visit.organization;
  const link = (place: string, id: string | null, words: Child): Child =>
    id === null ? null : <a href={`${base}/${place}/${id}`}>{words}</a>;
  const { agent_id, transaction_id, mandate_id, paused_mandate_id } = alert;
  return (
    <Facts
      items={[
        ["Severity", <Severity of={alert.severity} />],
        ["When it was so", <When at={alert.at} now={now} timezone={timezone} exact />],
        agent_id === null ? null : ["Agent", link("agents", agent_id, <bdi>{plain(agent ?? agent_id)}</bdi>)],
        transaction_id === null ? null : ["Transaction", link("transactions", transaction_id, "Open the transaction")],
        mandate_id === null ? null : ["Mandate", link("mandates", mandate_id, "Open the mandate")],
        paused_mandate_id === null
          ? null
          : [
              "What it did",
              <>
                <Badge tone="bad">Paused</Badge> {link("mandates", paused_mandate_id, "this mandate")} until a person
                resumes it
              </>,
            ],
        alert.suppressed === 0
          ? null
          : ["Seen again", `${countWords(alert.suppressed, "more time")} within its cooldown`],
        ...figuresOf(alert).map(([name, words]) => [labelWords(name), words] as const),
      ]}
    />
  );
}

function Acknowledged({
  visit,
  alert: { acknowledged_at, acknowledged_by, note },
  name,
}: {
  readonly visit: OrganizationVisit;
  readonly alert: Alert;
  readonly name: string | null;
}) {
  const nameless = acknowledged_by?.startsWith("person:")
    ? "Somebody who is no member any more"
    : "Somebody with a key";
  return (
    <Facts
      items={[
        acknowledged_at === null
          ? null
          : ["When", <When at={acknowledged_at} now={visit.now} timezone={visit.organization.timezone} exact />],
        ["By", name === null ? nameless : <bdi>{plain(name)}</bdi>],
        note === null ? null : ["Note", <q dir="auto">{plain(note)}</q>],
      ]}
    />
  );
}
