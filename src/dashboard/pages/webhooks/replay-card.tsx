import type { OrganizationVisit } from "../../route.ts";
import { Check } from "../../ui/choices.tsx";
import { type FieldErrors, Form, Input, NO_ERRORS, Submit } from "../../ui/form.tsx";
import { localText } from "../../ui/local-time.ts";
import { Card } from "../../ui/parts.tsx";
import type { WebhookView } from "./words.tsx";

export interface ReplayValues {
  readonly since: string;
  readonly until: string;
  readonly only_failed: boolean;
}

const DAY_MS = 86_400_000;

/** Sending the events of a time again: after an outage, or to fill a new receiver. */
export function ReplayCard({
  visit,
  webhook,
  values,
  errors = NO_ERRORS,
}: {
  readonly visit: OrganizationVisit;
  readonly webhook: WebhookView;
  readonly values?: ReplayValues;
  readonly errors?: FieldErrors;
}) {
  const { timezone } = visit.organization;
  if (webhook.status === "disabled") return null;
  const shown = values ?? { since: localText(visit.now - DAY_MS, timezone), until: "", only_failed: true };
  return (
    <Card
      title="Send again"
      id="replay"
      hint="The events of a time, from the log. What is waiting already is not sent twice, and each keeps its id."
    >
      <details class="more" open={values !== undefined}>
        <summary>Choose a time</summary>
        <Form visit={visit} action={`${visit.base}/webhooks/${webhook.id}/replay`}>
          <div class="fields">
            <Input
              name="since"
              label="From"
              type="datetime-local"
              required
              value={shown.since}
              hint={timezone}
              errors={errors}
            />
            <Input
              name="until"
              label="Until"
              type="datetime-local"
              optional
              value={shown.until}
              hint="Left out: until now"
              errors={errors}
            />
          </div>
          <Check
            name="only_failed"
            label="Only those that failed"
            checked={shown.only_failed}
            hint="Without this, all events of that time are sent, also those that arrived."
          />
          <div class="actions">
            <Submit kind="plain">Send these again</Submit>
          </div>
        </Form>
      </details>
    </Card>
  );
}
