import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Form, FormErrors, NO_ERRORS, Submit } from "../../ui/form.tsx";
import { Card, Facts, LinkButton, Notice, PageHead } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import {
  type AgentValues,
  agentBody,
  agentErrors,
  FurtherFields,
  typedValues,
  valuesOf,
  WhoFields,
} from "./agent-form.tsx";
import type { AgentView } from "./data.ts";

const read = ({ api, params }: OrganizationVisit): Promise<AgentView> =>
  api.get("getAgent", { params: { agent_id: params.agent_id ?? "" } });

export async function editAgentPage(visit: OrganizationVisit): Promise<Response> {
  const agent = await read(visit);
  return page(visit, agent, valuesOf(agent), null);
}

export async function saveAgent(visit: OrganizationVisit): Promise<Response> {
  const { api, base, form, params } = visit;
  const agent_id = params.agent_id ?? "";
  const body = agentBody(form);
  const saved = await api.call("updateAgent", { params: { agent_id }, body, if_match: form.text("version") });
  if (saved.ok) return redirect(`${base}/agents/${agent_id}`, { done: "agent_saved" });
  return page(visit, await read(visit), typedValues(form), saved);
}

function page(visit: OrganizationVisit, agent: AgentView, values: AgentValues, refusal: ApiRefusal | null): Response {
  const { fields: errors, above } = refusal === null ? { fields: NO_ERRORS, above: [] } : agentErrors(refusal);
  const overtaken = refusal?.status === 412;
  const back = `${visit.base}/agents/${agent.id}`;
  return organizationPage(
    visit,
    { title: "Edit the agent", section: "agents", status: refusal?.status ?? 200 },
    <>
      <PageHead title="Edit the agent" back={{ href: back, label: "The agent" }} />
      {overtaken ? <Overtaken now={valuesOf(agent)} typed={values} /> : <FormErrors above={above} fields={errors} />}
      <Form visit={visit} class="stack">
        <input type="hidden" name="version" value={String(agent.version)} />
        <Card title="Who it is">
          <WhoFields values={values} errors={errors} />
        </Card>
        <Card title="Tags, details and call rate">
          <FurtherFields values={values} errors={errors} />
        </Card>
        <div class="actions">
          <Submit>{overtaken ? "Save mine instead" : "Save"}</Submit>
          <LinkButton href={back}>Cancel</LinkButton>
        </div>
      </Form>
    </>,
  );
}

const LABELS: Readonly<Record<keyof AgentValues, string>> = {
  name: "Name",
  description: "What it does",
  tags: "Tags",
  metadata: "Details",
  spend_calls_per_minute: "Spending calls per minute",
};

/** Somebody else saved first: what stands there now, where it is not what was typed. */
function Overtaken({ now, typed }: { readonly now: AgentValues; readonly typed: AgentValues }) {
  const names = (Object.keys(LABELS) as (keyof AgentValues)[]).filter((name) => now[name] !== typed[name]);
  return (
    <>
      <Notice tone="warn">
        <strong>Somebody else was faster.</strong> The agent was changed while you were editing, so nothing of yours was
        saved. Compare, then save again to put yours in its place.
      </Notice>
      <Card title="As it is now" hint="Only what differs from what you typed below.">
        {names.length === 0 ? (
          <p>Nothing differs: it already is as you want it.</p>
        ) : (
          <Facts items={names.map((name) => [LABELS[name], <bdi>{plain(now[name]) || "(empty)"}</bdi>])} />
        )}
      </Card>
    </>
  );
}
