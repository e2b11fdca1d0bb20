import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { X402_LIMITS } from "../../../src/payments/x402/limits.ts";
import { readQuote } from "../../../src/payments/x402/quote.ts";
import { base64, offer, offerV1, quoteV1, quoteV2 } from "../support.ts";
import { bodyOf, extra, one, oneV1, read, readBody, SEPOLIA, verdict } from "./quotes.ts";

/** What both versions share. */
const UNPAYABLE: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["another token", { asset: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913" }],
  ["a token that is a name", { asset: "USDC" }],
  ["a token with something behind", { asset: `${String(offer().asset)} ` }],
  ["upto", { scheme: "upto" }],
  ["batch-settlement", { scheme: "batch-settlement" }],
  ["a scheme in capitals", { scheme: "Exact" }],
  ["permit2", extra({ assetTransferMethod: "permit2" })],
  ["erc7710", extra({ assetTransferMethod: "erc7710" })],
  ["a method that is null", extra({ assetTransferMethod: null })],
  ["the domain of the other network", extra({ name: "USD Coin" })],
  ["another version of the domain", extra({ version: "1" })],
  ["a version that is a number", extra({ version: 2 })],
  ["no domain", { extra: {} }],
  ["no extra", { extra: null }],
  ["upfront", extra({ paymentFlow: "upfront" })],
  ["escrow", extra({ paymentFlow: "escrow" })],
  ["an unknown flow", extra({ paymentFlow: "later" })],
  ["no payee", { payTo: "acme" }],
  ["a payee that is nobody", { payTo: `0x${"0".repeat(40)}` }],
  ["the token as payee", { payTo: offer().asset }],
  ["a payee of 19 bytes", { payTo: `0x${"1".repeat(38)}` }],
  ["a payee of 21 bytes", { payTo: `0x${"1".repeat(42)}` }],
  ["a payee with a break", { payTo: `0x${"1".repeat(40)}\n` }],
  ["half a second", { maxTimeoutSeconds: 10.5 }],
  ["too short a time", { maxTimeoutSeconds: X402_LIMITS.minValiditySeconds - 1 }],
];

const AMOUNTS = [
  "0x2710",
  " 10000",
  "10000 ",
  "1_000",
  "+1",
  "-1",
  "1.0",
  "1e4",
  "010",
  "0",
  "١٠",
  "NaN",
  (2n ** 256n - 1n).toString(),
  "9".repeat(39),
  String(LIMITS.amountMicros + 1),
];

describe("hostile quotes", () => {
  it.each(UNPAYABLE)("%s is not payable, in either version", async (_, changes) => {
    expect(one(changes)).toBe("no_payable_option");
    expect(await oneV1(changes)).toBe("no_payable_option");
    const beside = read(quoteV2([offer(changes), offer({ amount: "7" })]));
    expect(beside.ok && beside.value.options).toMatchObject([{ index: 1, amount: 7 }]);
  });

  it.each(["eip155:84532 ", "eip155:1", "eip155:*", "eip155:084532", "EIP155:84532", "solana:x"])(
    "the network %j is not ours",
    async (network) => {
      expect(one({ network })).toBe("no_payable_option");
      expect(await oneV1({ network })).toBe("no_payable_option");
    },
  );

  it("a name of one version is no network in the other", async () => {
    expect(one({ network: "base-sepolia:" })).toBe("no_payable_option");
    expect(await oneV1({ network: SEPOLIA })).toBe("no_payable_option");
    expect(await oneV1({ network: "base" })).toBe("no_payable_option");
    // Without a colon it is no network of version 2 at all.
    expect(one({ network: "base-sepolia" })).toBe("malformed_402");
  });

  it.each(AMOUNTS)("the amount %j is not payable", async (amount) => {
    expect(one({ amount })).toBe("no_payable_option");
    expect(await oneV1({ maxAmountRequired: amount })).toBe("no_payable_option");
  });

  it("an amount under the name of the other version is none", async () => {
    expect(one({ amount: undefined, maxAmountRequired: "1" })).toBe("malformed_402");
    expect(await oneV1({ maxAmountRequired: undefined, amount: "1" })).toBe("malformed_402");
    expect(await oneV1({ amount: "1" })).toBe("ok");
  });

  it.each([
    ["an amount that is a number", quoteV2([offer({ amount: 10_000 })])],
    ["40 options", quoteV2(Array.from({ length: 40 }, () => offer()))],
    ["null", null],
    ["a list", [quoteV2()]],
    ["a text", '"pay"'],
    ["no options", quoteV2([])],
    ["no accepts", quoteV2([], { accepts: undefined })],
    ["an object as accepts", quoteV2({ 0: offer() })],
    ["an option that is null", quoteV2([null])],
    ["version 3", quoteV2([offer()], { x402Version: 3 })],
    ["version '2'", quoteV2([offer()], { x402Version: "2" })],
    ["version 1 in the header", quoteV1()],
    ["no resource", quoteV2([offer()], { resource: undefined })],
    ["broken JSON", '{"x402Version":2,'],
    ["an amount that is a list", quoteV2([offer({ amount: ["1"] })])],
    ["a time that is a text", quoteV2([offer({ maxTimeoutSeconds: "60" })])],
  ])("%s in the header is malformed", (_, quote) => {
    expect(verdict(read(quote))).toBe("malformed_402");
  });

  it.each(["", "%%%", "e30=e30=", "not base64!", "=", `${base64(quoteV2())}, ${base64(quoteV2())}`])(
    "the header %j is malformed, also beside an honest body",
    async (header) => {
      const result = readQuote(header, await bodyOf(quoteV1()), SEPOLIA);
      expect(verdict(result)).toBe("malformed_402");
    },
  );

  it.each([
    ["HTML", "<html>402</html>"],
    ["nothing", ""],
    ["null", "null"],
    ["version 2, which stands in the header", quoteV2()],
    ["JSON of no x402", { error: "payment required" }],
    ["bad UTF-8 beside", `${JSON.stringify(quoteV1())}\u0000`],
    ["a number as amount", quoteV1([offerV1({ maxAmountRequired: 1 })])],
  ])("%s in the body is malformed", async (_, body) => {
    expect(verdict(await readBody(body))).toBe("malformed_402");
  });

  it("a body that broke off is malformed, also when what came reads well", async () => {
    const body = await bodyOf(quoteV1());
    for (const ended of ["timeout", "error"] as const) {
      expect(verdict(readQuote(null, { ...body, truncated: true, ended }, SEPOLIA))).toBe("malformed_402");
    }
  });

  it("a header wins over the body: what is judged is what is signed", async () => {
    const cheap = await bodyOf(quoteV1([offerV1({ maxAmountRequired: "1" })]));
    expect(readQuote(base64(quoteV2([offer({ amount: "99" })])), cheap, SEPOLIA)).toMatchObject({
      value: { version: 2, options: [{ amount: 99 }] },
    });
  });

  it("a thousand brackets are malformed, and cost no stack", async () => {
    const deep = (levels: number) => `{"x402Version":1,"accepts":[],"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect(verdict(await readBody(deep(30_000)))).toBe("malformed_402");
    expect(verdict(read(deep(5_000).replace(":1", ":2")))).toBe("malformed_402");
    const nested = (levels: number) => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level++) value = [value];
      return one({ a: value });
    };
    // The quote, its list and the option are three levels already.
    expect(nested(X402_LIMITS.quoteDepth - 3)).toBe("ok");
    expect(nested(X402_LIMITS.quoteDepth - 2)).toBe("malformed_402");
  });
});
