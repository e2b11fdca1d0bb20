import type { SettleInput, SettleOutput } from "../../mcp/governance.ts";
import { parseAmount } from "../../money.ts";
import { advance } from "../advance.ts";
import { transactionNotFound } from "../authorize.ts";
import type { MandateCache } from "../judge.ts";
import { settleMessage } from "../messages.ts";
import type { Principal } from "../principal.ts";
import { Problem } from "../problem.ts";
import { first } from "../sql.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import { transactionView } from "../views.ts";
import type { Work } from "../work.ts";
import { requireAgent } from "./standing.ts";

/** Reports what an outside purchase cost. The agent's word can book more, never less than the mandate lets it. */
export function settle(work: Work, cache: MandateCache, principal: Principal, input: SettleInput): SettleOutput {
  const amount = parseAmount(input.amount_charged, { allowZero: true });
  if (!amount.ok) throw new Problem(400, "invalid_amount", amount.error);
  const row = ownTransaction(work, principal, input.agent_id, input.transaction_id);
  if (row.claimed === amount.value && row.status !== "pending_approval") {
    return { transaction: transactionView(work, row), replayed: true, message: settleMessage(row, true) };
  }
  const mandate =
    row.mandate_id === null
      ? null
      : first<{ version: number }>(work.sql, "SELECT version FROM mandates WHERE id = ?", row.mandate_id);
  const mayRelease =
    mandate != null &&
    row.mandate_id !== null &&
    cache.get(work, row.mandate_id, mandate.version).compiled.agent_may_release;
  const next = advance(work, cache, row, { type: "claim", amount: amount.value, may_release: mayRelease });
  return { transaction: transactionView(work, next), replayed: false, message: settleMessage(next, false) };
}

/** Foreign, unknown, and another agent's: one answer. */
export function ownTransaction(work: Work, principal: Principal, agentId: string, id: string): TransactionRow {
  requireAgent(work, principal, agentId);
  const row = findTransaction(work, id);
  if (row === undefined || row.agent_id !== agentId) throw transactionNotFound();
  return row;
}
