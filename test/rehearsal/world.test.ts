import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileMandate } from "../../src/policy/compile.ts";
import { parseTerms } from "../../src/policy/parse-terms.ts";
import type { CompiledMandate } from "../../src/policy/types.ts";
import { MemoryBook } from "../../src/rehearsal/book.ts";
import { readFact } from "../../src/rehearsal/facts.ts";
import { MemorySink } from "../../src/rehearsal/memory-sink.ts";
import { World } from "../../src/rehearsal/world.ts";
import { asked, decided, MINUTE, NOON, quiet, stepped } from "./support.ts";

function compiled(more: object = {}): CompiledMandate {
  let made = 0;
  const parsed = parseTerms(
    {
      agent_id: "agt_1",
      name: "Terms",
      currency: "USD",
      per_transaction_limit: 100,
      budgets: [{ period: "daily", limit: 100 }],
      ...more,
    },
    { timezone: "UTC", newId: (prefix) => `${prefix}_${made++}` },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return compileMandate(parsed.value);
}

function world(more: object = {}, assume: "approved" | "denied" = "approved") {
  const sink = new MemorySink();
  const book = new MemoryBook();
  const made = new World({ terms: compiled(more), assume, mandateId: "mdt_1" }, book, sink);
  const left = (probe: number) => made.take(decided(`probe_${probe}`, probe, { outcome: null }))?.outcome;
  return { world: made, sink, left };
}

describe("the third judgement", () => {
  const again = (more: object = {}) =>
    stepped("txn_1", "authorized", "executing", 60, {
      again: {
        stage: "execution",
        request: asked(60),
        usage: { ...quiet, ...more },
        mandate: null,
        approved_rules: [],
      },
    });

  it("lets a purchase go on that does not count against itself", () => {
    const { world: it, sink, left } = world();
    it.take(decided("txn_1", 60));
    it.take(again());
    expect([sink.noted("judged_again"), sink.noted("differences")]).toEqual([1, 0]);
    expect([left(41), left(40)]).toEqual(["rejected", "approved"]);
  });

  it("does not take its own slot of a window away, and takes another's", () => {
    const rate = (max_transactions: number) => ({
      rules: [{ type: "rate_limit", max_transactions, window_minutes: 9 }],
    });
    const differences = (max: number) => {
      const { world: it, sink } = world(rate(max));
      it.warmUp(decided("txn_0", 1));
      it.warmUp(decided("txn_1", 60));
      it.take(again());
      return sink.noted("differences");
    };
    expect([differences(1), differences(2)]).toEqual([1, 0]);
  });

  it("stops one that the rehearsed world refuses by then, which frees its budget there", () => {
    const { world: it, sink, left } = world();
    it.take(decided("txn_1", 60));
    it.take(again({ agent: { status: "suspended" } }));
    expect(sink.differences).toMatchObject([{ stage: "execution", rehearsed: "rejected", codes: ["agent_suspended"] }]);
    it.take(stepped("txn_1", "executing", "completed", 60));
    expect(left(100)).toBe("approved");
  });

  it("asks nothing that a person has approved under these terms, whatever ids the real rules have", () => {
    const { world: it, sink } = world({ rules: [{ type: "approval", above: 50 }] });
    it.take(decided("txn_1", 60, { outcome: "approval_required" }));
    it.take(
      stepped("txn_1", "pending_approval", "authorized", 60, {
        again: { stage: "approval", request: asked(60), usage: quiet, mandate: null, approved_rules: ["rul_real"] },
      }),
    );
    it.take(again());
    expect([sink.noted("judged_again"), sink.noted("differences")]).toEqual([2, 0]);
  });
});

describe("a purchase before the terms count", () => {
  it("fills calendar budgets whoever judged it, and a lifetime budget only of its own mandate", () => {
    const terms = { budgets: [{ period: "total", limit: 100 }] };
    const own = world(terms);
    own.world.warmUp(decided("txn_1", 60));
    expect(own.left(41)).toBe("rejected");
    const other = world(terms);
    other.world.warmUp(decided("txn_1", 60, { mandate: { id: "mdt_2", version: 1, hash: "h" } }));
    expect(other.left(100)).toBe("approved");
    const calendar = world();
    calendar.world.warmUp(decided("txn_1", 60, { mandate: { id: "mdt_2", version: 1, hash: "h" } }));
    calendar.world.warmUp(decided("txn_2", 30, { outcome: "rejected" }));
    expect([calendar.left(41), calendar.left(40)]).toEqual(["rejected", "approved"]);
  });

  it("frees what it frees later", () => {
    const { world: it, left } = world();
    it.warmUp(decided("txn_1", 60, { outcome: "approval_required" }));
    it.take(stepped("txn_1", "pending_approval", "expired", 0));
    expect(left(100)).toBe("approved");
  });
});

describe("known vendors", () => {
  const asks = { rules: [{ type: "approval", first_purchase_from_vendor: true }] };
  const outcomes = (steps: readonly Parameters<World["take"]>[0][]) => {
    const { world: it, left } = world(asks);
    for (const fact of steps) it.take(fact);
    return left(1);
  };

  it.each([
    ["a completion", [stepped("txn_1", "authorized", "completed", 10)], "approved"],
    ["a presumed one", [stepped("txn_1", "authorized", "completed", 10, { presumed: true })], "approval_required"],
    [
      "a presumed one that a person settles",
      [
        stepped("txn_1", "authorized", "completed", 10, { presumed: true }),
        stepped("txn_1", "completed", "completed", 9),
      ],
      "approved",
    ],
    [
      "a completion that is voided",
      [stepped("txn_1", "authorized", "completed", 10), stepped("txn_1", "completed", "voided", 0)],
      "approval_required",
    ],
    [
      "a presumed one from before that a person settles",
      [stepped("txn_0", "completed", "completed", 10, { confirms: true })],
      "approved",
    ],
    ["another step of one from before", [stepped("txn_0", "completed", "completed", 10)], "approval_required"],
    ["a completion from before", [stepped("txn_0", "authorized", "completed", 10)], "approved"],
  ] as const)("%s", (_name, steps, outcome) => {
    expect(outcomes([decided("txn_1", 10), ...steps])).toBe(outcome);
  });

  it("are not those of a purchase that these terms refuse", () => {
    const { world: it, left } = world({ ...asks, per_transaction_limit: 5 });
    it.take(decided("txn_1", 10));
    it.take(stepped("txn_1", "authorized", "completed", 10));
    expect(left(1)).toBe("approval_required");
  });
});

describe("whatever is bought", () => {
  it("no budget is passed and no window holds more than it may, and the report is the same twice", () => {
    const purchases = fc.array(
      fc.record({
        after: fc.integer({ min: 0, max: 400 }),
        amount: fc.integer({ min: 1, max: 60 }),
        real: fc.boolean(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(purchases, (list) => {
        const run = () => {
          const rules = [{ type: "rate_limit", max_transactions: 3, window_minutes: 90 }];
          const { world: it, sink } = world({ rules, budgets: [{ period: "daily", limit: 100 }] });
          let at = NOON;
          const bought: { at: number; amount: number }[] = [];
          for (const [index, { after, amount, real }] of list.entries()) {
            at += after * MINUTE;
            const outcome = real ? ("approved" as const) : ("rejected" as const);
            const decision = it.take(decided(`txn_${index}`, amount, { at, outcome }));
            if (decision?.outcome === "approved") bought.push({ at, amount });
          }
          return { bought, report: JSON.stringify([sink.cells(), sink.differences, sink.peaks()]) };
        };
        const { bought, report } = run();
        const days = Map.groupBy(bought, (one) => Math.floor(one.at / 86_400_000));
        for (const day of days.values())
          expect(day.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(100);
        for (const one of bought) {
          const within = bought.filter(({ at }) => at <= one.at && at > one.at - 90 * MINUTE);
          expect(within.length).toBeLessThanOrEqual(3);
        }
        expect(run().report).toBe(report);
      }),
    );
  });
});

describe("a long history", () => {
  it("has one object per place, however many purchases count there", () => {
    const book = new MemoryBook();
    const made = new World(
      {
        terms: compiled({
          budgets: [{ period: "hourly", limit: 100 }],
          rules: [{ type: "approval", above: 50, period: "daily" }],
        }),
        assume: "approved",
        mandateId: "mdt_1",
      },
      book,
      new MemorySink(),
    );
    const budgets = [
      { id: "bud_org", currency: "USD", period: "daily" as const, timezone: "UTC", limit: 1e9 as never },
    ];
    const usage = { ...quiet, organization: { ...quiet.organization, budgets } };
    for (let turn = 0; turn < 60; turn++) {
      const fact = decided(`txn_${turn}`, 1, { at: NOON + turn * 2 * MINUTE, usage });
      if (turn < 10) made.warmUp(fact);
      else made.take(fact);
    }
    const purchases = [...book.contents().purchases];
    expect(purchases).toHaveLength(60);
    const places = purchases.flatMap(({ places, shared }) => [...places, ...shared]);
    expect(places).toHaveLength(180);
    // Two hours, one day, and the organization's day.
    expect(new Set(places).size).toBe(4);
    expect(new Set(places.map(({ key }) => key)).size).toBe(4);
  });
});

describe("rejections that share a row", () => {
  const turned = (repeat: number, amount: number, vendor: string) =>
    decided("txn_1", amount, { outcome: "rejected", repeat, request: asked(amount, { vendor }) });

  it.each([
    ["the same purchase is a repeat", 10, "a.example", 1, 91],
    ["another vendor is another purchase", 10, "b.example", 0, 81],
    ["another amount is another purchase", 11, "a.example", 0, 80],
  ])("%s", (_name, amount, vendor, skipped, tooMuch) => {
    const { world: it, sink, left } = world();
    it.take(turned(1, 10, "a.example"));
    it.take(turned(10, amount, vendor));
    expect(sink.noted("skipped_repeats")).toBe(skipped);
    expect([left(tooMuch), left(tooMuch - 1)]).toEqual(["rejected", "approved"]);
  });
});

describe("what nobody wants to know", () => {
  it("is not looked up: a shadow tells no peaks", () => {
    const lookups = (wanted: boolean) => {
      const book = new MemoryBook();
      const sink = new MemorySink();
      let n = 0;
      const used = book.used.bind(book);
      book.used = (place) => {
        n += 1;
        return used(place);
      };
      if (!wanted) sink.use = () => {};
      new World({ terms: compiled(), assume: "approved", mandateId: null }, book, sink).take(decided("txn_1", 1));
      return n;
    };
    expect([lookups(true), lookups(false)]).toEqual([2, 1]);
  });

  it("is not parsed: an event that does not name the agent", () => {
    const event = { type: "transaction.approved", at: NOON, body: "agt_2, and no JSON" };
    expect(readFact(event, "agt_1")).toBe(null);
    expect(() => readFact(event, "agt_2")).toThrow();
  });
});
