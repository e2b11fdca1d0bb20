import { LIMITS } from "../../limits.ts";
import { toMajor } from "../../money.ts";
import type { CompiledMandate } from "../../policy/types.ts";
import { MemoryBook } from "../../rehearsal/book.ts";
import { type Fact, readFact } from "../../rehearsal/facts.ts";
import { MemorySink, type Peak, share } from "../../rehearsal/memory-sink.ts";
import { Recorded, type VersionOf } from "../../rehearsal/recorded.ts";
import { failedCodes } from "../../rehearsal/sink.ts";
import { World } from "../../rehearsal/world.ts";
import { answerApi } from "../answer-api.ts";
import type { Errand, ErrandDesk } from "../errands.ts";
import { readEvents } from "../event-log.ts";
import { first } from "../sql.ts";
import { iso } from "../views.ts";
import type { SimulationPlan } from "./plan.ts";
import { type KnownVendors, knownVendors } from "./vendors.ts";
import { countsView, dayView, differenceView, outcomeWord } from "./view.ts";

/**
 * `POST /mandates/{mandate_id}/simulate`. Writes nothing. The log is read in pages, and between two of them, and after
 * every few decisions, other work of the organization goes on: a purchase never waits long for a simulation.
 *
 * The slot comes before key and role are read: planning costs as well, and what is answered 429 must not. Whoever is
 * refused holds it for no longer than that takes.
 */
export const simulate: Errand = async (desk) => {
  try {
    return await desk.rehearsals.run("simulation", async () => {
      const planned = desk.answer();
      return planned.status === 200 ? { status: 200, body: await run(desk, planned.body as SimulationPlan) } : planned;
    });
  } catch (error) {
    return answerApi.run(() => {
      throw error;
    });
  }
};

async function run(desk: ErrandDesk, plan: SimulationPlan) {
  const sink = new MemorySink(plan.terms.timezone);
  if (plan.kind === "purchases") return givenReport(plan, sink);
  const { stretch } = plan;
  const pace = new Pace();
  // As recorded, every decision has beside it whether its vendor was known.
  const vendors =
    plan.kind === "counterfactual" && plan.terms.needs_vendor_known
      ? await knownVendors(desk, plan.agent_id, stretch)
      : null;
  const take = reader(desk, plan, sink, pace, vendors);
  let next = stretch.warm_seq;
  while (next <= stretch.last_seq) {
    const page = readEvents(desk.sql, next - 1, Math.min(LIMITS.rehearsalPage, stretch.last_seq - next + 1));
    if (page.length === 0) throw new Error("the event log has a gap");
    for (const event of page) {
      const fact = readFact(event, plan.agent_id);
      if (fact === "erased") sink.note("erased", 1);
      else if (fact !== null) take(fact, event.seq >= stretch.first_seq);
      await pace.rest();
    }
    next += page.length;
    await scheduler.wait(0);
  }
  return {
    ...report(plan, sink),
    since: iso(stretch.since),
    until: iso(stretch.next_since ?? stretch.until),
    events_read: stretch.last_seq - stretch.warm_seq + 1,
    warm_up:
      plan.kind === "as_recorded"
        ? null
        : { since: iso(stretch.warm_at), complete: stretch.complete && (vendors?.certain() ?? true) },
    truncated: stretch.next_since !== null,
    next_since: stretch.next_since === null ? null : iso(stretch.next_since),
    next_after_seq: stretch.next_after_seq,
  };
}

/** How much is judged at a time before other work goes on. */
const WORK_AT_ONCE = 20;

/**
 * Lets other work go on after every so many decisions. Custom rules weigh most: one that fails in all its parts takes
 * nearly a millisecond (measured). There is no measuring here, because the clock of an isolate stands still while it works.
 */
class Pace {
  #work = 0;

  judged(terms: CompiledMandate): void {
    this.#work += 1 + terms.rules.filter(({ type }) => type === "custom").length;
  }

  async rest(): Promise<void> {
    if (this.#work < WORK_AT_ONCE) return;
    this.#work = 0;
    await scheduler.wait(0);
  }
}

type HistoryPlan = Exclude<SimulationPlan, { kind: "purchases" }>;

function reader(
  desk: ErrandDesk,
  plan: HistoryPlan,
  sink: MemorySink,
  pace: Pace,
  vendors: KnownVendors | null,
): (fact: Fact, judged: boolean) => void {
  if (plan.kind === "as_recorded") {
    const versionOf = versions(desk, plan.mandate_id, pace);
    const recorded = new Recorded(plan.mandate_id, plan.terms.currency, versionOf, sink);
    return (fact) => recorded.take(fact);
  }
  const book = new MemoryBook(vendors?.madeKnownBy);
  const world = new World({ terms: plan.terms, assume: plan.assume, mandateId: plan.owner }, book, sink);
  return (fact, judged) => {
    pace.judged(plan.terms);
    if (judged) world.take(fact);
    else world.warmUp(fact);
  };
}

/** Each version is asked for by a decision that it is about to judge. */
function versions({ sql, cache }: ErrandDesk, mandateId: string, pace: Pace): VersionOf {
  return (version) => {
    const there = first(
      sql,
      "SELECT 1 AS yes FROM mandate_versions WHERE mandate_id = ? AND version = ?",
      mandateId,
      version,
    );
    if (there === undefined) return null;
    const found = cache.get({ sql }, mandateId, version);
    pace.judged(found.compiled);
    return found;
  };
}

async function givenReport(plan: Extract<SimulationPlan, { kind: "purchases" }>, sink: MemorySink) {
  const world = new World({ terms: plan.terms, assume: plan.assume, mandateId: null }, new MemoryBook(), sink);
  const pace = new Pace();
  const purchases = [];
  for (const fact of plan.facts) {
    const decision = world.take(fact);
    if (decision === null) throw new Error("a given purchase was not judged");
    purchases.push({
      at: iso(fact.at),
      vendor: fact.request.vendor,
      amount: toMajor(fact.request.amount ?? 0),
      outcome: outcomeWord(decision.outcome),
      codes: failedCodes(decision),
    });
    pace.judged(plan.terms);
    await pace.rest();
  }
  return {
    ...report(plan, sink),
    purchases,
    events_read: 0,
    warm_up: null,
    truncated: false,
    next_since: null,
    next_after_seq: null,
    since: purchases[0]?.at ?? null,
    until: purchases.at(-1)?.at ?? null,
  };
}

function report(plan: SimulationPlan, sink: MemorySink) {
  const first = sink.differences.map(differenceView);
  return {
    kind: plan.kind,
    mandate_id: plan.mandate_id,
    agent_id: plan.agent_id,
    ...countsView(sink.cells(), (name) => sink.noted(name)),
    differences: { count: sink.noted("differences"), first },
    first_difference: first[0] ?? null,
    days: sink.days().map((day) => dayView(day, plan.terms.currency)),
    peaks: sink.peaks().map(peakView),
  };
}

const peakView = ({ ref, used, at }: Peak) => ({
  id: ref.id,
  period: ref.period,
  limit: toMajor(ref.limit),
  used: toMajor(used),
  share: ref.limit === 0 ? null : share(ref, used),
  at: iso(at),
});
