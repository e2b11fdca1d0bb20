import { describe, expect, it } from "vitest";
import { observe } from "../../../src/payments/x402/chain.ts";
import { X402_LIMITS } from "../../../src/payments/x402/limits.ts";
import { world } from "../support.ts";
import {
  authorization,
  block,
  broken,
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

describe("endpoints that fail or lie", () => {
  it("the next one is asked when one is down", async () => {
    expect(await state([broken(past()), past()])).toBe("expired");
    expect(await state([broken(young()), young([NONCE])], { now: SIGNED_AT })).toBe("used");
    expect(await state([broken(past()), broken(past())])).toBe("unreadable");
    expect(await state([])).toBe("unreadable");
  });

  it("while it is valid the first whole view is enough", async () => {
    const second = young();
    await look([young(), second], { now: SIGNED_AT });
    expect(second.asked).toEqual([]);
  });

  it("one that says used outweighs any that says expired, in any order", async () => {
    for (const nodes of [
      [past(), young([NONCE])],
      [past([NONCE]), past()],
      [past(), broken(past()), past(), young([NONCE])],
    ]) {
      expect(await state(nodes)).toBe("used");
    }
  });

  it("one that says used at its safe block only is believed as well", async () => {
    const node = past();
    node.blocks[0] = block(400, VALID_BEFORE, NONCE);
    expect(await look([node])).toMatchObject([{ state: "used", block: { number: 400 } }]);
  });

  it("those that do not answer take nothing from a whole proof", async () => {
    expect(await state([broken(past()), past(), broken(past())])).toBe("expired");
  });

  it("a node that lags gives no proof", async () => {
    const lagging = new FakeNode([block(300, VALID_BEFORE - 200), block(290, VALID_BEFORE - 220)], {
      latest: 300,
      safe: 290,
    });
    expect(await state([lagging])).toBe("unused");
    expect(await state([lagging, past()])).toBe("expired");
  });

  it.each<[string, Partial<FakeNode>]>([
    ["another chain", { chainId: 8453 }],
    ["two nodes: the state is of one that does not know the block", { stateFork: 1 }],
    ["no contract", { override: { eth_call: "0x" } }],
    ["a bool of 31 bytes", { override: { eth_call: `0x${"0".repeat(62)}` } }],
    ["a bool of 33 bytes", { override: { eth_call: `0x${"0".repeat(66)}` } }],
    ["a bool that is 2", { override: { eth_call: `0x${"0".repeat(63)}2` } }],
    ["a bool that is all ones", { override: { eth_call: `0x${"f".repeat(64)}` } }],
    ["a state that is false", { override: { eth_call: false } }],
    ["a state that is null", { override: { eth_call: null } }],
    ["a state that is a number", { override: { eth_call: 0 } }],
    ["an error for the state", { override: { eth_call: () => undefined } }],
    ["no block", { override: { eth_getBlockByNumber: null } }],
    [
      "a block without hash, which is pending",
      { override: { eth_getBlockByNumber: { number: "0x1", timestamp: "0xffffffff", hash: null } } },
    ],
    [
      "a block with a number as time",
      { override: { eth_getBlockByNumber: { number: "0x1", timestamp: 4e9, hash: hashOf(500) } } },
    ],
    [
      "a block in decimal",
      { override: { eth_getBlockByNumber: { number: "500", timestamp: "4000000000", hash: hashOf(500) } } },
    ],
    [
      "a block from the end of time",
      {
        override: {
          eth_getBlockByNumber: {
            number: "0x1",
            timestamp: `0x${"f".repeat(16)}`,
            hash: hashOf(500),
          },
        },
      },
    ],
    ["a chain id with a zero before", { override: { eth_chainId: "0x014a34" } }],
    ["a chain id that is a number", { override: { eth_chainId: 84532 } }],
    [
      "a redirect",
      { raw: () => new Response(null, { status: 302, headers: { location: "https://two.example.net/" } }) },
    ],
    ["garbage", { raw: () => new Response("\u0000\u0001") }],
    ["bad UTF-8", { raw: () => new Response(new Uint8Array([0xff])) }],
    ["null", { raw: () => Response.json(null) }],
    ["one object for the batch", { raw: () => Response.json({ jsonrpc: "2.0", id: 0, result: "0x14a34" }) }],
    ["an empty batch", { raw: () => Response.json([]) }],
    ["a batch of nulls", { raw: (calls) => Response.json(calls.map(() => null)) }],
    ["a huge answer", { raw: () => new Response(`[${" ".repeat(X402_LIMITS.rpcAnswerBytes)}]`) }],
    ["a broken connection", { raw: () => Promise.reject(new TypeError("reset")) }],
    ["a thousand brackets", { raw: () => new Response("[".repeat(100_000)) }],
  ])("%s says nothing, and never expired", async (_, lie) => {
    const node = Object.assign(past(), lie);
    expect(await state([node])).toBe("unreadable");
    const [told] = await look([node, past([NONCE])]);
    expect(told?.state).toBe("used");
  });

  it.each<[string, (calls: readonly { id: number }[]) => unknown]>([
    ["ids of others", (calls) => calls.map(({ id }) => ({ jsonrpc: "2.0", id: id + 1, result: "0x14a34" }))],
    ["ids as texts", (calls) => calls.map(({ id }) => ({ jsonrpc: "2.0", id: String(id), result: "0x14a34" }))],
    ["one id twice", (calls) => calls.map(() => ({ jsonrpc: "2.0", id: 0, result: "0x14a34" }))],
    ["no version", (calls) => calls.map(({ id }) => ({ id, result: "0x14a34" }))],
    ["no result", (calls) => calls.map(({ id }) => ({ jsonrpc: "2.0", id }))],
    ["one more", (calls) => [...calls, { id: 9 }].map(({ id }) => ({ jsonrpc: "2.0", id, result: "0x14a34" }))],
  ])("a batch with %s is no answer", async (_, answer) => {
    const node = past();
    node.raw = (calls) => Response.json(answer(calls));
    expect(await state([node])).toBe("unreadable");
  });

  it("the answers of N bytes are read, those of N + 1 are not", async () => {
    const sized = (bytes: number) => {
      const node = past();
      const honest = past();
      node.raw = async (calls) => {
        const text = await (await honest.answer({ body: JSON.stringify(calls) } as never)).text();
        return new Response(text + " ".repeat(bytes - text.length));
      };
      return node;
    };
    expect(await state([sized(X402_LIMITS.rpcAnswerBytes)])).toBe("expired");
    expect(await state([sized(X402_LIMITS.rpcAnswerBytes + 1)])).toBe("unreadable");
  });

  it("one that hangs costs its own time only", async () => {
    const hanging = past();
    hanging.raw = () => new Promise(() => {});
    const outbound = world((seen) => past([NONCE]).answer(seen));
    const fetch: typeof outbound.fetch = (url, init) =>
      url.includes("one.")
        ? new Promise((_, reject) => init.signal?.addEventListener("abort", () => reject(new Error("aborted"))))
        : outbound.fetch(url, init);
    const started = performance.now();
    const env = { X402_RPC_BASE_SEPOLIA: "https://one.example.net/,https://two.example.net/" };
    const [seen] = await observe([authorization()], { env, outbound: { ...outbound, fetch }, now: LATER });
    expect(seen?.state).toBe("used");
    expect(performance.now() - started).toBeLessThan(X402_LIMITS.rpcMs + 1_000);
  });

  it("a call that fails for one authorization leaves the others readable", async () => {
    const other = `0x${"cd".repeat(32)}`;
    const node = past();
    node.override.eth_call = (params: readonly [{ data: string }]) =>
      params[0].data.endsWith(other.slice(2)) ? undefined : `0x${"0".repeat(64)}`;
    const asked = [authorization(), authorization({ nonce: other })];
    expect((await look([node], { asked })).map((one) => one.state)).toEqual(["expired", "unreadable"]);
    expect((await look([node, past()], { asked })).map((one) => one.state)).toEqual(["expired", "expired"]);
  });

  it("what is no authorization of ours is not asked for", async () => {
    const node = past();
    const wrong = [
      { asset: `0x${"1".repeat(40)}` },
      { nonce: "0x1" },
      { from: "0x1" },
      { network: "eip155:1" as never },
    ];
    const seen = await look([node], { asked: wrong.map((changes) => authorization(changes)) });
    expect(seen.map((one) => one.state)).toEqual(wrong.map(() => "unreadable"));
    expect(node.asked).toEqual([]);
  });
});
