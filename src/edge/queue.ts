import { log } from "./log.ts";

/**
 * No kind of message exists yet. What arrives anyway was sent by a newer version of the Worker: it is retried, so that it
 * is served after the deployment or ends in the dead-letter queue, and its body is never logged.
 */
export function retryUnknown(batch: MessageBatch): void {
  for (const message of batch.messages) {
    log("warn", "unknown_queue_message", {
      queue: batch.queue,
      message_id: message.id,
      attempts: message.attempts,
      kind: kindOf(message.body),
    });
    message.retry();
  }
}

function kindOf(body: unknown): string {
  const kind: unknown = body !== null && typeof body === "object" ? (body as { kind?: unknown }).kind : undefined;
  return typeof kind === "string" && /^[a-z_.]{1,40}$/.test(kind) ? kind : "none";
}
