import { firstSeqSince } from "./listing.ts";
import { all, first, type SqlValue } from "./sql.ts";
import type { TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

/** Which past purchases a budget or rule has to look at. Rejections are none. */
export interface Reach {
  /** Null = every agent. */
  readonly agentId: string | null;
  /** Null = under whatever mandate. */
  readonly mandateId: string | null;
  /** Null = in whatever currency. */
  readonly currency: string | null;
  /** ms, inclusive. */
  readonly since: number;
}

const PAGE = 500;

/** Pages through purchases, oldest first, so that a long period never stands in memory at once. */
export function* purchasesSince(work: Work, reach: Reach): Generator<TransactionRow> {
  const { clauses, values } = where(work, reach);
  let seq = 0;
  let at = reach.since;
  for (;;) {
    // By agent the index is (agent_id, created_at); without one, seq is the order of time.
    const [position, order] =
      reach.agentId === null ? ["seq > ?", "seq"] : ["(created_at, seq) > (?, ?)", "created_at, seq"];
    const rows = all<TransactionRow>(
      work.sql,
      `SELECT * FROM transactions WHERE ${clauses} AND ${position} ORDER BY ${order} LIMIT ${PAGE}`,
      ...values,
      ...(reach.agentId === null ? [seq] : [at, seq]),
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    seq = last.seq;
    at = last.created_at;
  }
}

/** Makes every purchase in reach a reservation of a counter, in two statements; answers what that adds to it. */
export function takeAll(work: Work, counterId: number, reach: Reach): { held: number; settled: number } {
  const { clauses, values } = where(work, reach);
  const uncounted = `${clauses} AND NOT EXISTS (SELECT 1 FROM json_each(transactions.counters) WHERE value = ?)`;
  const sum = first<{ held: number; settled: number }>(
    work.sql,
    `SELECT COALESCE(SUM(held), 0) AS held, COALESCE(SUM(settled - refunded), 0) AS settled
     FROM transactions WHERE ${uncounted}`,
    ...values,
    counterId,
  );
  work.exec(
    `UPDATE transactions SET counters = json_insert(counters, '$[#]', ?) WHERE ${uncounted}`,
    counterId,
    ...values,
    counterId,
  );
  return sum ?? { held: 0, settled: 0 };
}

function where(work: Work, reach: Reach): { readonly clauses: string; readonly values: SqlValue[] } {
  const clauses = ["status <> 'rejected'"];
  const values: SqlValue[] = [];
  const and = (clause: string, value: SqlValue) => {
    clauses.push(clause);
    values.push(value);
  };
  if (reach.agentId === null) and("seq >= ?", firstSeqSince(work, reach.since));
  else {
    and("agent_id = ?", reach.agentId);
    and("created_at >= ?", reach.since);
  }
  if (reach.mandateId !== null) and("mandate_id = ?", reach.mandateId);
  if (reach.currency !== null) and("currency = ?", reach.currency);
  return { clauses: clauses.join(" AND "), values };
}
