import { LIMITS } from "../../../limits.ts";
import { organizationPage } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Checks, Radios } from "../../ui/choices.tsx";
import {
  type FieldErrors,
  Form,
  FormErrors,
  fieldErrors,
  Input,
  NO_ERRORS,
  Select,
  Submit,
  TextArea,
} from "../../ui/form.tsx";
import { Card, LinkButton, PageHead } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { type AgentView, allAgents } from "../agents/data.ts";
import { EXPIRY_CHOICES, expiryOf } from "./expiry.ts";
import { newKeyPage } from "./shown-once.tsx";
import { ROLE_CHOICES } from "./words.ts";

interface Values {
  readonly name: string;
  readonly role: string;
  /** `all` or `some`. */
  readonly scope: string;
  readonly agents: readonly string[];
  /** Ids typed by hand, where there are more agents than are listed. */
  readonly agent_ids: string;
  readonly expiry: string;
  readonly expires_on: string;
}

export async function keyForm(visit: OrganizationVisit): Promise<Response> {
  const agents = await allAgents(visit.api);
  const asked = agents.find(({ id }) => id === visit.url.searchParams.get("agent_id"));
  return page(visit, agents, null, {
    name: asked?.name ?? "",
    role: "spend",
    scope: asked === undefined ? "all" : "some",
    agents: asked === undefined ? [] : [asked.id],
    agent_ids: "",
    expiry: "never",
    expires_on: "",
  });
}

export async function createKey(visit: OrganizationVisit): Promise<Response> {
  const { api, form, now, organization } = visit;
  const chosen = [...new Set([...form.all("agents"), ...form.list("agent_ids")])];
  const made = await api.call("createKey", {
    body: {
      name: form.text("name"),
      role: form.text("role"),
      agents: form.text("scope") === "some" ? chosen : null,
      expires_at: expiryOf(form, now, organization.timezone),
    },
  });
  if (made.ok) return newKeyPage(visit, made.body, null);
  return page(visit, await allAgents(api), made, {
    name: form.text("name"),
    role: form.text("role"),
    scope: form.text("scope"),
    agents: form.all("agents"),
    agent_ids: form.text("agent_ids"),
    expiry: form.text("expiry"),
    expires_on: form.text("expires_on"),
  });
}

/** The field of the form for what the operation names. */
function fieldOf(pointer: string): string | undefined {
  const member = pointer.split("/")[1];
  return member === "expires_at" ? "expires_on" : member;
}

function page(
  visit: OrganizationVisit,
  agents: readonly AgentView[],
  refusal: ApiRefusal | null,
  values: Values,
): Response {
  const { fields: errors, above } = refusal === null ? { fields: NO_ERRORS, above: [] } : fieldErrors(refusal, fieldOf);
  return organizationPage(
    visit,
    { title: "Create a key", section: "keys", status: refusal?.status ?? 200 },
    <>
      <PageHead title="Create a key" back={{ href: `${visit.base}/keys`, label: "API keys" }} />
      <FormErrors above={above} fields={errors} />
      <Form visit={visit} class="stack">
        <Card>
          <Input
            name="name"
            label="Name"
            value={values.name}
            required
            maxlength={LIMITS.nameChars}
            placeholder="Claude of the research team"
            hint="For you, to know later where it is used."
            errors={errors}
          />
          <Radios name="role" label="What it may do" value={values.role} choices={ROLE_CHOICES} errors={errors} />
        </Card>
        <Card title="Agents" hint="For spend keys. Whoever has the key can spend as any of these agents.">
          <AgentFields agents={agents} values={values} errors={errors} />
        </Card>
        <Card title="Until when">
          <Select name="expiry" label="It expires" value={values.expiry} choices={EXPIRY_CHOICES} errors={errors} />
          <Input
            name="expires_on"
            label="Last day"
            type="date"
            optional
            value={values.expires_on}
            hint={`Only where you chose a day. It ends at midnight after it (${visit.organization.timezone}).`}
            errors={errors}
          />
        </Card>
        <div class="actions">
          <Submit>Create the key</Submit>
          <LinkButton href={`${visit.base}/keys`}>Cancel</LinkButton>
        </div>
      </Form>
    </>,
  );
}

/** Agents that are listed to be ticked; more are named by their ids. */
const LISTED = LIMITS.listMax;

function AgentFields({
  agents,
  values,
  errors,
}: {
  readonly agents: readonly AgentView[];
  readonly values: Values;
  readonly errors: FieldErrors;
}) {
  const usable = agents.filter(({ id, status }) => status !== "decommissioned" || values.agents.includes(id));
  // Where many are, the chosen ones come first, so that none of them is left out.
  const chosenFirst = [
    ...usable.filter(({ id }) => values.agents.includes(id)),
    ...usable.filter(({ id }) => !values.agents.includes(id)),
  ];
  const listed = usable.length > LISTED ? chosenFirst.slice(0, LISTED) : usable;
  return (
    <>
      <Radios
        name="scope"
        label="Which agents"
        value={values.scope}
        choices={[
          { value: "all", label: "All agents, also those to come", hint: "The model chooses by their descriptions." },
          { value: "some", label: "Only these", hint: "The others do not exist for this key." },
        ]}
      />
      {listed.length === 0 ? (
        <p class="hint some">There are no agents yet.</p>
      ) : (
        <div class="scroll-list some">
          <Checks
            name="agents"
            label="Only these agents"
            values={values.agents}
            choices={listed.map(({ id, name }) => ({ value: id, label: plain(name) }))}
            errors={errors}
          />
        </div>
      )}
      {listed.length < usable.length ? (
        <TextArea
          name="agent_ids"
          label="Further agents"
          optional
          mono
          value={values.agent_ids}
          hint="Only the first hundred stand above. Name others by their ids (agt_…), one per line."
        />
      ) : null}
    </>
  );
}
