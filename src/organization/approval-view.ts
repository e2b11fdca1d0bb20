import { toMajor } from "../money.ts";
import { describeTerms } from "../policy/explain.ts";
import { isHost } from "../policy/vendor.ts";
import { agentName, standingMandate, termsDigest } from "./approval-terms.ts";
import type { ApprovalRow } from "./approvals.ts";
import type { MandateCache, MandateInForce } from "./judge.ts";
import { findTransaction, type TransactionRow } from "./transactions.ts";
import { iso, isoOrNull, paymentFields } from "./views.ts";
import type { Work } from "./work.ts";

export function purchaseOf(work: Work, approval: ApprovalRow): TransactionRow {
  const row = findTransaction(work, approval.transaction_id);
  if (row === undefined) throw new Error("an approval names a transaction that does not exist");
  return row;
}

/** The approval rules that asked, in the words of the version that judged the purchase. */
export function askedWords(work: Work, cache: MandateCache, approval: ApprovalRow, row: TransactionRow): string[] {
  const asks = JSON.parse(approval.asks) as string[];
  const rules = judgedBy(work, cache, row)?.compiled.rules ?? [];
  return rules.filter((rule) => asks.includes(rule.id)).map((rule) => rule.words);
}

const judgedBy = (work: Work, cache: MandateCache, row: TransactionRow): MandateInForce | null =>
  row.mandate_id === null || row.mandate_version === null ? null : cache.get(work, row.mandate_id, row.mandate_version);

/**
 * An approval as REST shows it. While it waits, the mandate is the one that a decision would be judged by now, and
 * `terms` is the digest to decide on; afterwards the mandate is the one that answers for the purchase.
 */
export function approvalView(work: Work, cache: MandateCache, approval: ApprovalRow) {
  const row = purchaseOf(work, approval);
  const pending = approval.status === "pending";
  const mandate = pending ? (standingMandate(work, cache, row.agent_id)?.mandate ?? null) : judgedBy(work, cache, row);
  return {
    id: approval.id,
    transaction_id: approval.transaction_id,
    agent_id: approval.agent_id,
    agent_name: agentName(work, approval.agent_id),
    status: approval.status,
    vendor: row.vendor,
    vendor_kind: isHost(row.vendor) ? ("host" as const) : ("name" as const),
    amount: toMajor(row.amount),
    currency: row.currency,
    ...(row.category === null ? {} : { category: row.category }),
    protocol: row.protocol,
    ...paymentFields(work, row),
    ...(row.reason === null ? {} : { reason: row.reason }),
    asks: askedWords(work, cache, approval, row),
    mandate_id: mandate?.id ?? null,
    mandate_version: mandate?.version ?? null,
    mandate_summary: mandate === null ? [] : describeTerms(mandate.compiled),
    terms: pending ? termsDigest(work, cache, approval, row) : null,
    requested_at: iso(approval.requested_at),
    expires_at: iso(approval.expires_at),
    decided_at: isoOrNull(approval.decided_at),
    decided_by: approval.decided_by,
    note: approval.note,
  };
}
