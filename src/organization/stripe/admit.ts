import type { StripeChargeOutput } from "../../mcp/governance.ts";
import type { Micros } from "../../money.ts";
import { toStripeMinor } from "../../payments/stripe/minor-units.ts";
import type { Decision, PurchaseRequest } from "../../policy/types.ts";
import type { SpendCall } from "../governance.ts";
import { type AgentInForce, type Case, decideCase, type MandateCache, openCase } from "../judge.ts";
import { earlierPurchase, inTime, judgeRow } from "../payment-calls.ts";
import type { Principal } from "../principal.ts";
import { conflict } from "../problem.ts";
import { chooseProfile, type Profile } from "../profiles.ts";
import { mandateOf, requireAgent, stopOf } from "../service/standing.ts";
import { findByKey, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { chargeOf } from "./journal.ts";
import { activeStripeKey, type StripeKeyRow } from "./keys.ts";
import * as present from "./present.ts";
import { type ChargeRequest, printOf } from "./request.ts";

/** What admission needs of the object. */
export interface Gate {
  readonly cache: MandateCache;
  readonly spendCall: SpendCall;
  readonly mayLog: (agentId: string) => boolean;
}

/** A charge that can be judged: everything that needs no judgement has been found in order. */
export interface Admitted {
  readonly kind: "admitted";
  readonly agent: AgentInForce;
  /** An earlier authorization that it continues. */
  readonly row: TransactionRow | null;
  readonly profile: Profile<"stripe">;
  /** As Stripe counts it. */
  readonly minor: number;
  /** Null: a test organization without a key, which simulates. */
  readonly key: StripeKeyRow | null;
}

export type Admission = Admitted | { readonly kind: "answer"; readonly answer: StripeChargeOutput };

const answer = (of: StripeChargeOutput): Admission => ({ kind: "answer", answer: of });

/**
 * What can be said before anything is judged. A call about a transaction that is over, or on its way, is answered from the
 * ledger; an agent that may spend nothing at all hears that and nothing of profiles; what could not be charged exactly, or
 * with no key, is refused before anything is held.
 *
 * @throws Problem `agent_not_found`, `too_many_requests`, `idempotency_conflict`, `transaction_not_found`,
 *   `transaction_mismatch`.
 */
export function admit(work: Work, gate: Gate, principal: Principal, request: ChargeRequest): Admission {
  const agent = requireAgent(work, principal, request.agent_id);
  gate.spendCall("spend", agent.id, agent.spend_calls_per_minute);
  const row = inTime(work, gate.cache, earlier(work, request));
  if (row !== null && row.status !== "authorized") return answer(present.standing(work, row));
  const mandate = mandateOf(work, gate.cache, agent);
  const stop = stopOf(work, agent, mandate);
  if (stop !== null) return answer(stopped(work, gate, agent, request, stop));
  const journaled = row === null ? undefined : chargeOf(work, row.id);
  const profile = chooseProfile(work, mandate, "stripe", request.profile ?? journaled?.profile_name ?? null);
  if (!profile.ok) return answer(present.failed(profile.error.code, profile.error.message));
  if (row !== null && row.vendor !== profile.value.config.vendor && journaled === undefined) throw mismatch();
  const minor = toStripeMinor(request.amount, request.currency);
  if (!minor.ok) return answer(present.failed("amount_not_chargeable", minor.error));
  const key = activeStripeKey(work) ?? null;
  if (key === null && work.organization.mode === "live") return answer(present.failed("no_stripe_key", NO_KEY));
  const { customer, payment_method } = profile.value.config;
  if (key !== null && (customer === null || payment_method === null)) {
    return answer(present.failed("profile_without_card", NO_CARD));
  }
  return { kind: "admitted", agent, row, profile: profile.value, minor: minor.value, key };
}

const NO_KEY =
  "This organization has no Stripe key. An administrator adds one at /api/v1/integrations/stripe; without it nothing can be charged.";
const NO_CARD = "This profile names no card. An administrator adds one to it.";

/** What is asked of the mandate. The vendor is the profile's, never the agent's word. */
export const askOf = (
  request: ChargeRequest,
  country: string | null,
  vendor: string,
): PurchaseRequest & { readonly amount: Micros } => ({
  agent_id: request.agent_id,
  vendor,
  amount: request.amount,
  currency: request.currency,
  category: request.category,
  protocol: "stripe",
  country,
  approved_rules: [],
});

/** Would it be approved as things stand? Nothing is held or written. */
export function wouldStart(work: Work, cache: MandateCache, admitted: Admitted, request: ChargeRequest): boolean {
  const { agent, row, profile } = admitted;
  const { decision } =
    row === null
      ? decideCase(work, openCase(work, cache, askOf(request, work.country, profile.config.vendor), agent))
      : judgeRow(work, cache, row);
  return decision.outcome === "approved";
}

const TERMS =
  "agent, currency, category, profile and vendor must be the same, the amount at most the authorized one, and it must have been authorized for stripe.";
const mismatch = () => conflict("transaction_mismatch", `This transaction_id belongs to another purchase: ${TERMS}`);

/**
 * The transaction that the call is about. A retry is compared by the profile that its first call was judged with: what an
 * administrator has changed since must not turn the retry into a second charge.
 */
function earlier(work: Work, request: ChargeRequest): TransactionRow | null {
  const { agent_id, idempotency_key, transaction_id } = request;
  const known = idempotency_key === null ? undefined : findByKey(work, agent_id, idempotency_key);
  const charge = known === undefined ? undefined : chargeOf(work, known.id);
  const named = charge !== undefined && (request.profile === null || request.profile === charge.profile_name);
  const print =
    known === undefined || charge === undefined || !named
      ? ""
      : printOf(request, known.vendor, { id: charge.profile_id, version: charge.profile_version });
  return earlierPurchase(
    work,
    { agent_id, idempotency_key, transaction_id, print },
    (row) => {
      const journal = chargeOf(work, row.id);
      return (
        row.protocol === "stripe" &&
        row.currency === request.currency &&
        request.amount <= row.amount &&
        (request.category === null || row.category === request.category) &&
        (request.profile === null || journal === undefined || journal.profile_name === request.profile)
      );
    },
    TERMS,
  );
}

/** The vendor of a purchase that is refused before any profile is looked at. */
const NO_VENDOR = "none";
const STOPS: ReadonlySet<string> = new Set([
  "organization_frozen",
  "agent_suspended",
  "no_active_mandate",
  "mandate_not_yet_valid",
  "mandate_expired",
]);

function stopped(
  work: Work,
  gate: Gate,
  agent: AgentInForce,
  request: ChargeRequest,
  stop: string,
): StripeChargeOutput {
  const whole = decideCase(work, openCase(work, gate.cache, askOf(request, work.country, NO_VENDOR), agent));
  const checks = whole.decision.checks.filter((check) => STOPS.has(check.code) && !check.passed);
  if (gate.mayLog(agent.id)) logRefusal(work, agent, whole.judged, checks);
  return present.stopped({ ...whole.decision, checks }, whole.judged, stop);
}

/** A trace without a row of the ledger. No free text of the agent. */
function logRefusal(work: Work, agent: AgentInForce, judged: Case, checks: Decision["checks"]): void {
  const { mandate } = judged;
  work.log("request.refused", agent.id, {
    agent_id: agent.id,
    tool: "stripe_charge",
    codes: checks.map(({ code }) => code),
    request: judged.request,
    usage: judged.usage,
    mandate: mandate === null ? null : { id: mandate.id, version: mandate.version, hash: mandate.hash },
  });
}
