import type { TransactionRow } from "../transactions.ts";
import { iso } from "../views.ts";
import type { CheckoutRow } from "./journal.ts";
import { tokenEndsAt } from "./record.ts";

const AGAIN = "A further call with the same idempotency_key pays nothing new.";

/**
 * One sentence or two about where a checkout stands.
 *
 * @param what Amount and merchant.
 */
export function outcomeWords(
  row: TransactionRow,
  checkout: CheckoutRow,
  what: string,
  { refusal }: { readonly refusal: string | null },
): string {
  const proven = checkout.outcome === "ordered" || checkout.outcome === "paid_no_order";
  if (!proven && (row.status === "completed" || row.status === "refunded")) {
    return checkout.outcome === "unpaid" || checkout.outcome === "refused"
      ? `An administrator has booked ${what} as paid; Stripe shows that its token has ended unused.`
      : `An administrator has booked ${what} as paid; Stripe has not proven it yet.`;
  }
  switch (checkout.outcome) {
    case "ordered":
      return `Paid ${what}; Stripe has it, and the merchant has the order. ${AGAIN}`;
    case "paid_no_order":
      return `Paid ${what}; Stripe has it, but the merchant has named no order yet. Another payment would be a second one. ${AGAIN}`;
    case "unpaid":
      return `The payment of ${what} was not taken, and its token has ended; its budget is free again. A new idempotency_key tries again.`;
    case "refused":
      return `${refusalWords(refusal)} Nothing was sent to the merchant or paid; the budget of ${what} is free again.`;
    default:
      return row.status === "voided"
        ? `An administrator has called the payment of ${what} off; Stripe has not proven yet that it was never taken.`
        : openWords(row, checkout, what);
  }
}

function openWords(row: TransactionRow, checkout: CheckoutRow, what: string): string {
  const until = iso(tokenEndsAt(checkout));
  if (row.waiting_for !== null) {
    return `The merchant wants a person to act before it takes ${what}. The budget stays held; without that it is free again after ${until}. ${AGAIN}`;
  }
  return checkout.outcome === "in_progress"
    ? `The merchant works on the order of ${what}; the payment can be taken until ${until}. The budget stays held until Stripe proves the outcome. ${AGAIN}`
    : `Whether ${what} was taken is not known yet; it can be taken until ${until}. The budget stays held until Stripe proves the outcome. ${AGAIN}`;
}

/** `refusal`: Stripe's reason as Rails names it; null = not known any more. */
function refusalWords(refusal: string | null): string {
  return refusal !== null && /40[134]|permission|key_|not_found|missing|unrecognized/i.test(refusal)
    ? "Stripe has refused to make the payment token: the key must have the right for Shared Payment Tokens, the account must be enabled for them, and card and seller profile must exist. An administrator can see to it."
    : "Stripe has refused to make the payment token.";
}
