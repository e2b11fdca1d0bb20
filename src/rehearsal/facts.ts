import { LIMITS } from "../limits.ts";
import type { Outcome, PurchaseRequest, Usage } from "../policy/types.ts";

/** One row of the event log, as far as a rehearsal reads it. */
export interface LoggedEvent {
  readonly type: string;
  /** ms. */
  readonly at: number;
  /** JSON; null when it was erased. */
  readonly body: string | null;
}

/** Everything that one decision was made of. */
export interface Inputs {
  readonly request: PurchaseRequest;
  readonly usage: Usage;
  readonly mandate: { readonly id: string; readonly version: number; readonly hash: string } | null;
}

/** The first judgement of a purchase. */
export interface DecisionFact extends Inputs {
  readonly kind: "decision";
  readonly at: number;
  /** Of a purchase that somebody made up: any name that no other purchase of the rehearsal has. */
  readonly transaction_id: string;
  /** Null for a purchase that never was. */
  readonly outcome: Outcome | null;
  readonly codes: readonly string[];
  readonly asks: readonly string[];
  /** Which repeat of one rejection this is, 1 = the first. */
  readonly repeat: number;
}

/** A further step of a transaction, which may have been judged again for it. */
export interface StepFact {
  readonly kind: "step";
  readonly at: number;
  readonly transaction_id: string;
  readonly from: string;
  readonly to: string;
  readonly vendor: string;
  readonly currency: string;
  /** Micros: what was authorized. */
  readonly amount: number;
  /** Micros that the transaction counts on its budgets from here on: held + settled − refunded. */
  readonly counts: number;
  readonly presumed: boolean;
  /** Did the agent itself say what it paid? */
  readonly claimed: boolean;
  /** A person's word on a purchase that was completed already, and not by the agent's word: until then it was presumed. */
  readonly confirms: boolean;
  readonly again:
    | (Inputs & { readonly stage: "approval" | "execution"; readonly approved_rules: readonly string[] })
    | null;
}

export type Fact = DecisionFact | StepFact;

const STEPS: ReadonlySet<string> = new Set([
  "transaction.approved",
  "transaction.denied",
  "transaction.expired",
  "transaction.claimed",
  "transaction.completed",
  "transaction.voided",
  "transaction.released",
  "transaction.executing",
  "transaction.unknown",
  "transaction.refunded",
  "transaction.refund_failed",
]);
const DECISIONS: ReadonlySet<string> = new Set([
  "transaction.approved",
  "transaction.pending_approval",
  "transaction.rejected",
]);

/**
 * What an event says about one agent's purchases. Null = nothing; `erased` = it was about somebody's purchase, and
 * nobody can know any more whose.
 */
export function readFact(event: LoggedEvent, agentId: string): Fact | "erased" | null {
  if (!DECISIONS.has(event.type) && !STEPS.has(event.type)) return null;
  if (event.body === null) return "erased";
  // Most events of an organization are other agents': their bodies need not be parsed to tell.
  if (!event.body.includes(agentId)) return null;
  const { data } = JSON.parse(event.body) as { readonly data: Data };
  // An approval by a person has the name of a first approval; what tells them apart is that it is a step from somewhere.
  if (data.from !== undefined) return data.agent_id === agentId ? step(event, data) : null;
  if (!DECISIONS.has(event.type) || data.request?.agent_id !== agentId) return null;
  return {
    kind: "decision",
    at: event.at,
    transaction_id: data.transaction_id,
    outcome: data.outcome,
    codes: data.codes,
    asks: data.asks,
    repeat: data.repeat_count ?? 1,
    request: data.request,
    usage: data.usage,
    mandate: data.mandate,
  };
}

/** The members of both kinds of events. Which of them are there is said by `from`. */
interface Data extends Inputs {
  readonly transaction_id: string;
  readonly agent_id: string;
  readonly outcome: Outcome;
  readonly codes: readonly string[];
  readonly asks: readonly string[];
  readonly repeat_count?: number;
  readonly from?: string;
  readonly to: string;
  readonly vendor: string;
  readonly currency: string;
  readonly amount: number;
  readonly held: number;
  readonly settled: number;
  readonly refunded: number;
  readonly presumed?: boolean;
  readonly claimed?: number;
  readonly approved_rules?: readonly string[];
}

function step(event: LoggedEvent, data: Data): StepFact {
  const stage =
    data.usage === undefined ? null : event.type === "transaction.approved" ? ("approval" as const) : "execution";
  // Of a claim of nothing no purchase is completed.
  const claimed = (data.claimed ?? 0) > 0;
  const presumed = data.presumed === true;
  return {
    kind: "step",
    at: event.at,
    transaction_id: data.transaction_id,
    from: data.from ?? "",
    to: data.to,
    vendor: data.vendor,
    currency: data.currency,
    amount: data.amount,
    counts: data.held + data.settled - data.refunded,
    presumed,
    claimed,
    confirms: event.type === "transaction.completed" && data.from === "completed" && !presumed && !claimed,
    again:
      stage === null
        ? null
        : {
            stage,
            request: data.request,
            usage: data.usage,
            mandate: data.mandate,
            approved_rules: data.approved_rules ?? [],
          },
  };
}

/** How many rejections an event stands for besides itself: repeats are logged at the counts of `rejectionEventCounts` only. */
export function unloggedRepeats(repeat: number): number {
  const before = LIMITS.rejectionEventCounts.filter((count) => count < repeat).at(-1) ?? 0;
  return repeat - before - 1;
}
