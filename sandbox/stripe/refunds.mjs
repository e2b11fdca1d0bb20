/** Refunds: part or whole, never more than what was captured; some fail later, as they do at Stripe. */
import { CARDS } from "./cards.mjs";
import { invalid, missing, noSuch } from "./errors.mjs";
import { newId } from "./world.mjs";

export function createRefund(scope) {
  const { params } = scope;
  const charge = chargeOf(scope);
  if (charge.disputed)
    throw invalid("charge_disputed", `Charge ${charge.id} has been charged back; cannot issue a refund.`);
  // What a partial capture left on the card counts as refunded, as it does at Stripe.
  const left = charge.amount - charge.amount_refunded;
  if (left === 0) throw invalid("charge_already_refunded", `Charge ${charge.id} has already been refunded.`);
  const amount = params.amount ?? left;
  if (amount > left)
    throw invalid(
      undefined,
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}), in the smallest unit of ${charge.currency}.`,
      "amount",
    );
  return makeRefund(scope.world, scope.account, charge, amount, params);
}

/** Also what somebody does in the dashboard: then there is no metadata of ours. */
export function makeRefund(world, account, charge, amount, params = {}) {
  const behaviour = CARDS[account.cards.get(charge.id)].refund;
  const refund = {
    id: newId("re"),
    object: "refund",
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: world.clock.seconds(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
      type: "card",
    },
    metadata: params.metadata ?? {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: params.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: behaviour === "pending" ? "pending" : "succeeded",
    transfer_reversal: null,
  };
  account.refunds.set(refund.id, refund);
  book(charge, amount);
  world.emit(account, "refund.created", refund);
  world.emit(account, "charge.refunded", charge);
  const { after_ms } = world.settings.refund;
  if (behaviour !== undefined && after_ms !== null) {
    const outcome = behaviour === "fail" ? "failed" : "succeeded";
    world.clock.after(after_ms, () => finishRefund(world, account, refund, outcome));
  }
  return refund;
}

/** @param {"succeeded" | "failed" | "canceled"} outcome A refund that has succeeded can still fail; a bank sends it back. */
export function finishRefund(world, account, refund, outcome) {
  const open = refund.status === "pending" || (refund.status === "succeeded" && outcome === "failed");
  if (!open) return false;
  refund.status = outcome;
  if (outcome !== "succeeded") {
    if (outcome === "failed") refund.failure_reason = "lost_or_stolen_card";
    book(account.charges.get(refund.charge), -refund.amount);
  }
  world.emit(account, "refund.updated", refund);
  if (outcome === "failed") world.emit(account, "refund.failed", refund);
  return true;
}

function book(charge, amount) {
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
}

function chargeOf({ account, params }) {
  if (params.charge === undefined && params.payment_intent === undefined) throw missing("payment_intent");
  let id = params.charge;
  if (params.payment_intent !== undefined) {
    const row = account.intents.get(params.payment_intent);
    if (row === undefined) throw noSuch("payment_intent", params.payment_intent, "payment_intent");
    if (id !== undefined && id !== row.intent.latest_charge)
      throw invalid(undefined, "The charge does not belong to the PaymentIntent.", "charge");
    id = row.intent.latest_charge;
  }
  const charge = account.charges.get(id);
  if (charge === undefined && params.charge !== undefined) throw noSuch("charge", params.charge, "charge");
  if (charge === undefined || !charge.captured)
    throw invalid(undefined, "This PaymentIntent does not have a successful charge to refund.", "payment_intent");
  return charge;
}
