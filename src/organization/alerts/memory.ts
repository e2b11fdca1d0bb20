import { LIMITS } from "../../limits.ts";
import type { EventRow } from "../event-log.ts";
import { all, first } from "../sql.ts";
import type { Work } from "../work.ts";

/** What the watch remembers of each agent, from the log alone. Every table is bounded per agent. */

/** One more than any threshold asks for: what is forgotten beyond could change no verdict. */
const MARKS = LIMITS.alertCountMax + 1;

interface Mark {
  readonly at: number;
  readonly seq: number;
  readonly n: number;
  readonly weight: number;
  readonly total: number;
}

const OF_AGENT = "FROM alert_marks WHERE kind = ? AND agent_id = ?";

/**
 * Counts one more in an agent's sliding window. Totals run on, so a sum is the difference of two rows, however many lie
 * between them.
 *
 * @returns The sum of weights in `(at − window, at]`; at least that, when more than `MARKS` are in it.
 */
export function countInWindow(
  work: Work,
  kind: "purchase" | "refusal",
  agentId: string,
  event: Pick<EventRow, "seq" | "at">,
  weight: number,
  windowMs: number,
): number {
  work.exec(`DELETE ${OF_AGENT} AND at <= ?`, kind, agentId, event.at - windowMs);
  const newest = first<Mark>(work.sql, `SELECT * ${OF_AGENT} ORDER BY at DESC, seq DESC LIMIT 1`, kind, agentId);
  const n = (newest?.n ?? 0) + 1;
  const total = (newest?.total ?? 0) + weight;
  work.exec(
    "INSERT INTO alert_marks (kind, agent_id, at, seq, n, weight, total) VALUES (?, ?, ?, ?, ?, ?, ?)",
    kind,
    agentId,
    event.at,
    event.seq,
    n,
    weight,
    total,
  );
  const oldest = first<Mark>(work.sql, `SELECT * ${OF_AGENT} ORDER BY at, seq LIMIT 1`, kind, agentId);
  if (oldest === undefined) throw new Error("a mark was not written");
  if (n - oldest.n >= MARKS) {
    work.exec(`DELETE ${OF_AGENT} AND at = ? AND seq = ?`, kind, agentId, oldest.at, oldest.seq);
  }
  return total - oldest.total + oldest.weight;
}

/** What one of an agent's last purchases came to, micros. */
export interface PastAmount {
  readonly seq: number;
  readonly amount: number;
}

/** The agent's last purchases in a currency, newest first. */
export const amountsOf = (work: Work, agentId: string, currency: string): PastAmount[] =>
  all<PastAmount>(
    work.sql,
    "SELECT seq, amount FROM alert_amounts WHERE agent_id = ? AND currency = ? ORDER BY seq DESC LIMIT ?",
    agentId,
    currency,
    LIMITS.alertSample,
  );

/** @param history What `amountsOf` answers before this one; its last row goes when there are enough. */
export function rememberAmount(
  work: Work,
  seq: number,
  of: {
    readonly agent_id: string;
    readonly currency: string;
    readonly transaction_id: string;
    readonly amount: number;
  },
  history: readonly PastAmount[],
): void {
  const { agent_id, currency, transaction_id, amount } = of;
  const oldest = history[LIMITS.alertSample - 1];
  if (oldest !== undefined) {
    work.exec(
      "DELETE FROM alert_amounts WHERE agent_id = ? AND currency = ? AND seq <= ?",
      agent_id,
      currency,
      oldest.seq,
    );
  }
  work.exec(
    "INSERT INTO alert_amounts (agent_id, currency, seq, transaction_id, amount) VALUES (?, ?, ?, ?, ?)",
    agent_id,
    currency,
    seq,
    transaction_id,
    amount,
  );
}

/** A purchase came to something else than was authorized. */
export const correctAmount = (work: Work, transactionId: string, settled: number): void =>
  work.exec("UPDATE alert_amounts SET amount = ? WHERE transaction_id = ?", settled, transactionId);

/** A purchase that did not happen says nothing about what is usual. */
export const forgetAmount = (work: Work, transactionId: string): void =>
  work.exec("DELETE FROM alert_amounts WHERE transaction_id = ?", transactionId);

const EDGE_VENDOR = (order: "ASC" | "DESC") =>
  `SELECT n FROM alert_vendors WHERE agent_id = ? ORDER BY n ${order} LIMIT 1`;

/**
 * Notes that an agent buys from a vendor. Beyond the limit the vendor that was met first is forgotten, and would be new
 * again.
 *
 * @returns How many vendors it had bought from before; null = this one is no news.
 */
export function meetVendor(work: Work, agentId: string, vendor: string): number | null {
  const known = "SELECT 1 AS yes FROM alert_vendors WHERE agent_id = ? AND vendor = ?";
  if (first(work.sql, known, agentId, vendor) !== undefined) return null;
  const newest = first<{ n: number }>(work.sql, EDGE_VENDOR("DESC"), agentId)?.n ?? 0;
  const oldest = first<{ n: number }>(work.sql, EDGE_VENDOR("ASC"), agentId)?.n ?? 1;
  work.exec("INSERT INTO alert_vendors (agent_id, vendor, n) VALUES (?, ?, ?)", agentId, vendor, newest + 1);
  work.exec(
    "DELETE FROM alert_vendors WHERE agent_id = ? AND n <= ?",
    agentId,
    newest + 1 - LIMITS.alertVendorsPerAgent,
  );
  return newest - oldest + 1;
}
