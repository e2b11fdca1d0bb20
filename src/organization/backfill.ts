import { periodAt } from "../policy/periods.ts";
import type { CompiledMandate, CompiledRule, CounterRef, PurchaseRequest } from "../policy/types.ts";
import {
  announceCrossing,
  type BoundCounter,
  bindCounter,
  COUNTER_BY_ID,
  type CounterRow,
  createCounter,
  ORGANIZATION_OWNER,
} from "./counters.ts";
import { purchasesSince, type Reach, takeAll } from "./history.ts";
import { rebuildSlots } from "./rates.ts";
import { changeOne, first } from "./sql.ts";
import { requestOf } from "./transactions.ts";
import type { Work } from "./work.ts";

/**
 * A budget or rule that is new, or that counts differently than before, starts with what was already spent in its
 * current period, not with nothing: otherwise an edit of terms, zone or rules would hand out budget. The purchases
 * themselves become reservations of the new counter, so that a later settlement or refund books there as well.
 */

/** What counted the same spending until now. */
export interface Predecessor {
  readonly mandateId: string;
  readonly compiled: CompiledMandate;
}

/** Carries the current period over to a mandate's new version. Call it in the transaction that puts the version in force. */
export function backfillMandate(
  work: Work,
  mandateId: string,
  next: CompiledMandate,
  before: Predecessor | null,
): void {
  const previous = before?.mandateId === mandateId ? before.compiled : null;
  const sameZone = previous?.timezone === next.timezone;
  const context: Carry = {
    owner: mandateId,
    agentId: next.terms.agent_id,
    currency: next.currency,
    threshold: next.warning_threshold,
    predecessors: before === null ? [] : currentCounters(work, before.mandateId, countsOf(before.compiled)),
    sameOwner: previous !== null,
  };
  for (const ref of next.budgets) {
    const old = previous?.budgets.find((budget) => budget.id === ref.id);
    if (!(sameZone && old?.period === ref.period)) carryOver(work, context, ref, null);
  }
  for (const [index, rule] of next.rules.entries()) {
    const oldIndex = previous?.rules.findIndex((other) => other.id === rule.id) ?? -1;
    const unchanged = JSON.stringify(next.terms.rules[index]) === JSON.stringify(previous?.terms.rules[oldIndex]);
    if (sameZone && unchanged) continue;
    if (rule.counts !== undefined) carryOver(work, context, rule.counts, (request) => rule.counter?.(request) != null);
    if (rule.window !== undefined) recountWindow(work, mandateId, next.terms.agent_id, rule);
  }
}

const countsOf = ({ budgets, rules }: CompiledMandate): CounterRef[] => [
  ...budgets,
  ...rules.flatMap(({ counts }) => (counts === undefined ? [] : [counts])),
];

const currentCounters = (work: Work, owner: string, refs: readonly CounterRef[]): BoundCounter[] =>
  refs.map((ref) => bindCounter(work, owner, ref));

/**
 * Carries the current period over to an organization budget that is new or counts differently.
 *
 * @param before The organization's budgets, with their zone, until now.
 */
export function backfillOrganizationBudget(
  work: Work,
  ref: CounterRef,
  currency: string,
  threshold: number,
  before: readonly CounterRef[],
): void {
  const predecessors = currentCounters(work, ORGANIZATION_OWNER, before);
  const context: Carry = {
    owner: ORGANIZATION_OWNER,
    agentId: null,
    currency,
    threshold,
    predecessors,
    sameOwner: true,
  };
  carryOver(work, context, ref, null);
}

interface Carry {
  readonly owner: string;
  /** Null = every agent. */
  readonly agentId: string | null;
  readonly currency: string;
  readonly threshold: number;
  readonly predecessors: readonly BoundCounter[];
  /** Did the predecessors belong to the same mandate (or the organization)? */
  readonly sameOwner: boolean;
}

/**
 * Lets one counter take over what counts as "this period" under the new reading, under the old one, and under whatever
 * an earlier edit had already carried over.
 *
 * @param matches For a rule: which purchases it counts. Null = all.
 */
function carryOver(
  work: Work,
  carry: Carry,
  ref: CounterRef,
  matches: ((request: PurchaseRequest) => boolean) | null,
): void {
  const bound = bindCounter(work, carry.owner, ref);
  const old = carry.predecessors.find((counter) => carry.sameOwner && counter.ref.id === ref.id);
  const wasLifetime = old?.ref.period === "total";
  const related = carry.predecessors.filter((counter) => counter === old || counter.ref.period === ref.period);
  const starts = related.flatMap(({ ref: other, row }) => {
    if (other.period === "total" && ref.period !== "total" && !wasLifetime) return [];
    return [
      periodAt(other.period, other.timezone, work.now).start,
      periodAt(ref.period, other.timezone, work.now).start,
      row?.since ?? Number.POSITIVE_INFINITY,
    ];
  });
  const own = periodAt(ref.period, ref.timezone, work.now).start;
  const since = Math.max(0, Math.min(own, bound.row?.since ?? own, ...starts));
  const reach: Reach = {
    agentId: carry.agentId,
    // A lifetime budget is the mandate's own; a calendar budget counts whatever the agent bought in the period.
    mandateId: carry.agentId !== null && (ref.period === "total" || wasLifetime) ? carry.owner : null,
    currency: carry.currency,
    since,
  };
  const id = bound.row?.id ?? createCounter(work, bound, 0);
  const { held, settled } = matches === null ? takeAll(work, id, reach) : takeMatching(work, id, reach, matches);
  changeOne(
    work.sql,
    "UPDATE counters SET held = held + ?, settled = settled + ?, since = ? WHERE id = ?",
    held,
    settled,
    since < own ? since : null,
    id,
  );
  announce(work, carry, ref, id);
}

/** Adds the purchases that a rule counts now, and lets go of those that it no longer counts. */
function takeMatching(work: Work, id: number, reach: Reach, matches: (request: PurchaseRequest) => boolean) {
  let held = 0;
  let settled = 0;
  for (const row of purchasesSince(work, reach)) {
    const counters = JSON.parse(row.counters) as number[];
    const counted = counters.includes(id);
    const counts = matches(requestOf(row));
    if (counted === counts) continue;
    const next = counts ? [...counters, id] : counters.filter((other) => other !== id);
    changeOne(work.sql, "UPDATE transactions SET counters = ? WHERE seq = ?", JSON.stringify(next), row.seq);
    held += counts ? row.held : -row.held;
    settled += (row.settled - row.refunded) * (counts ? 1 : -1);
  }
  return { held, settled };
}

function recountWindow(work: Work, owner: string, agentId: string, rule: CompiledRule): void {
  const ref = rule.window;
  if (ref === undefined) return;
  const instants: number[] = [];
  const reach = { agentId, mandateId: null, currency: null, since: work.now - ref.window_ms };
  for (const row of purchasesSince(work, reach)) {
    if (rule.rate?.(requestOf(row)) != null) instants.push(row.created_at);
  }
  rebuildSlots(work, owner, ref, instants);
}

function announce(work: Work, carry: Carry, ref: CounterRef, id: number): void {
  const counter = first<CounterRow>(work.sql, COUNTER_BY_ID, id);
  if (counter === undefined) throw new Error("a counter vanished");
  announceCrossing(
    work,
    {
      ref,
      owner: carry.owner,
      label: counter.label,
      warned: counter.warned_at !== null,
      exhausted: counter.exhausted_at !== null,
    },
    id,
    counter.held + counter.settled,
    carry.threshold,
    { agent_id: carry.agentId, currency: carry.currency },
  );
}
