import type { Micros } from "../../money.ts";
import type { StripeCharge } from "../../payments/stripe/api.ts";
import type { Decision } from "../../policy/types.ts";
import { advance } from "../advance.ts";
import { startExecution } from "../approvals.ts";
import { type Authorization, authorize } from "../authorize.ts";
import type { Case, MandateCache } from "../judge.ts";
import { judgeRow } from "../payment-calls.ts";
import type { TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { type Admitted, askOf } from "./admit.ts";
import { chargeOf, chargeTerms, setWatch, writeCharge, writeOutcome, writeStart } from "./journal.ts";
import { type ChargeRequest, printOf } from "./request.ts";
import { FIRST_LOOK_MS } from "./schedule.ts";

export type Beginning =
  /** May now be sent: everything of it is journaled in the same transaction. */
  | { readonly kind: "started"; readonly id: string }
  /** Played through: no money moves. */
  | { readonly kind: "simulated"; readonly id: string }
  /** Judged and not approved, or an earlier call's transaction. */
  | { readonly kind: "not_started"; readonly authorization: Authorization }
  /** An earlier authorization that the mandate no longer carries. */
  | { readonly kind: "refused_now"; readonly row: TransactionRow; readonly decision: Decision; readonly judged: Case }
  /** The profile is not the one that was approved: the approval is void. */
  | { readonly kind: "terms_changed"; readonly row: TransactionRow };

type Facts = Readonly<Record<string, unknown>>;

/**
 * Judges the charge, and if the mandate approves, holds the budget, writes the journal and steps to `executing`, all in
 * this one transaction. From here on money may move, once, by exactly the journaled charge.
 */
export function begin(work: Work, cache: MandateCache, admitted: Admitted, request: ChargeRequest): Beginning {
  return admitted.row === null
    ? beginNew(work, cache, admitted, request)
    : beginApproved(work, cache, admitted, admitted.row, request);
}

function beginNew(work: Work, cache: MandateCache, admitted: Admitted, request: ChargeRequest): Beginning {
  const { agent, profile } = admitted;
  const { vendor } = profile.config;
  const authorization = authorize(
    work,
    cache,
    {
      tool: "stripe_charge",
      print: printOf(request, vendor, profile),
      request: askOf(request, work.country, vendor),
      idempotency_key: request.idempotency_key,
      transaction_id: null,
      reason: request.reason,
      metadata: request.metadata,
    },
    agent,
  );
  const { row, replayed } = authorization;
  if (replayed || row.status === "rejected") return { kind: "not_started", authorization };
  writeCharge(work, row.id, profile, chargeFor(admitted, request.description, row));
  if (row.status !== "authorized") return { kind: "not_started", authorization };
  // Judged in this very transaction, so the third judgement would read the same rows again.
  const step = (facts: Facts) => advance(work, cache, row, { type: "execute" }, facts);
  return start(work, cache, admitted, step, request.description, request.amount);
}

/** Starts what was authorized earlier: after a person's approval, or by quetra_evaluate. */
function beginApproved(
  work: Work,
  cache: MandateCache,
  admitted: Admitted,
  row: TransactionRow,
  request: ChargeRequest,
): Beginning {
  const journaled = chargeOf(work, row.id);
  const { id, version } = admitted.profile;
  if (journaled !== undefined && (journaled.profile_id !== id || journaled.profile_version !== version)) {
    return { kind: "terms_changed", row: advance(work, cache, row, { type: "release" }, { why: "terms_changed" }) };
  }
  const again = judgeRow(work, cache, row);
  if (again.decision.outcome !== "approved") return { kind: "refused_now", row, ...again };
  // What is shown on the charge is what the first call said.
  const description = journaled === undefined ? request.description : chargeTerms(journaled).description;
  const step = (facts: Facts) => startExecution(work, cache, row, facts);
  return start(work, cache, admitted, step, description, request.amount);
}

/** Writes the charge, takes the step, and sets the watch, which asks Stripe whatever becomes of this process. */
function start(
  work: Work,
  cache: MandateCache,
  admitted: Admitted,
  step: (facts: Facts) => TransactionRow,
  description: string | null,
  amount: Micros,
): Beginning {
  const { profile, minor, key } = admitted;
  const terms = { profile: profile.name, profile_version: profile.version, minor_units: minor };
  const row = step({ stripe: { ...terms, stripe_key_id: key?.id ?? null } });
  // Behind the step, because that names the mandate that answers for it.
  writeCharge(work, row.id, profile, chargeFor(admitted, description, row));
  if (key === null) {
    writeOutcome(work, row.id, "simulated");
    advance(work, cache, row, { type: "complete", amount }, { outcome: "simulated" }, { simulated: 1 });
    return { kind: "simulated", id: row.id };
  }
  writeStart(work, row.id, key.id);
  setWatch(work, row.id, work.now + FIRST_LOOK_MS);
  return { kind: "started", id: row.id };
}

function chargeFor({ profile, minor }: Admitted, description: string | null, row: TransactionRow): StripeCharge {
  const { customer, payment_method, statement_descriptor_suffix } = profile.config;
  if (row.mandate_id === null || row.mandate_version === null) throw new Error("a charge without a mandate");
  return {
    amount: minor,
    currency: row.currency.toLowerCase(),
    // Empty in a simulation only, which is sent nowhere.
    customer: customer ?? "",
    payment_method: payment_method ?? "",
    description,
    statement_descriptor_suffix,
    agent_id: row.agent_id,
    mandate_id: row.mandate_id,
    mandate_version: row.mandate_version,
  };
}
