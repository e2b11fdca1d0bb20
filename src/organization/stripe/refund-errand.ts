import { faultPoint } from "../../payments/fault.ts";
import type { TransactionView } from "../../schema/transaction.ts";
import type { Errand } from "../errands.ts";
import { findTransaction } from "../transactions.ts";
import { refundView } from "./refund.ts";
import { sendRefund } from "./refund-watch.ts";

/**
 * `POST /transactions/{id}/refund`: of a charge, the handler has journaled the refund, and here Stripe is asked for it.
 * Under the same Idempotency-Key nothing is sent again: the answer tells of the same refund as it is now.
 */
export const refundTransaction: Errand = async (desk) => {
  const first = desk.answer();
  if (first.status !== 200) return first;
  const { id, refund } = first.body as TransactionView;
  if (refund === undefined) return first;
  const { sql, cache, env, transact } = desk;
  const replayed = first.headers?.["idempotent-replayed"] !== undefined;
  if (!replayed && refund.status === "sending") {
    await faultPoint(env, "after_intent");
    const rails = env.RAILS;
    await sendRefund({ sql, cache, rails, transact }, refund.id, true, () => faultPoint(env, "before_record"));
    await faultPoint(env, "after_record");
  }
  const body = transact((work) => {
    const row = findTransaction(work, id);
    if (row === undefined) throw new Error("a refund without its transaction");
    return refundView(work, row, refund.id);
  });
  return { ...first, body };
};
