import type { Command } from "../../ledger/machine.ts";
import { LIMITS } from "../../limits.ts";
import { type Micros, parseAmount } from "../../money.ts";
import { normalizeVendor } from "../../policy/vendor.ts";
import type { TransactionStatus, TransactionView } from "../../schema/transaction.ts";
import { checkoutOf } from "../acp/journal.ts";
import { advance } from "../advance.ts";
import type { ApiCall } from "../api.ts";
import { approvalOf, closeApproval } from "../approvals.ts";
import { decodeCursor, listTransactions, readInstant } from "../listing.ts";
import { badInput, conflict, notFound, Problem } from "../problem.ts";
import { beginRefund } from "../stripe/refund.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import { iso, transactionView } from "../views.ts";
import type { Work } from "../work.ts";
import { paymentOf } from "../x402/journal.ts";
import { bodyOf, type Desk, type Handler, param, queryOf, WithHeaders } from "./desk.ts";

interface Filters {
  readonly limit: number;
  readonly cursor?: string;
  readonly agent_id?: string;
  readonly status?: TransactionStatus;
  readonly vendor?: string;
  readonly protocol?: TransactionView["protocol"];
  readonly currency?: string;
  readonly since?: string;
  readonly until?: string;
}

function list(work: Work, filters: Filters) {
  const vendor = filters.vendor === undefined ? undefined : normalizeVendor(filters.vendor);
  if (vendor !== undefined && !vendor.ok) throw new Problem(400, "invalid_vendor", vendor.error);
  return listTransactions(work, {
    agent_id: filters.agent_id,
    status: filters.status,
    vendor: vendor?.value,
    protocol: filters.protocol,
    currency: filters.currency,
    since: readInstant(filters.since, "since"),
    until: readInstant(filters.until, "until"),
    before_seq: decodeCursor(filters.cursor),
    limit: filters.limit,
  });
}

function require(work: Work, call: ApiCall): TransactionRow {
  const row = findTransaction(work, param(call, "transaction_id"));
  if (row === undefined) throw notFound("transaction");
  return row;
}

function amountOf(value: number, path: string, allowZero = false): Micros {
  const amount = parseAmount(value, { allowZero });
  if (!amount.ok) throw badInput("The amount is not valid.", [{ path, message: amount.error }]);
  return amount.value;
}

function act({ work, cache }: Desk, call: ApiCall, command: Command, facts: Record<string, unknown>): TransactionView {
  const row = require(work, call);
  const next = advance(work, cache, row, command, facts);
  if (row.status === "pending_approval") {
    const approval = approvalOf(work, row.id);
    if (approval !== undefined) closeApproval(work, approval, "cancelled", null);
  }
  return transactionView(work, next);
}

export const transactionHandlers = {
  listTransactions: ({ work }, call) => {
    const page = list(work, queryOf<Filters>(call));
    return { data: page.rows.map((row) => transactionView(work, row)), next_cursor: page.next_cursor };
  },
  exportTransactions: ({ work }, call) => {
    const filters = queryOf<Filters>(call);
    const rows: TransactionView[] = [];
    let cursor: string | null = filters.cursor ?? null;
    let shortPages = 0;
    do {
      const page = list(work, {
        ...filters,
        limit: Math.min(LIMITS.listMax, filters.limit - rows.length),
        ...(cursor === null ? {} : { cursor }),
      });
      rows.push(...page.rows.map((row) => transactionView(work, row)));
      cursor = page.next_cursor;
      if (page.rows.length < LIMITS.listMax) shortPages += 1;
    } while (cursor !== null && rows.length < filters.limit && shortPages < EXPORT_SHORT_PAGES);
    return new WithHeaders(toCsv(rows), cursor === null ? {} : { "x-next-cursor": cursor });
  },
  getTransaction: ({ work }, call) => transactionView(work, require(work, call)),
  settleTransaction: (desk, call) => {
    const body = bodyOf<{ amount_charged: number; note?: string }>(call);
    const amount = amountOf(body.amount_charged, "/amount_charged", true);
    return act(desk, call, { type: "settle", amount }, { note: body.note ?? null });
  },
  cancelTransaction: (desk, call) =>
    act(desk, call, { type: "cancel" }, { note: bodyOf<{ note?: string }>(call)?.note ?? null }),
  refundTransaction: (desk, call) => {
    const body = bodyOf<{ amount: number; note?: string }>(call);
    const row = require(desk.work, call);
    if (row.protocol === "acp") {
      throw new Problem(
        409,
        "merchant_refunds",
        "A checkout is refunded by its merchant. Ask the merchant; what it reports is booked where its book_refunds is on.",
      );
    }
    if (row.protocol !== "external" && row.protocol !== "stripe") {
      throw new Problem(409, "not_external", "A payment tool's refund is booked from proof, not by hand.");
    }
    const amount = amountOf(body.amount, "/amount");
    if (row.protocol === "stripe") return beginRefund(desk.work, desk.cache, row, amount, body.note ?? null);
    return act(desk, call, { type: "refund", amount }, { refund: amount, note: body.note ?? null });
  },
  resolveTransaction: (desk, call) => {
    const body = bodyOf<{ outcome: "completed" | "voided"; amount_charged: number; evidence: string }>(call);
    const row = require(desk.work, call);
    if (row.status !== "unknown") {
      throw new Problem(409, "wrong_status", "Only a transaction whose outcome is unknown can be resolved.", {
        status_now: row.status,
      });
    }
    const payment = row.protocol === "x402" ? paymentOf(desk.work, row.id) : undefined;
    const aliveUntil = (payment?.valid_before ?? 0) * 1000;
    if (body.outcome === "voided" && desk.work.now < aliveUntil) {
      throw conflict("signature_alive", `The payment can still be taken until ${iso(aliveUntil)}. Wait until then.`);
    }
    const tokenUntil = (row.protocol === "acp" ? (checkoutOf(desk.work, row.id)?.token_expires_at ?? 0) : 0) * 1000;
    if (body.outcome === "voided" && desk.work.now < tokenUntil) {
      throw conflict("token_alive", `The payment can still be taken until ${iso(tokenUntil)}. Wait until then.`);
    }
    const command: Command =
      body.outcome === "voided"
        ? { type: "void" }
        : { type: "complete", amount: amountOf(body.amount_charged, "/amount_charged") };
    return act(desk, call, command, { evidence: body.evidence });
  },
} satisfies Record<string, Handler>;

/** A filter that matches little must not keep the object busy: the export goes on from its cursor. */
const EXPORT_SHORT_PAGES = 10;

const CSV_COLUMNS = [
  "id",
  "created_at",
  "status",
  "agent_id",
  "vendor",
  "amount",
  "currency",
  "category",
  "protocol",
  "amount_held",
  "amount_settled",
  "amount_refunded",
  "simulated",
  "reasons",
  "reason",
  "mandate_id",
  "mandate_version",
  "updated_at",
] as const satisfies readonly (keyof TransactionView)[];

/** RFC 4180. Text that a spreadsheet would run as a formula gets a leading apostrophe: agents write some of these cells. */
export function toCsv(rows: readonly TransactionView[]): string {
  const cell = (value: unknown): string => {
    if (value === undefined || value === null) return "";
    if (typeof value === "number" || value === true) return String(value);
    let text = Array.isArray(value) ? value.join(" ") : String(value);
    if (/^[=+\-@\t\r\n＝＋－＠]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map((row) => CSV_COLUMNS.map((column) => cell(row[column])).join(","));
  return `${[CSV_COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}
