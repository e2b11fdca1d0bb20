import { fingerprint } from "../../ledger/fingerprint.ts";
import type { PurchaseRequest } from "../../policy/types.ts";
import type { SpendCall } from "../governance.ts";
import { type AgentInForce, type Case, decideCase, LAST_ENDED_MANDATE, type MandateCache, openCase } from "../judge.ts";
import { type MerchantRow, merchantById, merchantByOrigin } from "../merchants.ts";
import { earlierPurchase, inTime, ownHold } from "../payment-calls.ts";
import type { Principal } from "../principal.ts";
import { chooseProfile, type Profile } from "../profiles.ts";
import { mandateOf, requireAgent } from "../service/standing.ts";
import { first } from "../sql.ts";
import { activeStripeKey, type StripeKeyRow } from "../stripe/keys.ts";
import { findByKey, requestOf, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { checkoutOf } from "./journal.ts";
import type { Answered } from "./present.ts";
import * as present from "./present.ts";
import type { CheckoutRequest } from "./request.ts";

/** What admission needs of the object. */
export interface Gate {
  readonly cache: MandateCache;
  readonly spendCall: SpendCall;
  readonly mayLog: (agentId: string) => boolean;
}

/** Everything that a checkout is made with, as an administrator has it configured now. */
export interface Admitted {
  readonly kind: "admitted";
  readonly agent: AgentInForce;
  /** An earlier authorization that the call continues. */
  readonly row: TransactionRow | null;
  readonly profile: Profile<"acp">;
  readonly merchant: MerchantRow;
  readonly key: StripeKeyRow;
  /** ISO 4217: the mandate's, or that of the hold. */
  readonly currency: string;
  readonly print: string;
}

export type Admission =
  | Admitted
  /** Nothing is sent: this is the answer. */
  | Answered;

/**
 * May this agent buy from this merchant at all? Everything that needs no amount is asked before the first byte leaves. A
 * call about a transaction that is over, or on its way, is answered from the ledger.
 *
 * @throws Problem `agent_not_found`, `too_many_requests`, `idempotency_conflict`, `transaction_not_found`,
 *   `transaction_mismatch`.
 */
export function admit(work: Work, gate: Gate, principal: Principal, request: CheckoutRequest): Admission {
  const agent = requireAgent(work, principal, request.agent_id);
  gate.spendCall("spend", agent.id, agent.spend_calls_per_minute);
  const known = inTime(work, gate.cache, earlier(work, request));
  if (known !== null && known.status !== "authorized") {
    return present.answerOf(present.standing(work, known), known);
  }
  const currency = known?.currency ?? currencyOf(work, gate.cache, agent);
  const ask = known === null ? askOf(request, work.country, currency) : { ...requestOf(known), amount: null };
  const { decision, judged } = decideCase(
    work,
    openCase(work, gate.cache, ask, agent, known === null ? null : ownHold(known)),
  );
  // How many purchases wait for a person is asked when the price is known.
  const failed = decision.checks.filter((check) => !check.passed && check.code !== "too_many_pending_approvals");
  if (failed.length > 0) {
    const codes = failed.map(({ code }) => code);
    if (gate.mayLog(agent.id)) logRefusal(work, request, codes, judged);
    return present.answerOf(present.rejected(work, decision, judged, null));
  }
  return configured(work, gate, agent, request, known, { currency, judged });
}

interface Asked {
  readonly currency: string;
  readonly judged: Case;
}

/** Profile, merchant and key. A merchant that does not exist answers like one that the profile does not list. */
function configured(
  work: Work,
  gate: Gate,
  agent: AgentInForce,
  request: CheckoutRequest,
  row: TransactionRow | null,
  { currency, judged }: Asked,
): Admission {
  const refuse = (code: string, message: string): Admission => {
    if (gate.mayLog(agent.id)) logRefusal(work, request, [code], judged);
    return present.answerOf(present.failed(code, message));
  };
  // What a person has approved keeps its profile, where the call names none.
  const name = request.profile ?? (row === null ? null : (checkoutOf(work, row.id)?.profile_name ?? null));
  const profile = chooseProfile(work, mandateOf(work, gate.cache, agent), "acp", name);
  if (!profile.ok) return refuse(profile.error.code, profile.error.message);
  const merchant = merchantByOrigin(work, request.origin);
  if (merchant === undefined || !profile.value.config.merchants.includes(merchant.id)) {
    return refuse("merchant_not_allowed", "The payment profile lists no merchant at this URL.");
  }
  const key = activeStripeKey(work);
  if (key === undefined) {
    return refuse(
      "no_stripe_key",
      "This organization has no Stripe key to pay merchants with. An administrator stores one.",
    );
  }
  const print = printOf(request, currency, merchant.id, profile.value);
  return { kind: "admitted", agent, row, profile: profile.value, merchant, key, currency, print };
}

/** What is asked of the mandate. `amount: null` = before the total is known. */
export const askOf = (
  request: CheckoutRequest,
  country: string | null,
  currency: string,
): PurchaseRequest & { readonly amount: null } => ({
  agent_id: request.agent_id,
  vendor: request.vendor,
  amount: null,
  currency,
  category: request.category,
  protocol: "acp",
  country,
  approved_rules: [],
});

/** XXX is ISO 4217's "no currency": without any mandate there is none, and the refusal names what is missing. */
function currencyOf(work: Work, cache: MandateCache, agent: AgentInForce): string {
  const mandate = mandateOf(work, cache, agent);
  if (mandate !== null) return mandate.compiled.currency;
  const ended = first<{ id: string; version: number }>(work.sql, LAST_ENDED_MANDATE, agent.id);
  return ended === undefined ? "XXX" : cache.get(work, ended.id, ended.version).compiled.currency;
}

/** Whom, with what, and as whom: never the agent's free text. */
function printOf(
  request: CheckoutRequest,
  currency: string,
  merchantId: string,
  profile: { readonly id: string; readonly version: number },
): string {
  return fingerprint({
    tool: "acp_checkout",
    agent_id: request.agent_id,
    vendor: request.vendor,
    amount: request.max_amount,
    currency,
    category: request.category,
    protocol: "acp",
    url: `${request.origin} ${merchantId} ${profile.id}@${profile.version}`,
    body_hash: request.items_hash,
  });
}

/**
 * The transaction that the call is about. A retry is compared with what its purchase was made with: an administrator who
 * has edited profile or merchant since must not turn it into a conflict, after which an agent would buy again.
 */
function earlier(work: Work, request: CheckoutRequest): TransactionRow | null {
  const byKey =
    request.idempotency_key === null ? undefined : findByKey(work, request.agent_id, request.idempotency_key);
  const journal = byKey === undefined ? undefined : checkoutOf(work, byKey.id);
  const sameProfile = request.profile === null || request.profile === journal?.profile_name;
  const print =
    byKey === undefined || journal === undefined || !sameProfile
      ? ""
      : printOf(request, byKey.currency, journal.merchant_id, {
          id: journal.profile_id,
          version: journal.profile_version,
        });
  return earlierPurchase(
    work,
    { ...request, print },
    (row) => row.protocol === "acp" && row.vendor === request.vendor && samePurchase(work, row, request),
    "agent, merchant, items, profile and category must be the same, and it must have been authorized for acp.",
  );
}

function samePurchase(work: Work, row: TransactionRow, request: CheckoutRequest): boolean {
  if (request.category !== null && row.category !== request.category) return false;
  const journal = checkoutOf(work, row.id);
  if (journal === undefined) return true;
  const origin = merchantById(work, journal.merchant_id)?.origin ?? request.origin;
  return (
    origin === request.origin &&
    journal.items_hash === request.items_hash &&
    (request.profile === null || request.profile === journal.profile_name)
  );
}

/** A checkout that was not let out leaves a trace without an amount. No free text of the agent, no query of the URL. */
function logRefusal(work: Work, request: CheckoutRequest, codes: readonly string[], judged: Case): void {
  const { mandate } = judged;
  work.log("request.refused", request.agent_id, {
    agent_id: request.agent_id,
    codes,
    request: judged.request,
    usage: judged.usage,
    mandate: mandate === null ? null : { id: mandate.id, version: mandate.version, hash: mandate.hash },
  });
}
