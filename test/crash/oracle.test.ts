import { describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, so that the crash run needs no build
import { judge } from "./oracle.mjs";

/** The oracle itself: it accepts a sound world, and each of its points finds the one thing that is wrong. */
function world() {
  const row = (id: string, op: string, change: object = {}) => ({
    id,
    status: "authorized",
    agent_id: "agt_1",
    vendor: "shop.example.com",
    amount: 5,
    amount_held: 5,
    amount_settled: 0,
    mandate_id: "mdt_1",
    metadata: { op },
    ...change,
  });
  const purchase = (op: string, id: string, state: object = {}) => ({
    op,
    agent: "agt_1",
    amount: 5_000_000,
    vendor: "shop.example.com",
    answers: [{ transaction_id: id, status: "authorized" }],
    state: { id, status: "authorized", held: 5, settled: 0, refunded: 0, ...state },
  });
  const completed = { status: "completed", amount_held: 0, amount_settled: 5 };
  const event = (seq: number) => ({
    seq,
    id: `evt_${seq}`,
    type: "transaction.approved",
    digest: "d",
    hash: `h${seq}`,
  });
  const stored = (id: string, status: string) => ({ id, status, held: 5_000_000 });
  const events = [event(1), event(2), event(3)];
  const transactions = [stored("txn_1", "authorized"), stored("txn_2", "completed")];
  return {
    diary: {
      purchases: new Map([
        ["op1", purchase("op1", "txn_1")],
        ["op2", purchase("op2", "txn_2", { status: "completed", held: 0, settled: 5 })],
      ]),
      unexpected: [] as string[],
      gave_up: 0,
    },
    ledger: {
      transactions: [row("txn_1", "op1"), row("txn_2", "op2", completed)],
      chains: [{ valid: true, last_seq: 3 }] as { valid: boolean; last_seq: number; broken_at?: number }[],
      ledger: { valid: true, problems: [] as string[] },
      mandates: [{ id: "mdt_1", budgets: [{ limit: 10, held: 5, settled: 5 }] }],
      organization: { budgets: [{ limit: 10, held: 5, settled: 5 }] },
      head: { seq: 3, hash: "h3" },
    },
    disk: {
      integrity: ["ok", "ok"],
      events,
      transactions,
      d1: { events: structuredClone(events), transactions: structuredClone(transactions) },
    },
    heads: [{ seq: 2, hash: "h2" }],
    kills: [{ pid: 1, recovery_ms: 300 as number | null }],
    webhooks: {
      types: ["transaction.approved"],
      since: 1,
      seen: ["evt_2", "evt_3"],
      findings: [] as string[],
    },
    wanted: 1,
  };
}
type World = ReturnType<typeof world>;

const failing = (it: World): string[] =>
  (judge(it) as { name: string; findings: string[] }[])
    .filter(({ findings }) => findings.length > 0)
    .map(({ name }) => name);

const WRONG: Record<string, (it: World) => void> = {
  "ACKED-LOST": ({ ledger, diary }) => {
    ledger.transactions[0]!.metadata.op = "another";
    diary.purchases.get("op1")!.state.id = "txn_none";
  },
  "ACK-DIFFERS": ({ diary }) => {
    diary.purchases.get("op2")!.state.settled = 4;
  },
  DUPLICATES: ({ diary }) => {
    diary.purchases.get("op1")!.answers.push({ transaction_id: "txn_9", status: "authorized" });
  },
  "IN-DOUBT UNRESOLVED": ({ diary }) => {
    diary.gave_up = 1;
  },
  "UNEXPECTED ANSWERS": ({ diary }) => {
    diary.unexpected.push("settle: HTTP 409");
  },
  OVERSPENT: ({ ledger }) => {
    ledger.organization.budgets[0]!.limit = 9;
  },
  "COUNTERS ≠ RESERVATIONS": ({ ledger }) => {
    ledger.ledger.problems.push("counter 1: held 5, but its reservations add up to 0");
  },
  CHAIN: ({ ledger }) => {
    ledger.chains[0] = { valid: false, last_seq: 3, broken_at: 2 };
  },
  "ACKED HEADS LOST": ({ heads }) => {
    heads.push({ seq: 3, hash: "h3 of a commit that was undone" });
  },
  "EVENTS MISSING IN D1": ({ disk }) => {
    disk.d1.events.splice(1, 1);
  },
  "TRANSACTIONS DIFFER IN D1": ({ disk }) => {
    disk.d1.transactions[0]!.status = "completed";
  },
  "EVENTS NOT DELIVERED": ({ webhooks }) => {
    webhooks.seen.pop();
  },
  "DELIVERIES WRONG": ({ webhooks }) => {
    webhooks.findings.push("evt_2: the signature does not verify");
  },
  DISK: ({ disk }) => {
    disk.integrity[0] = "row 7 missing from index";
  },
  KILLS: ({ kills }) => {
    kills[0]!.recovery_ms = null;
  },
};

describe("the crash run's oracle", () => {
  it("finds nothing where all is well, and has a case here for each of its points", () => {
    expect(failing(world())).toEqual([]);
    expect((judge(world()) as { name: string }[]).map(({ name }) => name)).toEqual(Object.keys(WRONG));
  });

  it.each(Object.entries(WRONG))("finds %s, and nothing else", (name, spoil) => {
    const it = world();
    spoil(it);
    expect(failing(it)).toEqual([name]);
  });

  it("finds two rows of one purchase, a false budget figure, and an event too many", () => {
    const it = world();
    it.ledger.transactions.push({ ...it.ledger.transactions[0]!, id: "txn_3", amount_held: 0 });
    it.ledger.mandates[0]!.budgets[0]!.held = 4;
    it.disk.d1.events.push({ ...it.disk.d1.events[0]!, seq: 4 });
    expect(failing(it)).toEqual(["DUPLICATES", "OVERSPENT", "EVENTS MISSING IN D1"]);
  });
});
