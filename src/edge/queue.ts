import { log } from "./log.ts";
import { deliverWebhook, type WebhookPost } from "./webhook-consumer.ts";
import { readWebhookMessage } from "./webhook-message.ts";

export interface QueueDesk extends WebhookPost {
  readonly waitUntil: (work: Promise<void>) => void;
}

/**
 * Takes every message at once and works behind the batch's back, so that a slow receiver holds nobody's messages: what is
 * to be sent again is the object's to know, not the queue's. A kind that is not known was sent by a newer version of the
 * Worker: it is retried, so that it is served after the deployment or ends in the dead-letter queue.
 */
export function consume(batch: MessageBatch, desk: QueueDesk): void {
  for (const message of batch.messages) {
    const webhook = readWebhookMessage(message.body);
    if (webhook === null) retryUnknown(batch.queue, message);
    else {
      message.ack();
      desk.waitUntil(deliverWebhook(webhook, desk));
    }
  }
}

/** Its body is never logged. */
function retryUnknown(queue: string, message: Message): void {
  log("warn", "unknown_queue_message", {
    queue,
    message_id: message.id,
    attempts: message.attempts,
    kind: kindOf(message.body),
  });
  message.retry();
}

function kindOf(body: unknown): string {
  const kind: unknown = body !== null && typeof body === "object" ? (body as { kind?: unknown }).kind : undefined;
  return typeof kind === "string" && /^[a-z_.]{1,40}$/.test(kind) ? kind : "none";
}
