import type { FetchOutput } from "../../mcp/governance.ts";
import type { Micros } from "../../money.ts";
import type { PayableOption, PaymentGrant, Quote } from "../../payments/rails-api.ts";
import { X402_CURRENCY } from "../../payments/x402/assets.ts";
import { X402_LIMITS } from "../../payments/x402/limits.ts";
import { paymentNonce } from "../../payments/x402/nonce.ts";
import type { Decision, PurchaseRequest } from "../../policy/types.ts";
import { advance } from "../advance.ts";
import { startExecution } from "../approvals.ts";
import { type Authorization, authorize } from "../authorize.ts";
import { type AgentInForce, type Case, decideCase, type MandateCache, openCase } from "../judge.ts";
import { judgeRow } from "../payment-calls.ts";
import type { TransactionRow } from "../transactions.ts";
import { activeWallet, type WalletRow } from "../wallets.ts";
import type { Work } from "../work.ts";
import { type PaymentRow, paymentOf, setWatch, writeGrant, writeOutcome, writeTerms } from "./journal.ts";
import type { FetchRequest } from "./request.ts";

/** A payment that may now be signed: everything of it is journaled in the same transaction. */
export interface Started {
  readonly row: TransactionRow;
  readonly option: PayableOption;
  readonly grant: PaymentGrant;
  readonly sealed_key: string;
  readonly organization_id: string;
}

export type Beginning =
  /** Decided by what stands in the ledger, before anything was judged. */
  | { readonly kind: "answered"; readonly answer: FetchOutput }
  | { readonly kind: "started"; readonly started: Started }
  /** Judged and not approved, or an earlier call's transaction. */
  | { readonly kind: "not_started"; readonly authorization: Authorization; readonly option: PayableOption }
  /** An earlier authorization that the mandate no longer carries. */
  | { readonly kind: "refused_now"; readonly decision: Decision; readonly judged: Case; readonly option: PayableOption }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly option: PayableOption };

export type RefusalCode =
  | "no_wallet"
  | "wallet_unread"
  | "wallet_underfunded"
  | "above_max_amount"
  | "terms_changed"
  | "above_authorized";

/** What is asked of the mandate. `amount: null` = before the price is known. */
export const askOf = (
  request: FetchRequest,
  country: string | null,
  amount: Micros | null,
  vendor = request.vendor,
): PurchaseRequest => ({
  agent_id: request.agent_id,
  vendor,
  amount,
  currency: X402_CURRENCY,
  category: request.category,
  protocol: "x402",
  country,
  approved_rules: [],
});

const micros = (option: PayableOption): Micros => option.amount as Micros;

/**
 * Judges a quote for a new purchase, and if the mandate approves, holds the budget, writes the journal and steps to
 * `executing`, all in this one transaction. From here on money may move, once, by exactly this grant.
 */
export function beginNew(
  work: Work,
  cache: MandateCache,
  agent: AgentInForce,
  request: FetchRequest,
  quote: Quote,
): Beginning {
  const affordable = quote.options.filter(({ amount }) => request.max_amount === null || amount <= request.max_amount);
  const cheapest = quote.options[0]!;
  if (affordable.length === 0) return { kind: "refused", code: "above_max_amount", option: cheapest };
  const wallet = activeWallet(work);
  const option = choose(work, cache, agent, request, affordable);
  const short = shortOf(wallet, option);
  if (wallet === undefined || short !== null) return { kind: "refused", code: short ?? "no_wallet", option };
  const authorization = authorize(
    work,
    cache,
    {
      tool: "fetch",
      print: request.print,
      request: { ...askOf(request, work.country, micros(option)), amount: micros(option) },
      idempotency_key: request.idempotency_key,
      transaction_id: null,
      reason: request.reason,
      metadata: request.metadata,
    },
    agent,
  );
  const { row, replayed } = authorization;
  if (replayed || row.status === "rejected") return { kind: "not_started", authorization, option };
  writeTerms(work, row.id, request.target, option, quote.version);
  if (row.status !== "authorized") return { kind: "not_started", authorization, option };
  // Judged in this very transaction, so the third judgement would read the same rows again.
  return start(work, row, option, wallet, () => advance(work, cache, row, { type: "execute" }, termsOf(work, row.id)));
}

/**
 * Starts a purchase that was authorized earlier: after a person's approval, or by quetra_evaluate. The quote is a new one.
 * Where the earlier call had a quote, payee, token and request must be the same and the price at most the approved one:
 * anything else voids the approval.
 */
export function beginApproved(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  request: FetchRequest,
  quote: Quote,
): Beginning {
  if (row.currency !== X402_CURRENCY) throw new Error("a hold in another currency cannot be paid in USDC");
  const terms = paymentOf(work, row.id);
  const cheapest = quote.options[0]!;
  const fitting = quote.options.filter(
    (offer) => offer.amount <= row.amount && (terms === undefined || samePayee(terms, offer)),
  );
  if (fitting.length === 0) {
    if (terms === undefined) return { kind: "refused", code: "above_authorized", option: cheapest };
    advance(work, cache, row, { type: "release" }, { why: "terms_changed" });
    writeOutcome(work, row.id, "not_sent", null);
    return { kind: "refused", code: "terms_changed", option: cheapest };
  }
  const option = fitting.find(({ amount }) => request.max_amount === null || amount <= request.max_amount);
  if (option === undefined) return { kind: "refused", code: "above_max_amount", option: fitting[0]! };
  const wallet = activeWallet(work);
  const short = shortOf(wallet, option);
  if (wallet === undefined || short !== null) return { kind: "refused", code: short ?? "no_wallet", option };
  const again = judgeRow(work, cache, row);
  if (again.decision.outcome === "rejected") return { kind: "refused_now", ...again, option };
  writeTerms(work, row.id, request.target, option, quote.version);
  return start(work, row, option, wallet, () => startExecution(work, cache, row, termsOf(work, row.id)));
}

const samePayee = (terms: PaymentRow, offer: PayableOption): boolean =>
  terms.pay_to === offer.pay_to && terms.asset === offer.asset && terms.network === offer.network;

/** Why this wallet cannot pay the offer, as far as its remembered balance says. */
function shortOf(
  wallet: WalletRow | undefined,
  option: PayableOption,
): "no_wallet" | "wallet_unread" | "wallet_underfunded" | null {
  if (wallet === undefined || wallet.network !== option.network) return "no_wallet";
  if (wallet.balance === null) return "wallet_unread";
  return wallet.balance < option.amount ? "wallet_underfunded" : null;
}

/** The cheapest option that the mandate approves; failing that the cheapest that it asks a person about, or the cheapest. */
export function choose(
  work: Work,
  cache: MandateCache,
  agent: AgentInForce,
  request: FetchRequest,
  options: readonly PayableOption[],
): PayableOption {
  if (options.length === 1) return options[0]!;
  const judged = options.map((option) => ({ option, ...judgeOption(work, cache, agent, request, option) }));
  const first = (outcome: Decision["outcome"]) => judged.find(({ decision }) => decision.outcome === outcome)?.option;
  return first("approved") ?? first("approval_required") ?? options[0]!;
}

/** What the mandate would say to an offer; nothing is held. */
export const judgeOption = (
  work: Work,
  cache: MandateCache,
  agent: AgentInForce,
  request: FetchRequest,
  option: PayableOption,
): { readonly decision: Decision; readonly judged: Case } =>
  decideCase(work, openCase(work, cache, askOf(request, work.country, micros(option)), agent));

/** Writes the grant, takes the step, and sets the watch, which looks at the chain whatever becomes of this process. */
function start(
  work: Work,
  row: TransactionRow,
  option: PayableOption,
  wallet: WalletRow,
  step: () => TransactionRow,
): Beginning {
  const organization_id = work.organization.id;
  const now = Math.floor(work.now / 1000);
  const grant: PaymentGrant = {
    network: option.network,
    asset: option.asset,
    from: wallet.address,
    to: option.pay_to,
    value: option.amount,
    valid_after: 0,
    valid_before: now + Math.min(option.validity_seconds, X402_LIMITS.validitySeconds),
    nonce: paymentNonce(organization_id, row.id),
  };
  writeGrant(work, row.id, grant, now);
  const executing = step();
  const payment = paymentOf(work, row.id);
  if (payment === undefined) throw new Error("a payment without a journal");
  setWatch(work, payment, work.now + FIRST_LOOK_MS);
  return {
    kind: "started",
    started: { row: executing, option, grant, sealed_key: wallet.sealed_key, organization_id },
  };
}

const FIRST_LOOK_MS = 2_000;

/** What the event of the step records: the whole authorization that will be signed. */
function termsOf(work: Work, transactionId: string) {
  const payment = paymentOf(work, transactionId);
  if (payment === undefined) throw new Error("a payment without a journal");
  const { network, asset, pay_to, value, from_address, nonce, valid_before, version, url, method } = payment;
  return { x402: { version, network, asset, pay_to, value, from: from_address, nonce, valid_before, method, url } };
}
