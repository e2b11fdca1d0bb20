/** A cardholder disputes a charge: the money is taken back at once, and comes again if the dispute is won. */
import { newId } from "./world.mjs";

export function openDispute(world, account, charge, reason) {
  const dispute = {
    id: newId("dp"),
    object: "dispute",
    amount: charge.amount - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created: world.clock.seconds(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { enhanced_evidence: {} },
    evidence_details: {
      due_by: world.clock.seconds() + 7 * 24 * 3600,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    network_reason_code: "10.4",
    payment_intent: charge.payment_intent,
    reason,
    status: "needs_response",
  };
  account.disputes.set(dispute.id, dispute);
  charge.disputed = true;
  world.emit(account, "charge.dispute.created", dispute);
  return dispute;
}

/** @param {"won" | "lost"} outcome */
export function closeDispute(world, account, dispute, outcome) {
  if (dispute.status !== "needs_response") return false;
  dispute.status = outcome;
  world.emit(account, "charge.dispute.closed", dispute);
  return true;
}
