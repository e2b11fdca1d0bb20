import type { StripeChargeOutput } from "../../mcp/governance.ts";
import { formatMoney, toMajor } from "../../money.ts";
import { fromStripeMinor } from "../../payments/stripe/minor-units.ts";
import { hints, summarize } from "../../policy/explain.ts";
import type { Decision } from "../../policy/types.ts";
import { vendorWords } from "../../policy/vendor.ts";
import { approvalOf } from "../approvals.ts";
import type { Case } from "../judge.ts";
import { evaluateMessage, PERSON_DECIDES, replayOutcome } from "../messages.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import { checkView, isoOrNull, pendingFields, told } from "../views.ts";
import type { Work } from "../work.ts";
import type { Beginning } from "./begin.ts";
import { declineCode, declineWords } from "./declines.ts";
import { type ChargeRow, chargeOf, chargeTerms, failureOf } from "./journal.ts";

/**
 * What an agent is told about a charge. Every sentence is ours; of Stripe's answers only the id of the PaymentIntent and
 * codes of our own tables get through, and never a customer, a card or a key.
 */

export const failed = (code: string, message: string): StripeChargeOutput => ({
  outcome: "failed",
  code,
  message: `${message} Nothing was charged.`,
});

/** Nothing can be spent at all. Of profiles and vendors nothing is said. */
export const stopped = (decision: Decision, judged: Case, stop: string): StripeChargeOutput => ({
  outcome: "rejected",
  checks: decision.checks.map((check) => checkView(check, judged.request, judged.mandate?.compiled ?? null)),
  message: `Rejected. ${stop} Nothing was charged.`,
});

/** Refused by the mandate, or waiting for a person because of it. */
function judgedAnswer(work: Work, decision: Decision, judged: Case): StripeChargeOutput {
  const mandate = judged.mandate?.compiled ?? null;
  const { request } = judged;
  const what = hints(mandate, request, judged.usage, work.now);
  return {
    outcome: "rejected",
    amount: toMajor(request.amount ?? 0),
    currency: request.currency,
    vendor: request.vendor,
    checks: told(decision).map((check) => checkView(check, request, mandate)),
    max_amount_now: what.max_amount_now === null ? null : toMajor(what.max_amount_now),
    max_amount_with_approval: what.max_amount_with_approval === null ? null : toMajor(what.max_amount_with_approval),
    retry_at: isoOrNull(what.retry_at),
    message: summarize(decision, request, mandate, what),
  };
}

/** What came of a beginning that sent nothing. */
export function notSent(work: Work, begun: Exclude<Beginning, { readonly kind: "started" }>): StripeChargeOutput {
  switch (begun.kind) {
    case "simulated":
      return standing(work, rowOf(work, begun.id), false);
    case "refused_now":
      return {
        ...judgedAnswer(work, begun.decision, begun.judged),
        transaction_id: begun.row.id,
        message: `${summarize(begun.decision, begun.judged.request, begun.judged.mandate?.compiled ?? null)} The hold of this purchase stays until its time is over. Nothing was charged.`,
      };
    case "terms_changed":
      return { ...failed("terms_changed", TERMS_CHANGED), transaction_id: begun.row.id };
    case "not_started": {
      const { row, replayed, decided } = begun.authorization;
      if (replayed || decided === undefined) return standing(work, row);
      const answer = judgedAnswer(work, decided.decision, decided.judged);
      if (row.status === "rejected") return { ...answer, transaction_id: row.id };
      return { ...answer, ...standing(work, row, false), message: `${answer.message} ${PERSON_DECIDES} ${CONTINUE}` };
    }
  }
}

const CONTINUE = "After the approval the same call, with the transaction_id instead of the key, charges.";
const TERMS_CHANGED =
  "The payment profile is not the one that this purchase was approved with, so the approval is void and its hold is released. A new idempotency_key asks again.";

function rowOf(work: Work, id: string): TransactionRow {
  const row = findTransaction(work, id);
  if (row === undefined) throw new Error("a charge without its transaction");
  return row;
}

/** What became of a charge that was sent, as far as it is known now. */
export const afterCharge = (work: Work, id: string): StripeChargeOutput => standing(work, rowOf(work, id), false);

/** Where a call's transaction stands. `replayed`: an earlier call made it. */
export function standing(work: Work, row: TransactionRow, replayed = true): StripeChargeOutput {
  const charge = chargeOf(work, row.id);
  const approval = row.status === "pending_approval" ? approvalOf(work, row.id) : undefined;
  const { outcome, code, message } = toldOf(row, charge);
  return {
    outcome,
    ...(code === null ? {} : { code }),
    transaction_id: row.id,
    ...(replayed ? { replayed: true } : {}),
    amount: toMajor(amountOf(row, charge)),
    currency: row.currency,
    vendor: row.vendor,
    ...(charge === undefined ? {} : { profile: charge.profile_name }),
    ...(charge?.payment_intent == null ? {} : { payment_intent: charge.payment_intent }),
    ...(row.simulated === 1 ? { simulated: true as const } : {}),
    ...(approval === undefined ? {} : pendingFields(work, approval)),
    message,
  };
}

/** What was taken; until that is known what is asked of Stripe, which can be less than was authorized. */
function amountOf(row: TransactionRow, charge: ChargeRow | undefined): number {
  if (row.settled > 0) return row.settled;
  const asked = charge === undefined ? null : fromStripeMinor(chargeTerms(charge).amount, row.currency);
  return asked ?? row.amount;
}

interface Told {
  readonly outcome: StripeChargeOutput["outcome"];
  readonly code: string | null;
  readonly message: string;
}

const AGAIN = "A further call with the same idempotency_key charges nothing new.";

function toldOf(row: TransactionRow, charge: ChargeRow | undefined): Told {
  const of = (outcome: Told["outcome"], message: string, code: string | null = null): Told => ({
    outcome,
    code,
    message,
  });
  const money = `${formatMoney(amountOf(row, charge), row.currency)} for ${vendorWords(row.vendor)}`;
  switch (row.status) {
    case "executing":
    case "unknown":
      return charge?.outcome === "processing"
        ? of(
            "unsettled",
            `Stripe is still processing ${money}; the budget stays held until it is proven. ${AGAIN}`,
            "processing",
          )
        : of(
            "unsettled",
            `Whether ${money} was charged is not known yet; the budget stays held until Stripe proves it. Do not charge again. ${AGAIN}`,
            "unknown",
          );
    case "completed":
      if (charge?.outcome === "charged") return of("charged", `Charged ${money}; Stripe has it. ${AGAIN}`);
      if (charge?.outcome === "simulated") {
        return of(
          "charged",
          `Simulated: ${money}. No money moved, because this test organization has no Stripe key. ${AGAIN}`,
        );
      }
      return of(
        "already_used",
        `An administrator has booked ${money} as charged; Stripe has not proven it. Do not charge again.`,
      );
    case "voided":
      return voided(charge, money);
    case "released":
      return row.settle_by !== null && row.updated_at < row.settle_by
        ? of("already_used", TERMS_CHANGED, "terms_changed")
        : of("already_used", evaluateMessage(row, false));
    case "pending_approval":
      return of("pending_approval", `${evaluateMessage(row, false)} ${CONTINUE}`);
    default: {
      const outcome = replayOutcome(row.status);
      return of(outcome === "approved" ? "already_used" : outcome, evaluateMessage(row, false));
    }
  }
}

/** Nothing was taken, and nothing can be any more. */
function voided(charge: ChargeRow | undefined, money: string): Told {
  const free = "Its budget is free again.";
  switch (charge?.outcome) {
    case "declined":
    case "needs_cardholder": {
      const code = charge.outcome === "declined" ? declineCode(failureOf(charge)) : "authentication_required";
      return {
        outcome: "declined",
        code,
        message: `${money} was declined. ${declineWords(code)} Nothing was taken. ${free}`,
      };
    }
    case "canceled":
      return {
        outcome: "failed",
        code: "canceled",
        message: `The charge of ${money} was canceled at Stripe; nothing was taken. ${free}`,
      };
    case "refused":
      return {
        outcome: "failed",
        code: "refused",
        message: `Stripe refused to charge ${money}: its key or the profile's card does not fit. An administrator has to look. Nothing was taken. ${free}`,
      };
    case "absent":
      return {
        outcome: "failed",
        code: "absent",
        message: `The charge of ${money} has never reached Stripe; nothing was taken. ${free}`,
      };
    default:
      return {
        outcome: "already_used",
        code: null,
        message: `An administrator has called the charge of ${money} off; Stripe has not proven yet that nothing was taken.`,
      };
  }
}
