import { describeTerms } from "../../policy/explain.ts";
import type { MandateTerms } from "../../policy/terms.ts";
import { signatureOf } from "../audit/mandate-signatures.ts";
import type { MandateCache } from "../judge.ts";
import { decodeCursor, encodeCursor } from "../listing.ts";
import {
  activateMandate,
  createMandate,
  editMandate,
  type MandateRow,
  pauseMandate,
  requireMandate,
  resumeMandate,
  revokeMandate,
  type VersionRow,
} from "../mandates.ts";
import { all, type SqlValue } from "../sql.ts";
import { iso, isoOrNull, mandateBudgets } from "../views.ts";
import type { Work } from "../work.ts";
import { bodyOf, type Handler, param, queryOf } from "./desk.ts";
import { versionFrom } from "./if-match.ts";

export function mandateView(work: Work, cache: MandateCache, row: MandateRow) {
  const version = cache.get(work, row.id, row.version);
  return {
    id: row.id,
    agent_id: row.agent_id,
    status: row.status,
    status_reason: row.status_reason,
    version: row.version,
    hash: version.hash,
    signature: signatureOf(work, row.id, row.version),
    terms: version.compiled.terms,
    summary: describeTerms(version.compiled),
    budgets: mandateBudgets(work, version),
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
    activated_at: isoOrNull(row.activated_at),
    ended_at: isoOrNull(row.ended_at),
  };
}

const reasonOf = (call: Parameters<Handler>[1]): string | null => bodyOf<{ reason?: string }>(call)?.reason ?? null;

export const mandateHandlers = {
  createMandate: ({ work, cache }, call) => mandateView(work, cache, createMandate(work, call.body)),
  editMandate: ({ work, cache }, call) =>
    mandateView(work, cache, editMandate(work, cache, param(call, "mandate_id"), versionFrom(call), call.body)),
  getMandate: ({ work, cache }, call) => mandateView(work, cache, requireMandate(work, param(call, "mandate_id"))),
  activateMandate: ({ work, cache }, call) =>
    mandateView(work, cache, activateMandate(work, cache, param(call, "mandate_id"))),
  pauseMandate: ({ work, cache }, call) =>
    mandateView(work, cache, pauseMandate(work, param(call, "mandate_id"), reasonOf(call))),
  resumeMandate: ({ work, cache }, call) => mandateView(work, cache, resumeMandate(work, param(call, "mandate_id"))),
  revokeMandate: ({ work, cache }, call) =>
    mandateView(work, cache, revokeMandate(work, param(call, "mandate_id"), reasonOf(call))),
  listMandates: ({ work, cache }, call) => {
    const { limit, cursor, agent_id, status } = queryOf<{
      limit: number;
      cursor?: string;
      agent_id?: string;
      status?: string;
    }>(call);
    const where = ["seq < ?"];
    const values: SqlValue[] = [decodeCursor(cursor) ?? Number.MAX_SAFE_INTEGER];
    if (agent_id !== undefined) {
      where.push("agent_id = ?");
      values.push(agent_id);
    }
    if (status !== undefined) {
      where.push("status = ?");
      values.push(status);
    }
    const rows = all<MandateRow>(
      work.sql,
      `SELECT * FROM mandates WHERE ${where.join(" AND ")} ORDER BY seq DESC LIMIT ?`,
      ...values,
      limit + 1,
    );
    const page = rows.slice(0, limit);
    return {
      data: page.map((row) => mandateView(work, cache, row)),
      next_cursor: rows.length > limit ? encodeCursor(page.at(-1)?.seq ?? null) : null,
    };
  },
  listMandateVersions: ({ work }, call) => {
    const { id } = requireMandate(work, param(call, "mandate_id"));
    const { limit, cursor } = queryOf<{ limit: number; cursor?: string }>(call);
    const rows = all<VersionRow>(
      work.sql,
      "SELECT * FROM mandate_versions WHERE mandate_id = ? AND version < ? ORDER BY version DESC LIMIT ?",
      id,
      decodeCursor(cursor) ?? Number.MAX_SAFE_INTEGER,
      limit + 1,
    );
    const page = rows.slice(0, limit);
    return {
      data: page.map((row) => ({
        version: row.version,
        hash: row.hash,
        signature: signatureOf(work, id, row.version),
        terms: JSON.parse(row.terms) as MandateTerms,
        created_at: iso(row.created_at),
        created_by: row.created_by,
      })),
      next_cursor: rows.length > limit ? encodeCursor(page.at(-1)?.version ?? null) : null,
    };
  },
} satisfies Record<string, Handler>;
