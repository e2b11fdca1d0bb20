import type { EvaluateOutput } from "../mcp/governance.ts";
import { formatMoney } from "../money.ts";
import { vendorWords } from "../policy/vendor.ts";
import type { TransactionStatus } from "../schema/transaction.ts";
import type { TransactionRow } from "./transactions.ts";

/**
 * What a caller may do now, by the status of its transaction. Only a live hold answers `approved`: an agent that reads
 * nothing but `outcome` must not buy on a hold that is gone, nor a second time.
 */
export function replayOutcome(status: TransactionStatus): EvaluateOutput["outcome"] {
  switch (status) {
    case "authorized":
      return "approved";
    case "pending_approval":
      return "pending_approval";
    case "rejected":
    case "denied":
    case "expired":
      return "rejected";
    case "executing":
    case "unknown":
    case "completed":
    case "refunded":
    case "voided":
    case "released":
      return "already_used";
  }
}

/** How a person decides. The agent can pass it on, and cannot do it. */
export const PERSON_DECIDES = "A person who may approve decides at approval_url, or by the message that they got.";

/** One sentence about where a transaction stands and what comes next. */
export function evaluateMessage(row: TransactionRow, replayed: boolean): string {
  const what = `${formatMoney(row.amount, row.currency)} at ${vendorWords(row.vendor)}`;
  const again = replayed ? "Same purchase as before: " : "";
  switch (row.status) {
    case "authorized":
      return row.protocol === "external"
        ? `${again}${what} is approved and held. Settle it with quetra_settle after the purchase.`
        : `${again}${what} is approved and held for a payment tool.`;
    case "pending_approval":
      return `${again}${what} waits for a person's approval; the budget is held meanwhile. ${PERSON_DECIDES} quetra_transactions with this transaction_id tells when it is decided.`;
    case "denied":
      return `${what} was denied by a person. Nothing is held.`;
    case "expired":
      return `Nobody approved ${what} in time, which counts as denied. Nothing is held.`;
    case "rejected":
      return `${what} was rejected. Nothing is held.`;
    case "executing":
      return `${what} is being paid. Do not buy again.`;
    case "unknown":
      return `Whether ${what} was paid is not known yet; the budget stays held until it is proven. Do not buy again.`;
    case "completed":
      return `${what} is completed; this purchase is already used, do not buy again.`;
    case "refunded":
      return `${what} was bought and refunded. A new purchase needs a new idempotency_key.`;
    case "voided":
      return `${what} was called off; nothing is held. A new purchase needs a new idempotency_key.`;
    case "released":
      return `The hold for ${what} was released because it was not used in time. A new purchase needs a new idempotency_key.`;
  }
}

export function settleMessage(row: TransactionRow, replayed: boolean): string {
  const money = (amount: number) => formatMoney(amount, row.currency);
  const again = replayed ? "Already reported: " : "";
  if (row.status === "voided") return `${again}the purchase did not happen; nothing is held any more.`;
  if (row.status === "authorized") {
    return `${again}recorded that the purchase did not happen. The mandate does not let agents free budget, so ${money(row.held)} stays held until a person confirms.`;
  }
  const rest =
    row.held > 0 ? ` The remaining ${money(row.held)} stays held until a person confirms the lower amount.` : "";
  const over =
    row.overdraft === 1 ? " That is more than was authorized: booked in full as an overdraft and reported." : "";
  return `${again}${money(row.settled)} is settled.${over}${rest}`;
}
