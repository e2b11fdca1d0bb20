import type { Region } from "../keys/format.ts";
import type { OrganizationStub } from "../organization/api.ts";
import type { RailsApi, WebhookOutcome } from "../payments/rails-api.ts";
import { keylessErrorFields, log } from "./log.ts";
import type { WebhookMessage } from "./webhook-message.ts";

export interface WebhookPost {
  readonly getStub: (organizationId: string, region: Region) => OrganizationStub;
  readonly rails: Pick<RailsApi, "deliverWebhook">;
}

/** Before each further try to record. An attempt that is not recorded counts as interrupted after its lease. */
const RECORD_AGAIN_MS: readonly number[] = [500, 2_000, 5_000];

/**
 * Carries one attempt from the object to Rails and its outcome back. The message has been taken already: whatever fails
 * here is found by the lease of the delivery. Never throws.
 */
export async function deliverWebhook(message: WebhookMessage, { getStub, rails }: WebhookPost): Promise<void> {
  const { organization_id, region, delivery_id, attempt } = message;
  const fields = { organization_id, delivery_id, attempt };
  try {
    const order = await getStub(organization_id, region).claimDelivery(delivery_id, attempt);
    if (order === null) return;
    const outcome = await rails.deliverWebhook(order);
    await record(message, outcome, getStub);
  } catch (error) {
    log("error", "webhook_delivery_failed", { ...fields, ...keylessErrorFields(error) });
  }
}

/** Recording twice changes nothing, so it may be tried again; a stub is broken after an exception. */
async function record(
  { organization_id, region, delivery_id, attempt }: WebhookMessage,
  outcome: WebhookOutcome,
  getStub: WebhookPost["getStub"],
): Promise<void> {
  for (const pause of [...RECORD_AGAIN_MS, null]) {
    try {
      return await getStub(organization_id, region).recordAttempt(delivery_id, attempt, outcome);
    } catch (error) {
      if (pause === null) throw error;
      await scheduler.wait(pause);
    }
  }
}
