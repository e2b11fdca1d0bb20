import { type Command, type LedgerState, step } from "../ledger/machine.ts";
import { LIMITS } from "../limits.ts";
import { organizationCounterRefs } from "../policy/decide.ts";
import type { CounterRef } from "../policy/types.ts";
import { announceCrossing, type BoundCounter, book, countersById, ORGANIZATION_OWNER, usedOf } from "./counters.ts";
import type { MandateCache } from "./judge.ts";
import { Problem } from "./problem.ts";
import { first } from "./sql.ts";
import { clearDeadline } from "./timers.ts";
import { ledgerState, reservations, saveState, type TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

type Change = Partial<
  Pick<TransactionRow, "approved_rules" | "settle_by" | "waiting_for" | "waiting_until" | "simulated">
>;

/**
 * Takes a transaction one step further: asks the state machine, books the difference on every reservation, writes the
 * row, the event and the timers. Everything inside the caller's transaction; a refused step throws and changes nothing.
 *
 * @param facts What the event records besides the amounts (a note, the proof, who decided).
 */
export function advance(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  command: Command,
  facts: Readonly<Record<string, unknown>> = {},
  change: Change = {},
): TransactionRow {
  const before = ledgerState(row);
  const result = step(before, command);
  if (!result.ok) throw new Problem(409, result.error.code, result.error.message, { status_now: row.status });
  const { event } = result.value;
  let after = result.value.state;

  const ids = reservations(row);
  const heldDelta = after.held - before.held;
  const settledDelta = net(after) - net(before);
  if (heldDelta + settledDelta > 0) refuseOverflow(work, ids, heldDelta + settledDelta);
  book(work, ids, heldDelta, settledDelta);
  let overLimit: string[] = [];
  if (heldDelta + settledDelta > 0) {
    // More is booked than was held: this can only be money that has already moved, so it is booked whatever the limit.
    overLimit = checkLimits(work, cache, row, ids);
    if (overLimit.length > 0) after = { ...after, overdraft: true };
  }

  if (after.status !== "authorized") clearDeadline(work, row);
  const open = after.status === "executing" || after.status === "unknown";
  const saved = saveState(work, row, after, open ? change : { ...change, ...WAITS_FOR_NOBODY });
  work.log(event, row.id, {
    transaction_id: row.id,
    agent_id: row.agent_id,
    mandate_id: row.mandate_id,
    from: before.status,
    to: after.status,
    vendor: row.vendor,
    currency: row.currency,
    amount: row.amount,
    held: after.held,
    settled: after.settled,
    refunded: after.refunded,
    ...(after.claimed === null ? {} : { claimed: after.claimed }),
    ...(after.presumed ? { presumed: true } : {}),
    ...(after.late ? { late: true } : {}),
    ...(saved.simulated === 1 ? { simulated: true } : {}),
    ...facts,
  });
  if (after.overdraft && !before.overdraft) {
    work.log("transaction.overdraft", row.id, {
      transaction_id: row.id,
      agent_id: row.agent_id,
      severity: "critical",
      currency: row.currency,
      authorized: row.amount,
      settled: after.settled,
      budgets: overLimit,
    });
  }
  if (after.status === "completed" && !after.presumed && (before.status !== "completed" || before.presumed)) {
    work.exec(
      "INSERT OR IGNORE INTO known_vendors (agent_id, vendor, transaction_id) VALUES (?, ?, ?)",
      row.agent_id,
      row.vendor,
      row.id,
    );
  }
  if (after.status === "voided") work.exec("DELETE FROM known_vendors WHERE transaction_id = ?", row.id);
  return saved;
}

const WAITS_FOR_NOBODY = { waiting_for: null, waiting_until: null } as const;

/** Sums beyond what a JSON number holds exactly could not be compared any more. No honest purchase comes near. */
function refuseOverflow(work: Work, ids: readonly number[], more: number): void {
  for (const counter of countersById(work, ids)) {
    if (counter.held + counter.settled + more > Number.MAX_SAFE_INTEGER) {
      throw new Problem(
        409,
        "amount_out_of_range",
        "The amount is beyond what a budget can count. Ask an administrator.",
      );
    }
  }
}

const net = (state: LedgerState): number => state.settled - state.refunded;

/** When an authorized transaction must be settled (external) or started (payment tool), in ms. */
export const deadlineOf = (protocol: string, now: number): number =>
  now + (protocol === "external" ? LIMITS.settleByMs : LIMITS.toolAuthorizationMs);

/** Which budgets are above their limit after a booking; says crossings of warning and exhaustion on the way. */
function checkLimits(work: Work, cache: MandateCache, row: TransactionRow, ids: readonly number[]): string[] {
  const limits = new Map<string, { ref: CounterRef; threshold: number }>();
  if (row.mandate_id !== null) {
    const current = first<{ version: number }>(work.sql, "SELECT version FROM mandates WHERE id = ?", row.mandate_id);
    if (current !== undefined) {
      const { compiled } = cache.get(work, row.mandate_id, current.version);
      for (const ref of compiled.budgets) {
        limits.set(`${row.mandate_id}:${ref.id}`, { ref, threshold: compiled.warning_threshold });
      }
      for (const { type, counts } of compiled.rules) {
        if (type === "vendor_budget" && counts !== undefined) {
          limits.set(`${row.mandate_id}:${counts.id}`, { ref: counts, threshold: compiled.warning_threshold });
        }
      }
    }
  }
  for (const ref of organizationCounterRefs(work.organizationBudgets(), row.currency)) {
    limits.set(`${ORGANIZATION_OWNER}:${ref.id}`, { ref, threshold: ORGANIZATION_WARNING_THRESHOLD });
  }
  const over: string[] = [];
  for (const counter of countersById(work, ids)) {
    const known = limits.get(`${counter.owner}:${counter.ref}`);
    if (known === undefined) continue;
    const used = counter.held + counter.settled;
    if (used > known.ref.limit) over.push(counter.ref);
    announceCrossing(
      work,
      {
        ref: known.ref,
        owner: counter.owner,
        label: counter.label,
        warned: counter.warned_at !== null,
        exhausted: counter.exhausted_at !== null,
      },
      counter.id,
      used,
      known.threshold,
      { agent_id: row.agent_id, currency: row.currency },
    );
  }
  return over;
}

export const ORGANIZATION_WARNING_THRESHOLD = 0.8;

/**
 * Says what a new reservation has crossed. Call it behind the event of the purchase.
 *
 * @param ids What `reserve` answered for these counters.
 * @param threshold The mandate's.
 */
export function announceReserved(
  work: Work,
  counters: readonly BoundCounter[],
  ids: readonly number[],
  threshold: number,
  purchase: { readonly agent_id: string; readonly currency: string; readonly amount: number },
): void {
  const { agent_id, currency, amount } = purchase;
  for (const [index, counter] of counters.entries()) {
    const { ref, owner, period, row } = counter;
    announceCrossing(
      work,
      { ref, owner, label: period.label, warned: row?.warned_at != null, exhausted: row?.exhausted_at != null },
      ids[index] ?? 0,
      usedOf(counter) + amount,
      ref.kind === "budget" ? threshold : ORGANIZATION_WARNING_THRESHOLD,
      { agent_id, currency },
    );
  }
}
