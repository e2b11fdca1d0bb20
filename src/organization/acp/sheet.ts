import type { SheetCheckout } from "../../approvals/visit.ts";
import { merchantById } from "../merchants.ts";
import type { Work } from "../work.ts";
import { checkoutOf, itemsOf } from "./journal.ts";

/** More than that a person does not read on a page. All of them are in what a decision rests on (`items_hash`). */
const ITEMS_SHOWN = 10;

/** What an approver is shown of a checkout beyond its facts; null where none was priced. */
export function checkoutSheet(work: Work, transactionId: string): SheetCheckout | null {
  const checkout = checkoutOf(work, transactionId);
  if (checkout === undefined) return null;
  const items = itemsOf(checkout);
  return {
    merchant: merchantName(work, transactionId),
    items: items.slice(0, ITEMS_SHOWN),
    more: Math.max(0, items.length - ITEMS_SHOWN),
  };
}

/** The name of who sells, as it is now. */
export function merchantName(work: Work, transactionId: string): string | null {
  const checkout = checkoutOf(work, transactionId);
  return checkout === undefined ? null : (merchantById(work, checkout.merchant_id)?.name ?? null);
}
