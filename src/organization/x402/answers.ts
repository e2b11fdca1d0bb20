import { LIMITS } from "../../limits.ts";
import type { HttpAnswer } from "../../payments/rails-api.ts";
import { first } from "../sql.ts";
import type { TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";

/**
 * Keeps what a paid request answered for a day, so that a retry gets what was paid for. Large answers are not kept, and
 * of an agent's only the newest: beyond that number its oldest one goes, and never another agent's.
 */
export function keepAnswer(work: Work, { id, agent_id }: TransactionRow, answer: HttpAnswer): void {
  if (answer.body.bytes > LIMITS.keptAnswerBytes) return;
  const expiresAt = work.now + LIMITS.keptAnswerMs;
  const newest = first<{ n: number }>(
    work.sql,
    "SELECT n FROM x402_answers WHERE agent_id = ? ORDER BY n DESC LIMIT 1",
    agent_id,
  );
  const n = (newest?.n ?? 0) + 1;
  work.exec(
    "INSERT OR IGNORE INTO x402_answers (transaction_id, agent_id, n, answer, expires_at) VALUES (?, ?, ?, ?, ?)",
    id,
    agent_id,
    n,
    JSON.stringify({ ...answer, url: withoutQuery(answer.url) }),
    expiresAt,
  );
  work.exec("DELETE FROM x402_answers WHERE agent_id = ? AND n <= ?", agent_id, n - LIMITS.keptAnswersPerAgent);
  work.setTimer(expiresAt, "x402_forget", id);
}

/** A query can hold a secret, and nobody needs it again. */
function withoutQuery(href: string): string {
  const { origin, pathname } = new URL(href);
  return origin + pathname;
}

export function keptAnswer(work: Work, transactionId: string): HttpAnswer | null {
  const row = first<{ answer: string }>(
    work.sql,
    "SELECT answer FROM x402_answers WHERE transaction_id = ?",
    transactionId,
  );
  return row === undefined ? null : (JSON.parse(row.answer) as HttpAnswer);
}

export function forgetAnswer(work: Work, transactionId: string): void {
  work.exec("DELETE FROM x402_answers WHERE transaction_id = ?", transactionId);
}
