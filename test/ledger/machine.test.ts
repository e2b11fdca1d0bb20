import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Command, type LedgerState, step } from "../../src/ledger/machine.ts";
import { type Micros, micros, ZERO } from "../../src/money.ts";
import type { Protocol } from "../../src/policy/types.ts";
import { TRANSACTION_STATUSES, type TransactionStatus } from "../../src/schema/transaction.ts";

const RUNS = Number(process.env.FC_RUNS ?? 1_000);

const state = (status: TransactionStatus, change: Partial<LedgerState> = {}): LedgerState => ({
  status,
  protocol: "external",
  amount: micros(10_000),
  held: ["pending_approval", "authorized", "executing", "unknown"].includes(status) ? micros(10_000) : ZERO,
  settled: ["completed", "refunded"].includes(status) ? micros(10_000) : ZERO,
  refunded: status === "refunded" ? micros(10_000) : ZERO,
  claimed: null,
  overdraft: false,
  presumed: false,
  late: false,
  ...change,
});

const run = (from: LedgerState, command: Command): LedgerState => {
  const result = step(from, command);
  if (!result.ok) throw new Error(result.error.code);
  return result.value.state;
};
const code = (from: LedgerState, command: Command): string | null => {
  const result = step(from, command);
  return result.ok ? null : result.error.code;
};
const amount = micros(10_000);

describe("approval", () => {
  it("moves the hold, or frees it", () => {
    const pending = state("pending_approval");
    expect(run(pending, { type: "approve" })).toMatchObject({ status: "authorized", held: 10_000 });
    expect(run(pending, { type: "deny" })).toMatchObject({ status: "denied", held: 0, settled: 0 });
    expect(run(pending, { type: "expire" })).toMatchObject({ status: "expired", held: 0, settled: 0 });
  });
});

describe("the agent's claim", () => {
  it("settles exactly what was held", () => {
    expect(run(state("authorized"), { type: "claim", amount, may_release: false })).toMatchObject({
      status: "completed",
      held: 0,
      settled: 10_000,
      overdraft: false,
    });
  });

  it("below the hold frees nothing unless the mandate lets agents release", () => {
    const claim = { type: "claim", amount: micros(4_000) } as const;
    expect(run(state("authorized"), { ...claim, may_release: false })).toMatchObject({
      status: "completed",
      held: 6_000,
      settled: 4_000,
      claimed: 4_000,
    });
    expect(run(state("authorized"), { ...claim, may_release: true })).toMatchObject({
      status: "completed",
      held: 0,
      settled: 4_000,
    });
  });

  it("of zero calls the purchase off only where the mandate lets agents release", () => {
    const claim = { type: "claim", amount: ZERO } as const;
    expect(run(state("authorized"), { ...claim, may_release: false })).toMatchObject({
      status: "authorized",
      held: 10_000,
      claimed: 0,
    });
    expect(run(state("authorized"), { ...claim, may_release: true })).toMatchObject({ status: "voided", held: 0 });
  });

  it("above the hold is booked in full, flagged", () => {
    expect(run(state("authorized"), { type: "claim", amount: micros(15_000), may_release: false })).toMatchObject({
      status: "completed",
      settled: 15_000,
      overdraft: true,
    });
  });

  it("never touches a payment tool's transaction", () => {
    for (const protocol of ["x402", "acp", "stripe"] as const) {
      expect(code(state("authorized", { protocol }), { type: "claim", amount, may_release: true })).toBe(
        "not_external",
      );
    }
  });

  it("counts once", () => {
    const completed = run(state("authorized"), { type: "claim", amount, may_release: false });
    expect(code(completed, { type: "claim", amount: ZERO, may_release: true })).toBe("already_settled");
  });
});

describe("a human's word", () => {
  it("frees what a lower claim left held", () => {
    const claimed = run(state("authorized"), { type: "claim", amount: micros(4_000), may_release: false });
    expect(run(claimed, { type: "settle", amount: micros(4_000) })).toMatchObject({ held: 0, settled: 4_000 });
  });

  it("corrects a presumption, also to nothing", () => {
    const presumed = run(state("authorized"), { type: "presume" });
    expect(presumed).toMatchObject({ status: "completed", settled: 10_000, presumed: true });
    expect(run(presumed, { type: "settle", amount: micros(7_000) })).toMatchObject({
      settled: 7_000,
      presumed: false,
    });
    expect(run(presumed, { type: "settle", amount: ZERO })).toMatchObject({ status: "voided", settled: 0 });
  });

  it("does not rewrite what is settled", () => {
    expect(code(state("completed"), { type: "settle", amount: ZERO })).toBe("already_settled");
  });

  it("cancels only what has not happened", () => {
    expect(run(state("authorized"), { type: "cancel" })).toMatchObject({ status: "voided", held: 0 });
    expect(run(state("pending_approval"), { type: "cancel" })).toMatchObject({ status: "voided", held: 0 });
    expect(code(state("executing", { protocol: "x402" }), { type: "cancel" })).toBe("not_external");
  });
});

describe("time", () => {
  it("presumes an external purchase and releases an unused tool's hold, never the other way round", () => {
    expect(code(state("authorized"), { type: "release" })).toBe("not_external");
    expect(run(state("authorized", { protocol: "x402" }), { type: "release" })).toMatchObject({
      status: "released",
      held: 0,
    });
    expect(code(state("authorized", { protocol: "x402" }), { type: "presume" })).toBe("not_external");
  });
});

describe("proof", () => {
  const tool = { protocol: "x402" } as const;
  it("settles or voids what was executing or unknown", () => {
    for (const status of ["executing", "unknown"] as const) {
      expect(run(state(status, tool), { type: "complete", amount: micros(9_000) })).toMatchObject({
        status: "completed",
        held: 0,
        settled: 9_000,
        late: false,
      });
      expect(run(state(status, tool), { type: "void" })).toMatchObject({ status: "voided", held: 0 });
    }
  });

  it("of more than a person has booked is booked, and of no more changes nothing", () => {
    const booked = { ...state("completed", tool), settled: micros(4_000) };
    expect(run(booked, { type: "complete", amount })).toMatchObject({ status: "completed", settled: 10_000, held: 0 });
    expect(code(booked, { type: "complete", amount: micros(4_000) })).toBe("already_settled");
    expect(code({ ...booked, protocol: "external" }, { type: "complete", amount })).toBe("already_settled");
  });

  it("that comes late books what was already given back", () => {
    expect(run(state("voided", tool), { type: "complete", amount })).toMatchObject({
      status: "completed",
      settled: 10_000,
      late: true,
    });
  });

  it("is what ends an unknown outcome: nothing else does", () => {
    const unknown = run(state("executing", tool), { type: "lose_sight" });
    for (const type of ["release", "presume", "cancel", "approve", "deny", "expire", "execute"] as const) {
      expect(step(unknown, { type }).ok).toBe(false);
    }
    expect(unknown.held).toBe(10_000);
  });
});

describe("refunds", () => {
  it("return at most what was settled", () => {
    const part = run(state("completed"), { type: "refund", amount: micros(4_000) });
    expect(part).toMatchObject({ status: "completed", refunded: 4_000 });
    expect(code(part, { type: "refund", amount: micros(6_001) })).toBe("refund_exceeds_settled");
    expect(run(part, { type: "refund", amount: micros(6_000) })).toMatchObject({ status: "refunded" });
  });

  it("that fail are taken again", () => {
    const refunded = run(state("completed"), { type: "refund", amount });
    expect(run(refunded, { type: "refund_failed", amount: micros(4_000) })).toMatchObject({
      status: "completed",
      refunded: 6_000,
    });
    expect(code(refunded, { type: "refund_failed", amount: micros(10_001) })).toBe("refund_exceeds_settled");
  });
});

const anyAmount = fc.integer({ min: 0, max: 30_000 }).map((value) => micros(value));
const positive = fc.integer({ min: 1, max: 30_000 }).map((value) => micros(value));
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.constantFrom(
    ...(["approve", "deny", "expire", "cancel", "execute", "release", "presume", "lose_sight", "void"] as const).map(
      (type) => ({ type }),
    ),
  ),
  fc.record({ type: fc.constant("claim" as const), amount: anyAmount, may_release: fc.boolean() }),
  fc.record({ type: fc.constant("settle" as const), amount: anyAmount }),
  fc.record({ type: fc.constant("complete" as const), amount: positive }),
  fc.record({ type: fc.constant("refund" as const), amount: positive }),
  fc.record({ type: fc.constant("refund_failed" as const), amount: positive }),
);

describe("any sequence of steps", () => {
  it("keeps amounts non-negative, holds nothing once over, and never loses booked money without a refund", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Protocol>("external", "x402", "acp", "stripe"),
        fc.constantFrom<TransactionStatus>("pending_approval", "authorized"),
        fc.array(command, { maxLength: 30 }),
        (protocol, first, commands) => {
          let now: LedgerState = state(first, { protocol });
          for (const next of commands) {
            const result = step(now, next);
            if (!result.ok) continue;
            const then = result.value.state;
            expect(TRANSACTION_STATUSES).toContain(then.status);
            for (const value of [then.held, then.settled, then.refunded]) {
              expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
            }
            expect(then.refunded).toBeLessThanOrEqual(then.settled);
            if (["denied", "expired", "voided", "released", "refunded"].includes(then.status))
              expect(then.held).toBe(0);
            if (["executing", "unknown"].includes(then.status)) expect(then.held).toBe(then.amount);
            if (then.held + then.settled > then.amount) expect(then.overdraft).toBe(true);
            // Agents and timers never give back what is settled; only a human's correction and a refund do.
            if (next.type !== "settle" && next.type !== "refund") {
              expect(then.settled - then.refunded).toBeGreaterThanOrEqual(now.settled - now.refunded);
            }
            now = then;
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("gives an agent no way to free a hold that its mandate does not let it free", () => {
    fc.assert(
      fc.property(fc.array(anyAmount, { maxLength: 10 }), (amounts) => {
        let now = state("authorized");
        for (const claimed of amounts) {
          const result = step(now, { type: "claim", amount: claimed, may_release: false });
          if (result.ok) now = result.value.state;
        }
        const counted: number = now.held + now.settled;
        expect(counted).toBeGreaterThanOrEqual(10_000 as Micros);
      }),
      { numRuns: RUNS },
    );
  });
});
