import type { StripeEvent } from "../../payments/stripe/api.ts";
import { fromStripeMinor } from "../../payments/stripe/minor-units.ts";
import { setAgentStatus } from "../agents.ts";
import type { MandateCache } from "../judge.ts";
import { first } from "../sql.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { type ChargeRow, chargeOf, setWatch } from "./journal.ts";

export const CHARGE_BY_INTENT = "SELECT * FROM stripe_charges WHERE payment_intent = ?";

/** Events that tell that a look at Stripe is worth while. */
const WAKES = /^(?:payment_intent|charge|refund)\./;

/**
 * What a verified event of Stripe makes the organization do. Called once per event id, in one transaction. An event books
 * nothing: it may be old, reordered, or about what somebody else's code has made in the same account. It has the watch
 * look now, and what Stripe answers then is what counts. Only a dispute is told as it came.
 */
export function applyStripeEvent(work: Work, _cache: MandateCache, event: StripeEvent): void {
  if (event.livemode !== (work.organization.mode === "live") || !WAKES.test(event.type)) return;
  const found = find(work, event);
  if (found === null) return;
  const { row, charge } = found;
  if (event.type === "charge.dispute.created") disputed(work, row, event);
  // One look serves all events that come before it. One that is under way stands at the end of its lease, so that an event
  // which comes meanwhile, and which that look may have read too early for, is seen to have come.
  if (charge.watch_at === null || charge.watch_at > work.now) setWatch(work, row.id, work.now);
}

function find(work: Work, event: StripeEvent): { readonly row: TransactionRow; readonly charge: ChargeRow } | null {
  const { payment_intent, transaction_id } = event;
  const byIntent = payment_intent === null ? undefined : first<ChargeRow>(work.sql, CHARGE_BY_INTENT, payment_intent);
  const charge = byIntent ?? (transaction_id === null ? undefined : chargeOf(work, transaction_id));
  // Never sent: nothing at Stripe can be about it.
  if (charge === undefined || charge.stripe_key_id === null) return null;
  // Names our transaction, and another PaymentIntent than ours.
  if (charge.payment_intent !== null && payment_intent !== null && charge.payment_intent !== payment_intent)
    return null;
  const row = findTransaction(work, charge.transaction_id);
  return row === undefined || row.protocol !== "stripe" ? null : { row, charge };
}

/** The cardholder wants the money back. The ledger waits for what becomes of it; people are told, and may have it stop the agent. */
function disputed(work: Work, row: TransactionRow, { dispute }: StripeEvent): void {
  if (dispute === null) return;
  const { id: transaction_id, agent_id, mandate_id, vendor, currency } = row;
  work.log("transaction.disputed", row.id, {
    transaction_id,
    agent_id,
    mandate_id,
    vendor,
    currency,
    amount: row.amount,
    dispute_id: word(dispute.id),
    dispute_status: word(dispute.status),
    dispute_reason: word(dispute.reason),
    disputed: fromStripeMinor(dispute.amount, currency) ?? row.settled,
  });
  const settings = first<{ suspend_on_dispute: number }>(work.sql, "SELECT * FROM provider_settings WHERE one = 1");
  if (settings?.suspend_on_dispute !== 1) return;
  const agent = first<{ status: string }>(work.sql, "SELECT status FROM agents WHERE id = ?", agent_id);
  if (agent?.status === "active") {
    setAgentStatus(work, agent_id, "suspended", `Suspended by the dispute of ${transaction_id}.`);
  }
}

/** Stripe's ids and codes, held to their alphabet. */
const word = (text: string): string => text.replaceAll(/[^0-9A-Za-z_]/g, "").slice(0, 64);
