import { all } from "../sql.ts";
import type { Work } from "../work.ts";
import { type CheckoutRow, setWatch } from "./journal.ts";

const OPEN = `SELECT c.transaction_id, c.watch_at FROM acp_checkouts c
  JOIN transactions t ON t.id = c.transaction_id
  WHERE c.watch_at IS NOT NULL AND t.status IN ('executing', 'unknown') AND (?1 IS NULL OR t.agent_id = ?1)`;

/**
 * Spending has been stopped: the watch over every open checkout of the agent (null = of every agent) becomes due now, and
 * takes back what has not been used. Call it in the transaction of the change.
 */
export function stopCheckouts(work: Work, agentId: string | null): void {
  for (const open of all<Pick<CheckoutRow, "transaction_id" | "watch_at">>(work.sql, OPEN, agentId)) {
    if (open.watch_at !== null && open.watch_at > work.now) setWatch(work, open, work.now);
  }
}
