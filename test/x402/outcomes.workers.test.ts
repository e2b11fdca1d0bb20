import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { eventTypes, selfCheck } from "../support/service.ts";
import { newPayer, type Payer } from "./payer.ts";
import { chain, describeWithChain, newCase, rpcCalls, setRpc } from "./support.ts";

/**
 * What became of a payment is found on the chain, by timers, with no traffic; and only a proof gives the budget back,
 * whatever the RPC endpoints say.
 */

const PRICE = 10_000;
const VALIDITY = 60;

interface Open {
  readonly payer: Payer;
  readonly id: string;
  readonly seller: ReturnType<typeof newCase>;
  readonly row: () => Promise<Awaited<ReturnType<Payer["transaction"]>>>;
}

/** A payment that a seller keeps to itself. */
async function kept(row = "keeps"): Promise<Open> {
  const payer = await newPayer();
  const seller = newCase();
  const answer = await payer.pay(seller.url(row, { validity: VALIDITY }));
  expect(answer.outcome).toBe("unsettled");
  const id = answer.transaction_id as string;
  return { payer, id, seller, row: () => payer.transaction(id) };
}

/** Lets the alarm run as it would so many seconds from now; the chain's own clock is the caller's business. */
async function alarmIn({ payer }: Open, seconds: number): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
  try {
    await runDurableObjectAlarm(payer.organization.stub);
  } finally {
    vi.useRealTimers();
  }
}

const both = async (mode: string, options = {}): Promise<void> => {
  await Promise.all([setRpc("rpcA", mode, options), setRpc("rpcB", mode, options)]);
};

describeWithChain("an open payment", () => {
  afterEach(() => both("honest"));

  it("that the seller takes late is settled by the timer", async () => {
    const open = await kept();
    await open.seller.settle();
    await alarmIn(open, 3);
    expect(await open.row()).toMatchObject({
      status: "completed",
      amount_settled: 0.01,
      payment: { outcome: "paid_late" },
    });
    const [settlement] = (await open.seller.log()).settlements;
    expect((await open.row()).payment.settlement_hash).toBe(settlement?.hash);
    expect(await open.payer.spent()).toBe(PRICE);
  });

  it("that was delivered on credit is settled as paid", async () => {
    const open = await kept("keeps-202");
    await open.seller.settle();
    await alarmIn(open, 3);
    expect((await open.row()).payment.outcome).toBe("paid");
  });

  it("that nobody takes is given back only after its validity, on a safe block, without traffic", async () => {
    const open = await kept();
    await alarmIn(open, VALIDITY + 2);
    // Our clock is past the validity and the chain's is not: nothing is proven.
    expect(await open.row()).toMatchObject({ status: "unknown", amount_held: 0.01 });
    await chain().inFuture(VALIDITY + 5, async () => {
      // The safe block is one behind the head here.
      await chain().mine(2);
      await alarmIn(open, VALIDITY + 60);
    });
    expect(await open.row()).toMatchObject({ status: "voided", amount_held: 0, payment: { outcome: "released" } });
    expect(await eventTypes(open.payer.organization)).toContain("transaction.unknown");
    expect(await open.payer.spent()).toBe(0);
    expect((await selfCheck(open.payer.organization)).ledger.valid).toBe(true);
  });

  it("whose safe block is not past its validity stays held, although the head of the chain is", async () => {
    const open = await kept();
    await chain().afterBlock();
    const head = await chain().blockTime();
    await chain().inFuture(0, async () => {
      // The next block is past the validity; the safe one is the one before it.
      await chain().rpc("evm_setNextBlockTimestamp", [head + VALIDITY + 30]);
      await chain().rpc("evm_mine");
      expect(await chain().blockTime("safe")).toBeLessThan(head + VALIDITY);
      await alarmIn(open, VALIDITY + 40);
      expect(await open.row()).toMatchObject({ status: "unknown", amount_held: 0.01 });
    });
  });

  it.each(["before", "after"] as const)("that is taken just %s its validity", async (at) => {
    const open = await kept();
    await chain().afterBlock();
    await chain().inFuture(0, async () => {
      const { status } = await open.seller.settle({ at });
      expect(status).toBe(at === "before" ? "success" : "reverted");
      await chain().rpc("evm_increaseTime", [30]);
      await chain().mine(3);
      await alarmIn(open, VALIDITY + 40);
      const settled = at === "before" ? PRICE : 0;
      expect(await open.payer.spent()).toBe(settled);
      expect((await open.payer.ledger()).settled).toBe(settled);
    });
    expect((await open.row()).status).toBe(at === "before" ? "completed" : "voided");
  });
});

/** Endpoints that must not be believed, and whether one of them can be helped by an honest second one. */
const LIARS: readonly [string, Record<string, unknown>][] = [
  ["lagging", { seconds: 20 }],
  ["lagging", { blocks: 4 }],
  ["lagging", { blocks: 12 }],
  ["split", { blocks: 4 }],
  ["split", { blocks: 12 }],
  ["split-stale", { blocks: 12 }],
  ["down", {}],
  ["errors", {}],
  ["status", { code: 503 }],
  ["wrong-chain", {}],
  ["garbage", { kind: "empty-results" }],
  ["garbage", { kind: "two-results" }],
  ["garbage", { kind: "wrong-ids" }],
  ["garbage", { kind: "html" }],
  ["garbage", { kind: "cut" }],
  ["huge", {}],
];

describeWithChain("an RPC endpoint that lies or fails", () => {
  afterEach(() => both("honest"));

  it.each(LIARS)("%s %o never leads to a release of money that was spent", async (mode, options) => {
    const open = await kept();
    await open.seller.settle();
    await both(mode, options);
    await alarmIn(open, 61);
    await alarmIn(open, VALIDITY + 10);
    await chain().inFuture(VALIDITY + 30, async () => {
      await chain().mine(6);
      await alarmIn(open, VALIDITY + 40);
      await alarmIn(open, VALIDITY + 3_600);
    });
    const seen = await open.row();
    expect(["unknown", "completed"]).toContain(seen.status);
    expect(seen.amount_held + seen.amount_settled).toBe(0.01);
    await both("honest");
    await alarmIn(open, VALIDITY + 9_000);
    expect(await open.row()).toMatchObject({ status: "completed", amount_settled: 0.01 });
  });

  it("that claims a payment was never used is overruled by one that has seen it used", async () => {
    const open = await kept();
    await open.seller.settle();
    await setRpc("rpcA", "forged-unused");
    await chain().inFuture(VALIDITY + 5, async () => {
      await alarmIn(open, VALIDITY + 40);
    });
    expect((await open.row()).status).toBe("completed");
  });

  it.each(["down", "garbage", "errors", "wrong-chain", "lagging"])(
    "%s is helped out by the next one, also in the call itself",
    async (mode) => {
      const payer = await newPayer();
      // The wallet's balance is known from here on: a node that is behind has not seen the deposit either.
      expect((await payer.pay(newCase().url("honest"))).outcome).toBe("paid");
      await chain().mine(5);
      await setRpc("rpcA", mode, { blocks: 3 });
      const answer = await payer.pay(newCase().url("honest"));
      // A node that is behind says "not used" in good faith; the timer asks again.
      if (mode === "lagging") expect(answer.payment.outcome).toBe("delivered_held");
      else expect(answer).toMatchObject({ outcome: "paid", payment: { outcome: "paid" } });
      const { settled, held } = await payer.ledger();
      expect(settled + held).toBe(2 * PRICE);
    },
  );

  it("when no endpoint answers, a payment is still held, and nothing is lost when one is back", async () => {
    const payer = await newPayer();
    const first = await payer.pay(newCase().url("honest"));
    expect(first.outcome).toBe("paid");
    await both("down");
    const answer = await payer.pay(newCase().url("honest"));
    expect(answer).toMatchObject({ outcome: "unsettled", payment: { outcome: "unknown" } });
    const open: Open = {
      payer,
      id: answer.transaction_id,
      seller: newCase(),
      row: () => payer.transaction(answer.transaction_id),
    };
    await alarmIn(open, 61);
    expect(await open.row()).toMatchObject({ status: "unknown", amount_held: 0.01 });
    await both("honest");
    await alarmIn(open, 90);
    expect(await open.row()).toMatchObject({ status: "completed", payment: { outcome: "paid" } });
    expect((await payer.ledger()).settled).toBe(await payer.spent());
  });

  it("is asked by the hash of the block that it named", async () => {
    const open = await kept();
    await setRpc("rpcA", "honest");
    await alarmIn(open, 3);
    expect(await rpcCalls("rpcA")).toMatchObject({ eth_chainId: 2, eth_getBlockByNumber: 1, eth_call: 1 });
  });
});
