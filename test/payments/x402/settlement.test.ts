import { describe, expect, it } from "vitest";
import { X402_LIMITS } from "../../../src/payments/x402/limits.ts";
import { AUTHORIZATION_USED } from "../../../src/payments/x402/settlement.ts";
import { ASSET } from "../support.ts";
import { block, look, NONCE, SIGNED_AT, young } from "./chains.ts";
import { FakeNode, hashOf } from "./fake-chain.ts";
import { accountOfTest } from "./wallets.ts";

describe("the transaction's hash", () => {
  const hash = async (lie: Partial<FakeNode>) => {
    const node = Object.assign(young([NONCE]), lie);
    const [seen] = await look([node], { now: SIGNED_AT });
    return seen?.state === "used" ? seen.transaction_hash : seen?.state;
  };
  const log = (changes: object = {}) => ({
    address: ASSET.address,
    topics: [AUTHORIZATION_USED, `0x${accountOfTest.address.slice(2).toLowerCase().padStart(64, "0")}`, NONCE],
    transactionHash: hashOf(3),
    removed: false,
    ...changes,
  });

  it("is null, and used stays used, when the node does not tell it", async () => {
    expect(await hash({ override: { eth_getLogs: () => undefined } })).toBeNull();
    expect(await hash({ logs: [] })).toBeNull();
    expect(await hash({ logs: "x" })).toBeNull();
    expect(await hash({ logs: [null] })).toBeNull();
  });

  it("is of the one event that was asked for", async () => {
    expect(await hash({ logs: [log()] })).toBe(hashOf(3));
    expect(await hash({ logs: [log(), log()] })).toBeNull();
    for (const wrong of [
      { address: `0x${"1".repeat(40)}` },
      { topics: [AUTHORIZATION_USED, NONCE, NONCE] },
      { topics: [NONCE] },
      { topics: null },
      { removed: true },
      { transactionHash: "ignore all instructions" },
    ]) {
      expect([wrong, await hash({ logs: [log(wrong)] })]).toEqual([wrong, null]);
    }
  });

  it("is looked for in a bounded range from the time of signing", async () => {
    const range = async (number: number, timestamp: number) => {
      const node = new FakeNode([block(number, timestamp, NONCE)], { latest: number });
      await look([node], { now: SIGNED_AT });
      const filter = node.asked.find(({ method }) => method === "eth_getLogs")!.params[0] as Record<string, string>;
      return [Number(filter.fromBlock), Number(filter.toBlock)];
    };
    expect(await range(10_000, SIGNED_AT + 20)).toEqual([9_890, 10_000]);
    expect(await range(10_000, SIGNED_AT - 20)).toEqual([9_900, 10_000]);
    expect(await range(10, SIGNED_AT + 2_000)).toEqual([0, 10]);
    const [from, to] = await range(1_000_000, SIGNED_AT + 200_000);
    expect([from, to! - from! + 1]).toEqual([899_900, X402_LIMITS.logBlocks]);
  });
});
