import { organizationPage } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { PageHead } from "../../ui/parts.tsx";
import { secretPage } from "./secret.tsx";
import { NEW_WEBHOOK, typedValues, type WebhookValues, webhookBody, webhookForm } from "./webhook-form.tsx";

export const newWebhookPage = (visit: OrganizationVisit): Promise<Response> => page(visit, NEW_WEBHOOK, null);

export async function createWebhook(visit: OrganizationVisit): Promise<Response> {
  const values = typedValues(visit.form);
  const made = await visit.api.call("createWebhook", { body: webhookBody(values) });
  return made.ok ? secretPage(visit, made.body) : page(visit, values, made);
}

async function page(visit: OrganizationVisit, values: WebhookValues, refusal: ApiRefusal | null): Promise<Response> {
  const back = `${visit.base}/webhooks`;
  const form = await webhookForm({ visit, values, refusal, submit: "Add the webhook", back });
  return organizationPage(
    visit,
    { title: "Add a webhook", section: "webhooks", status: refusal?.status ?? 200 },
    <>
      <PageHead
        title="Add a webhook"
        lead="It gets what happens from now on. Its secret is shown once, on the next page."
        back={{ href: back, label: "Webhooks" }}
      />
      {form}
    </>,
  );
}
