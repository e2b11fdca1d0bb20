import { periodAt } from "../policy/periods.ts";
import type { CompiledMandate, CompiledRule, CounterRef, PeriodKind, PurchaseRequest } from "../policy/types.ts";
import {
  announceCrossing,
  bindCounter,
  COUNTER_BY_ID,
  type CounterRow,
  createCounter,
  ORGANIZATION_OWNER,
} from "./counters.ts";
import { rebuildSlots } from "./rates.ts";
import { all, changeOne, first } from "./sql.ts";
import { requestOf, type TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";

/**
 * A budget or rule that is new, or that counts differently than before, starts with what was already spent in its
 * current period, not with nothing: otherwise an edit of terms, zone or rules would hand out budget. The purchases
 * themselves become reservations of the new counter, so that a later settlement or refund books there as well.
 */

/** Which purchases a counter has to take over. */
interface Scope {
  /** Null = every agent (organization budgets). */
  readonly agentId: string | null;
  /** Only purchases of this mandate (lifetime budgets), or null. */
  readonly mandateId: string | null;
  readonly currency: string;
  readonly since: number;
  readonly matches: (request: PurchaseRequest) => boolean;
}

/**
 * Carries the current period over to a mandate's new version. Call it in the transaction that puts the version in force.
 *
 * @param previous The version of the same mandate that was in force until now, if any.
 * @param priorZone The time zone that the agent's spending was counted in until now.
 */
export function backfillMandate(
  work: Work,
  mandateId: string,
  next: CompiledMandate,
  previous: CompiledMandate | null,
  priorZone: string | null = previous?.timezone ?? null,
): void {
  const agentId = next.terms.agent_id;
  const sameZone = previous !== null && previous.timezone === next.timezone && previous.currency === next.currency;
  for (const ref of next.budgets) {
    const before = previous?.budgets.find((budget) => budget.id === ref.id);
    if (sameZone && before?.period === ref.period) continue;
    fill(work, mandateId, ref, next.warning_threshold, {
      agentId,
      mandateId: ref.period === "total" ? mandateId : null,
      currency: next.currency,
      since: windowStart(work.now, ref, priorZone, before?.period ?? null),
      matches: () => true,
    });
  }
  for (const [index, rule] of next.rules.entries()) {
    const source = next.terms.rules[index];
    const beforeIndex = previous?.rules.findIndex((other) => other.id === rule.id) ?? -1;
    const beforeSource = previous?.terms.rules[beforeIndex];
    const same = sameZone && JSON.stringify(source) === JSON.stringify(beforeSource);
    if (same) continue;
    refillRule(work, mandateId, next, rule, previous?.rules[beforeIndex] ?? null, priorZone);
  }
}

function refillRule(
  work: Work,
  mandateId: string,
  mandate: CompiledMandate,
  rule: CompiledRule,
  before: CompiledRule | null,
  priorZone: string | null,
): void {
  const agentId = mandate.terms.agent_id;
  if (rule.counts !== undefined) {
    const ref = rule.counts;
    fill(work, mandateId, ref, mandate.warning_threshold, {
      agentId,
      mandateId: ref.period === "total" ? mandateId : null,
      currency: mandate.currency,
      since: windowStart(work.now, ref, priorZone, before?.counts?.period ?? null),
      matches: (request) => rule.counter?.(request) != null,
    });
  }
  if (rule.window !== undefined) {
    const ref = rule.window;
    const instants: number[] = [];
    for (const row of transactionsSince(work, agentId, work.now - ref.window_ms)) {
      if (rule.rate?.(requestOf(row)) != null) instants.push(row.created_at);
    }
    rebuildSlots(work, mandateId, ref, instants);
  }
}

/** Carries the current period over to organization budgets that are new or whose zone, period or currency changed. */
export function backfillOrganizationBudget(
  work: Work,
  ref: CounterRef,
  currency: string,
  threshold: number,
  previous: { readonly timezone: string; readonly period: PeriodKind } | null,
): void {
  fill(work, ORGANIZATION_OWNER, ref, threshold, {
    agentId: null,
    mandateId: null,
    currency,
    since: windowStart(work.now, ref, previous?.timezone ?? null, previous?.period ?? null),
    matches: () => true,
  });
}

/** The earliest instant that counts as "this period" under the new reading or the old one: whichever takes over more. */
function windowStart(now: number, ref: CounterRef, oldZone: string | null, oldPeriod: PeriodKind | null): number {
  const starts = [periodAt(ref.period, ref.timezone, now).start];
  if (oldZone !== null) starts.push(periodAt(ref.period, oldZone, now).start);
  if (oldPeriod !== null) starts.push(periodAt(oldPeriod, oldZone ?? ref.timezone, now).start);
  // The lifetime period has no beginning; no transaction is older than the epoch.
  return Math.max(0, Math.min(...starts));
}

/** Pages through the purchases since an instant, oldest first, so that a long period never stands in memory at once. */
function* transactionsSince(work: Work, agentId: string | null, since: number): Generator<TransactionRow> {
  let at = since;
  let seq = 0;
  for (;;) {
    const page =
      agentId === null
        ? all<TransactionRow>(work.sql, `${PAGE} seq > ? AND created_at >= ? ORDER BY seq LIMIT 500`, seq, since)
        : all<TransactionRow>(
            work.sql,
            `${PAGE} agent_id = ? AND (created_at, seq) > (?, ?) ORDER BY created_at, seq LIMIT 500`,
            agentId,
            at,
            seq,
          );
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < 500) return;
    at = last.created_at;
    seq = last.seq;
  }
}

const PAGE = "SELECT * FROM transactions WHERE status <> 'rejected' AND";

function fill(work: Work, owner: string, ref: CounterRef, threshold: number, scope: Scope): void {
  const bound = bindCounter(work, owner, ref);
  let id = bound.row?.id ?? null;
  let held = 0;
  let settled = 0;
  for (const row of transactionsSince(work, scope.agentId, scope.since)) {
    if (row.currency !== scope.currency) continue;
    if (scope.mandateId !== null && row.mandate_id !== scope.mandateId) continue;
    const counters = JSON.parse(row.counters) as number[];
    if ((id !== null && counters.includes(id)) || !scope.matches(requestOf(row))) continue;
    id ??= createCounter(work, bound, 0);
    changeOne(
      work.sql,
      "UPDATE transactions SET counters = ? WHERE seq = ?",
      JSON.stringify([...counters, id]),
      row.seq,
    );
    held += row.held;
    settled += row.settled - row.refunded;
  }
  if (id === null || held + settled === 0) return;
  changeOne(work.sql, "UPDATE counters SET held = held + ?, settled = settled + ? WHERE id = ?", held, settled, id);
  const counter = first<CounterRow>(work.sql, COUNTER_BY_ID, id);
  if (counter === undefined) throw new Error("a counter vanished");
  announceCrossing(
    work,
    {
      ref,
      owner,
      label: counter.label,
      warned: counter.warned_at !== null,
      exhausted: counter.exhausted_at !== null,
    },
    counter.id,
    counter.held + counter.settled,
    threshold,
    { agent_id: scope.agentId, currency: scope.currency },
  );
}
