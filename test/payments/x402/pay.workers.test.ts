import { env } from "cloudflare:workers";
import { decodePaymentSignatureHeader } from "@x402/core/http";
import { describe, expect, it } from "vitest";
import { request } from "../../../src/payments/request.ts";
import { pay } from "../../../src/payments/x402/pay.ts";
import { base64, grant, NOW, order, quoteV1, quoteV2, type Seen, world } from "../support.ts";
import { FakeNode } from "./fake-chain.ts";
import { ORGANIZATION, PRIVATE_KEY, SIGNATURE_OF_TEST } from "./wallets.ts";

const CHAIN = "https://rpc.example.net/";

/** A seller of both versions, and a chain on which the authorization is used once the seller was paid. */
function market() {
  let isPaid = false;
  const sell = (seen: Seen): Response => {
    isPaid = seen.headers.has("payment-signature") || seen.headers.has("x-payment");
    if (isPaid) return new Response("sunny");
    return seen.url.endsWith("/v1")
      ? Response.json(quoteV1(), { status: 402 })
      : new Response("pay", { status: 402, headers: { "payment-required": base64(quoteV2()) } });
  };
  return world((seen) => {
    if (seen.url !== CHAIN) return sell(seen);
    const used = isPaid ? [grant().nonce] : [];
    return new FakeNode([{ number: 9, timestamp: NOW + 2, used }], { latest: 9 }).answer(seen);
  });
}

describe("a payment, in workerd", () => {
  it.each([
    ["https://api.acme.com/v2", 2, "payment-signature"],
    ["https://api.acme.com/v1", 1, "x-payment"],
  ])("of %s is quoted, signed with the wallet of Rails, sent and found", async (url, version, header) => {
    const out = market();
    const asked = { url, method: "GET", headers: {}, body: null };
    const quoted = await request({ request: asked, network: "eip155:84532", hops: 0 }, out);
    if (quoted.kind !== "quote") throw new Error(quoted.kind);
    expect(quoted.quote.version).toBe(version);
    const wallet = await env.RAILS.importWallet(ORGANIZATION, PRIVATE_KEY);
    const outcome = await pay(
      order({
        sealed_key: wallet?.sealed_key ?? "",
        quote: { version: quoted.quote.version, raw: quoted.quote.raw, index: quoted.quote.options[0]!.index },
        request: quoted.request,
      }),
      { env: { ...env, X402_RPC_BASE_SEPOLIA: CHAIN }, outbound: out, now: () => NOW },
    );
    expect(outcome).toMatchObject({
      signed: true,
      refusal: null,
      answer: { status: 200, body: { data: "sunny" } },
      observation: { state: "used", block: { number: 9 } },
    });
    const paid = out.seen.find((seen) => seen.headers.has(header));
    const { payload } = decodePaymentSignatureHeader(paid?.headers.get(header) ?? "");
    expect(payload.signature).toBe(SIGNATURE_OF_TEST);
  });
});
