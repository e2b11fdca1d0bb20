import { decide } from "../policy/decide.ts";
import { explainCheck } from "../policy/explain.ts";
import type { Decision } from "../policy/types.ts";
import { advance, announceReserved, deadlineOf } from "./advance.ts";
import { termsDigest } from "./approval-terms.ts";
import { countersById, reserve } from "./counters.ts";
import { type Case, type MandateCache, openCase, readAgent } from "./judge.ts";
import { KEY_BY_ID, type KeyRow, stillWorks } from "./principal.ts";
import { conflict, notFound } from "./problem.ts";
import { changeOne, first } from "./sql.ts";
import { setDeadline } from "./timers.ts";
import { findTransaction, requestOf, reservations, type TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

export interface ApprovalRow {
  readonly seq: number;
  readonly id: string;
  readonly transaction_id: string;
  readonly agent_id: string;
  readonly status: "pending" | "approved" | "denied" | "expired" | "cancelled";
  /** JSON array: the approval rules that asked. */
  readonly asks: string;
  readonly requested_at: number;
  readonly expires_at: number;
  readonly decided_at: number | null;
  readonly decided_by: string | null;
  readonly note: string | null;
}

export const findApproval = (work: Work, id: string): ApprovalRow | undefined =>
  first<ApprovalRow>(work.sql, "SELECT * FROM approvals WHERE id = ?", id);

export const approvalOf = (work: Work, transactionId: string): ApprovalRow | undefined =>
  first<ApprovalRow>(work.sql, "SELECT * FROM approvals WHERE transaction_id = ?", transactionId);

/**
 * A human decides. An approval is judged again first, on the mandate, agent, freeze and usage as they stand now and
 * without this transaction's own hold; when the policy says no by now, the approval is refused and stays open.
 *
 * @param terms Digest of what the person was shown; null = the caller did not say, and the purchase counts as it stands.
 * @throws Problem `not_found`, `already_decided`, `approval_expired`, `terms_changed`, `policy_refuses_now`, `key_gone`.
 */
export function decideApproval(
  work: Work,
  cache: MandateCache,
  approvalId: string,
  verdict: "approve" | "deny",
  note: string | null,
  terms: string | null,
): ApprovalRow {
  const approval = findApproval(work, approvalId);
  if (approval === undefined) throw notFound("approval");
  if (approval.status !== "pending") {
    throw conflict("already_decided", `This approval is already ${approval.status}.`, { status_now: approval.status });
  }
  const row = findTransaction(work, approval.transaction_id);
  if (row === undefined) throw new Error("an approval names a transaction that does not exist");
  if (work.now >= approval.expires_at) {
    throw conflict("approval_expired", "The time to decide has run out; the purchase counts as denied.");
  }
  if (terms !== null && terms !== termsDigest(work, cache, approval, row)) {
    throw conflict(
      "terms_changed",
      "The purchase or its mandate is not what was shown any more. Look at the approval again before deciding.",
    );
  }
  if (verdict === "deny") {
    closeApproval(work, approval, "denied", note);
    advance(work, cache, row, { type: "deny" }, { approval_id: approval.id, note });
  } else {
    const { asks, inputs, judged } = judgeAgain(work, cache, row);
    closeApproval(work, approval, "approved", note);
    const satisfied = [...new Set([...(JSON.parse(approval.asks) as string[]), ...asks])];
    const settleBy = deadlineOf(row.protocol, work.now);
    const adopted = adopt(work, row, judged);
    const approved = advance(
      work,
      cache,
      adopted.row,
      { type: "approve" },
      { approval_id: approval.id, note, approved_rules: satisfied, ...inputs },
      { approved_rules: JSON.stringify(satisfied), settle_by: settleBy },
    );
    adopted.announce();
    setDeadline(work, approved, settleBy);
  }
  return { ...approval, ...(findApproval(work, approval.id) ?? {}) };
}

/** Does the key that asked for this purchase still authorize anything? */
export function keyStillWorks(work: Work, row: TransactionRow): boolean {
  const key = first<KeyRow>(work.sql, KEY_BY_ID, row.key_id);
  return key !== undefined && stillWorks(key, work.now);
}

/** What the mandate of now says to a purchase that is held already, without its own hold. Writes nothing. */
export function judgeHeld(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
): { readonly decision: Decision; readonly judged: Case } {
  const judged = openCase(work, cache, requestOf(row), readAgent(work, row.agent_id, true), {
    counters: reservations(row),
    held: row.held,
    created_at: row.created_at,
  });
  return { judged, decision: decide(judged.mandate?.compiled ?? null, judged.request, judged.usage, work.now) };
}

/** Judges a held transaction on today's terms; answers the approval rules that ask, and what the decision was made of. */
function judgeAgain(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
): { readonly asks: string[]; readonly inputs: Readonly<Record<string, unknown>>; readonly judged: Case } {
  if (!keyStillWorks(work, row)) {
    throw conflict("key_gone", "The key that asked for this purchase was revoked or has expired since.");
  }
  const { decision, judged } = judgeHeld(work, cache, row);
  if (decision.outcome !== "rejected") {
    const { mandate } = judged;
    return {
      judged,
      asks: [...decision.asks],
      inputs: {
        request: judged.request,
        usage: judged.usage,
        mandate: mandate === null ? null : { id: mandate.id, version: mandate.version, hash: mandate.hash },
      },
    };
  }
  const failed = decision.checks.filter((check) => !check.passed);
  throw conflict("policy_refuses_now", "The mandate does not allow this purchase as things stand now.", {
    checks: failed.map((check) => ({
      rule: check.rule,
      ...(check.id === undefined ? {} : { id: check.id }),
      code: check.code,
      detail: explainCheck(check, judged.request, judged.mandate?.compiled ?? null),
    })),
  });
}

/**
 * A mandate that allows a purchase answers for it: where it is not the one that the purchase was held under, the hold is
 * reserved on its counters as well, or a second approval would not see the first.
 *
 * @returns The row as it is now, and what says the crossings of budgets, to be called behind the step's own event.
 */
function adopt(work: Work, row: TransactionRow, judged: Case): { row: TransactionRow; announce: () => void } {
  const { mandate } = judged;
  if (mandate === null) return { row, announce: () => {} };
  const held = countersById(work, reservations(row));
  const missing = judged.counters.filter(
    ({ owner, ref }) => !held.some((counter) => counter.owner === owner && counter.ref === ref.id),
  );
  const ids = reserve(work, missing, row.held);
  const counters = JSON.stringify([...reservations(row), ...ids]);
  changeOne(
    work.sql,
    "UPDATE transactions SET counters = ?, mandate_id = ?, mandate_version = ? WHERE id = ?",
    counters,
    mandate.id,
    mandate.version,
    row.id,
  );
  const { agent_id, currency, held: amount } = row;
  return {
    row: { ...row, counters, mandate_id: mandate.id, mandate_version: mandate.version },
    announce: () =>
      announceReserved(work, missing, ids, mandate.compiled.warning_threshold, { agent_id, currency, amount }),
  };
}

/** Ends an approval: decided, run out, or called off together with its transaction. */
export function closeApproval(
  work: Work,
  approval: ApprovalRow,
  status: "approved" | "denied" | "expired" | "cancelled",
  note: string | null,
): void {
  changeOne(
    work.sql,
    "UPDATE approvals SET status = ?, decided_at = ?, decided_by = ?, note = ? WHERE id = ? AND status = 'pending'",
    status,
    work.now,
    `${work.actor.type}:${work.actor.id}`,
    note,
    approval.id,
  );
  work.clearTimer(approval.expires_at, "approval", approval.transaction_id);
}

/**
 * Third judgement: a payment tool starts the purchase. Everything is asked once more without the own hold; an approval
 * rule that no human has satisfied asks again, which stops here.
 */
export function startExecution(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  facts: Readonly<Record<string, unknown>> = {},
): TransactionRow {
  const { asks, inputs, judged } = judgeAgain(work, cache, row);
  if (asks.length > 0) {
    throw conflict("approval_required", "An approval rule that was added meanwhile asks for a human first.");
  }
  const adopted = adopt(work, row, judged);
  const started = advance(work, cache, adopted.row, { type: "execute" }, { ...inputs, ...facts });
  adopted.announce();
  return started;
}
