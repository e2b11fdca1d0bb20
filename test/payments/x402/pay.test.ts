import { decodePaymentSignatureHeader } from "@x402/core/http";
import { recoverTypedDataAddress } from "viem";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { GUARD_LIMITS } from "../../../src/payments/guard.ts";
import type { PaymentGrant, PaymentOrder, PaymentOutcome } from "../../../src/payments/rails-api.ts";
import { X402_LIMITS } from "../../../src/payments/x402/limits.ts";
import { paymentNonce } from "../../../src/payments/x402/nonce.ts";
import { pay } from "../../../src/payments/x402/pay.ts";
import { grantTypedData } from "../../../src/payments/x402/signer.ts";
import { importWallet } from "../../../src/payments/x402/wallet.ts";
import { base64, grant, NOW, offer, offerV1, order, quoteV1, quoteV2, type Seen, world } from "../support.ts";
import { FakeNode } from "./fake-chain.ts";
import {
  accountOfTest,
  ORGANIZATION,
  PRIVATE_KEY,
  ROTATED,
  SECRETS,
  SIGNATURE_OF_TEST,
  TRANSACTION,
} from "./wallets.ts";

const wallet = (await importWallet(SECRETS, ORGANIZATION, PRIVATE_KEY))!;
afterEach(() => vi.unstubAllGlobals());

interface Setting {
  readonly seller?: (seen: Seen) => Response | Promise<Response>;
  readonly used?: boolean;
  readonly env?: object;
  readonly changes?: Partial<PaymentOrder>;
}

const CHAIN = "https://rpc.example.net/";
const run = async ({ seller = () => new Response("sunny"), used = true, env = {}, changes = {} }: Setting = {}) => {
  const node = new FakeNode([{ number: 9, timestamp: NOW + 2, used: used ? [grant().nonce] : [] }], { latest: 9 });
  const out = world((seen) => (seen.url === CHAIN ? node.answer(seen) : seller(seen)));
  const outcome = await pay(order({ sealed_key: wallet.sealed_key, ...changes }), {
    env: { ...SECRETS, X402_RPC_BASE_SEPOLIA: CHAIN, ...env } as unknown as Env,
    outbound: out,
    now: () => NOW,
  });
  return { outcome, paid: out.seen.filter(({ url }) => url !== CHAIN), asked: out.seen };
};
const refusal = (outcome: PaymentOutcome) => [outcome.signed, outcome.refusal?.code];

describe("a payment", () => {
  it("is signed, sent once with the request as it was quoted, and looked for on the chain", async () => {
    const request = {
      url: "https://api.acme.com/weather",
      method: "POST",
      headers: { authorization: "Bearer x" },
      body: "{}",
    };
    const receipt = base64({ success: true, transaction: `0x${"1".repeat(64)}` });
    const { outcome, paid } = await run({
      seller: () => new Response("sunny", { headers: { "payment-response": receipt } }),
      changes: { request },
    });
    expect(outcome).toMatchObject({
      signed: true,
      refusal: null,
      answer: { status: 200, body: { data: "sunny" } },
      receipt: { success: true },
      observation: { state: "used", block: { number: 9 } },
      resealed: null,
    });
    expect(paid).toMatchObject([{ url: request.url, method: "POST", body: "{}" }]);
    expect(paid[0]!.headers.get("authorization")).toBe("Bearer x");
    const { payload } = decodePaymentSignatureHeader(paid[0]!.headers.get("payment-signature")!);
    const { signature } = payload as { signature: `0x${string}` };
    expect(await recoverTypedDataAddress({ ...grantTypedData(grant()), signature })).toBe(accountOfTest.address);
    expect(signature).toBe(SIGNATURE_OF_TEST);
  });

  it("of version 1 goes into the other header", async () => {
    const { outcome, paid } = await run({
      changes: { quote: { version: 1, raw: JSON.stringify(quoteV1()), index: 0 } },
    });
    expect(outcome.signed).toBe(true);
    expect(paid[0]!.headers.has("x-payment")).toBe(true);
    expect(paid[0]!.headers.has("payment-signature")).toBe(false);
  });

  it("hands back the key under the current secret", async () => {
    const { outcome } = await run({ env: ROTATED });
    expect(outcome.signed).toBe(true);
    expect(outcome.resealed).toMatch(/^v1\.s2\./);
  });
});

describe("what a seller does after the signature is an outcome, and one signature left", () => {
  const quote = { "payment-required": base64(quoteV2([offer({ amount: "999999" })])) };
  it.each<[string, Response, object]>([
    ["asks again, for more", new Response("more", { status: 402, headers: quote }), { answer: { status: 402 } }],
    ["fails", new Response("oops", { status: 500 }), { answer: { status: 500 } }],
    [
      "redirects to itself",
      new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
      { answer: { status: 302, headers: { location: "/elsewhere" } } },
    ],
    [
      "redirects to another host",
      new Response(null, { status: 307, headers: { location: "https://thief.example.net/" } }),
      { answer: { status: 307 } },
    ],
    ["sends too many headers", new Response("x", { headers: { a: "a".repeat(40_000) } }), { answer: null }],
    ["forges a receipt", new Response("x", { headers: { "payment-response": "%%%" } }), { receipt: null }],
    [
      "sends a huge answer",
      new Response("x".repeat(GUARD_LIMITS.responseBytes + 1)),
      { answer: { body: { truncated: true, bytes: GUARD_LIMITS.responseBytes } } },
    ],
  ])("%s", async (_, response, expected) => {
    const { outcome, paid } = await run({ seller: () => response, used: false });
    expect(outcome).toMatchObject({ signed: true, refusal: null, observation: { state: "unused" }, ...expected });
    expect(paid).toHaveLength(1);
  });

  it("breaks off", async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("sun")),
      pull: (controller) => controller.error(new Error("reset")),
    });
    for (const seller of [() => new Response(body), () => Promise.reject(new TypeError("reset"))]) {
      const { outcome, paid } = await run({ seller });
      expect(outcome).toMatchObject({ signed: true, answer: null, observation: { state: "used" } });
      expect(paid).toHaveLength(1);
    }
  });

  it("takes the money while the chain is silent", async () => {
    const { outcome } = await run({ env: { X402_RPC_BASE_SEPOLIA: "" } });
    expect(outcome).toMatchObject({ signed: true, answer: { status: 200 }, observation: { state: "unreadable" } });
  });
});

describe("nothing is signed or sent", () => {
  const dear = JSON.stringify(quoteV2([offer({ amount: "10001" })]));
  const never = JSON.stringify(quoteV2([offer({ scheme: "upto" })]));
  const v1 = JSON.stringify(quoteV1([offerV1()]));
  const quoted = (raw: string, version: 1 | 2 = 2, index = 0) => ({ quote: { version, raw, index } });
  const granted = (changes: Partial<PaymentGrant>) => ({ grant: grant(changes) });
  const asked = (url: string) => ({ request: { url, method: "GET", headers: {}, body: null } });

  it.each<[string, Partial<PaymentOrder>]>([
    ["another price in the quote", quoted(dear)],
    ["a quote of another scheme", quoted(never)],
    ["an index that is none", quoted(JSON.stringify(quoteV2()), 2, 1)],
    ["an index below zero", quoted(JSON.stringify(quoteV2()), 2, -1)],
    ["an index that is a fraction", quoted(JSON.stringify(quoteV2()), 2, 0.5)],
    ["the other version", quoted(v1, 2)],
    ["a quote that is no JSON", quoted("{")],
    ["a huge quote", quoted(JSON.stringify({ ...quoteV2(), pad: "x".repeat(X402_LIMITS.quoteBodyBytes) }))],
    ["another amount", granted({ value: 9_999 })],
    ["an amount that is a fraction", granted({ value: 10_000.5 })],
    ["another payee", granted({ to: `0x${"5".repeat(40)}` })],
    ["a payee in another spelling", granted({ to: grant().to.toUpperCase().replace("0X", "0x") })],
    ["another payer", granted({ from: `0x${"5".repeat(40)}` })],
    ["another token", granted({ asset: "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913" })],
    ["another network", granted({ network: "eip155:8453" })],
    ["an unknown network", granted({ network: "eip155:1" as never })],
    ["a network called toString", granted({ network: "toString" as never })],
    ["another nonce", granted({ nonce: `0x${"5".repeat(64)}` })],
    ["the nonce of another transaction", granted({ nonce: paymentNonce(ORGANIZATION, "txn_0000000000000000000002") })],
    ["another transaction", { transaction_id: "txn_0000000000000000000002" }],
    ["another organization", { organization_id: "org_0000000000000000000002" }],
    ["a validity that is over", granted({ valid_before: NOW })],
    ["a validity that is too long", granted({ valid_before: NOW + X402_LIMITS.validitySeconds + 2 })],
    ["a validity without an end", granted({ valid_before: Number.POSITIVE_INFINITY })],
    ["a validity that begins now", granted({ valid_after: NOW })],
    ["a validity that begins before all time", granted({ valid_after: -1 })],
    ["a URL in another spelling", asked("https://API.acme.com/weather")],
    ["a URL with a fragment", asked("https://api.acme.com/weather#x")],
  ])("for %s", async (_, changes) => {
    const { outcome, asked: sent } = await run({ changes });
    expect(refusal(outcome)).toEqual([false, "signer_refused"]);
    expect(outcome).toMatchObject({ answer: null, receipt: null, observation: { state: "unreadable" } });
    expect(sent).toEqual([]);
  });

  it("control: the borders of validity are within", async () => {
    for (const changes of [
      { valid_before: NOW + 1 },
      { valid_before: NOW + X402_LIMITS.validitySeconds + 1 },
      { valid_after: NOW - 1 },
    ]) {
      expect((await run({ changes: { grant: grant(changes) } })).outcome.signed).toBe(true);
    }
  });

  it("for a request that the guard refuses", async () => {
    const { outcome, asked: sent } = await run({ changes: asked("https://10.0.0.1/") });
    expect(refusal(outcome)).toEqual([false, "host_ip_literal"]);
    const header = { ...order().request, headers: { "x-payment": "x" } };
    expect(refusal((await run({ changes: { request: header } })).outcome)).toEqual([false, "header_payment"]);
    expect(sent).toEqual([]);
  });

  it("with a wallet that cannot be opened, or of another key", async () => {
    const cut = { sealed_key: wallet.sealed_key.slice(0, -1) };
    expect(refusal((await run({ changes: cut })).outcome)).toEqual([false, "wallet_unreadable"]);
    expect(refusal((await run({ env: { SEALING_SECRETS: "" } })).outcome)).toEqual([false, "wallet_unreadable"]);
    const other = await importWallet(SECRETS, ORGANIZATION, `0x${"43".repeat(32)}`);
    const { outcome, asked: sent } = await run({ changes: { sealed_key: other!.sealed_key } });
    expect(refusal(outcome)).toEqual([false, "signer_refused"]);
    expect(sent).toEqual([]);
  });
});

describe("secrets and faults", () => {
  it("no key and no signature is in what comes back", async () => {
    const { outcome, paid } = await run();
    const { payload } = decodePaymentSignatureHeader(paid[0]!.headers.get("payment-signature")!);
    const text = JSON.stringify(outcome);
    expect(text).not.toContain(PRIVATE_KEY.slice(2, 20));
    expect(text).not.toContain(String(payload.signature));
  });

  it("the harness is told each point, in order, around one request", async () => {
    const order: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      order.push(url.split("point=")[1]!);
      return new Response();
    });
    const seller = () => {
      order.push("sent");
      return new Response("sunny");
    };
    await run({ seller, env: { TEST_FAULT_URL: "http://127.0.0.1:1/" } });
    expect(order).toEqual(["after_sign", "sent", "after_send", "after_observe"]);
  });

  it("the same order again is the same signature: the token takes it once", async () => {
    const [one, two] = [await run(), await run()];
    const header = (paid: readonly Seen[]) => paid[0]!.headers.get("payment-signature");
    expect(header(one.paid)).toBe(header(two.paid));
    expect(grant().nonce).toBe(paymentNonce(ORGANIZATION, TRANSACTION));
  });
});
