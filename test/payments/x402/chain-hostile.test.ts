import { describe, expect, it } from "vitest";
import { observe } from "../../../src/payments/x402/chain.ts";
import { X402_LIMITS } from "../../../src/payments/x402/limits.ts";
// @ts-expect-error: plain JavaScript, because the RPC proxies of the tests use it as well
import { probeAnswer } from "../../x402/probe.mjs";
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

interface Answer {
  readonly jsonrpc: string;
  readonly id: number;
  readonly result: unknown;
}

/** What an honest node says of one unused authorization at its head, which is block 500 of `past`. */
const honestAnswer = (): string =>
  probeAnswer({ number: 500, timestamp: VALID_BEFORE + 200, chainId: 84532, used: [false] });

/** A node whose honest answers are changed on their way. */
function altered(change: (answers: readonly Answer[]) => Response): FakeNode {
  const honest = past();
  const raw = async (calls: readonly { id: number }[]) =>
    change(await (await honest.answer({ body: JSON.stringify(calls) })).json());
  return Object.assign(past(), { raw });
}

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
    // Nor does another one's, as long as the first shows a head at which it could still be taken.
    expect(await state([lagging, past()])).toBe("unused");
    expect(await state([past(), lagging])).toBe("unused");
    expect(await state([past(), lagging, past()])).toBe("unused");
    // A node that stands still does not keep it for ever.
    const hour = X402_LIMITS.contradictionSeconds;
    expect(await state([lagging, past()], { now: VALID_BEFORE + hour - 1 })).toBe("unused");
    expect(await state([lagging, past()], { now: VALID_BEFORE + hour })).toBe("expired");
  });

  it.each<[string, Partial<FakeNode>]>([
    ["another chain", { chainId: 8453 }],
    ["two nodes: the state is of one that does not know the block", { stateFork: 1 }],
    ["no contract", { override: { eth_call: "0x" } }],
    ["a byte too few", { override: { eth_call: honestAnswer().slice(0, -2) } }],
    ["a byte too many", { override: { eth_call: `${honestAnswer()}00` } }],
    ["a word too many", { override: { eth_call: `${honestAnswer()}${"0".repeat(64)}` } }],
    ["no hex", { override: { eth_call: honestAnswer().replace(/0$/, "g") } }],
    ["a bool that is 2", { override: { eth_call: honestAnswer().replace(/0$/, "2") } }],
    ["a bool that is all ones", { override: { eth_call: honestAnswer().replace(/0{64}$/, "f".repeat(64)) } }],
    ["a token that gives no answer", { unanswered: [NONCE] }],
    ["a node that answers for another block, older", { answersFrom: 390 }],
    ["a node that says it is our chain and runs another", { evmChainId: 8453 }],
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

  it.each<[string, (answers: readonly Answer[]) => unknown]>([
    ["ids of others", (answers) => answers.map((answer) => ({ ...answer, id: answer.id + 1 }))],
    ["ids as texts", (answers) => answers.map((answer) => ({ ...answer, id: String(answer.id) }))],
    ["one id for all", (answers) => answers.map((answer) => ({ ...answer, id: 0 }))],
    ["no version", (answers) => answers.map(({ jsonrpc: _, ...answer }) => answer)],
    ["an old version", (answers) => answers.map((answer) => ({ ...answer, jsonrpc: "1.0" }))],
    ["no result", (answers) => answers.map(({ result: _, ...answer }) => answer)],
    ["an error beside the result", (answers) => answers.map((answer) => ({ ...answer, error: { code: 1 } }))],
    ["one more", (answers) => [...answers, { jsonrpc: "2.0", id: 99, result: "0x" }]],
    ["one of them twice", (answers) => [...answers, answers[0]]],
    ["one less", (answers) => answers.slice(1)],
  ])("an honest batch with %s is no answer", async (_, change) => {
    expect(await state([altered((answers) => Response.json(change(answers)))])).toBe("unreadable");
  });

  it("an honest batch is one with status 200 only", async () => {
    for (const status of [200, 201, 206, 429, 500]) {
      const node = altered((answers) => Response.json(answers, { status }));
      expect([status, await state([node])]).toEqual([status, status === 200 ? "expired" : "unreadable"]);
    }
  });

  it("the answers of N bytes are read, those of N + 1 are not", async () => {
    const sized = (bytes: number) => altered((answers) => new Response(JSON.stringify(answers).padEnd(bytes)));
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
    expect(performance.now() - started).toBeLessThan(X402_LIMITS.rpcMs + 10_000);
  });

  it("a call that fails for one authorization leaves the others readable", async () => {
    const other = `0x${"cd".repeat(32)}`;
    const node = past();
    node.unanswered = [other];
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
