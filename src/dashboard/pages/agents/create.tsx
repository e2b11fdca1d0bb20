import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Radios } from "../../ui/choices.tsx";
import { type FieldErrors, Form, FormErrors, Input, NO_ERRORS, Submit } from "../../ui/form.tsx";
import { Card, LinkButton, PageHead } from "../../ui/parts.tsx";
import {
  type AgentValues,
  agentBody,
  agentErrors,
  FurtherFields,
  NEW_AGENT,
  typedValues,
  WhoFields,
} from "./agent-form.tsx";

interface Values extends AgentValues {
  readonly preset: string;
  readonly currency: string;
}

export const newAgentPage = (visit: OrganizationVisit): Response =>
  page(visit, { ...NEW_AGENT, preset: "standard", currency: "USD" }, null);

export async function createAgent(visit: OrganizationVisit): Promise<Response> {
  const { api, base, form } = visit;
  const [preset, currency] = [form.text("preset"), form.text("currency").toUpperCase()];
  const made = await api.call("createAgent", { body: { ...agentBody(form), preset, currency } });
  if (!made.ok) return page(visit, { ...typedValues(form), preset, currency }, made);
  return redirect(`${base}/agents/${made.body.id}`, { done: "agent_created" });
}

function page(visit: OrganizationVisit, values: Values, refusal: ApiRefusal | null): Response {
  const { fields: errors, above } = refusal === null ? { fields: NO_ERRORS, above: [] } : agentErrors(refusal);
  const further = ["tags", "metadata", "spend_calls_per_minute"].some((name) => errors.has(name));
  return organizationPage(
    visit,
    { title: "Create an agent", section: "agents", status: refusal?.status ?? 200 },
    <>
      <PageHead
        title="Create an agent"
        lead="One of your AI helpers, with limits of its own."
        back={{ href: `${visit.base}/agents`, label: "Agents" }}
      />
      <FormErrors above={above} fields={errors} />
      <Form visit={visit} class="stack">
        <Card title="Who it is">
          <WhoFields values={values} errors={errors} />
        </Card>
        <Card title="What it may spend" hint="You can change this at any time.">
          <LimitFields values={values} errors={errors} />
        </Card>
        <Card>
          <details class="more" open={further}>
            <summary>Tags, details and call rate</summary>
            <FurtherFields values={values} errors={errors} />
          </details>
        </Card>
        <div class="actions">
          <Submit>Create the agent</Submit>
          <LinkButton href={`${visit.base}/agents`}>Cancel</LinkButton>
        </div>
      </Form>
    </>,
  );
}

const LimitFields = ({ values, errors }: { readonly values: Values; readonly errors: FieldErrors }) => (
  <>
    <Radios
      name="preset"
      label="Limits to begin with"
      value={values.preset}
      errors={errors}
      choices={[
        {
          value: "standard",
          label: "Standard limits",
          hint: "At most 100 per purchase, 200 per hour and 500 per day. Above 50 a person must approve. It can spend as soon as it has a key.",
        },
        {
          value: "none",
          label: "None yet",
          hint: "It can spend nothing until you have written its mandate, which is the next step.",
        },
      ]}
    />
    <Input
      name="currency"
      label="Currency of the standard limits"
      value={values.currency}
      maxlength={3}
      hint="Three letters: USD, EUR, GBP … Payments in USDC count as USD."
      errors={errors}
    />
  </>
);
