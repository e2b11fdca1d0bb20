import { counterRefs, decide } from "../policy/decide.ts";
import type { CompiledMandate, Decision } from "../policy/types.ts";
import type { DecisionFact, Fact, Inputs, StepFact } from "./facts.ts";
import { reportDecision, reportStopped, type Sink } from "./sink.ts";

/** The version that judged, or null where it is not there. */
export type VersionOf = (version: number) => { readonly compiled: CompiledMandate; readonly hash: string } | null;

/**
 * A mandate over its own history, as recorded: every decision is made again under the version that made it, of the
 * recorded request and usage, at the recorded instant. It must come out the same; a difference would mean that the record
 * or the engine has changed.
 */
export class Recorded {
  readonly #mandateId: string;
  readonly #currency: string;
  readonly #versionOf: VersionOf;
  readonly #sink: Sink;
  /** By transaction: the approval rules that asked first, while a person has not decided. */
  readonly #asked = new Map<string, readonly string[]>();

  constructor(mandateId: string, currency: string, versionOf: VersionOf, sink: Sink) {
    this.#mandateId = mandateId;
    this.#currency = currency;
    this.#versionOf = versionOf;
    this.#sink = sink;
  }

  take(fact: Fact): void {
    if (fact.kind === "decision") this.#decision(fact);
    else this.#step(fact);
  }

  #decision(fact: DecisionFact): void {
    if (fact.mandate?.id !== this.#mandateId) return;
    const { decision, mandate } = this.#again(fact, fact.at);
    reportDecision(this.#sink, fact, decision, this.#currency, true);
    if (fact.outcome === "approval_required") this.#asked.set(fact.transaction_id, fact.asks);
    if (mandate === null) return;
    const more = decision.outcome === "rejected" ? 0 : (fact.request.amount ?? 0);
    for (const ref of counterRefs(mandate, fact.request)) {
      this.#sink.use(ref, () => (fact.usage.used[ref.id] ?? 0) + more, fact.at);
    }
  }

  /** A second or third judgement was logged only because it let the purchase go on; what asked is among what was satisfied. */
  #step(fact: StepFact): void {
    const asked = this.#asked.get(fact.transaction_id) ?? [];
    if (fact.from === "pending_approval") this.#asked.delete(fact.transaction_id);
    const { again } = fact;
    if (again === null || again.mandate?.id !== this.#mandateId) return;
    const { decision } = this.#again(again, fact.at);
    this.#sink.note("judged_again", 1);
    const satisfied = again.stage === "approval" ? again.approved_rules : [];
    const allowed = decision.asks.every((id) => satisfied.includes(id));
    const complete = satisfied.every((id) => decision.asks.includes(id) || asked.includes(id) || asked.length === 0);
    if (decision.outcome !== "rejected" && allowed && complete) return;
    const rehearsed = decision.outcome === "approved" ? "approval_required" : decision.outcome;
    reportStopped(this.#sink, fact, again.stage, { ...decision, outcome: rehearsed });
  }

  /** Without the version that judged, or with another text of it, the policy has no mandate, and refuses. */
  #again(inputs: Inputs, at: number): { readonly decision: Decision; readonly mandate: CompiledMandate | null } {
    const version = inputs.mandate === null ? null : this.#versionOf(inputs.mandate.version);
    const mandate = version?.hash === inputs.mandate?.hash ? (version?.compiled ?? null) : null;
    return { decision: decide(mandate, inputs.request, inputs.usage, at), mandate };
  }
}
