import { newId } from "../keys/ids.ts";
import { fingerprint } from "../ledger/fingerprint.ts";
import { LIMITS } from "../limits.ts";
import type { Micros } from "../money.ts";
import type { Decision, PurchaseRequest } from "../policy/types.ts";
import { announceReserved, deadlineOf } from "./advance.ts";
import { reserve } from "./counters.ts";
import type { AgentInForce, Case, MandateCache } from "./judge.ts";
import { decideCase, openCase } from "./judge.ts";
import { conflict, Problem } from "./problem.ts";
import { takeSlot } from "./rates.ts";
import { all } from "./sql.ts";
import { setDeadline } from "./timers.ts";
import {
  findByKey,
  findTransaction,
  insertTransaction,
  RECENT_REJECTIONS,
  type TransactionRow,
} from "./transactions.ts";
import type { Work } from "./work.ts";

/** One purchase to authorize, already read and normalized. */
export interface Purchase {
  readonly tool: string;
  readonly request: PurchaseRequest & { readonly amount: Micros };
  readonly idempotency_key: string | null;
  readonly transaction_id: string | null;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** The fingerprint, where more identifies the purchase than what is asked of the mandate (payment tools). */
  readonly print?: string;
}

export interface Authorization {
  readonly row: TransactionRow;
  /** Nothing was judged or held: the row is the one that an earlier call made, as it is now. */
  readonly replayed: boolean;
  /** The decision and what it was made of; absent on a replay. */
  readonly decided?: { readonly decision: Decision; readonly judged: Case };
}

/**
 * Authorizes one purchase, or says why not: the only way into the ledger. One call is one storage transaction.
 *
 * @param agent The agent of the request, which the caller's key may use.
 * @throws Problem `idempotency_conflict`, `transaction_not_found`, `transaction_mismatch`, `storage_full`.
 */
export function authorize(work: Work, cache: MandateCache, purchase: Purchase, agent: AgentInForce): Authorization {
  const { request } = purchase;
  const print = purchase.print ?? fingerprint({ tool: purchase.tool, ...request });
  if (purchase.transaction_id !== null) return continued(work, purchase, print);
  const earlier =
    purchase.idempotency_key === null ? undefined : findByKey(work, request.agent_id, purchase.idempotency_key);
  if (earlier !== undefined) {
    if (earlier.fingerprint !== print) throw idempotencyConflict();
    return { row: earlier, replayed: true };
  }

  const read = openCase(work, cache, request, agent);
  if (read.usage.organization.storage_full) {
    throw new Problem(507, "storage_full", "This organization's record is full; nothing more can be authorized.");
  }
  const { decision, judged } = decideCase(work, read);
  const row =
    decision.outcome === "rejected"
      ? recordRejection(work, purchase, print, judged, decision)
      : hold(work, purchase, print, judged, decision);
  return { row, replayed: false, decided: { decision, judged } };
}

/** The agent's own word for "unknown", "foreign" and "not in this key's list": they must not be told apart. */
export const agentNotFound = (): Problem =>
  new Problem(
    404,
    "agent_not_found",
    "No such agent for this key. quetra_list_agents lists the agents that it can use.",
  );

export const idempotencyConflict = (): Problem =>
  conflict(
    "idempotency_conflict",
    "This idempotency_key was used for a different purchase. A retry must repeat the same arguments; a new purchase needs a new key.",
  );

export const transactionNotFound = (): Problem =>
  new Problem(404, "transaction_not_found", "No such transaction of this agent. quetra_transactions lists them.");

/** "The same call with the transaction_id": answers about the earlier transaction if it is the same purchase. */
function continued(work: Work, purchase: Purchase, print: string): Authorization {
  const row = findTransaction(work, purchase.transaction_id ?? "");
  if (row === undefined || row.agent_id !== purchase.request.agent_id) throw transactionNotFound();
  if (row.fingerprint !== print) {
    throw conflict(
      "transaction_mismatch",
      "This transaction_id belongs to a purchase with other terms. Repeat the same arguments as in the first call.",
    );
  }
  return { row, replayed: true };
}

/** Holds the amount on every budget and counting rule, and writes the transaction that owns the holds. */
function hold(work: Work, purchase: Purchase, print: string, judged: Case, decision: Decision): TransactionRow {
  const { request } = purchase;
  const { mandate } = judged;
  if (mandate === null) throw new Error("a purchase was approved without a mandate");
  const pending = decision.outcome === "approval_required";
  const id = newId("txn");
  const counters = reserve(work, judged.counters, request.amount);
  for (const rate of judged.rates) takeSlot(work, rate);
  const settleBy = pending ? null : deadlineOf(request.protocol, work.now);
  const row = insertTransaction(work, {
    id,
    idempotency_key: purchase.idempotency_key,
    fingerprint: print,
    status: pending ? "pending_approval" : "authorized",
    request,
    held: request.amount,
    counters,
    codes: [],
    mandate_id: mandate.id,
    mandate_version: mandate.version,
    reason: purchase.reason,
    metadata: purchase.metadata,
    settle_by: settleBy,
  });
  if (settleBy !== null) setDeadline(work, row, settleBy);
  const approval = pending ? openApproval(work, row, decision) : {};
  work.log(pending ? "transaction.pending_approval" : "transaction.approved", id, {
    ...decisionData(row, judged, decision),
    ...approval,
    idempotency_key: purchase.idempotency_key,
    reason: purchase.reason,
    metadata: purchase.metadata,
  });
  announceReserved(work, judged.counters, counters, mandate.compiled.warning_threshold, request);
  return row;
}

function openApproval(work: Work, row: TransactionRow, decision: Decision) {
  const id = newId("apr");
  const expiresAt = work.now + (decision.approval_timeout_ms ?? LIMITS.approvalDefaultMs);
  work.exec(
    "INSERT INTO approvals (id, transaction_id, agent_id, status, asks, requested_at, expires_at) VALUES (?, ?, ?, 'pending', ?, ?, ?)",
    id,
    row.id,
    row.agent_id,
    JSON.stringify(decision.asks),
    work.now,
    expiresAt,
  );
  work.setTimer(expiresAt, "approval", row.id);
  return { approval_id: id, approval_expires_at: expiresAt };
}

/**
 * Writes a rejection. Budgets and the idempotency key are untouched. An agent that asks the same again and again within
 * a minute adds to one row, so that a flood cannot fill the ledger; events tell at 1, 10 and 100. One that varies its
 * questions gets so many rows a minute, and then adds to the newest of them.
 */
function recordRejection(
  work: Work,
  purchase: Purchase,
  print: string,
  judged: Case,
  decision: Decision,
): TransactionRow {
  const codes = decision.checks.filter((check) => !check.passed).map((check) => check.code);
  const since = work.now - LIMITS.rejectionShareMs;
  const recent = all<TransactionRow>(
    work.sql,
    RECENT_REJECTIONS,
    purchase.request.agent_id,
    since,
    LIMITS.rejectionRowsPerMinute,
  );
  const same = recent.find((row) => row.fingerprint === print && row.codes === JSON.stringify(codes));
  if (same !== undefined) return repeatRejection(work, same, judged, decision);
  const newest = recent[0];
  if (newest !== undefined && recent.length === LIMITS.rejectionRowsPerMinute) {
    const { vendor, amount, currency } = purchase.request;
    return { ...repeatRejection(work, newest, judged, decision), vendor, amount, currency };
  }
  const row = insertTransaction(work, {
    id: newId("txn"),
    idempotency_key: null,
    fingerprint: print,
    status: "rejected",
    request: purchase.request,
    held: 0,
    counters: [],
    codes,
    mandate_id: judged.mandate?.id ?? null,
    mandate_version: judged.mandate?.version ?? null,
    reason: purchase.reason,
    metadata: purchase.metadata,
    settle_by: null,
  });
  work.log("transaction.rejected", row.id, decisionData(row, judged, decision));
  return row;
}

function repeatRejection(work: Work, row: TransactionRow, judged: Case, decision: Decision): TransactionRow {
  const repeated = { ...row, repeat_count: row.repeat_count + 1, updated_at: work.now };
  work.exec(
    "UPDATE transactions SET repeat_count = ?, updated_at = ? WHERE seq = ?",
    repeated.repeat_count,
    work.now,
    row.seq,
  );
  if (LIMITS.rejectionEventCounts.includes(repeated.repeat_count)) {
    work.log("transaction.rejected", row.id, decisionData(repeated, judged, decision));
  }
  return repeated;
}

/**
 * Every input of the decision, so that history can be judged again exactly. Amounts in micros. A rejection's free text
 * stays out: whoever floods us with refusals must not choose how much each of them writes.
 */
function decisionData(row: TransactionRow, judged: Case, decision: Decision) {
  return {
    transaction_id: row.id,
    outcome: decision.outcome,
    codes: decision.checks.filter((check) => !check.passed).map((check) => check.code),
    asks: decision.asks,
    request: judged.request,
    usage: judged.usage,
    mandate:
      judged.mandate === null
        ? null
        : { id: judged.mandate.id, version: judged.mandate.version, hash: judged.mandate.hash },
    ...(row.repeat_count > 1 ? { repeat_count: row.repeat_count } : {}),
  };
}
