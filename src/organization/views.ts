import { toMajor } from "../money.ts";
import { organizationCounterRefs } from "../policy/decide.ts";
import { explainCheck } from "../policy/explain.ts";
import type { Check, CompiledMandate, Decision, OrganizationBudget, PurchaseRequest } from "../policy/types.ts";
import type { BudgetStatus, CheckView } from "../schema/common.ts";
import type { TransactionView } from "../schema/transaction.ts";
import { type ApprovalRow, approvalOf } from "./approvals.ts";
import { type BoundCounter, bindCounter, ORGANIZATION_OWNER } from "./counters.ts";
import type { Case, MandateInForce } from "./judge.ts";
import { paymentFacts } from "./payment-facts.ts";
import type { TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

/** Instants leave the service as RFC 3339 in UTC. */
export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null || !Number.isFinite(ms) ? null : iso(ms));

/** A row as every edge shows it: amounts in major units, what does not apply left out. */
export function transactionView(work: Work, row: TransactionRow): TransactionView {
  const approval = row.status === "pending_approval" ? approvalOf(work, row.id) : undefined;
  return {
    id: row.id,
    status: row.status,
    agent_id: row.agent_id,
    vendor: row.vendor,
    amount: toMajor(row.amount),
    currency: row.currency,
    ...(row.category === null ? {} : { category: row.category }),
    protocol: row.protocol,
    amount_held: toMajor(row.held),
    amount_settled: toMajor(row.settled),
    ...(row.refunded === 0 ? {} : { amount_refunded: toMajor(row.refunded) }),
    ...(row.claimed === null || (row.claimed === row.settled && row.held === 0)
      ? {}
      : { amount_claimed: toMajor(row.claimed) }),
    ...(row.codes === null ? {} : { reasons: JSON.parse(row.codes) as string[] }),
    ...(row.overdraft === 1 ? { overdraft: true as const } : {}),
    ...(row.presumed === 1 ? { presumed: true as const } : {}),
    ...(row.late === 1 ? { late: true as const } : {}),
    ...(row.simulated === 1 ? { simulated: true as const } : {}),
    ...(row.waiting_for === null ? {} : { waiting_for: row.waiting_for }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.metadata === null ? {} : { metadata: JSON.parse(row.metadata) as Record<string, string> }),
    ...(approval === undefined ? {} : { approval_id: approval.id, approval_expires_at: iso(approval.expires_at) }),
    ...(row.settle_by === null || row.status !== "authorized" ? {} : { settle_by: iso(row.settle_by) }),
    ...(row.mandate_id === null ? {} : { mandate_id: row.mandate_id }),
    ...(row.mandate_version === null ? {} : { mandate_version: row.mandate_version }),
    ...paymentFields(work, row),
    ...(row.repeat_count === 1 ? {} : { repeat_count: row.repeat_count }),
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}

/** Where a purchase waits, for whoever asked for it. The address says nothing and gives no authority. */
export const pendingFields = (work: Work, { id, expires_at }: ApprovalRow) => ({
  approval_id: id,
  ...(work.origin === null ? {} : { approval_url: `${work.origin}/approvals/${id}` }),
  approval_expires_at: iso(expires_at),
});

/** What a payment tool's journal says of the purchase: above all to whom it goes. */
export function paymentFields(work: Work, row: TransactionRow): Pick<TransactionView, "payment"> {
  const payment = paymentFacts(work, row);
  return payment === null ? {} : { payment: { ...payment } };
}

/** Of a decision what a caller is told: failed checks, and the approval rules that ask. */
export const told = ({ checks, asks }: Decision): readonly Check[] =>
  checks.filter((check) => !check.passed || (check.id !== undefined && asks.includes(check.id)));

/** A check with its sentence, amounts in major units. Counts of a rate limit are plain numbers. */
export function checkView(check: Check, request: PurchaseRequest, mandate: CompiledMandate | null): CheckView {
  const unit = check.rule === "rate_limit" ? (value: number) => value : toMajor;
  return {
    rule: check.rule,
    ...(check.id === undefined ? {} : { id: check.id }),
    passed: check.passed,
    code: check.code,
    detail: explainCheck(check, request, mandate),
    ...(check.limit === undefined ? {} : { limit: unit(check.limit) }),
    ...(check.used === undefined ? {} : { used: unit(check.used) }),
    ...(check.remaining === undefined ? {} : { remaining: unit(check.remaining) }),
    ...(check.resets_at === undefined || !Number.isFinite(check.resets_at) ? {} : { resets_at: iso(check.resets_at) }),
  };
}

function budgetView(counter: BoundCounter, heldNow = 0): BudgetStatus {
  const held = (counter.row?.held ?? 0) + heldNow;
  const settled = counter.row?.settled ?? 0;
  return {
    id: counter.ref.id,
    period: counter.ref.period,
    limit: toMajor(counter.ref.limit),
    settled: toMajor(settled),
    held: toMajor(held),
    remaining: toMajor(counter.ref.limit - held - settled),
    resets_at: isoOrNull(counter.period.end),
  };
}

/** The mandate's budgets after a decision, from what it read: nothing is read twice. */
export const budgetsAfter = (judged: Case, heldNow: number): BudgetStatus[] =>
  judged.counters.filter(({ ref }) => ref.kind === "budget").map((counter) => budgetView(counter, heldNow));

/** The mandate's budgets as they stand in this transaction. `remaining` is negative after an overdraft. */
export const mandateBudgets = (work: Work, mandate: MandateInForce): BudgetStatus[] =>
  mandate.compiled.budgets.map((ref) => budgetView(bindCounter(work, mandate.id, ref)));

export const organizationBudgets = (
  work: Work,
  budgets: readonly OrganizationBudget[],
): (BudgetStatus & { currency: string })[] =>
  budgets.flatMap((budget) =>
    organizationCounterRefs([budget], budget.currency).map((ref) => ({
      ...budgetView(bindCounter(work, ORGANIZATION_OWNER, ref)),
      currency: budget.currency,
    })),
  );
