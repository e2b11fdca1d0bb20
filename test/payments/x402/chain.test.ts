import { toEventSelector, toFunctionSelector } from "viem";
import { describe, expect, it } from "vitest";
import { balanceOf, observe } from "../../../src/payments/x402/chain.ts";
import { X402_LIMITS } from "../../../src/payments/x402/limits.ts";
import { AUTHORIZATION_USED } from "../../../src/payments/x402/settlement.ts";
import { world } from "../support.ts";
import {
  authorization,
  block,
  broken,
  HOSTS,
  LATER,
  look,
  NONCE,
  past,
  SIGNED_AT,
  state,
  VALID_BEFORE,
  young,
} from "./chains.ts";
import { FakeNode, hashOf } from "./fake-chain.ts";
import { accountOfTest } from "./wallets.ts";

it("the selectors are those of EIP-3009 and ERC-20", async () => {
  expect(AUTHORIZATION_USED).toBe(toEventSelector("AuthorizationUsed(address,bytes32)"));
  const node = past();
  await look([node]);
  const data = (node.asked.find(({ method }) => method === "eth_call")!.params[0] as { data: string }).data;
  const from = accountOfTest.address.slice(2).toLowerCase().padStart(64, "0");
  const call = toFunctionSelector("authorizationState(address,bytes32)").slice(2) + from + NONCE.slice(2);
  // In words of 32 bytes, each with the two instructions that store it between.
  expect(data.replaceAll(/60[024]0527f/g, "")).toContain(call);
});

describe("what an honest chain says", () => {
  it("used, with block and transaction", async () => {
    expect(await look([young([NONCE])], { now: SIGNED_AT + 5 })).toEqual([
      {
        state: "used",
        transaction_hash: hashOf(500, 7),
        block: { number: 500, hash: hashOf(500), timestamp: SIGNED_AT + 4 },
      },
    ]);
  });

  it("unused while it is valid, whatever the safe block says, without asking for it", async () => {
    const node = young();
    expect(await look([node], { now: VALID_BEFORE - 1 })).toMatchObject([{ state: "unused", block: { number: 500 } }]);
    expect(node.asked.map(({ params }) => params[0])).not.toContain("safe");
  });

  it("expired by a safe block at valid_before, not by one a second before", async () => {
    expect(await look([past()])).toMatchObject([{ state: "expired", block: { number: 400, timestamp: VALID_BEFORE } }]);
    const node = past();
    node.blocks[0] = block(400, VALID_BEFORE - 1);
    expect(await look([node])).toMatchObject([{ state: "unused", block: { number: 500 } }]);
  });

  it("not expired by the head alone, however old it makes the authorization", async () => {
    const node = past();
    node.tags = { latest: 500 };
    expect(await state([node])).toBe("unused");
  });

  it("expired by a finalized block where the node knows no safe one", async () => {
    const node = past();
    node.tags = { latest: 500, finalized: 400 };
    expect(await state([node])).toBe("expired");
    node.tags = { latest: 500, finalized: 390 };
    expect(await state([node])).toBe("unused");
  });

  it("block first, then the state at its very hash, which has to be canonical", async () => {
    const node = past();
    await look([node]);
    const calls = node.asked.filter(({ method }) => method !== "eth_chainId");
    expect(calls.map(({ method, params }) => [method, method === "eth_call" ? params[1] : params[0]])).toEqual([
      ["eth_getBlockByNumber", "latest"],
      ["eth_call", { blockHash: hashOf(500), requireCanonical: true }],
      ["eth_getBlockByNumber", "safe"],
      ["eth_call", { blockHash: hashOf(400), requireCanonical: true }],
    ]);
  });

  it("each authorization in its place, all in one execution", async () => {
    const nonces = Array.from(
      { length: X402_LIMITS.observed + 1 },
      (_, at) => `0x${(at + 1).toString(16).padStart(64, "0")}`,
    );
    const node = past([nonces[3]!]);
    const asked = nonces.map((nonce, at) =>
      authorization({ nonce, valid_before: at === 5 ? LATER + 9 : VALID_BEFORE }),
    );
    const states = (await look([node], { asked })).map((one) => one.state);
    expect(states.slice(0, 6)).toEqual(["expired", "expired", "expired", "used", "expired", "unused"]);
    expect(states.at(X402_LIMITS.observed - 1)).toBe("expired");
    expect(states.at(X402_LIMITS.observed)).toBe("unreadable");
    // One execution for all of them, at the head and at the safe block.
    expect(node.asked.filter(({ method }) => method === "eth_call")).toHaveLength(2);
  });
});

describe("a head that is old", () => {
  const at = (timestamp: number, ...used: string[]) => new FakeNode([block(500, timestamp, ...used)], { latest: 500 });
  it("makes the others be asked as well", async () => {
    const now = SIGNED_AT + 50;
    const stale = now - X402_LIMITS.staleHeadSeconds;
    expect(await state([at(stale), at(now, NONCE)], { now })).toBe("unused");
    expect(await state([at(stale - 1), at(now, NONCE)], { now })).toBe("used");
  });
});

describe("endpoints", () => {
  it("are asked through the guard, four at most", async () => {
    const outbound = world(() => new Response("down", { status: 500 }));
    const bad = "http://rpc.acme.com,https://10.0.0.1,https://quetra.test,ftp://x";
    await observe([authorization()], { env: { X402_RPC_BASE_SEPOLIA: bad }, outbound, now: LATER });
    expect(outbound.seen).toEqual([]);
    const five = HOSTS.map((host) => `https://${host}.example.net/`).join(",");
    await observe([authorization()], { env: { X402_RPC_BASE_SEPOLIA: ` ${five},` }, outbound, now: LATER });
    expect(outbound.seen.map(({ url }) => url)).toEqual(five.split(",").slice(0, X402_LIMITS.rpcEndpoints));
  });

  it("are those of the network", async () => {
    const outbound = world(() => new Response("down", { status: 500 }));
    const env = { X402_RPC_BASE: "https://base.example.net/", X402_RPC_BASE_SEPOLIA: "https://sepolia.example.net/" };
    await balanceOf("eip155:8453", accountOfTest.address, { env, outbound });
    expect(outbound.seen.map(({ url }) => url)).toEqual(["https://base.example.net/"]);
  });
});

describe("the balance", () => {
  const balance = async (nodes: readonly FakeNode[], address: string = accountOfTest.address) => {
    const outbound = world((seen) => nodes[HOSTS.indexOf(new URL(seen.url).hostname.split(".")[0]!)]!.answer(seen));
    const X402_RPC_BASE_SEPOLIA = nodes.map((_, at) => `https://${HOSTS[at]}.example.net/`).join(",");
    return balanceOf("eip155:84532", address, { env: { X402_RPC_BASE_SEPOLIA }, outbound });
  };
  const holding = (micros: bigint): FakeNode => Object.assign(young(), { balance: micros });

  it("is in micros, and clamped", async () => {
    expect(await balance([holding(0n)])).toBe(0);
    expect(await balance([holding(12_345_678n)])).toBe(12_345_678);
    const most = BigInt(Number.MAX_SAFE_INTEGER);
    expect(await balance([holding(most)])).toBe(Number.MAX_SAFE_INTEGER);
    expect(await balance([holding(2n ** 256n - 1n)])).toBe(Number.MAX_SAFE_INTEGER);
    const node = holding(1n);
    await balance([node]);
    expect(JSON.stringify(node.asked)).toContain(toFunctionSelector("balanceOf(address)"));
  });

  it("is of the next endpoint when one cannot be read, and null when none can", async () => {
    expect(await balance([broken(holding(1n)), holding(2n)])).toBe(2);
    for (const result of ["0x", "0x1", null, 5, `0x${"0".repeat(63)}`]) {
      const node = holding(1n);
      node.override.eth_call = result;
      expect(await balance([node])).toBeNull();
    }
    expect(await balance([Object.assign(holding(1n), { chainId: 8453 })])).toBeNull();
    expect(await balance([holding(1n)], "0x1")).toBeNull();
    expect(await balance([])).toBeNull();
  });
});
