import { type AlertKind, AMOUNT_FIGURES, type Figures, type Severity } from "../../alerts/kinds.ts";
import { toMajor } from "../../money.ts";
import { encodeCursor } from "../listing.ts";
import { notFound } from "../problem.ts";
import { all, changeOne, first, type SqlValue } from "../sql.ts";
import { iso, isoOrNull } from "../views.ts";
import type { Work } from "../work.ts";
import { subjectOf } from "./raise.ts";

export interface AlertRow {
  readonly seq: number;
  readonly id: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly agent_id: string | null;
  readonly mandate_id: string | null;
  readonly transaction_id: string | null;
  readonly message: string;
  /** JSON of `Figures`. */
  readonly figures: string;
  readonly event_seq: number | null;
  readonly at: number;
  readonly raised_at: number;
  readonly suppressed: number;
  readonly last_suppressed_at: number | null;
  readonly paused_mandate_id: string | null;
  readonly acknowledged_at: number | null;
  readonly acknowledged_by: string | null;
  readonly note: string | null;
}

export interface AlertFilter {
  readonly kind?: AlertKind | undefined;
  readonly severity?: Severity | undefined;
  readonly agent_id?: string | undefined;
  readonly acknowledged?: boolean | undefined;
  readonly before_seq: number | null;
  readonly limit: number;
}

/** Alerts, newest first. There are so few that any filter may look at all of them. */
export function listAlerts(work: Work, filter: AlertFilter) {
  const where = ["seq < ?"];
  const values: SqlValue[] = [filter.before_seq ?? Number.MAX_SAFE_INTEGER];
  for (const name of ["kind", "severity", "agent_id"] as const) {
    const value = filter[name];
    if (value === undefined) continue;
    where.push(`${name} = ?`);
    values.push(value);
  }
  if (filter.acknowledged !== undefined) where.push(`acknowledged_at IS ${filter.acknowledged ? "NOT " : ""}NULL`);
  const rows = all<AlertRow>(
    work.sql,
    `SELECT * FROM alerts WHERE ${where.join(" AND ")} ORDER BY seq DESC LIMIT ?`,
    ...values,
    filter.limit + 1,
  );
  const page = rows.slice(0, filter.limit);
  return { rows: page, next_cursor: rows.length > filter.limit ? encodeCursor(page.at(-1)?.seq ?? null) : null };
}

export function requireAlert(work: Work, id: string): AlertRow {
  const row = first<AlertRow>(work.sql, "SELECT * FROM alerts WHERE id = ?", id);
  if (row === undefined) throw notFound("alert");
  return row;
}

/** A person has seen it. The first acknowledgement stands: a second one changes nothing. */
export function acknowledgeAlert(work: Work, id: string, note: string | null): AlertRow {
  const row = requireAlert(work, id);
  if (row.acknowledged_at !== null) return row;
  const by = `${work.actor.type}:${work.actor.id}`;
  changeOne(
    work.sql,
    "UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?, note = ? WHERE id = ?",
    work.now,
    by,
    note,
    id,
  );
  work.log("alert.acknowledged", subjectOf(work, row), { alert_id: id, kind: row.kind, note });
  return requireAlert(work, id);
}

export function alertView(row: AlertRow) {
  const { id, kind, severity, message, agent_id, mandate_id, transaction_id } = row;
  const figures = Object.entries(JSON.parse(row.figures) as Figures).map(([name, value]) => [
    name,
    typeof value === "number" && AMOUNT_FIGURES.has(name) ? toMajor(value) : value,
  ]);
  return {
    id,
    kind,
    severity,
    message,
    figures: Object.fromEntries(figures) as Figures,
    agent_id,
    mandate_id,
    transaction_id,
    at: iso(row.at),
    raised_at: iso(row.raised_at),
    suppressed: row.suppressed,
    last_suppressed_at: isoOrNull(row.last_suppressed_at),
    paused_mandate_id: row.paused_mandate_id,
    acknowledged_at: isoOrNull(row.acknowledged_at),
    acknowledged_by: row.acknowledged_by,
    note: row.note,
  };
}
