import type { HookMessage, StripeEvent } from "./api.ts";
import { codeOf, type Fields, isFields, isMinor, isStripeId, metadataOf, referenceOf } from "./fields.ts";
import { openHookSecrets } from "./hook-secret.ts";
import { TRANSACTION } from "./intent.ts";
import type { RailContext } from "./rails.ts";
import { verifySignature } from "./signature.ts";

export { sealHookSecret } from "./hook-secret.ts";

/** What a verified message is about. Null: it is not verified, or is no event of Stripe's classic kind. */
export async function openEvent({ env, now }: RailContext, order: HookMessage): Promise<StripeEvent | null> {
  const secrets = await openHookSecrets(env, order.organization_id, order.sealed_secrets);
  const verified = await verifySignature(secrets, order, Math.floor(now() / 1000));
  return verified ? readEvent(order.body) : null;
}

function readEvent(body: string): StripeEvent | null {
  const event = parsed(body);
  if (event === null || event.object !== "event") return null;
  const { id, type, livemode, created, data } = event;
  if (!isStripeId(id) || typeof livemode !== "boolean" || !isMinor(created)) return null;
  if (typeof type !== "string" || !/^[a-z0-9_.]{1,100}$/.test(type)) return null;
  const subject = isFields(data) && isFields(data.object) ? data.object : {};
  return {
    id,
    type,
    livemode,
    created,
    payment_intent: intentOf(subject),
    transaction_id: transactionOf(subject),
    dispute: disputeOf(subject),
  };
}

function parsed(body: string): Fields | null {
  try {
    const value: unknown = JSON.parse(body);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

/** Charges, refunds and disputes name the PaymentIntent that they belong to. */
const intentOf = (subject: Fields): string | null =>
  subject.object === "payment_intent" ? referenceOf(subject) : referenceOf(subject.payment_intent ?? null);

function transactionOf(subject: Fields): string | null {
  const value = metadataOf(subject, TRANSACTION);
  return value !== null && /^txn_[0-9A-Za-z]{1,60}$/.test(value) ? value : null;
}

function disputeOf(subject: Fields): StripeEvent["dispute"] {
  const { object, id, status, reason, amount } = subject;
  if (object !== "dispute" || !isStripeId(id) || !isMinor(amount)) return null;
  return { id, amount, status: wordOf(status), reason: wordOf(reason) };
}

const wordOf = (value: unknown): string => codeOf(value) ?? "unknown";
