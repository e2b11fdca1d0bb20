import { redirect } from "../../answer.tsx";
import { type ApiRefusal, ApiRefused } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { transactionPage } from "./detail.tsx";
import { callOf, type Step } from "./steps.ts";

const DONE: Readonly<Record<Step, string>> = {
  settle: "txn_settled",
  cancel: "txn_cancelled",
  refund: "txn_refunded",
  completed: "txn_completed",
  voided: "txn_voided",
};

/**
 * Takes one of the forms of a transaction. Sent twice, it has the same key, and the second answer is that of the first:
 * the money moves once.
 */
export const takeStep =
  (step: Step) =>
  async (visit: OrganizationVisit): Promise<Response> => {
    const { params, form, api, base } = visit;
    const id = params.transaction_id ?? "";
    const { id: operation, body } = callOf(step, form);
    const answer = await api.call(operation, {
      params: { transaction_id: id },
      body,
      idempotency_key: form.optional("key"),
    });
    if (!answer.ok) {
      if (answer.status === 404) throw new ApiRefused(answer);
      return transactionPage(visit, { step, refusal: answer });
    }
    const { refund } = answer.body;
    if (refund?.status === "failed" || refund?.status === "refused") {
      return transactionPage(visit, { step, refusal: notRefunded(refund.message) });
    }
    const done = refund === undefined || refund.status === "succeeded" ? DONE[step] : "txn_refund_asked";
    return redirect(`${base}/transactions/${id}`, { done });
  };

/** Stripe has said no: the operation itself went well, so what came of it is all there is to say. */
const notRefunded = (detail: string): ApiRefusal => ({
  ok: false,
  status: 409,
  code: "not_refunded",
  detail,
  errors: [],
  problem: {},
});
