import { canonicalJson } from "../../canonical-json.ts";
import { toDecimal } from "../../money.ts";
import type { Statement } from "../../payments/rails-api.ts";
import { readHead } from "../event-log.ts";
import { versionOf } from "../mandates.ts";
import { paymentFacts } from "../payment-facts.ts";
import { all, first } from "../sql.ts";
import type { TransactionRow } from "../transactions.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";
import { paymentOf } from "../x402/journal.ts";

interface Link {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly hash: string;
}

/** How the decision is called, by the event that recorded it. */
const OUTCOMES: Readonly<Record<string, string>> = {
  "transaction.approved": "approved",
  "transaction.pending_approval": "approval_required",
  "transaction.rejected": "rejected",
};

/**
 * What a receipt says of a transaction, as it stands: amounts as decimal strings in major units, instants in RFC 3339.
 * Nothing in it is the agent's free text.
 */
export function receiptPayload(work: Work, row: TransactionRow) {
  const made = eventsAt(work.sql, row.id, row.created_at);
  const decision = made.find(({ type }) => OUTCOMES[type] !== undefined);
  if (decision === undefined) throw new Error("a transaction without the event of its decision");
  // The step that made the transaction what it is. A refusal that was merely repeated has logged none.
  const newest = eventsAt(work.sql, row.id, row.updated_at).at(-1) ?? made.at(-1) ?? decision;
  const head = readHead(work.sql);
  return {
    iss: work.organization.id,
    mode: work.organization.mode,
    transaction_id: row.id,
    agent_id: row.agent_id,
    vendor: row.vendor,
    protocol: row.protocol,
    amount: toDecimal(row.amount),
    currency: row.currency,
    status: row.status,
    decision: {
      outcome: OUTCOMES[decision.type]!,
      event_id: decision.id,
      seq: decision.seq,
      hash: decision.hash,
      at: iso(decision.at),
    },
    mandate: mandateOf(work, row),
    settlement: settlementOf(work, row),
    event: { id: newest.id, type: newest.type, seq: newest.seq, hash: newest.hash, at: iso(newest.at) },
    head: { seq: head.seq, hash: head.hash },
    at: iso(work.now),
  };
}

export type ReceiptPayload = ReturnType<typeof receiptPayload>;

export const receiptStatement = (payload: ReceiptPayload): Statement => ({
  typ: "quetra-receipt+jwt",
  payload: canonicalJson(payload),
});

function mandateOf(work: Work, { mandate_id, mandate_version }: TransactionRow) {
  if (mandate_id === null || mandate_version === null) return null;
  const { hash } = versionOf(work, mandate_id, mandate_version);
  return { id: mandate_id, version: mandate_version, terms_hash: hash };
}

function settlementOf(work: Work, row: TransactionRow) {
  const payment = row.protocol === "x402" ? paymentOf(work, row.id) : undefined;
  const facts = row.protocol === "x402" ? null : paymentFacts(work, row);
  return {
    held: toDecimal(row.held),
    settled: toDecimal(row.settled),
    refunded: toDecimal(row.refunded),
    overdraft: row.overdraft === 1,
    presumed: row.presumed === 1,
    late: row.late === 1,
    simulated: row.simulated === 1,
    payment:
      payment === undefined
        ? facts
        : {
            network: payment.network,
            asset: payment.asset,
            pay_to: payment.pay_to,
            outcome: payment.outcome,
            settlement_hash: payment.settlement_hash,
          },
  };
}

const AT = "SELECT at FROM events WHERE seq = ?";
const BETWEEN = "SELECT seq, id, type, at, hash FROM events WHERE seq >= ? AND seq < ? AND subject = ? ORDER BY seq";

/** Events about one subject at one instant: found by halving the log, because `at` never falls as `seq` grows. */
const eventsAt = (sql: SqlStorage, subject: string, at: number): Link[] =>
  all<Link>(sql, BETWEEN, firstSeqFrom(sql, at), firstSeqFrom(sql, at + 1), subject);

function firstSeqFrom(sql: SqlStorage, at: number): number {
  let low = 1;
  let high = readHead(sql).seq + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (first<{ at: number }>(sql, AT, middle)!.at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
