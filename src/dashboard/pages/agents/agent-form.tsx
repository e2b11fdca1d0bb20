import { LIMITS } from "../../../limits.ts";
import type { ApiRefusal } from "../../api.ts";
import type { DashboardForm } from "../../form.ts";
import { type FieldErrors, fieldErrors, Input, NO_ERRORS, TextArea } from "../../ui/form.tsx";
import type { AgentView } from "./data.ts";

/** What stands in the fields of an agent's form: as it was typed, or as the agent is. */
export interface AgentValues {
  readonly name: string;
  readonly description: string;
  readonly tags: string;
  readonly metadata: string;
  readonly spend_calls_per_minute: string;
}
const FIELDS = ["name", "description", "tags", "metadata", "spend_calls_per_minute"] as const;

export const NEW_AGENT: AgentValues = {
  name: "",
  description: "",
  tags: "",
  metadata: "",
  spend_calls_per_minute: String(LIMITS.spendCallsPerMinute),
};

export const valuesOf = (agent: AgentView): AgentValues => ({
  name: agent.name,
  description: agent.description,
  tags: agent.tags.join(", "),
  metadata: Object.entries(agent.metadata)
    .map(([key, value]) => `${key} = ${value}`)
    .join("\n"),
  spend_calls_per_minute: String(agent.spend_calls_per_minute),
});

export const typedValues = (form: DashboardForm): AgentValues =>
  Object.fromEntries(FIELDS.map((field) => [field, form.text(field)])) as Record<(typeof FIELDS)[number], string>;

/** The form as the operations take it. Of the same name twice in the details, the last one counts. */
export const agentBody = (form: DashboardForm) => ({
  name: form.text("name"),
  description: form.text("description"),
  tags: form.list("tags"),
  metadata: detailsOf(form.text("metadata")),
  spend_calls_per_minute: form.number("spend_calls_per_minute"),
});

function detailsOf(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      return at === -1 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

/** Errors in one tag or one detail belong to the field that holds all of them. */
export const agentErrors = (refusal: ApiRefusal) => fieldErrors(refusal, (pointer) => pointer.split("/")[1]);

/** What says who the agent is. */
export const WhoFields = ({
  values,
  errors = NO_ERRORS,
}: {
  readonly values: AgentValues;
  readonly errors?: FieldErrors;
}) => (
  <>
    <Input
      name="name"
      label="Name"
      value={values.name}
      required
      maxlength={LIMITS.nameChars}
      placeholder="Research"
      errors={errors}
    />
    <TextArea
      name="description"
      label="What it does"
      optional
      value={values.description}
      maxlength={LIMITS.descriptionChars}
      placeholder="Looks up company data and papers for the strategy team."
      hint="The model reads this to choose the agent that it spends as, so write it for the model: what belongs to this agent, and what does not."
      errors={errors}
    />
  </>
);

/** What most agents never need. */
export const FurtherFields = ({
  values,
  errors = NO_ERRORS,
}: {
  readonly values: AgentValues;
  readonly errors?: FieldErrors;
}) => (
  <>
    <Input
      name="tags"
      label="Tags"
      optional
      value={values.tags}
      placeholder="data, strategy"
      hint={`Words to find it by, divided by commas. At most ${LIMITS.tags}.`}
      errors={errors}
    />
    <TextArea
      name="metadata"
      label="Details of your own"
      optional
      value={values.metadata}
      placeholder={"team = strategy\ncost centre = 4711"}
      hint={`One per line, as name = value. At most ${LIMITS.metadataEntries}.`}
      errors={errors}
    />
    <Input
      name="spend_calls_per_minute"
      label="Spending calls per minute"
      value={values.spend_calls_per_minute}
      inputmode="numeric"
      hint="An agent that asks more often is told to wait. It keeps a model that runs in circles from flooding you."
      errors={errors}
    />
  </>
);
