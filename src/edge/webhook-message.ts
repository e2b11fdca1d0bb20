import type { Region } from "../keys/format.ts";

/** What travels through the queue: which delivery, and the how-manieth attempt it would be. Nothing of what is sent. */
export interface WebhookMessage {
  readonly kind: "webhook";
  readonly organization_id: string;
  readonly region: Region;
  readonly delivery_id: string;
  readonly attempt: number;
}

/** Reads a message; null for any other kind, and for one that is not whole. */
export function readWebhookMessage(body: unknown): WebhookMessage | null {
  if (body === null || typeof body !== "object") return null;
  const { kind, organization_id, region, delivery_id, attempt } = body as Record<string, unknown>;
  if (kind !== "webhook" || typeof organization_id !== "string" || typeof delivery_id !== "string") return null;
  if ((region !== 0 && region !== 1) || !Number.isSafeInteger(attempt)) return null;
  return { kind, organization_id, region, delivery_id, attempt: attempt as number };
}
