import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { PageHead } from "../../ui/parts.tsx";
import { typedValues, valuesOf, type WebhookValues, webhookBody, webhookForm } from "./webhook-form.tsx";

export async function editWebhookPage(visit: OrganizationVisit): Promise<Response> {
  const webhook_id = visit.params.webhook_id ?? "";
  return page(visit, valuesOf(await visit.api.get("getWebhook", { params: { webhook_id } })), null);
}

export async function saveWebhook(visit: OrganizationVisit): Promise<Response> {
  const webhook_id = visit.params.webhook_id ?? "";
  const values = typedValues(visit.form);
  const saved = await visit.api.call("updateWebhook", { params: { webhook_id }, body: webhookBody(values) });
  if (saved.ok) return redirect(`${visit.base}/webhooks/${webhook_id}`, { done: "webhook_saved" });
  // An id that nobody has is no form with errors.
  await visit.api.get("getWebhook", { params: { webhook_id } });
  return page(visit, values, saved);
}

async function page(visit: OrganizationVisit, values: WebhookValues, refusal: ApiRefusal | null): Promise<Response> {
  const back = `${visit.base}/webhooks/${visit.params.webhook_id}`;
  const form = await webhookForm({ visit, values, refusal, submit: "Save", back });
  return organizationPage(
    visit,
    { title: "Edit the webhook", section: "webhooks", status: refusal?.status ?? 200 },
    <>
      <PageHead
        title="Edit the webhook"
        lead="A new URL gets what is still waiting, too. Approval links that went to the old one decide nothing any more."
        back={{ href: back, label: "The webhook" }}
      />
      {form}
    </>,
  );
}
