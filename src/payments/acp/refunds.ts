import { LIMITS } from "../../limits.ts";
import type { MerchantRefund } from "./api.ts";
import { countOf, idOf, listOf, textOf } from "./json.ts";
import { ACP_LIMITS } from "./limits.ts";

/**
 * Refunds that an order says have been made, or have failed: adjustments of type `refund` (rfc.orders 4.5). Each has an
 * id, so that none is counted twice. A store credit returns no money; a return or a cancellation is followed by its own
 * refund. `amount_refunded` is the sum of the same refunds (4.6), and the older `refunds[]` has no ids: neither is counted.
 *
 * @param currency Of the session, where it is known: a refund in another one is not ours to book.
 */
export function refundsOf(order: unknown, currency: string | null): readonly MerchantRefund[] {
  const refunds = new Map<string, MerchantRefund>();
  for (const entry of listOf(order, "adjustments", ACP_LIMITS.lines)) {
    const id = idOf(entry, "id");
    const amount = countOf(entry, "amount");
    if (id === null || amount === null || amount === 0 || !isRefund(entry)) continue;
    const failed = textOf(entry, "status") === FAILED;
    // One id is one refund, as it is told first; that it has failed counts wherever it stands.
    if (refunds.has(id) && !failed) continue;
    const spelled = textOf(entry, "currency")?.toUpperCase() ?? null;
    if (spelled !== null && (!/^[A-Z]{3}$/.test(spelled) || (currency !== null && spelled !== currency))) continue;
    refunds.set(id, {
      id,
      amount,
      ...(spelled === null ? {} : { currency: spelled }),
      ...(failed ? { failed: true as const } : {}),
    });
    if (refunds.size === LIMITS.refundsPerTransaction) break;
  }
  return [...refunds.values()];
}

const isRefund = (entry: unknown): boolean =>
  REFUND_TYPES.has(textOf(entry, "type") ?? "") && OVER.has(textOf(entry, "status") ?? "");

/** `partial_refund` was the name of some refunds until 2026-04-23. */
const REFUND_TYPES: ReadonlySet<string> = new Set(["refund", "partial_refund"]);
const FAILED = "failed";
const OVER: ReadonlySet<string> = new Set(["completed", "succeeded", FAILED]);
