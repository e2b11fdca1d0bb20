import { approvalView } from "../approval-view.ts";
import { type ApprovalRow, decideApproval, findApproval } from "../approvals.ts";
import { decodeCursor, encodeCursor } from "../listing.ts";
import { notFound } from "../problem.ts";
import { all } from "../sql.ts";
import { bodyOf, type Handler, param, queryOf } from "./desk.ts";

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
      data: page.map((row) => approvalView(work, cache, row)),
      next_cursor: rows.length > limit ? encodeCursor(page.at(-1)?.seq ?? null) : null,
    };
  },
  getApproval: ({ work, cache }, call) => {
    const row = findApproval(work, param(call, "approval_id"));
    if (row === undefined) throw notFound("approval");
    return approvalView(work, cache, row);
  },
  decideApproval: ({ work, cache }, call) => {
    const body = bodyOf<{ decision: "approve" | "deny"; note?: string; terms?: string }>(call);
    const id = param(call, "approval_id");
    const row = decideApproval(work, cache, id, body.decision, body.note ?? null, body.terms ?? null);
    return approvalView(work, cache, row);
  },
} satisfies Record<string, Handler>;
