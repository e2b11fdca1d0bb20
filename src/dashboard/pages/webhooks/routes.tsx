import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { deleteWebhook, disableWebhook, enableWebhook, rotateSecret, testWebhook } from "./actions.ts";
import { createWebhook, newWebhookPage } from "./create.tsx";
import { showDelivery } from "./delivery.tsx";
import { showWebhook } from "./detail.tsx";
import { editWebhookPage, saveWebhook } from "./edit.tsx";
import { webhookList } from "./list.tsx";
import { replayOne, replayRange } from "./replay.tsx";

const ONE = "/:org/webhooks/:webhook_id";
const DELIVERY = `${ONE}/deliveries/:delivery_id`;

export const webhookRoutes: readonly DashboardRoute[] = [
  { id: "webhooks", method: "GET", path: "/:org/webhooks", access: EVERYONE, handle: webhookList },
  { id: "webhooks.new", method: "GET", path: "/:org/webhooks/new", access: MANAGERS, handle: newWebhookPage },
  { id: "webhooks.create", method: "POST", path: "/:org/webhooks/new", access: MANAGERS, handle: createWebhook },
  { id: "webhooks.show", method: "GET", path: ONE, access: EVERYONE, handle: showWebhook },
  { id: "webhooks.edit", method: "GET", path: `${ONE}/edit`, access: MANAGERS, handle: editWebhookPage },
  { id: "webhooks.save", method: "POST", path: `${ONE}/edit`, access: MANAGERS, handle: saveWebhook },
  { id: "webhooks.test", method: "POST", path: `${ONE}/test`, access: MANAGERS, handle: testWebhook },
  { id: "webhooks.rotate", method: "POST", path: `${ONE}/rotate`, access: MANAGERS, handle: rotateSecret },
  { id: "webhooks.enable", method: "POST", path: `${ONE}/enable`, access: MANAGERS, handle: enableWebhook },
  { id: "webhooks.disable", method: "POST", path: `${ONE}/disable`, access: MANAGERS, handle: disableWebhook },
  { id: "webhooks.delete", method: "POST", path: `${ONE}/delete`, access: MANAGERS, handle: deleteWebhook },
  { id: "webhooks.replay", method: "POST", path: `${ONE}/replay`, access: MANAGERS, handle: replayRange },
  { id: "webhooks.delivery", method: "GET", path: DELIVERY, access: EVERYONE, handle: showDelivery },
  { id: "webhooks.delivery.replay", method: "POST", path: `${DELIVERY}/replay`, access: MANAGERS, handle: replayOne },
];

/** What the next page says: see `done.ts`. */
export const WEBHOOK_DONE: Readonly<Record<string, string>> = {
  webhook_saved: "Saved.",
  webhook_enabled: "The webhook is enabled. What waited is sent at once.",
  webhook_disabled: "The webhook is disabled. Nothing is sent to it.",
  webhook_deleted: "The webhook is deleted.",
  delivery_replayed: "The event is sent once more, as a delivery of its own.",
};
