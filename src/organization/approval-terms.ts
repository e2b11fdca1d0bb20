import { createHash } from "node:crypto";
import { merchantName } from "./acp/sheet.ts";
import type { ApprovalRow } from "./approvals.ts";
import { type MandateCache, type MandateInForce, readAgent } from "./judge.ts";
import { paymentFacts } from "./payment-facts.ts";
import { first } from "./sql.ts";
import type { TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";
import { paymentOf } from "./x402/journal.ts";

/** The mandate that an approval given now would be judged by. */
export interface StandingMandate {
  readonly mandate: MandateInForce;
  readonly status: "active" | "paused";
}

export function standingMandate(work: Work, cache: MandateCache, agentId: string): StandingMandate | null {
  const agent = readAgent(work, agentId, true);
  if (agent === null || agent.mandate_id === null || agent.version === null || agent.mandate_status === null) {
    return null;
  }
  return { mandate: cache.get(work, agent.mandate_id, agent.version), status: agent.mandate_status };
}

export const agentName = (work: Work, agentId: string): string =>
  first<{ name: string }>(work.sql, "SELECT name FROM agents WHERE id = ?", agentId)?.name ?? agentId;

/**
 * Hex SHA-256 over what a person is shown before deciding: the purchase with its payee, and the mandate with version,
 * hash and status. A decision that carries another digest was made about something else, and is refused. What moves by
 * itself (budgets, the clock) is not in it: that is judged when the decision comes.
 */
export function termsDigest(work: Work, cache: MandateCache, approval: ApprovalRow, row: TransactionRow): string {
  const standing = standingMandate(work, cache, row.agent_id);
  const payment = row.protocol === "x402" ? paymentOf(work, row.id) : undefined;
  const facts = row.protocol === "x402" ? null : paymentFacts(work, row);
  // A list has one order, and JSON escapes what is not well-formed: one state, one text.
  const shown = [
    "quetra/approval-terms/1",
    [approval.id, row.id, approval.asks, approval.requested_at, approval.expires_at],
    [row.agent_id, agentName(work, row.agent_id)],
    [row.vendor, row.amount, row.currency, row.category, row.protocol, row.reason],
    payment === undefined
      ? facts
      : [payment.network, payment.asset, payment.pay_to, payment.value, payment.method, payment.url].concat(
          payment.request_hash,
        ),
    standing === null ? null : [standing.mandate.id, standing.mandate.version, standing.mandate.hash, standing.status],
    ...(row.protocol === "acp" ? [merchantName(work, row.id)] : []),
  ];
  return createHash("sha256").update(JSON.stringify(shown)).digest("hex");
}
