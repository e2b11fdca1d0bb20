import { describe, expect, it } from "vitest";
import { compileMandate } from "../../src/policy/compile.ts";
import type { MandateTerms } from "../../src/policy/terms.ts";
import { readFact, unloggedRepeats } from "../../src/rehearsal/facts.ts";
import { MemorySink } from "../../src/rehearsal/memory-sink.ts";
import { Recorded } from "../../src/rehearsal/recorded.ts";
import { asked, decided, quiet, stepped } from "./support.ts";

const terms = (limit: number): MandateTerms => ({
  schema: 1,
  agent_id: "agt_1",
  name: "Terms",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: limit,
  budgets: [{ id: "bud_1", period: "daily", limit: 100 }],
  rules: [{ id: "rul_1", type: "approval", above: 50, timeout_minutes: 60 }],
  warning_threshold: 0.8,
  agent_may_release: false,
});

/** Version 1 allows 100 a purchase, version 2 allows 10. */
function recorded() {
  const sink = new MemorySink();
  const versionOf = (version: number) =>
    version > 2 ? null : { compiled: compileMandate(terms(version === 1 ? 100 : 10)), hash: `h${version}` };
  return { sink, it: new Recorded("mdt_1", "USD", versionOf, sink) };
}

const differences = (...facts: Parameters<Recorded["take"]>[0][]): number => {
  const { sink, it } = recorded();
  for (const fact of facts) it.take(fact);
  return sink.noted("differences");
};

describe("a decision as recorded", () => {
  const under = (version: number, hash = `h${version}`) => ({ mandate: { id: "mdt_1", version, hash } });
  it.each([
    ["the same", decided("t", 20), 0],
    [
      "under the version that judged it",
      decided("t", 20, { ...under(2), outcome: "rejected", codes: ["per_transaction_limit"] }),
      0,
    ],
    ["under a version that says other", decided("t", 20, under(2)), 1],
    ["under a version that is not there", decided("t", 20, under(3)), 1],
    ["under another text of its version", decided("t", 20, under(1, "h0")), 1],
    ["of another mandate", decided("t", 20, { mandate: { id: "mdt_2", version: 2, hash: "h" } }), 0],
    [
      "with its usage",
      decided("t", 20, {
        usage: { ...quiet, used: { bud_1: 90_000_000 } },
        outcome: "rejected",
        codes: ["budget_exceeded"],
      }),
      0,
    ],
    ["with another code", decided("t", 20, { ...under(2), outcome: "rejected", codes: ["budget_exceeded"] }), 1],
    ["with what asks", decided("t", 60, { outcome: "approval_required", asks: ["rul_1"] }), 0],
    ["with something else that asks", decided("t", 60, { outcome: "approval_required", asks: ["rul_2"] }), 1],
  ])("%s", (_name, fact, count) => {
    expect(differences(fact)).toBe(count);
  });
});

describe("a further judgement as recorded", () => {
  const first = decided("t", 60, { outcome: "approval_required", asks: ["rul_1"] });
  const again = (stage: "approval" | "execution", more: object) =>
    stepped(
      "t",
      stage === "approval" ? "pending_approval" : "authorized",
      stage === "approval" ? "authorized" : "executing",
      60,
      {
        again: {
          stage,
          request: asked(60),
          usage: quiet,
          mandate: { id: "mdt_1", version: 1, hash: "h1" },
          approved_rules: ["rul_1"],
          ...more,
        },
      },
    );
  it.each([
    ["an approval", again("approval", {}), 0],
    [
      "an approval that the policy refuses",
      again("approval", { usage: { ...quiet, agent: { status: "suspended" } } }),
      1,
    ],
    ["an approval of other rules than those that asked", again("approval", { approved_rules: ["rul_1", "rul_9"] }), 1],
    ["an approval that leaves out a rule that asks", again("approval", { approved_rules: [] }), 1],
    ["an execution of what was approved", again("execution", { request: asked(60, { approved_rules: ["rul_1"] }) }), 0],
    ["an execution of what nobody approved", again("execution", {}), 1],
  ])("%s", (_name, fact, count) => {
    expect(differences(first, fact)).toBe(count);
  });
});

describe("events", () => {
  const event = (type: string, data: object | null) => ({
    type,
    at: 1,
    body: data === null ? null : JSON.stringify({ schema: 1, data }),
  });
  it("are facts of the agent that they are about, and of no other", () => {
    const decision = {
      transaction_id: "t",
      outcome: "approved",
      codes: [],
      asks: [],
      request: asked(1),
      usage: quiet,
      mandate: null,
    };
    expect(readFact(event("transaction.approved", decision), "agt_1")).toMatchObject({ kind: "decision", repeat: 1 });
    expect(readFact(event("transaction.approved", decision), "agt_2")).toBeNull();
    const step = {
      transaction_id: "t",
      agent_id: "agt_1",
      from: "authorized",
      to: "completed",
      held: 1,
      settled: 5,
      refunded: 2,
    };
    expect(readFact(event("transaction.completed", step), "agt_1")).toMatchObject({
      kind: "step",
      counts: 4,
      again: null,
    });
    expect(readFact(event("transaction.completed", step), "agt_2")).toBeNull();
    expect(readFact(event("transaction.completed", null), "agt_1")).toBe("erased");
    expect(readFact(event("mandate.updated", null), "agt_1")).toBeNull();
    expect(readFact(event("transaction.overdraft", { agent_id: "agt_1" }), "agt_1")).toBeNull();
  });

  it("stand for the repeats since the last one", () => {
    expect([1, 10, 100].map(unloggedRepeats)).toEqual([0, 8, 89]);
  });
});
