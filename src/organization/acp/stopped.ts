import { type MandateCache, readAgent } from "../judge.ts";
import { KEY_BY_ID, type KeyRow, stillWorks } from "../principal.ts";
import { mandateOf, stopOf } from "../service/standing.ts";
import { first } from "../sql.ts";
import type { TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";

/** May this checkout not be paid any more, as things stand now? Asks what a person can switch off, not the budgets. */
export function isStopped(work: Work, cache: MandateCache, row: TransactionRow): boolean {
  const agent = readAgent(work, row.agent_id, true);
  // Another mandate than the one that judged it does not carry it.
  if (agent === null || agent.mandate_id !== row.mandate_id) return true;
  const key = first<KeyRow>(work.sql, KEY_BY_ID, row.key_id);
  if (key === undefined || !stillWorks(key, work.now)) return true;
  return stopOf(work, agent, mandateOf(work, cache, agent)) !== null;
}
