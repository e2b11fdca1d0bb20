import { LIMITS } from "../../limits.ts";
import { type Fact, readFact } from "../../rehearsal/facts.ts";
import { World } from "../../rehearsal/world.ts";
import type { EventRow } from "../event-log.ts";
import type { Follower } from "../followers.ts";
import type { MandateCache } from "../judge.ts";
import { all, first } from "../sql.ts";
import type { Work } from "../work.ts";
import { countPurchase, restartShadow, type ShadowRow, stopShadow } from "./shadow.ts";
import { ShadowBook } from "./shadow-book.ts";
import { ShadowSink } from "./shadow-sink.ts";

/** Lets every shadow take the events of its agent, behind the payments: it has no effect on anything but its own tables. */
export const shadowFollower: Follower = {
  name: "shadow",
  batch: (sql) =>
    first(sql, "SELECT 1 AS yes FROM shadows") === undefined ? LIMITS.followBatch : LIMITS.followBatchShadow,
  follow(work, cache, event) {
    for (const shadow of all<ShadowRow>(work.sql, "SELECT * FROM shadows WHERE from_seq < ?", event.seq)) {
      if (event.type.startsWith("transaction.")) purchase(work, cache, shadow, event);
      else if (event.subject === shadow.mandate_id) itself(work, cache, shadow, event.type);
    }
  },
};

/** What happens to the draft: an edit asks another question, and a mandate that is no draft any more asks none. */
function itself(work: Work, cache: MandateCache, shadow: ShadowRow, type: string): void {
  if (type === "mandate.updated") restartShadow(work, cache, shadow);
  if (type === "mandate.activated" || type === "mandate.revoked") stopShadow(work, shadow.mandate_id, "no_draft");
}

function purchase(work: Work, cache: MandateCache, shadow: ShadowRow, event: EventRow): void {
  const sink = new ShadowSink(work.sql, shadow.mandate_id);
  const fact = readFact(event, shadow.agent_id);
  if (fact === "erased") sink.note("erased", 1);
  else if (fact !== null) judge(work, cache, shadow, fact, sink);
}

function judge(work: Work, cache: MandateCache, shadow: ShadowRow, fact: Fact, sink: ShadowSink): void {
  if (fact.kind === "decision" && !countPurchase(work, shadow)) return;
  const { compiled } = cache.get(work, shadow.mandate_id, shadow.version);
  const book = new ShadowBook(work.sql, shadow.mandate_id, compiled.needs_vendor_known);
  book.prune(fact.at);
  new World({ terms: compiled, assume: "approved", mandateId: null }, book, sink).take(fact);
}
