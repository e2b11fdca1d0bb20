import { LIMITS } from "../../limits.ts";
import { periodAt } from "../../policy/periods.ts";
import type { CompiledMandate } from "../../policy/types.ts";
import { MemoryBook } from "../../rehearsal/book.ts";
import type { DecisionFact, StepFact } from "../../rehearsal/facts.ts";
import { MemorySink } from "../../rehearsal/memory-sink.ts";
import { World } from "../../rehearsal/world.ts";
import { purchasesSince } from "../history.ts";
import { all, first } from "../sql.ts";
import { requestOf, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { ShadowBook } from "./shadow-book.ts";

/**
 * Lets a shadow begin where an activation would: with what the agent has bought in the periods and windows that the terms
 * count, and with what waits for a person.
 *
 * @returns False when that is more than a shadow may begin with; then nothing was written.
 */
export function carryIntoShadow(work: Work, mandateId: string, agentId: string, terms: CompiledMandate): boolean {
  const memory = new MemoryBook();
  const world = new World({ terms, assume: "approved", mandateId: null }, memory, new MemorySink());
  const since = earliest(terms, work.now);
  let carried = 0;
  for (const row of earlierPurchases(work, agentId, since)) {
    carried += 1;
    if (carried > LIMITS.shadowCarried) return false;
    const { decision, standing } = factsOf(work, row);
    world.warmUp(decision);
    world.warmUp(standing);
  }
  if (terms.needs_vendor_known && knownVendors(work, agentId) > LIMITS.shadowCarried) return false;
  new ShadowBook(work.sql, mandateId, terms.needs_vendor_known).fill(memory);
  if (terms.needs_vendor_known) {
    work.exec(
      `INSERT INTO shadow_vendors (mandate_id, vendor, transaction_id)
       SELECT ?, vendor, transaction_id FROM known_vendors WHERE agent_id = ?`,
      mandateId,
      agentId,
    );
  }
  return true;
}

function* earlierPurchases(work: Work, agentId: string, since: number): Generator<TransactionRow> {
  yield* all<TransactionRow>(
    work.sql,
    "SELECT * FROM transactions WHERE agent_id = ? AND status = 'pending_approval' AND created_at < ?",
    agentId,
    since,
  );
  yield* purchasesSince(work, { agentId, mandateId: null, currency: null, since });
}

/** Start of the longest period or window. A lifetime budget begins with the draft, as it would at its activation. */
function earliest(terms: CompiledMandate, now: number): number {
  const refs = [...terms.budgets, ...terms.rules.flatMap(({ counts }) => (counts === undefined ? [] : [counts]))];
  return Math.min(
    now,
    ...refs.filter(({ period }) => period !== "total").map((ref) => periodAt(ref.period, ref.timezone, now).start),
    ...terms.rules.flatMap(({ window }) => (window === undefined ? [] : [now - window.window_ms])),
  );
}

/** A purchase as it stands now, told as its decision and one step that leads here. */
function factsOf(work: Work, row: TransactionRow): { readonly decision: DecisionFact; readonly standing: StepFact } {
  const asked = row.status === "pending_approval" || row.approved_rules !== "[]";
  const decision: DecisionFact = {
    kind: "decision",
    at: row.created_at,
    transaction_id: row.id,
    outcome: asked ? "approval_required" : "approved",
    codes: [],
    asks: [],
    repeat: 1,
    request: requestOf(row),
    usage: {
      organization: { frozen: false, storage_full: false, budgets: work.organizationBudgets() },
      agent: null,
      mandate: null,
      used: {},
      rates: {},
      vendor_known: false,
      pending_approvals: 0,
    },
    mandate: null,
  };
  const standing: StepFact = {
    kind: "step",
    at: row.created_at,
    transaction_id: row.id,
    // The vendors are carried by themselves, so this step must not make one known.
    from: row.status === "pending_approval" ? "completed" : asked ? "pending_approval" : "completed",
    to: row.status === "pending_approval" ? row.status : "authorized",
    vendor: row.vendor,
    currency: row.currency,
    amount: row.amount,
    counts: row.held + row.settled - row.refunded,
    presumed: row.presumed === 1,
    claimed: (row.claimed ?? 0) > 0,
    confirms: false,
    again: null,
  };
  return { decision, standing };
}

const knownVendors = (work: Work, agentId: string): number =>
  first<{ n: number }>(
    work.sql,
    `SELECT COUNT(*) AS n FROM (SELECT 1 FROM known_vendors WHERE agent_id = ? LIMIT ${LIMITS.shadowCarried + 1})`,
    agentId,
  )?.n ?? 0;
