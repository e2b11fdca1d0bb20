import { LIMITS } from "../../limits.ts";
import type { CheckoutOutput } from "../../mcp/governance.ts";
import type { Micros } from "../../money.ts";
import type { Decision } from "../../policy/types.ts";
import { advance } from "../advance.ts";
import { startExecution } from "../approvals.ts";
import { type Authorization, authorize } from "../authorize.ts";
import type { Case } from "../judge.ts";
import { judgeRow } from "../payment-calls.ts";
import type { Principal } from "../principal.ts";
import { first } from "../sql.ts";
import type { TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { type Admitted, admit, askOf, type Gate } from "./admit.ts";
import {
  type CheckoutRow,
  type CheckoutTerms,
  checkoutOf,
  requireCheckout,
  setWatch,
  writeBegin,
  writeOutcome,
  writeTerms,
} from "./journal.ts";
import type { Priced } from "./quote.ts";
import type { CheckoutRequest } from "./request.ts";

export type Beginning =
  /** Decided by what stands in the ledger, before anything was judged. */
  | { readonly kind: "answered"; readonly answer: CheckoutOutput }
  /** A token may now be asked for: everything about it is journaled in the same transaction. */
  | { readonly kind: "started"; readonly row: TransactionRow }
  /** Judged and not approved, or an earlier call's transaction. */
  | { readonly kind: "not_started"; readonly authorization: Authorization }
  /** An earlier authorization that the mandate no longer carries. */
  | { readonly kind: "refused_now"; readonly decision: Decision; readonly judged: Case }
  | { readonly kind: "refused"; readonly code: BeginRefusal };

export type BeginRefusal =
  | "above_max_amount"
  | "above_authorized"
  | "terms_changed"
  | "changed_meanwhile"
  | "session_reused";

/**
 * Judges the total, and if the mandate approves, holds the budget, writes the journal and steps to `executing`, all in this
 * one transaction. Everything is read again: while the merchant was asked, the key, the agent, the configuration and the
 * transaction may have changed.
 *
 * @param quoted What the merchant was asked with.
 */
export function begin(
  work: Work,
  gate: Gate,
  principal: Principal,
  request: CheckoutRequest,
  quoted: Admitted,
  priced: Priced,
): Beginning {
  const now = admit(work, { ...gate, spendCall: () => {} }, principal, request);
  if (now.kind === "answer") return { kind: "answered", answer: now.answer };
  if (!sameConfiguration(now, quoted)) return { kind: "refused", code: "changed_meanwhile" };
  if (isReused(work, now.merchant.id, priced.session.id)) return { kind: "refused", code: "session_reused" };
  return now.row === null
    ? beginNew(work, gate, request, now, priced)
    : beginApproved(work, gate, request, now, now.row, priced);
}

const sameConfiguration = (now: Admitted, quoted: Admitted): boolean =>
  now.profile.id === quoted.profile.id &&
  now.profile.version === quoted.profile.version &&
  now.merchant.id === quoted.merchant.id &&
  now.merchant.version === quoted.merchant.version &&
  now.currency === quoted.currency;

/** One session is paid once, whoever asks: two tokens for it would be two payments for one order. */
const isReused = (work: Work, merchantId: string, sessionId: string): boolean =>
  first(
    work.sql,
    "SELECT 1 AS yes FROM acp_checkouts WHERE merchant_id = ? AND session_id = ? AND began_at IS NOT NULL",
    merchantId,
    sessionId,
  ) !== undefined;

function beginNew(work: Work, gate: Gate, request: CheckoutRequest, now: Admitted, priced: Priced): Beginning {
  if (priced.total > request.max_amount) return { kind: "refused", code: "above_max_amount" };
  const authorization = authorize(
    work,
    gate.cache,
    {
      tool: "acp_checkout",
      print: now.print,
      request: { ...askOf(request, work.country, now.currency), amount: priced.total },
      idempotency_key: request.idempotency_key,
      transaction_id: null,
      reason: request.reason,
      metadata: request.metadata,
    },
    now.agent,
  );
  const { row, replayed } = authorization;
  if (replayed || row.status === "rejected") return { kind: "not_started", authorization };
  const checkout = writeTerms(work, row.id, termsOf(request, now, priced));
  if (row.status !== "authorized") return { kind: "not_started", authorization };
  // Judged in this very transaction, so the third judgement would read the same rows again.
  return start(work, checkout, now, (facts) => advance(work, gate.cache, row, { type: "execute" }, facts));
}

/**
 * Starts a purchase that was authorized earlier, on a new session. A person has approved exactly one total for these items
 * at this merchant: any other total voids the approval, a lower one as well, because it may stand for less goods. A hold of
 * quetra_evaluate has been given for an amount, which is a ceiling.
 */
function beginApproved(
  work: Work,
  gate: Gate,
  request: CheckoutRequest,
  now: Admitted,
  row: TransactionRow,
  priced: Priced,
): Beginning {
  const terms = checkoutOf(work, row.id);
  if (terms === undefined && priced.total > row.amount) return { kind: "refused", code: "above_authorized" };
  if (terms !== undefined && !sameTerms(terms, request, now, priced.total)) {
    advance(work, gate.cache, row, { type: "release" }, { why: "terms_changed" });
    writeOutcome(work, row.id, "refused");
    return { kind: "refused", code: "terms_changed" };
  }
  if (priced.total > request.max_amount) return { kind: "refused", code: "above_max_amount" };
  const again = judgeRow(work, gate.cache, row);
  if (again.decision.outcome === "rejected") return { kind: "refused_now", ...again };
  const checkout = writeTerms(work, row.id, termsOf(request, now, priced));
  return start(work, checkout, now, (facts) => startExecution(work, gate.cache, row, facts));
}

const sameTerms = (terms: CheckoutRow, request: CheckoutRequest, now: Admitted, total: Micros): boolean =>
  terms.total === total &&
  terms.merchant_id === now.merchant.id &&
  terms.seller_profile === now.merchant.seller_profile &&
  terms.items_hash === request.items_hash &&
  terms.profile_id === now.profile.id &&
  terms.profile_version === now.profile.version;

const termsOf = (
  { items, items_hash }: CheckoutRequest,
  { merchant, profile }: Admitted,
  { session, total }: Priced,
): CheckoutTerms => ({
  merchant_id: merchant.id,
  merchant_version: merchant.version,
  profile_id: profile.id,
  profile_name: profile.name,
  profile_version: profile.version,
  items: JSON.stringify(items),
  items_hash,
  session_id: session.id,
  protocol_version: session.version,
  api_base_url: session.api_base_url,
  handler_id: session.handler?.id ?? null,
  seller_profile: merchant.seller_profile,
  payment_method: profile.config.payment_method,
  total,
  session_expires_at: session.expires_at,
});

/** Pins the token's terms, takes the step, and sets the watch, which looks whatever becomes of this process. */
function start(
  work: Work,
  terms: CheckoutRow,
  { key }: Admitted,
  step: (facts: Readonly<Record<string, unknown>>) => TransactionRow,
): Beginning {
  const latest = Math.floor((work.now + LIMITS.tokenMs) / 1000);
  const expiresAt = Math.min(terms.session_expires_at ?? latest, latest);
  writeBegin(work, terms.transaction_id, key.id, expiresAt);
  const { merchant_id, session_id, seller_profile, profile_name, profile_version, items_hash, total } = terms;
  const row = step({
    acp: {
      merchant_id,
      session_id,
      seller_profile,
      profile: profile_name,
      profile_version,
      items_hash,
      total,
      token_expires_at: expiresAt,
    },
  });
  setWatch(work, requireCheckout(work, row.id), work.now + FIRST_LOOK_MS);
  return { kind: "started", row };
}

const FIRST_LOOK_MS = 3_000;
