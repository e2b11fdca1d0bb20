import { LIMITS } from "../../../limits.ts";
import type { ApiRefusal } from "../../api.ts";
import type { DashboardForm } from "../../form.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Check, Checks, Radios } from "../../ui/choices.tsx";
import { type FieldErrors, Form, FormErrors, fieldErrors, Input, NO_ERRORS, Submit } from "../../ui/form.tsx";
import { Card, LinkButton, Notice } from "../../ui/parts.tsx";
import { labelWords } from "../../ui/words.ts";
import { chosenFilters, EVERYTHING, type EventGroup, eventGroups, otherFilters } from "./filters.ts";
import type { WebhookView } from "./words.tsx";

export interface WebhookValues {
  readonly url: string;
  readonly description: string;
  /** `all` or `some`. */
  readonly scope: string;
  readonly events: readonly string[];
  readonly approval_links: boolean;
}

export const NEW_WEBHOOK: WebhookValues = { url: "", description: "", scope: "all", events: [], approval_links: false };

export const valuesOf = ({ url, description, events, approval_links }: WebhookView): WebhookValues => ({
  url,
  description,
  scope: events.includes(EVERYTHING) ? "all" : "some",
  events,
  approval_links,
});

export const typedValues = (form: DashboardForm): WebhookValues => ({
  url: form.text("url"),
  description: form.text("description"),
  scope: form.text("scope"),
  events: form.all("events"),
  approval_links: form.checked("approval_links"),
});

/** The form as the operations take it. */
export const webhookBody = ({ scope, events, ...rest }: WebhookValues) => ({
  ...rest,
  events: chosenFilters(scope, events),
});

/** The form of a new webhook, and of one that is changed. */
export async function webhookForm({
  visit,
  values,
  refusal,
  submit,
  back,
}: {
  readonly visit: OrganizationVisit;
  readonly values: WebhookValues;
  readonly refusal: ApiRefusal | null;
  readonly submit: string;
  readonly back: string;
}) {
  const { data } = await visit.api.get("listWebhookEvents");
  const { fields: errors, above } =
    refusal === null ? { fields: NO_ERRORS, above: [] } : fieldErrors(refusal, (pointer) => pointer.split("/")[1]);
  return (
    <>
      <FormErrors above={above} fields={errors} />
      <Form visit={visit} class="stack">
        <Card title="Where to">
          <Input
            name="url"
            label="URL"
            value={values.url}
            required
            maxlength={LIMITS.webhookUrlChars}
            placeholder="https://example.com/quetra"
            inputmode="text"
            hint="An https address that the internet can reach. Members of this organization see it as you write it."
            errors={errors}
          />
          <Input
            name="description"
            label="Description"
            optional
            value={values.description}
            maxlength={LIMITS.descriptionChars}
            placeholder="Bookkeeping"
            errors={errors}
          />
        </Card>
        <Card title="What for">
          <EventFields groups={eventGroups(data)} values={values} errors={errors} />
        </Card>
        <Card title="Approval links">
          <Check
            name="approval_links"
            label="Add a link that decides to each purchase that waits for approval"
            checked={values.approval_links}
            hint="Whoever opens the link can approve the purchase, without signing in."
          />
          <Notice tone="warn">
            Only for a receiver that hands the link to people who may approve, over a channel that no agent can read.
            Leave it off for logs, bookkeeping and dashboards: they work without it.
          </Notice>
        </Card>
        <div class="actions">
          <Submit>{submit}</Submit>
          <LinkButton href={back}>Cancel</LinkButton>
        </div>
      </Form>
    </>
  );
}

function EventFields({
  groups,
  values,
  errors,
}: {
  readonly groups: readonly EventGroup[];
  readonly values: WebhookValues;
  readonly errors: FieldErrors;
}) {
  const error = errors.get("events");
  const others = otherFilters(groups, values.events);
  return (
    <div>
      <Radios
        name="scope"
        label="Which events"
        value={values.scope}
        choices={[
          { value: "all", label: "Everything", hint: "Also types of events that are added later." },
          { value: "some", label: "Only these", hint: "A whole group, or single types of it." },
        ]}
      />
      {error === undefined ? null : <p class="error">{error}</p>}
      <div class="some events">
        {groups.map(({ name, filter, types }) => (
          <Checks
            name="events"
            label={GROUP_WORDS[name] ?? labelWords(name)}
            values={values.events}
            choices={[
              { value: filter, label: "All of these", hint: `${filter}: also those to come` },
              ...types.map(({ type, description }) => ({ value: type, label: type, hint: description })),
            ]}
          />
        ))}
        {others.length === 0 ? null : (
          <Checks
            name="events"
            label="Set through the API"
            values={values.events}
            choices={others.map((value) => ({ value, label: value }))}
          />
        )}
      </div>
    </div>
  );
}

const GROUP_WORDS: Readonly<Record<string, string>> = {
  transaction: "Purchases",
  mandate: "Mandates and their budgets",
  organization: "The organization",
  alert: "Alerts",
  key: "Keys",
  webhook: "Other webhooks",
};
