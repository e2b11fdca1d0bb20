import { advance } from "./advance.ts";
import { alertUnknown } from "./alerts/unknown.ts";
import { approvalOf, closeApproval } from "./approvals.ts";
import type { MandateCache } from "./judge.ts";
import { expireMandate } from "./mandates.ts";
import { forgetStripeKeyLater } from "./stripe/keys.ts";
import type { TimerRow } from "./timers.ts";
import { findTransaction } from "./transactions.ts";
import type { Work } from "./work.ts";
import { forgetAnswer } from "./x402/answers.ts";

/**
 * What a timer does when it is due. A timer that finds its subject already resolved does nothing: the subject's own
 * status decides, never the timer's existence.
 */
export function runTimer(work: Work, cache: MandateCache, timer: TimerRow): void {
  work.clearTimer(timer.due_at, timer.kind, timer.ref);
  switch (timer.kind) {
    case "mandate_end":
      expireMandate(work, cache, timer.ref);
      return;
    case "approval": {
      const row = findTransaction(work, timer.ref);
      const approval = approvalOf(work, timer.ref);
      if (row?.status !== "pending_approval" || approval === undefined) return;
      closeApproval(work, approval, "expired", null);
      advance(work, cache, row, { type: "expire" }, { approval_id: approval.id });
      return;
    }
    case "settle_by":
    case "release": {
      const row = findTransaction(work, timer.ref);
      // By the row's own time: a timer that could not run has come back later than that.
      if (row?.status !== "authorized" || row.settle_by === null || row.settle_by > work.now) return;
      advance(work, cache, row, { type: timer.kind === "release" ? "release" : "presume" });
      return;
    }
    case "x402_forget":
      forgetAnswer(work, timer.ref);
      return;
    case "stripe_forget":
      forgetStripeKeyLater(work, timer.ref);
      return;
    case "alert_unknown":
      alertUnknown(work, timer.ref);
      return;
    case "x402_watch":
    case "stripe_watch":
    case "acp_watch":
    case "webhook":
    case "sign":
      throw new Error("what needs the network is not done in one transaction: the alarm runs it");
  }
}
