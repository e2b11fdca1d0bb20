import type { ApprovalSheet, ClosedPurchase, SheetBudget, VisitAnswer } from "../approvals/visit.ts";
import { formatMoney } from "../money.ts";
import { describeTerms, explainCheck } from "../policy/explain.ts";
import type { Decision } from "../policy/types.ts";
import { isHost } from "../policy/vendor.ts";
import { checkoutSheet } from "./acp/sheet.ts";
import { agentName, standingMandate, termsDigest } from "./approval-terms.ts";
import { askedWords, purchaseOf } from "./approval-view.ts";
import { type ApprovalRow, judgeHeld, keyStillWorks } from "./approvals.ts";
import type { Case, MandateCache } from "./judge.ts";
import type { TransactionRow } from "./transactions.ts";
import { paymentFields } from "./views.ts";
import type { Work } from "./work.ts";

type Stopped = Extract<VisitAnswer, { state: "open" }>["stopped"];

/** The page of an approval as it stands in this transaction. Writes nothing. */
export function approvalPage(work: Work, cache: MandateCache, approval: ApprovalRow, stopped: Stopped): VisitAnswer {
  const row = purchaseOf(work, approval);
  if (approval.status !== "pending") return closedPage(work, approval, row, false);
  if (work.now >= approval.expires_at) {
    // The timer has not come yet; whatever it finds, nobody can decide any more.
    const { expires_at } = approval;
    return { ...closedPage(work, approval, row, false), status: "expired", by: "nobody", at: expires_at };
  }
  const { decision, judged } = judgeHeld(work, cache, row);
  const refusals = decision.checks
    .filter((check) => !check.passed)
    .map((check) => explainCheck(check, judged.request, judged.mandate?.compiled ?? null));
  if (!keyStillWorks(work, row)) {
    refusals.unshift("The key that asked for this purchase was revoked or has expired since.");
  }
  return {
    state: "open",
    sheet: sheetOf(work, cache, approval, row, { decision, judged }),
    refusals,
    stopped,
  };
}

/** A purchase that is decided, or called off. */
export function closedPage(
  work: Work,
  approval: ApprovalRow,
  row: TransactionRow,
  now: boolean,
): Extract<VisitAnswer, { state: "closed" }> {
  const { status, decided_at, decided_by } = approval;
  const type = decided_by?.split(":", 1)[0];
  return {
    state: "closed",
    status: status === "pending" ? "expired" : status,
    by: type === "link" || type === "key" || type === "person" ? type : "nobody",
    at: decided_at ?? work.now,
    now,
    purchase: purchaseWords(work, row),
  };
}

const purchaseWords = (work: Work, row: TransactionRow): ClosedPurchase => ({
  amount: amountWords(row.amount, row.currency),
  currency: row.currency,
  vendor: row.vendor,
  agent_name: agentName(work, row.agent_id),
});

/** "50.00" of "50.00 USD": the page sets the currency apart. */
const amountWords = (amount: number, currency: string): string =>
  formatMoney(amount, currency).replace(` ${currency}`, "");

function sheetOf(
  work: Work,
  cache: MandateCache,
  approval: ApprovalRow,
  row: TransactionRow,
  { decision, judged }: { readonly decision: Decision; readonly judged: Case },
): ApprovalSheet {
  const standing = standingMandate(work, cache, row.agent_id);
  const { name, mode } = work.organization;
  return {
    ...purchaseWords(work, row),
    organization: name,
    mode,
    vendor_kind: isHost(row.vendor) ? "host" : "name",
    protocol: row.protocol,
    category: row.category,
    reason: row.reason,
    payment: paymentFields(work, row).payment ?? null,
    checkout: row.protocol === "acp" ? checkoutSheet(work, row.id) : null,
    asks: asksNow(decision, judged) ?? askedWords(work, cache, approval, row),
    mandate:
      standing === null
        ? null
        : {
            name: standing.mandate.compiled.terms.name,
            version: standing.mandate.version,
            status: standing.status,
            summary: describeTerms(standing.mandate.compiled),
          },
    budgets: budgetsAfter(row, judged),
    requested_at: approval.requested_at,
    expires_at: approval.expires_at,
    terms: termsDigest(work, cache, approval, row),
  };
}

/** Why a person is asked, with the amounts of now; null when no rule asks any more, and the first words still stand. */
function asksNow(decision: Decision, judged: Case): string[] | null {
  const asking = decision.checks.filter((check) => check.asks === true);
  if (asking.length === 0) return null;
  return asking.map((check) => explainCheck(check, judged.request, judged.mandate?.compiled ?? null));
}

/** What each budget would have left. The purchase's own hold is not counted twice. */
function budgetsAfter(row: TransactionRow, judged: Case): SheetBudget[] {
  if (judged.mandate !== null && judged.mandate.compiled.currency !== row.currency) return [];
  return judged.counters
    .filter(({ ref }) => ref.kind !== "rule")
    .map(({ ref }) => {
      const left = ref.limit - (judged.usage.used[ref.id] ?? 0) - row.amount;
      return {
        label: ref.kind === "organization_budget" ? `organization, ${ref.period}` : ref.period,
        limit: amountWords(ref.limit, row.currency),
        left_after: amountWords(left, row.currency),
      };
    });
}
