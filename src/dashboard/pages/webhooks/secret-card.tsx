import { LIMITS } from "../../../limits.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Check } from "../../ui/choices.tsx";
import { Confirm, Select } from "../../ui/form.tsx";
import { Card, When } from "../../ui/parts.tsx";
import type { WebhookView } from "./words.tsx";

/** A new secret, a pause, the end. */
export function SecretCard({ visit, webhook }: { readonly visit: OrganizationVisit; readonly webhook: WebhookView }) {
  const path = `${visit.base}/webhooks/${webhook.id}`;
  const { old_secret_until } = webhook;
  return (
    <Card title="Secret, pause and removal">
      <div class="action-list">
        <Confirm
          visit={visit}
          action={`${path}/rotate`}
          kind="plain"
          label="Rotate the secret"
          question="You get a new secret, shown once. For a while both sign, so that your server can change over without a gap."
          confirm="Make a new secret"
        >
          <Select
            name="overlap_hours"
            label="The old secret signs for"
            value={String(LIMITS.webhookOverlapHours)}
            choices={[
              { value: String(LIMITS.webhookOverlapHours), label: "24 hours" },
              { value: "1", label: "One hour" },
              { value: "0", label: "Not at all: it stops at once" },
            ]}
          />
          {old_secret_until === null ? null : (
            <Check
              name="force"
              label="Rotate although the last change-over still goes on"
              checked={false}
              hint={
                <>
                  The secret before signs until{" "}
                  <When at={old_secret_until} now={visit.now} timezone={visit.organization.timezone} exact />. A server
                  that still has only that one would refuse everything.
                </>
              }
            />
          )}
        </Confirm>
        {webhook.status === "enabled" ? (
          <Confirm
            visit={visit}
            action={`${path}/disable`}
            label="Disable"
            question="Nothing is sent until you enable it again. What waits is kept; what happens meanwhile must be replayed. Approval links that it has sent decide nothing any more, ever."
            confirm="Disable this webhook"
          />
        ) : null}
        <Confirm
          visit={visit}
          action={`${path}/delete`}
          label="Delete"
          question="This is for good: the webhook goes, with its secret, what waits and the record of its deliveries. What happened stays in the audit log."
          confirm="Delete this webhook"
        />
      </div>
    </Card>
  );
}
