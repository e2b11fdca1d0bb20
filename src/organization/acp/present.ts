import type { CheckoutOutput } from "../../mcp/governance.ts";
import { cleanText } from "../../mcp/text.ts";
import { formatMoney, toMajor } from "../../money.ts";
import type { CheckoutBuyer, CheckoutQuoted, CheckoutSession } from "../../payments/acp/api.ts";
import { hints, summarize } from "../../policy/explain.ts";
import type { Decision } from "../../policy/types.ts";
import { vendorWords } from "../../policy/vendor.ts";
import { approvalOf } from "../approvals.ts";
import type { Case } from "../judge.ts";
import { evaluateMessage, replayOutcome } from "../messages.ts";
import type { TransactionRow } from "../transactions.ts";
import { checkView, isoOrNull, pendingFields, told } from "../views.ts";
import type { Work } from "../work.ts";
import type { Beginning, BeginRefusal } from "./begin.ts";
import { buyerNow } from "./buyer-words.ts";
import { type CheckoutRow, checkoutOf } from "./journal.ts";
import { outcomeWords } from "./outcome-words.ts";
import type { QuoteFault } from "./quote.ts";
import { find } from "./record.ts";
import type { CheckoutRequest } from "./request.ts";
import { merchantContent, orderIdWords } from "./words.ts";

/**
 * What an agent is told about a checkout. Every sentence is ours: of the merchant's own words only what is framed gets
 * through, and of those nothing that is the buyer's. No token or card is in it.
 */

/** An answer, and the transaction that it is about. */
export interface Answered {
  readonly kind: "answer";
  readonly answer: CheckoutOutput;
  readonly about: TransactionRow | null;
}

export const answerOf = (answer: CheckoutOutput, about: TransactionRow | null = null): Answered => ({
  kind: "answer",
  answer,
  about,
});

export const failed = (code: string, message: string): CheckoutOutput => ({
  outcome: "failed",
  code,
  message: `${message} Nothing was paid.`,
});

/** What only a person can do at the merchant, before there is anything to pay. */
const FOR_PEOPLE: ReadonlySet<string> = new Set([
  "needs_human",
  "requires_escalation",
  "authentication_required",
  "approval_required",
  "pending_approval",
  "requires_sign_in",
  "requires_3ds",
  "requires_buyer_input",
  "requires_buyer_review",
  "age_verification_required",
  "intervention_required",
]);

const PEOPLE_FIRST =
  "The merchant wants a person to act before it sells this. Nothing is held, and nothing was paid. After that the same call asks again.";

export function quoteRefused(
  request: CheckoutRequest,
  { refusal, words }: Extract<CheckoutQuoted, { readonly kind: "refused" }>,
  buyer: CheckoutBuyer,
): CheckoutOutput {
  const merchant = merchantContent(request.vendor, words, buyer);
  const code = cleanText(refusal.code, 64);
  return {
    ...(FOR_PEOPLE.has(code)
      ? { outcome: "needs_human" as const, code, message: PEOPLE_FIRST }
      : failed(code, cleanText(refusal.message, 300))),
    vendor: request.vendor,
    ...(merchant === null ? {} : { merchant }),
  };
}

const FAULTS: Readonly<Record<QuoteFault, string>> = {
  needs_human: PEOPLE_FIRST,
  not_ready: "The merchant's checkout is not ready to be paid.",
  bad_session: "The merchant's checkout cannot be read.",
  wrong_currency: "The merchant asks for another currency than the mandate's.",
  no_total: "The merchant gives no single total that could be paid.",
  amount_not_exact: "The total cannot be paid exactly through Stripe in this currency.",
  session_expires: "The merchant's checkout ends too soon to be paid safely.",
  seller_mismatch: "The merchant names another payee than the one that an administrator has configured for it.",
};

export function notPayable(
  request: CheckoutRequest,
  fault: QuoteFault,
  session: CheckoutSession,
  buyer: CheckoutBuyer,
): CheckoutOutput {
  const merchant = merchantContent(request.vendor, session.words, buyer);
  return {
    ...(fault === "needs_human"
      ? { outcome: "needs_human" as const, code: fault, message: PEOPLE_FIRST }
      : failed(fault, FAULTS[fault])),
    vendor: request.vendor,
    ...(merchant === null ? {} : { merchant }),
  };
}

/** Refused by the mandate, before or after the total was known. */
export function rejected(work: Work, decision: Decision, judged: Case, total: number | null): CheckoutOutput {
  const mandate = judged.mandate?.compiled ?? null;
  const { request } = judged;
  const what = total === null ? null : hints(mandate, request, judged.usage, work.now);
  const major = (amount: number | null) => (amount === null ? null : toMajor(amount));
  return {
    outcome: "rejected",
    ...(total === null ? {} : { amount: toMajor(total), currency: request.currency }),
    vendor: request.vendor,
    checks: told(decision).map((check) => checkView(check, request, mandate)),
    ...(what === null
      ? {}
      : {
          max_amount_now: major(what.max_amount_now),
          max_amount_with_approval: major(what.max_amount_with_approval),
          retry_at: isoOrNull(what.retry_at),
        }),
    message: summarize(decision, request, mandate, what),
  };
}

/** Why a total was not paid. */
export function notStarted(
  work: Work,
  request: CheckoutRequest,
  begun: Exclude<Beginning, { readonly kind: "started" }>,
  total: number,
  session: CheckoutSession,
): CheckoutOutput {
  switch (begun.kind) {
    case "answered":
      return begun.answer;
    case "refused_now":
      return rejected(work, begun.decision, begun.judged, total);
    case "refused": {
      const price = formatMoney(total, session.currency);
      return {
        ...failed(begun.code, REFUSALS[begun.code](price, formatMoney(request.max_amount, session.currency))),
        amount: toMajor(total),
        currency: session.currency,
        vendor: request.vendor,
      };
    }
    case "not_started": {
      const { row, replayed, decided } = begun.authorization;
      if (replayed || decided === undefined) return standing(work, row);
      if (row.status === "rejected") {
        return { ...rejected(work, decided.decision, decided.judged, total), transaction_id: row.id };
      }
      const merchant = merchantContent(row.vendor, session.words, buyerNow(work, checkoutOf(work, row.id)?.profile_id));
      return { ...standing(work, row), replayed: false, ...(merchant === null ? {} : { merchant }) };
    }
  }
}

const REFUSALS: Readonly<Record<BeginRefusal, (price: string, ceiling: string) => string>> = {
  above_max_amount: (price, ceiling) => `The total is ${price}, above the max_amount of the call (${ceiling}).`,
  above_authorized: (price) =>
    `The total is ${price} now, more than was authorized. A new idempotency_key asks for the new total.`,
  terms_changed: (price) =>
    `The total is ${price} now, or merchant, items or profile are not the approved ones, so the approval is void and its hold is released. A new idempotency_key asks again.`,
  changed_meanwhile: () =>
    "An administrator has changed the merchant or the profile while the merchant was asked. The same call can be repeated.",
  session_reused: () => "The merchant has given the checkout of another purchase, which is paid once only.",
};

/** Where an earlier call's transaction stands. */
export function standing(work: Work, row: TransactionRow): CheckoutOutput {
  const checkout = checkoutOf(work, row.id);
  if (checkout?.began_at != null) {
    return afterCheckout(work, row.id, { session: null, refusal: null, replayed: true });
  }
  const approval = row.status === "pending_approval" ? approvalOf(work, row.id) : undefined;
  const outcome = replayOutcome(row.status);
  return {
    outcome: outcome === "approved" ? "already_used" : outcome,
    ...purchase(row, checkout),
    replayed: true,
    ...(approval === undefined ? {} : pendingFields(work, approval)),
    message:
      row.status === "pending_approval"
        ? `${evaluateMessage(row, false)} After the approval the same call buys.`
        : checkout?.outcome === "refused"
          ? "The approval of this purchase is void, because the merchant's terms were not the approved ones. A new idempotency_key asks again."
          : evaluateMessage(row, false),
  };
}

const purchase = (row: TransactionRow, checkout: CheckoutRow | undefined) => ({
  transaction_id: row.id,
  amount: toMajor(checkout?.total ?? row.amount),
  currency: row.currency,
  vendor: row.vendor,
  ...(checkout === undefined ? {} : { profile: checkout.profile_name }),
});

/** What is known beyond the ledger at this moment. */
export interface Lately {
  /** As the merchant shows it now. */
  readonly session: CheckoutSession | null;
  /** Why Stripe made no token. */
  readonly refusal: string | null;
  readonly replayed: boolean;
}

/** What became of a checkout that was begun, as far as it is known now. */
export function afterCheckout(work: Work, id: string, { session, refusal, replayed }: Lately): CheckoutOutput {
  const { row, checkout } = find(work, id);
  const outcome = outcomeOf(row, checkout);
  const code = codeOf(checkout, session, refusal, outcome);
  const order = orderIdWords(checkout.order_id);
  const merchant = merchantContent(row.vendor, session?.words ?? null, buyerNow(work, checkout.profile_id));
  return {
    outcome,
    ...(code === null ? {} : { code }),
    ...purchase(row, checkout),
    ...(replayed ? { replayed: true } : {}),
    ...(order === null ? {} : { order_id: order }),
    ...(merchant === null ? {} : { merchant }),
    message: outcomeWords(row, checkout, `${formatMoney(checkout.total, row.currency)} to ${vendorWords(row.vendor)}`, {
      refusal,
    }),
  };
}

function outcomeOf(row: TransactionRow, checkout: CheckoutRow): CheckoutOutput["outcome"] {
  const settled = row.status === "completed" || row.status === "refunded";
  switch (checkout.outcome) {
    case "ordered":
      return settled ? "ordered" : "already_used";
    case "paid_no_order":
      return settled ? "unsettled" : "already_used";
    case "unpaid":
    case "refused":
      return settled ? "already_used" : "failed";
    default:
      if (row.status !== "executing" && row.status !== "unknown") return "already_used";
      return row.waiting_for === null ? "unsettled" : "needs_human";
  }
}

/** For programs: codes of the published list that the merchant gave, or our own. */
function codeOf(
  checkout: CheckoutRow,
  session: CheckoutSession | null,
  refusal: string | null,
  outcome: CheckoutOutput["outcome"],
): string | null {
  if (outcome === "ordered" || outcome === "already_used") return null;
  if (refusal !== null) return "token_refused";
  if (checkout.outcome === "refused") return "token_refused";
  const given = session?.codes[0];
  return given === undefined ? (checkout.outcome ?? "unknown") : cleanText(given, 64);
}
