import { keylessErrorFields, log } from "../../edge/log.ts";
import type { RailsApi } from "../../payments/rails-api.ts";
import type { StripeChargeOrder, StripeLookOrder, StripeSeen } from "../../payments/stripe/api.ts";
import { withDeadline } from "../deadline.ts";
import type { MandateCache } from "../judge.ts";
import { first } from "../sql.ts";
import type { OrganizationRow, Work } from "../work.ts";
import { type ChargeRow, chargeOf, chargeTerms } from "./journal.ts";
import { type StripeKeyRow, stripeKey } from "./keys.ts";
import { IN_FLIGHT_MS, recordCharge } from "./record.ts";

/** What sends something to Stripe and records what came back, in the name of the service. */
export interface StripeDesk {
  readonly sql: SqlStorage;
  readonly cache: MandateCache;
  readonly rails: Pick<RailsApi, "stripeCharge" | "stripeLook" | "stripeCancel" | "stripeRefund" | "stripeRefunds">;
  readonly transact: <T>(action: (work: Work) => T) => T;
  /** For how long one answer is waited for; a caller waits as long as Rails does, the alarm has other work. */
  readonly waitMs?: number;
}

/** What Rails answers, or null when it throws or does not come back: then nobody knows. Rails keeps to less by itself. */
export async function ask<T>(
  { waitMs = IN_FLIGHT_MS }: StripeDesk,
  what: string,
  id: string,
  answer: Promise<T>,
): Promise<T | null> {
  try {
    return await withDeadline(answer, waitMs);
  } catch (error) {
    log("error", "stripe_not_reported", { what, transaction_id: id, ...keylessErrorFields(error) });
    return null;
  }
}

export const UNCLEAR: StripeSeen = { kind: "unclear", why: "not_reported" };

export interface Opened {
  readonly charge: ChargeRow;
  readonly account: { readonly organization_id: string; readonly mode: "test" | "live" };
  /** The key that the charge was begun with, while it is still there. */
  readonly own: StripeKeyRow | undefined;
}

/** A charge that was begun, with the key of its beginning. Null: it was not. */
export function openCharge(sql: SqlStorage, transactionId: string): Opened | null {
  const charge = chargeOf({ sql }, transactionId);
  if (charge === undefined || charge.stripe_key_id === null || charge.sent_at === null) return null;
  const organization = first<OrganizationRow>(sql, "SELECT * FROM organization WHERE one = 1");
  if (organization === undefined) throw new Error("this organization was never provisioned");
  const { id: organization_id, mode } = organization;
  return { charge, account: { organization_id, mode }, own: stripeKey({ sql }, charge.stripe_key_id) };
}

/** What finds the charge again, through a key. */
export const lookOrder = ({ charge, account }: Opened, key: StripeKeyRow): StripeLookOrder => ({
  ...account,
  sealed_key: key.sealed_key,
  transaction_id: charge.transaction_id,
  customer: chargeTerms(charge).customer,
  payment_intent: charge.payment_intent,
  sent_at: Math.floor((charge.sent_at ?? 0) / 1000),
  posted_at: Math.ceil((charge.posted_at ?? charge.sent_at ?? 0) / 1000),
});

/**
 * Sends the journaled charge, with the key that it was begun with and no other, and records the answer. The same charge
 * again is the same PaymentIntent at Stripe.
 */
export async function sendCharge(desk: StripeDesk, id: string, beforeRecord: () => Promise<void>): Promise<void> {
  const opened = openCharge(desk.sql, id);
  if (opened?.own === undefined) return;
  const { charge, account, own } = opened;
  const order: StripeChargeOrder = {
    ...account,
    sealed_key: own.sealed_key,
    transaction_id: id,
    charge: chargeTerms(charge),
  };
  const seen = (await ask(desk, "charge", id, desk.rails.stripeCharge(order))) ?? UNCLEAR;
  await beforeRecord();
  const next = desk.transact((work) => recordCharge(work, desk.cache, id, seen, "charge"));
  if (next === "cancel") await cancelCharge(desk, id, own);
}

/**
 * Ends a PaymentIntent at Stripe that could still succeed, through the key that has seen it. Only what Stripe then says ends
 * it here.
 */
export async function cancelCharge(desk: StripeDesk, id: string, key: StripeKeyRow): Promise<void> {
  const opened = openCharge(desk.sql, id);
  if (opened === null || opened.charge.payment_intent === null) return;
  const order = { ...lookOrder(opened, key), payment_intent: opened.charge.payment_intent };
  const seen = (await ask(desk, "cancel", id, desk.rails.stripeCancel(order))) ?? UNCLEAR;
  desk.transact((work) => recordCharge(work, desk.cache, id, seen, "cancel"));
}
