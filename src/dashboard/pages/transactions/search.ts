import { LIMITS } from "../../../limits.ts";
import { toMajor } from "../../../money.ts";
import type { TransactionView } from "../../../schema/transaction.ts";
import type { OrganizationVisit } from "../../route.ts";
import { type Filters, operationQuery } from "./filters.ts";

/** What a row of the list shows. */
export type Line = Pick<
  TransactionView,
  | "id"
  | "status"
  | "agent_id"
  | "vendor"
  | "amount"
  | "currency"
  | "category"
  | "protocol"
  | "amount_held"
  | "amount_settled"
  | "amount_refunded"
  | "overdraft"
  | "presumed"
  | "late"
  | "simulated"
  | "repeat_count"
  | "created_at"
>;

/** Where an id leads that somebody looks for; null: it is not the id of anything that has a page. */
export function pageOfId(base: string, text: string): string | null {
  const [, prefix] = /^(txn|apr|agt|mdt|evt)_[0-9A-Za-z]{10,40}$/.exec(text) ?? [];
  switch (prefix) {
    case "txn":
      return `${base}/transactions/${text}`;
    case "apr":
      return `${base}/approvals/${text}`;
    case "agt":
      return `${base}/agents/${text}`;
    case "mdt":
      return `${base}/mandates/${text}`;
    default:
      return null;
  }
}

export interface Found {
  readonly lines: readonly Line[];
  readonly next_cursor: string | null;
}

interface Row {
  readonly id: string;
  readonly agent_id: string;
  readonly status: TransactionView["status"];
  readonly vendor: string;
  readonly amount: number;
  readonly currency: string;
  readonly category: string | null;
  readonly protocol: TransactionView["protocol"];
  readonly held: number;
  readonly settled: number;
  readonly refunded: number;
  readonly overdraft: number;
  readonly presumed: number;
  readonly late: number;
  readonly simulated: number;
  readonly repeat_count: number;
  readonly created_at: number;
}

const PAGE = LIMITS.dashboardEvents;

/**
 * Transactions whose vendor holds a text, newest first, from D1: vendors have no index, so only the newest so many are
 * looked at. Amounts are those that the object wrote there.
 */
export async function searchVendors(
  visit: Pick<OrganizationVisit, "scope" | "organization">,
  filters: Filters,
  cursor: string | null,
): Promise<Found> {
  const { agent_id, status, protocol, currency, since, until } = operationQuery(filters, visit);
  const [at, id] = readCursor(cursor);
  const asked = (
    [
      ["instr(vendor, ?) > 0", filters.q.toLowerCase()],
      ["agent_id = ?", agent_id],
      ["status = ?", status],
      ["protocol = ?", protocol],
      ["currency = ?", currency],
      ["created_at >= ?", instant(since)],
      ["created_at < ?", instant(until)],
      ["(created_at, id) < (?, ?)", at],
    ] as const
  ).filter(([, value]) => value !== undefined && value !== null);
  const values = asked.flatMap(([clause, value]) => (clause.includes("id)") ? [value, id] : [value]));
  const { results } = await visit.scope.env.DB.prepare(
    `SELECT * FROM (SELECT * FROM transactions WHERE organization_id = ? ORDER BY created_at DESC LIMIT ?)
     WHERE ${asked.map(([clause]) => clause).join(" AND ")} ORDER BY created_at DESC, id DESC LIMIT ?`,
  )
    .bind(visit.organization.organization_id, LIMITS.dashboardSearchRows, ...values, PAGE + 1)
    .all<Row>();
  const page = results.slice(0, PAGE);
  const last = page.at(-1);
  const next_cursor = results.length > PAGE && last !== undefined ? `${last.created_at}.${last.id}` : null;
  return { lines: page.map(lineOf), next_cursor };
}

const instant = (text: string | undefined): number | undefined =>
  text === undefined || Number.isNaN(Date.parse(text)) ? undefined : Date.parse(text);

function readCursor(cursor: string | null): readonly [number | null, string] {
  const match = /^(\d{1,15})\.(txn_[0-9A-Za-z]{1,40})$/.exec(cursor ?? "");
  return match === null ? [null, ""] : [Number(match[1]), match[2]!];
}

const lineOf = (row: Row): Line => ({
  id: row.id,
  status: row.status,
  agent_id: row.agent_id,
  vendor: row.vendor,
  amount: toMajor(row.amount),
  currency: row.currency,
  ...(row.category === null ? {} : { category: row.category }),
  protocol: row.protocol,
  amount_held: toMajor(row.held),
  amount_settled: toMajor(row.settled),
  ...(row.refunded === 0 ? {} : { amount_refunded: toMajor(row.refunded) }),
  ...(row.overdraft === 1 ? { overdraft: true as const } : {}),
  ...(row.presumed === 1 ? { presumed: true as const } : {}),
  ...(row.late === 1 ? { late: true as const } : {}),
  ...(row.simulated === 1 ? { simulated: true as const } : {}),
  ...(row.repeat_count === 1 ? {} : { repeat_count: row.repeat_count }),
  created_at: new Date(row.created_at).toISOString(),
});
