import { redirect } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { webhookPage } from "./detail.tsx";
import { secretPage } from "./secret.tsx";

const idOf = ({ params }: OrganizationVisit): string => params.webhook_id ?? "";

/** Sends one test event, and shows what becomes of it. */
export async function testWebhook(visit: OrganizationVisit): Promise<Response> {
  const webhook_id = idOf(visit);
  const sent = await visit.api.call("testWebhook", { params: { webhook_id } });
  if (!sent.ok) return webhookPage(visit, sent);
  return redirect(`${visit.base}/webhooks/${webhook_id}/deliveries/${sent.body.id}`);
}

export async function rotateSecret(visit: OrganizationVisit): Promise<Response> {
  const { api, form } = visit;
  const body = { overlap_hours: form.number("overlap_hours"), force: form.checked("force") };
  const rotated = await api.call("rotateWebhookSecret", { params: { webhook_id: idOf(visit) }, body });
  return rotated.ok ? secretPage(visit, rotated.body) : webhookPage(visit, rotated);
}

const switched =
  (operation: "enableWebhook" | "disableWebhook", done: string) =>
  async (visit: OrganizationVisit): Promise<Response> => {
    const webhook_id = idOf(visit);
    const changed = await visit.api.call(operation, { params: { webhook_id } });
    return changed.ok ? redirect(`${visit.base}/webhooks/${webhook_id}`, { done }) : webhookPage(visit, changed);
  };
export const enableWebhook = switched("enableWebhook", "webhook_enabled");
export const disableWebhook = switched("disableWebhook", "webhook_disabled");

export async function deleteWebhook(visit: OrganizationVisit): Promise<Response> {
  const deleted = await visit.api.call("deleteWebhook", { params: { webhook_id: idOf(visit) } });
  return deleted.ok ? redirect(`${visit.base}/webhooks`, { done: "webhook_deleted" }) : webhookPage(visit, deleted);
}
