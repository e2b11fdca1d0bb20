import { counterRefs, decide, organizationCounterRefs, rateRefs } from "../policy/decide.ts";
import type { CompiledMandate, CounterRef, Decision, PurchaseRequest, Usage } from "../policy/types.ts";
import {
  type Book,
  type Counts,
  type Place,
  type Purchase,
  placeAt,
  rehearsedCount,
  rewrite,
  sameBudget,
} from "./book.ts";
import type { DecisionFact, Fact, Inputs, StepFact } from "./facts.ts";
import { reportDecision, reportStopped, type Sink } from "./sink.ts";

export type Assumption = "approved" | "denied";

export interface WorldOptions {
  readonly terms: CompiledMandate;
  /** What a person is taken to say to a purchase that only these terms ask about. */
  readonly assume: Assumption;
  /** The mandate whose purchases of the past a lifetime budget counts; null = it begins with these terms. */
  readonly mandateId: string | null;
}

/**
 * The world as it would have been under other terms. It follows what really happened to one agent's purchases and keeps a
 * book of its own, so that budgets, windows and known vendors are those that these terms would have seen. Pure: the same
 * terms and the same facts give the same report.
 *
 * Taken from the record as it was: the freeze, the storage, the agent's own status, and what everybody else used of the
 * organization's budgets. The mandate counts as active.
 */
export class World {
  readonly #terms: CompiledMandate;
  readonly #assume: Assumption;
  readonly #mandateId: string | null;
  readonly #book: Book;
  readonly #sink: Sink;
  /** Whoever approved a purchase before these terms counted is taken to have said yes to all that they ask. */
  readonly #everyApprovalRule: readonly string[];
  /** One object per place: a long history has few places, and each of its purchases counts on many of them. */
  readonly #places = new Map<string, Place>();

  constructor(options: WorldOptions, book: Book, sink: Sink) {
    this.#terms = options.terms;
    this.#assume = options.assume;
    this.#mandateId = options.mandateId;
    this.#book = book;
    this.#sink = sink;
    this.#everyApprovalRule = options.terms.rules.filter(({ type }) => type === "approval").map(({ id }) => id);
  }

  /** What happened before the terms count: it is in the books of both worlds, and is not judged. */
  warmUp(fact: Fact): void {
    if (fact.kind === "step") this.#step(fact, false);
    else if (fact.outcome === "approved") this.#enter(fact, "real", false, [], true);
    else if (fact.outcome === "approval_required") this.#enter(fact, "real", true, this.#everyApprovalRule, true);
  }

  /** What happens while the terms count. Answers the decision, where there was one to make. */
  take(fact: Fact): Decision | null {
    if (fact.kind === "decision") return this.#decision(fact);
    this.#step(fact, true);
    return null;
  }

  #decision(fact: DecisionFact): Decision | null {
    // Rejections share a row, also those of other purchases, when they are many: only the very same one is a repeat.
    const before = fact.repeat > 1 ? this.#book.find(fact.transaction_id) : undefined;
    if (before?.vendor === fact.request.vendor && before.amount === (fact.request.amount ?? 0)) {
      this.#sink.note("skipped_repeats", 1);
      return null;
    }
    const decision = this.#judge(fact, fact.request, fact.at, null);
    reportDecision(this.#sink, fact, decision, this.#terms.currency, false);
    const bought = fact.outcome === "approved" || fact.outcome === "approval_required";
    const asked = decision.outcome === "approval_required";
    const waits = asked && fact.outcome === "approval_required";
    const denied = asked && !waits && this.#assume === "denied";
    const refused = decision.outcome === "rejected" || denied;
    const counts: Counts = refused ? "nothing" : bought ? "real" : "full";
    if (counts !== "nothing" || bought) this.#enter(fact, counts, waits, decision.asks, false);
    // A window counts what was ever authorized or pending, even if somebody said no later.
    if (decision.outcome !== "rejected") this.#takeSlots(fact);
    for (const ref of counterRefs(this.#terms, fact.request)) {
      this.#sink.use(ref, () => this.#book.used(this.#placeAt(ref, fact.at)), fact.at);
    }
    return decision;
  }

  #enter(fact: DecisionFact, counts: Counts, waits: boolean, asks: readonly string[], before: boolean): void {
    const { request, at } = fact;
    const amount = request.amount ?? 0;
    const countable = request.currency === this.#terms.currency;
    const refs = countable ? counterRefs(this.#terms, request) : [];
    // A lifetime budget belongs to its mandate, a calendar budget counts whatever the agent bought in the period.
    const own = refs.filter(({ period }) => !before || period !== "total" || fact.mandate?.id === this.#mandateId);
    const shared = organizationCounterRefs(fact.usage.organization.budgets, request.currency);
    const purchase: Purchase = {
      id: fact.transaction_id,
      at,
      vendor: request.vendor,
      amount,
      real: fact.outcome === null || fact.outcome === "rejected" ? 0 : amount,
      counts,
      waits,
      presumed: false,
      satisfied: asks,
      places: own.map((ref) => this.#placeAt(ref, at)),
      shared: shared.map((ref) => this.#sharedPlaceAt(ref, at)),
    };
    rewrite(this.#book, null, purchase);
    if (counts === "full") this.#book.learn(request.vendor, purchase.id);
    if (before) this.#takeSlots(fact);
  }

  #takeSlots(fact: DecisionFact): void {
    for (const { id, max } of rateRefs(this.#terms, fact.request)) this.#book.takeSlot(id, fact.at, max + 2);
  }

  #step(fact: StepFact, judged: boolean): void {
    const known = this.#book.find(fact.transaction_id);
    if (known === undefined) {
      // Bought before anything was read: it counts on no budget that is asked for, but it can make its vendor known.
      if (fact.to === "voided" || fact.from !== "completed" || fact.confirms) this.#vendor(fact);
      return;
    }
    let next = known;
    if (judged && fact.again !== null && known.counts === "real") next = this.#again(fact, fact.again, known);
    next = { ...next, real: fact.counts, presumed: fact.presumed };
    if (fact.from === "pending_approval") {
      // Here nobody was asked, so nobody said no: it is taken as bought.
      const unasked = fact.to !== "authorized" && next.counts === "real" && !known.waits;
      next = { ...next, waits: false, ...(unasked ? { counts: "full" as const } : {}) };
      if (unasked) this.#book.learn(fact.vendor, fact.transaction_id);
    }
    rewrite(this.#book, known, next);
    const first = fact.from !== "completed" || known.presumed;
    if (next.counts === "real" && (fact.to !== "completed" || first)) this.#vendor(fact);
  }

  /** As the ledger keeps it: a completion that is not only presumed makes a vendor known, a void of it unknown again. */
  #vendor(fact: StepFact): void {
    if (fact.to === "completed" && !fact.presumed) this.#book.learn(fact.vendor, fact.transaction_id);
    if (fact.to === "voided") this.#book.unlearn(fact.transaction_id);
  }

  /** The second and the third judgement, of a purchase that both worlds let go on so far. */
  #again(fact: StepFact, again: NonNullable<StepFact["again"]>, known: Purchase): Purchase {
    const approval = again.stage === "approval";
    if (approval && !known.waits) return known;
    const request = { ...again.request, approved_rules: approval ? [] : known.satisfied };
    const decision = this.#judge(again, request, fact.at, known);
    this.#sink.note("judged_again", 1);
    const stopped = decision.outcome === "rejected" || (!approval && decision.asks.length > 0);
    const satisfied = [...new Set([...known.satisfied, ...decision.asks])];
    if (!stopped) return { ...known, satisfied };
    reportStopped(this.#sink, fact, again.stage, decision);
    const assumed = decision.outcome === "approval_required" && this.#assume === "approved";
    return assumed ? { ...known, satisfied } : { ...known, counts: "nothing" };
  }

  /** @param own The judged purchase where it is in the book already: it must not count against itself. */
  #judge(inputs: Inputs, request: PurchaseRequest, at: number, own: Purchase | null): Decision {
    const used: Record<string, number> = {};
    for (const ref of counterRefs(this.#terms, request)) {
      const place = this.#placeAt(ref, at);
      used[ref.id] = this.#usedWithout(place, own?.places.filter((other) => sameBudget(other, ref)) ?? [], own);
    }
    for (const ref of organizationCounterRefs(inputs.usage.organization.budgets, request.currency)) {
      const place = this.#sharedPlaceAt(ref, at);
      const difference = own?.shared.some(({ key }) => key === place.key) ? rehearsedCount(own) - own.real : 0;
      used[ref.id] = (inputs.usage.used[ref.id] ?? 0) + this.#book.used(place) - difference;
    }
    const usage: Usage = {
      organization: inputs.usage.organization,
      agent: inputs.usage.agent,
      mandate: { status: "active" },
      used,
      rates: this.#rates(request, at, own),
      vendor_known: this.#terms.needs_vendor_known && this.#book.knows(request.vendor),
      pending_approvals: own === null ? this.#book.waiting() : 0,
    };
    return decide(this.#terms, request, usage, at);
  }

  #placeAt(ref: CounterRef, at: number): Place {
    return this.#one(placeAt(ref, at));
  }

  /** The organization's budgets stand in the same book, under names that no mandate's budget can have. */
  #sharedPlaceAt(ref: CounterRef, at: number): Place {
    const { key, ends } = placeAt(ref, at);
    return this.#one({ key: `organization:${key}`, ends });
  }

  #one(place: Place): Place {
    const known = this.#places.get(place.key);
    if (known !== undefined) return known;
    this.#places.set(place.key, place);
    return place;
  }

  /** A hold of another day is judged where it stands as well, like in `organization/judge.ts`. */
  #usedWithout(place: Place, reserved: readonly Place[], own: Purchase | null): number {
    let used = this.#book.used(place);
    if (own === null) return used;
    for (const other of reserved) {
      const others = this.#book.used(other) - rehearsedCount(own);
      used = other.key === place.key ? others : Math.max(used, others);
    }
    return used;
  }

  /** A window is full exactly when the slot `max − 1` before the newest lies inside it; more is not asked. */
  #rates(request: PurchaseRequest, at: number, own: Purchase | null): Usage["rates"] {
    return Object.fromEntries(
      rateRefs(this.#terms, request).map(({ id, max, window_ms }) => {
        const opens = at - window_ms;
        const itself = own !== null && own.at > opens ? 1 : 0;
        const oldest = this.#book.slot(id, max + itself);
        return [id, { count: oldest !== null && oldest > opens ? max : 0, frees_at: null }];
      }),
    );
  }
}
