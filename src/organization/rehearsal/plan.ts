import { LIMITS } from "../../limits.ts";
import { compileMandate } from "../../policy/compile.ts";
import { periodAt } from "../../policy/periods.ts";
import type { CompiledMandate } from "../../policy/types.ts";
import type { DecisionFact } from "../../rehearsal/facts.ts";
import type { SimulationInput } from "../../schema/rehearsal.ts";
import type { MandateCache } from "../judge.ts";
import { type MandateRow, readTerms, requireMandate, versionOf } from "../mandates.ts";
import { badInput } from "../problem.ts";
import { first } from "../sql.ts";
import type { Work } from "../work.ts";
import { givenFacts } from "./given.ts";

/** The stretch of the log that a simulation reads: its bounds are seqs, so that what is logged meanwhile is not in it. */
export interface Stretch {
  /** Instants, ms. */
  readonly since: number;
  readonly until: number;
  /** First event that is followed without being judged. */
  readonly warm_seq: number;
  readonly warm_at: number;
  /** Could the books be followed from as far back as the terms count? */
  readonly complete: boolean;
  /** First event that is judged. */
  readonly first_seq: number;
  /** Last event that is judged. */
  readonly last_seq: number;
  /** Instant of the first event after it, ms; just after now where it reaches the end of the log. */
  readonly read_until: number;
  /** Where the next call goes on, ms; null = this is all. */
  readonly next_since: number | null;
  /** Last event of that instant that was judged already, where one instant has more than one call reads. */
  readonly next_after_seq: number | null;
}

/** What a simulation does, decided in one transaction. */
export type SimulationPlan = {
  readonly mandate_id: string;
  readonly agent_id: string;
  readonly terms: CompiledMandate;
  readonly assume: "approved" | "denied";
} & (
  | { readonly kind: "as_recorded" | "counterfactual"; readonly owner: string | null; readonly stretch: Stretch }
  | { readonly kind: "purchases"; readonly facts: readonly DecisionFact[] }
);

/**
 * Reads what is asked of a simulation. Writes nothing.
 *
 * @throws Problem `not_found`, `invalid_request`.
 */
export function planSimulation(work: Work, cache: MandateCache, id: string, input: SimulationInput): SimulationPlan {
  const row = requireMandate(work, id);
  const terms = termsOf(work, cache, row, input);
  const common = { mandate_id: id, agent_id: row.agent_id, terms, assume: input.assume_approvals };
  if (input.purchases !== undefined) {
    if (input.since !== undefined || input.until !== undefined || input.after_seq !== undefined) {
      throw badInput("Given purchases carry their own instants.", [
        { path: "/purchases", message: "Leave since, until and after_seq out." },
      ]);
    }
    return { ...common, kind: "purchases", facts: givenFacts(work, terms, input.purchases) };
  }
  const until = input.until === undefined ? work.now + 1 : Date.parse(input.until);
  const since = input.since === undefined ? until - LIMITS.rehearsalDefaultMs : Date.parse(input.since);
  if (since >= until)
    throw badInput("The end must be after the beginning.", [{ path: "/until", message: "Must be after since." }]);
  const owner = row.activated_at === null ? null : id;
  const own = owner !== null && input.terms === undefined && input.version === undefined;
  // As recorded, every decision has its inputs beside it: nothing has to be followed before.
  const warmFrom = own ? null : warmUpFrom(terms, since, row.activated_at);
  return {
    ...common,
    kind: own ? "as_recorded" : "counterfactual",
    owner,
    stretch: stretchOf(work, since, until, warmFrom, input.after_seq ?? 0),
  };
}

function termsOf(work: Work, cache: MandateCache, row: MandateRow, input: SimulationInput): CompiledMandate {
  if (input.terms !== undefined) {
    if (input.version !== undefined) throw badInput("Give terms or a version, not both.");
    const terms = readTerms(work, input.terms);
    if (terms.agent_id !== row.agent_id) {
      throw badInput("A mandate stays with its agent.", [
        { path: "/terms/agent_id", message: "Must be the mandate's." },
      ]);
    }
    return compileMandate(terms);
  }
  const version = input.version ?? row.version;
  versionOf(work, row.id, version);
  return cache.get(work, row.id, version).compiled;
}

/** The earliest instant that can matter to a decision at `since`: of its periods, windows and waiting approvals. */
function warmUpFrom(terms: CompiledMandate, since: number, activatedAt: number | null): number {
  const refs = [...terms.budgets, ...terms.rules.flatMap(({ counts }) => (counts === undefined ? [] : [counts]))];
  const starts = refs.map(({ period, timezone }) =>
    // A lifetime budget begins with its mandate, and that of a draft with the rehearsal.
    period === "total" ? (activatedAt ?? since) : periodAt(period, timezone, since).start,
  );
  const windows = terms.rules.flatMap(({ window }) => (window === undefined ? [] : [since - window.window_ms]));
  const asks = terms.rules.some(({ type }) => type === "approval");
  const waiting = asks ? [since - LIMITS.approvalTimeoutMinutes * 60_000] : [];
  return Math.max(0, Math.min(since, ...starts, ...windows, ...waiting));
}

/**
 * Cuts what is wanted to what one call may read. A cut is between two instants, so that the next call leaves nothing out;
 * only an instant that has more (a clock that jumped back stands still for as long) is cut by seq.
 *
 * @param warmFrom Null where nothing has to be followed before.
 */
function stretchOf(work: Work, since: number, until: number, warmFrom: number | null, afterSeq: number): Stretch {
  const end = firstEventSince(work, until);
  const firstSeq = Math.min(Math.max(firstEventSince(work, since), afterSeq + 1), end);
  const wanted = warmFrom === null ? firstSeq : firstEventSince(work, warmFrom);
  const warmSeq = Math.max(wanted, firstSeq - LIMITS.rehearsalEvents / 2);
  const room = LIMITS.rehearsalEvents - (firstSeq - warmSeq);
  const whole = end - firstSeq <= room;
  const between = whole ? end : firstEventSince(work, instantOf(work, firstSeq + room) ?? until);
  const within = between <= firstSeq && !whole;
  const cut = within ? firstSeq + room : between;
  return {
    since,
    until,
    warm_seq: warmSeq,
    warm_at: warmSeq >= firstSeq ? since : Math.max(warmFrom ?? since, instantOf(work, warmSeq) ?? since),
    complete: warmSeq === wanted,
    first_seq: firstSeq,
    last_seq: cut - 1,
    read_until: instantOf(work, cut) ?? work.now + 1,
    next_since: whole ? null : (instantOf(work, cut) ?? null),
    next_after_seq: within ? cut - 1 : null,
  };
}

const instantOf = (work: Work, seq: number): number | undefined =>
  first<{ at: number }>(work.sql, "SELECT at FROM events WHERE seq = ?", seq)?.at;

/** The lowest seq of an event at or after an instant, one above the newest if there is none. The log has no gaps. */
function firstEventSince(work: Work, instant: number): number {
  let low = 1;
  let high = work.head.seq + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((instantOf(work, middle) ?? instant) >= instant) high = middle;
    else low = middle + 1;
  }
  return low;
}
