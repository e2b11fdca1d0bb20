import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import { currency, protocol } from "../../../schema/common.ts";
import { note, page, pageQuery } from "../../../schema/resources.ts";
import { transaction, transactionStatus } from "../../../schema/transaction.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Transactions";
const filters = {
  agent_id: z.string().max(64).optional(),
  status: transactionStatus.optional(),
  vendor: z.string().max(LIMITS.urlBytes).optional(),
  protocol: protocol.optional(),
  currency: currency.optional(),
  since: z.string().max(40).optional(),
  until: z.string().max(40).optional(),
};

export const transactionRoutes = [
  {
    id: "listTransactions",
    method: "GET",
    path: "/transactions",
    tag,
    summary: "Transactions, newest first",
    description: "A page may come back short with a next_cursor: older rows have then not been looked at yet.",
    roles: ["read", "admin"],
    query: pageQuery.extend(filters),
    status: 200,
    response: page(transaction),
  },
  {
    id: "exportTransactions",
    method: "GET",
    path: "/transactions.csv",
    tag,
    summary: "Transactions as CSV, newest first",
    description: "When there is more, the header X-Next-Cursor leads on: pass it as cursor.",
    roles: ["read", "admin"],
    query: z.strictObject({
      ...filters,
      cursor: z.string().max(64).optional(),
      limit: z.coerce.number().int().min(1).max(LIMITS.exportRows).default(LIMITS.exportRows),
    }),
    status: 200,
    response: z.string(),
    content_type: "text/csv; charset=utf-8",
  },
  {
    id: "getTransaction",
    method: "GET",
    path: "/transactions/{transaction_id}",
    tag,
    summary: "One transaction",
    roles: ["read", "admin"],
    status: 200,
    response: transaction,
  },
  {
    id: "settleTransaction",
    method: "POST",
    path: "/transactions/{transaction_id}/settle",
    tag,
    summary: "State what an external purchase cost",
    description:
      "0 = it did not happen. Frees what is still held, confirms a lower claim of the agent, and corrects a presumed completion.",
    roles: ["admin"],
    body: z.strictObject({ amount_charged: z.number(), note: note.optional() }),
    idempotency: "required",
    status: 200,
    response: transaction,
  },
  {
    id: "cancelTransaction",
    method: "POST",
    path: "/transactions/{transaction_id}/cancel",
    tag,
    summary: "Call an external purchase off and free its hold",
    roles: ["admin"],
    body: z.strictObject({ note: note.optional() }),
    idempotency: "required",
    status: 200,
    response: transaction,
  },
  {
    id: "refundTransaction",
    method: "POST",
    path: "/transactions/{transaction_id}/refund",
    tag,
    summary: "Refund a card charge, or record the refund of an external purchase, in part or whole",
    description:
      "The amount returns to the period of the original hold. A card charge is refunded at Stripe; `refund` tells what became of it, and the budget returns once Stripe says that the money has.",
    roles: ["admin"],
    body: z.strictObject({ amount: z.number(), note: note.optional() }),
    idempotency: "required",
    status: 200,
    response: transaction,
  },
  {
    id: "resolveTransaction",
    method: "POST",
    path: "/transactions/{transaction_id}/resolve",
    tag,
    summary: "End an unknown outcome with evidence",
    roles: ["admin"],
    body: z.discriminatedUnion("outcome", [
      z.strictObject({ outcome: z.literal("completed"), amount_charged: z.number(), evidence: note.min(1) }),
      z.strictObject({ outcome: z.literal("voided"), evidence: note.min(1) }),
    ]),
    idempotency: "required",
    status: 200,
    response: transaction,
  },
] as const satisfies readonly RouteDefinition[];
