import { toMajor } from "../../money.ts";
import { isHost } from "../../policy/vendor.ts";
import { type ApprovalRow, decideApproval, findApproval } from "../approvals.ts";
import type { MandateCache } from "../judge.ts";
import { decodeCursor, encodeCursor } from "../listing.ts";
import { notFound } from "../problem.ts";
import { all } from "../sql.ts";
import { findTransaction } from "../transactions.ts";
import { iso, isoOrNull, paymentFields } from "../views.ts";
import type { Work } from "../work.ts";
import { bodyOf, type Handler, param, queryOf } from "./desk.ts";

function view(work: Work, cache: MandateCache, row: ApprovalRow) {
  const transaction = findTransaction(work, row.transaction_id);
  if (transaction === undefined) throw new Error("an approval names a transaction that does not exist");
  const asks = JSON.parse(row.asks) as string[];
  const rules =
    transaction.mandate_id === null || transaction.mandate_version === null
      ? []
      : cache.get(work, transaction.mandate_id, transaction.mandate_version).compiled.rules;
  return {
    id: row.id,
    transaction_id: row.transaction_id,
    agent_id: row.agent_id,
    status: row.status,
    vendor: transaction.vendor,
    vendor_kind: isHost(transaction.vendor) ? ("host" as const) : ("name" as const),
    amount: toMajor(transaction.amount),
    currency: transaction.currency,
    ...(transaction.category === null ? {} : { category: transaction.category }),
    protocol: transaction.protocol,
    ...paymentFields(work, transaction),
    ...(transaction.reason === null ? {} : { reason: transaction.reason }),
    asks: rules.filter((rule) => asks.includes(rule.id)).map((rule) => rule.words),
    requested_at: iso(row.requested_at),
    expires_at: iso(row.expires_at),
    decided_at: isoOrNull(row.decided_at),
    decided_by: row.decided_by,
    note: row.note,
  };
}

export const approvalHandlers = {
  listApprovals: ({ work, cache }, call) => {
    const { limit, cursor, status } = queryOf<{ limit: number; cursor?: string; status: string }>(call);
    const clause = status === "all" ? "" : "AND status = ?";
    const rows = all<ApprovalRow>(
      work.sql,
      `SELECT * FROM approvals WHERE seq < ? ${clause} ORDER BY seq DESC LIMIT ?`,
      decodeCursor(cursor) ?? Number.MAX_SAFE_INTEGER,
      ...(status === "all" ? [] : [status]),
      limit + 1,
    );
    const page = rows.slice(0, limit);
    return {
      data: page.map((row) => view(work, cache, row)),
      next_cursor: rows.length > limit ? encodeCursor(page.at(-1)?.seq ?? null) : null,
    };
  },
  getApproval: ({ work, cache }, call) => {
    const row = findApproval(work, param(call, "approval_id"));
    if (row === undefined) throw notFound("approval");
    return view(work, cache, row);
  },
  decideApproval: ({ work, cache }, call) => {
    const body = bodyOf<{ decision: "approve" | "deny"; note?: string }>(call);
    const row = decideApproval(work, cache, param(call, "approval_id"), body.decision, body.note ?? null);
    return view(work, cache, row);
  },
} satisfies Record<string, Handler>;
