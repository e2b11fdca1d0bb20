import { describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, so that the crash run needs no build
import { judgePayments } from "./x402-oracle.mjs";

const SELLER = "0xseller";

/** A sound world: one purchase was paid, one was never taken and its budget is free again. */
function world() {
  const row = (id: string, op: string, status: string, settled: number) => ({
    id,
    status,
    mandate_id: "mdt_1",
    amount_held: 0,
    amount_settled: settled,
    metadata: { op },
  });
  const payment = (id: string, op: string, change: object) => ({
    id,
    op,
    agent_id: "agt_1",
    idempotency_key: op,
    status: "voided",
    settled: 0,
    nonce: `0x${op}`,
    held: 0,
    value: 250_000,
    pay_to: SELLER,
    watch_at: null as number | null,
    settlement_hash: null as string | null,
    http_status: null as number | null,
    ...change,
  });
  const answer = (id: string, change: object = {}) => ({
    outcome: "unsettled",
    transaction_id: id,
    hash: null as string | null,
    delivered: false,
    ...change,
  });
  const event = { seq: 1, id: "evt_1", type: "transaction.completed", digest: "d", hash: "h1" };
  const transactions = [{ id: "txn_1", status: "completed", settled: 250_000 }];
  return {
    diary: {
      purchases: new Map([
        [
          "op1",
          {
            op: "op1",
            answers: [answer("txn_1"), answer("txn_1", { outcome: "paid", hash: "0xh1", delivered: true })],
            final: answer("txn_1", { outcome: "paid", hash: "0xh1", delivered: true }),
          },
        ],
        ["op2", { op: "op2", answers: [answer("txn_2")], final: answer("txn_2", { outcome: "already_used" }) }],
      ]),
      unexpected: [] as string[],
      gave_up: 0,
    },
    ledger: {
      transactions: [row("txn_1", "op1", "completed", 0.25), row("txn_2", "op2", "voided", 0)],
      chains: [{ valid: true, last_seq: 1 }] as { valid: boolean; last_seq: number; broken_at?: number }[],
      ledger: { valid: true, problems: [] as string[] },
      mandates: [{ id: "mdt_1", budgets: [{ limit: 10, held: 0, settled: 0.25 }] }],
      organization: { budgets: [] },
      head: { seq: 1, hash: "h1" },
    },
    journal: {
      payments: [
        payment("txn_1", "op1", {
          status: "completed",
          settled: 250_000,
          nonce: "0xn1",
          settlement_hash: "0xh1",
          http_status: 200,
        }),
        payment("txn_2", "op2", { nonce: "0xn2" }),
      ],
      kept: new Set(["txn_1"]),
    },
    chain: {
      start: 1_000_000,
      balance: 750_000,
      used: [{ hash: "0xh1", nonce: "0xn1" }],
      transfers: [{ hash: "0xh1", to: SELLER, value: 250_000 }],
    },
    visits: new Map([
      ["op1", { asked: 1, nonces: ["0xn1"] }],
      ["op2", { asked: 2, nonces: ["0xn2"] }],
    ]),
    disk: {
      integrity: ["ok", "ok"],
      events: [event],
      transactions,
      d1: { events: [event], transactions: structuredClone(transactions) },
    },
    kills: [{ pid: 1, point: "settled", recovery_ms: 900 as number | null }],
    wanted: 1,
    points: ["settled"],
  };
}
type World = ReturnType<typeof world>;

const failing = (it: World): string[] =>
  (judgePayments(it) as { name: string; findings: string[] }[])
    .filter(({ findings }) => findings.length > 0)
    .map(({ name }) => name);

/** The second purchase's signature was taken after all. */
function takeSecond({ chain }: World) {
  chain.used.push({ hash: "0xh2", nonce: "0xn2" });
  chain.transfers.push({ hash: "0xh2", to: SELLER, value: 250_000 });
  chain.balance -= 250_000;
}

/** One spoilt world for each point, and every point that it must show up at. */
const WRONG: Record<string, { readonly spoil: (it: World) => void; readonly also?: readonly string[] }> = {
  UNRESOLVED: {
    spoil: ({ journal }) => {
      journal.payments[1]!.watch_at = 5;
    },
  },
  "SUMS DIFFER": {
    spoil: ({ chain }) => {
      chain.balance += 1;
    },
  },
  "DOUBLE PAYMENTS": {
    spoil: (it) => {
      // Booked as it should be, but for a purchase that was paid before.
      takeSecond(it);
      Object.assign(it.journal.payments[1]!, { op: "op1", status: "completed", settled: 250_000 });
      Object.assign(it.ledger.transactions[1]!, { status: "completed", amount_settled: 0.25 });
      it.ledger.mandates[0]!.budgets[0]!.settled = 0.5;
      it.diary.purchases.delete("op2");
    },
    also: ["ONE KEY, ONE TRANSACTION"],
  },
  "PAID, NOT IN LEDGER": { spoil: takeSecond, also: ["SUMS DIFFER"] },
  "IN LEDGER, NOT PAID": {
    spoil: ({ chain }) => {
      chain.used = [];
      chain.transfers = [];
      chain.balance = chain.start;
    },
    also: ["SUMS DIFFER"],
  },
  "ONE KEY, ONE TRANSACTION": {
    spoil: ({ diary }) => {
      diary.purchases.get("op1")!.answers[0]!.transaction_id = "txn_9";
    },
  },
  "ACKED PAYMENTS LOST": {
    spoil: ({ diary }) => {
      diary.purchases.get("op1")!.answers[1]!.hash = "0xh9";
    },
  },
  "LAST ANSWERS DIFFER": {
    spoil: ({ diary }) => {
      diary.purchases.get("op1")!.final.delivered = false;
    },
  },
  "ANSWERS LOST": {
    spoil: ({ journal }) => {
      // Its seller answered 503, and nothing is left of it.
      journal.payments[1]!.http_status = 503;
    },
  },
  "IN-DOUBT UNRESOLVED": {
    spoil: ({ diary }) => {
      diary.gave_up = 1;
    },
  },
  "UNEXPECTED ANSWERS": {
    spoil: ({ diary }) => {
      diary.unexpected.push("op1: failed");
    },
  },
  OVERSPENT: {
    spoil: ({ ledger }) => {
      ledger.mandates[0]!.budgets[0]!.limit = 0.2;
    },
  },
  "COUNTERS ≠ RESERVATIONS": {
    spoil: ({ ledger }) => {
      ledger.ledger.problems.push("counter 1: held 5, but its reservations add up to 0");
    },
  },
  "CHAIN OF EVENTS": {
    spoil: ({ ledger }) => {
      ledger.chains[0] = { valid: false, last_seq: 1, broken_at: 1 };
    },
  },
  "EVENTS MISSING IN D1": {
    spoil: ({ disk }) => {
      disk.d1.events = [];
    },
  },
  "TRANSACTIONS DIFFER IN D1": {
    spoil: ({ disk }) => {
      disk.d1.transactions[0]!.status = "executing";
    },
  },
  DISK: {
    spoil: ({ disk }) => {
      disk.integrity[0] = "row 7 missing from index";
    },
  },
  KILLS: {
    spoil: ({ points }) => {
      points.push("after_sign");
    },
  },
};

describe("the oracle of the crash run of payments", () => {
  it("finds nothing where all is well, and has a case here for each of its points", () => {
    expect(failing(world())).toEqual([]);
    expect((judgePayments(world()) as { name: string }[]).map(({ name }) => name)).toEqual(Object.keys(WRONG));
  });

  it.each(Object.entries(WRONG))("finds %s, and nothing that is not there", (name, { spoil, also = [] }) => {
    const it = world();
    spoil(it);
    expect(failing(it).toSorted()).toEqual([name, ...also].toSorted());
  });

  it("finds a completed row that was dropped, a second signature, and money that no authorization moved", () => {
    const dropped = world();
    dropped.journal.payments.shift();
    expect(failing(dropped)).toContain("PAID, NOT IN LEDGER");
    const twice = world();
    twice.visits.get("op2")!.nonces.push("0xn3");
    expect(failing(twice)).toEqual(["DOUBLE PAYMENTS"]);
    const odd = world();
    odd.chain.used = [];
    expect(failing(odd)).toContain("PAID, NOT IN LEDGER");
  });
});
