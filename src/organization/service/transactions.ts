import { LIMITS } from "../../limits.ts";
import type { TransactionsInput, TransactionsOutput } from "../../mcp/governance.ts";
import { normalizeVendor } from "../../policy/vendor.ts";
import { decodeCursor, listTransactions, readInstant } from "../listing.ts";
import { evaluateMessage } from "../messages.ts";
import type { Principal } from "../principal.ts";
import { Problem } from "../problem.ts";
import { transactionView } from "../views.ts";
import type { Work } from "../work.ts";
import { ownTransaction } from "./settlement.ts";
import { requireAgent } from "./standing.ts";

export function transactions(work: Work, principal: Principal, input: TransactionsInput): TransactionsOutput {
  if (input.transaction_id !== undefined) {
    const row = ownTransaction(work, principal, input.agent_id, input.transaction_id);
    return { transactions: [transactionView(work, row)], message: evaluateMessage(row, true) };
  }
  requireAgent(work, principal, input.agent_id);
  const vendor = input.vendor === undefined ? undefined : normalizeVendor(input.vendor);
  if (vendor !== undefined && !vendor.ok) throw new Problem(400, "invalid_vendor", vendor.error);
  const page = listTransactions(work, {
    agent_id: input.agent_id,
    status: input.status,
    vendor: vendor?.value,
    since: readInstant(input.since, "since"),
    until: readInstant(input.until, "until"),
    before_seq: decodeCursor(input.cursor),
    limit: input.limit ?? LIMITS.listDefault,
  });
  return {
    transactions: page.rows.map((row) => transactionView(work, row)),
    ...(page.next_cursor === null ? {} : { next_cursor: page.next_cursor }),
    message:
      page.next_cursor === null
        ? `${page.rows.length} transaction${page.rows.length === 1 ? "" : "s"}, newest first.`
        : `${page.rows.length} transactions, newest first; next_cursor leads to older ones.`,
  };
}
