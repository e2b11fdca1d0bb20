import { LIMITS } from "../../limits.ts";
import type { HttpAnswer } from "../../payments/rails-api.ts";
import { first } from "../sql.ts";
import type { Work } from "../work.ts";

/**
 * Keeps what a paid request answered for a day, so that a retry gets what was paid for. Large answers are not kept, and
 * of all of them only the newest: beyond that number the oldest one goes.
 */
export function keepAnswer(work: Work, transactionId: string, answer: HttpAnswer): void {
  if (answer.body.bytes > LIMITS.keptAnswerBytes) return;
  const expiresAt = work.now + LIMITS.keptAnswerMs;
  const row = first<{ seq: number }>(
    work.sql,
    "INSERT INTO x402_answers (transaction_id, answer, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq",
    transactionId,
    JSON.stringify({ ...answer, url: withoutQuery(answer.url) }),
    expiresAt,
  );
  if (row === undefined) return;
  work.exec("DELETE FROM x402_answers WHERE seq <= ?", row.seq - LIMITS.keptAnswers);
  work.setTimer(expiresAt, "x402_forget", transactionId);
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
