import type { Micros } from "../../money.ts";
import type { StripeRefundSeen, StripeRefundsSeen } from "../../payments/stripe/api.ts";
import { toStripeMinor } from "../../payments/stripe/minor-units.ts";
import { findTransaction } from "../transactions.ts";
import { ask, lookOrder, type Opened, openCharge, type StripeDesk } from "./act.ts";
import { keepingWake } from "./journal.ts";
import { activeStripeKey, type StripeKeyRow, stripeKey } from "./keys.ts";
import { refundRow, refundsOf } from "./refund-journal.ts";
import { planRefunds, reconcileRefunds, recordRefund } from "./refund-record.ts";

const UNCLEAR: StripeRefundsSeen & StripeRefundSeen = { kind: "unclear", why: "not_reported" };

/** Sends a journaled refund, with the key that it was begun with and no other, and records the answer. */
export async function sendRefund(
  desk: StripeDesk,
  refundId: string,
  first: boolean,
  beforeRecord: () => Promise<void> = async () => {},
): Promise<void> {
  const refund = refundRow(desk, refundId);
  if (refund?.stripe_key_id == null) return;
  const opened = openCharge(desk.sql, refund.transaction_id);
  const key = stripeKey(desk, refund.stripe_key_id);
  const row = findTransaction(desk, refund.transaction_id);
  if (opened === null || opened.charge.payment_intent === null || key === undefined || row === undefined) return;
  const amount = toStripeMinor(refund.amount as Micros, row.currency);
  if (!amount.ok) throw new Error("a refund was journaled that Stripe cannot count");
  const { account, charge } = opened;
  const { payment_intent } = charge;
  const order = {
    ...account,
    sealed_key: key.sealed_key,
    refund_id: refund.id,
    payment_intent: payment_intent as string,
    amount: amount.value,
  };
  const seen = (await ask(desk, "refund", row.id, desk.rails.stripeRefund(order))) ?? UNCLEAR;
  await beforeRecord();
  desk.transact((work) => recordRefund(work, desk.cache, refundId, seen, first));
}

/** Reads every refund of a charge from Stripe, and asks again for those of ours that have not arrived there. */
export async function lookAtRefunds(desk: StripeDesk, opened: Opened): Promise<void> {
  const id = opened.charge.transaction_id;
  const keys = keysToAsk(desk, opened);
  const { payment_intent } = opened.charge;
  let listed: StripeRefundsSeen = UNCLEAR;
  let through: string | null = null;
  for (const key of keys) {
    if (payment_intent === null || listed.kind === "refunds") break;
    through = key.id;
    listed =
      (await ask(desk, "refunds", id, desk.rails.stripeRefunds({ ...lookOrder(opened, key), payment_intent }))) ??
      UNCLEAR;
  }
  const asked = keys.find((key) => key.id === through);
  const all = listed.kind === "refunds" && asked !== undefined && (await isItsAccount(desk, opened, asked));
  const again = desk.transact((work) =>
    keepingWake(work, opened.charge, () => {
      const proves = (keyId: string | null) => all || keyId === through;
      if (listed.kind === "refunds") return reconcileRefunds(work, desk.cache, id, listed.refunds, proves);
      // Without any key there is nobody to ask, and nothing to wait for.
      planRefunds(work, id, keys.length === 0);
      return [];
    }),
  );
  // Beside each other: one after the other, fifty that hang would keep the alarm for a quarter of an hour.
  await Promise.all(again.map((refundId) => sendRefund(desk, refundId, false)));
}

/**
 * Does this key belong to the account that has the charge? Asked only where a refund was begun with another key: that one
 * may work no more, and where its account is this one, an absence through this key is as good.
 */
async function isItsAccount(desk: StripeDesk, opened: Opened, key: StripeKeyRow): Promise<boolean> {
  const id = opened.charge.transaction_id;
  const others = refundsOf(desk, id).filter(
    ({ status, stripe_key_id }) => status === "sending" && stripe_key_id !== key.id,
  );
  if (others.length === 0) return false;
  const seen = await ask(desk, "look", id, desk.rails.stripeLook(lookOrder(opened, key)));
  return seen?.kind === "intent";
}

/**
 * The key of the oldest refund that is not known to be at Stripe, because an absence proves something through that key
 * only; then the active one, which refunds are begun with, and that of the charge.
 */
function keysToAsk(desk: StripeDesk, { charge, own }: Opened): readonly StripeKeyRow[] {
  const sending = refundsOf(desk, charge.transaction_id).find(({ status }) => status === "sending");
  const begun = sending?.stripe_key_id == null ? undefined : stripeKey(desk, sending.stripe_key_id);
  const keys = [begun, activeStripeKey(desk), own].filter((key) => key !== undefined);
  return keys.filter(({ id }, at) => keys.findIndex((other) => other.id === id) === at);
}
