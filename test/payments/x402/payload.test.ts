import { decodePaymentSignatureHeader } from "@x402/core/http";
import { parsePaymentPayload } from "@x402/core/schemas";
import { x402ResourceServer } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { recoverTypedDataAddress } from "viem";
import { describe, expect, it } from "vitest";
import type { PaymentGrant, PaymentOrder } from "../../../src/payments/rails-api.ts";
import { signPayment } from "../../../src/payments/x402/payload.ts";
import { rereadQuote } from "../../../src/payments/x402/quote.ts";
import { grantTypedData } from "../../../src/payments/x402/signer.ts";
import { grant, NOW, offer, offerV1, order, quoteV1, quoteV2 } from "../support.ts";
import { accountOfTest, TRANSACTION } from "./wallets.ts";

const sign = (quote: object, version: 1 | 2 = 2, changes: Partial<PaymentOrder> = {}) => {
  const raw = JSON.stringify(quote);
  const decoded = rereadQuote(version, raw);
  if (decoded === null) throw new Error("no quote");
  return signPayment(order({ quote: { version, raw, index: 0 }, ...changes }), decoded, accountOfTest);
};
const decode = async (...args: Parameters<typeof sign>) => {
  const header = await sign(...args);
  if (header === null) throw new Error("not signed");
  return { name: header.name, payload: decodePaymentSignatureHeader(header.value) };
};
const identifier = (info: unknown) => ({ extensions: { "payment-identifier": { info, schema: { type: "object" } } } });

describe("a payment of version 2", () => {
  it("echoes the option and the resource, and holds what was granted", async () => {
    const odd = offer({ unknown: { deep: [1, { b: null }] }, maxTimeoutSeconds: 315_360_000 });
    const quote = quoteV2([odd], { extensions: { bazaar: { info: { a: 1 }, schema: {} } } });
    const { name, payload } = await decode(quote);
    expect(name).toBe("PAYMENT-SIGNATURE");
    expect(payload).toEqual({
      x402Version: 2,
      resource: quote.resource,
      accepted: odd,
      extensions: { bazaar: { info: { a: 1 }, schema: {} } },
      payload: {
        signature: expect.stringMatching(/^0x[0-9a-f]{130}$/),
        authorization: {
          from: accountOfTest.address,
          to: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
          value: "10000",
          validAfter: "0",
          validBefore: String(NOW + 60),
          nonce: grant().nonce,
        },
      },
    });
    expect(parsePaymentPayload(payload).success).toBe(true);
    const { signature } = payload.payload as { signature: `0x${string}` };
    expect(await recoverTypedDataAddress({ ...grantTypedData(grant()), signature })).toBe(accountOfTest.address);
  });

  it("is one that the seller's own library takes for its offer", async () => {
    const server = new x402ResourceServer().register("eip155:84532", new ExactEvmScheme());
    const accepted = offer({ maxTimeoutSeconds: 300 });
    const quote = quoteV2([accepted], identifier({ required: false }));
    const { payload } = await decode(quote);
    const advertised = quote as unknown as Parameters<typeof server.validateExtensions>[0];
    expect(server.findMatchingRequirements(advertised.accepts, payload)).toEqual(accepted);
    expect(server.validateExtensions(advertised, payload)).toEqual({ valid: true });
  });

  it("is the same each time: same nonce, same signature", async () => {
    const [one, two] = await Promise.all([sign(quoteV2()), sign(quoteV2())]);
    expect(one).toEqual(two);
  });

  it("takes the option that was chosen, not the first", async () => {
    const dear = offer({ amount: "999999", payTo: `0x${"7".repeat(40)}` });
    const raw = quoteV2([dear, offer()]);
    const { payload } = await decode(raw, 2, { quote: { version: 2, raw: JSON.stringify(raw), index: 1 } });
    expect(payload).toMatchObject({ accepted: offer(), payload: { authorization: { value: "10000" } } });
  });
});

describe("payment-identifier", () => {
  it("is given where it is offered, beside what the server wrote", async () => {
    const { payload } = await decode(quoteV2([offer()], identifier({ required: true, x: 1 })));
    expect(payload.extensions).toEqual({
      "payment-identifier": { info: { required: true, x: 1, id: TRANSACTION }, schema: { type: "object" } },
    });
  });

  it.each([
    ["is not offered", {}],
    ["is offered without info", { extensions: { "payment-identifier": {} } }],
    ["is null", { extensions: { "payment-identifier": null } }],
    ["is offered in another shape", identifier({ required: "yes" })],
    ["has no extensions to stand in", { extensions: null }],
  ])("is left alone where it %s", async (_, changes) => {
    const { payload } = await decode(quoteV2([offer()], changes));
    expect(JSON.stringify(payload)).not.toContain(TRANSACTION);
  });

  it("is left out where our id is too short or too long for it", async () => {
    const has = async (id: string) => {
      const { payload } = await decode(quoteV2([offer()], identifier({ required: false })), 2, { transaction_id: id });
      return JSON.stringify(payload.extensions).includes(`"id":"${id}"`);
    };
    expect(await Promise.all([15, 16, 128, 129].map((length) => has("t".repeat(length))))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(await has("txn with a space 0001")).toBe(false);
  });
});

describe("a payment of version 1", () => {
  it("has the name of the network and the authorization, and no echo", async () => {
    const { name, payload } = await decode(quoteV1(), 1);
    expect(name).toBe("X-PAYMENT");
    expect(payload).toEqual({
      x402Version: 1,
      scheme: "exact",
      network: "base-sepolia",
      payload: { signature: expect.stringMatching(/^0x/), authorization: expect.objectContaining({ value: "10000" }) },
    });
    expect(parsePaymentPayload(payload).success).toBe(true);
  });

  it("pays maxAmountRequired, whatever else is called amount", async () => {
    const { payload } = await decode(quoteV1([offerV1({ amount: "1" })]), 1);
    expect(payload.payload).toMatchObject({ authorization: { value: "10000" } });
    expect(await sign(quoteV1([offerV1({ maxAmountRequired: "1", amount: "10000" })]), 1)).toBeNull();
  });
});

describe("nothing is signed", () => {
  it.each<[string, Partial<PaymentGrant>]>([
    ["another amount", { value: 9_999 }],
    ["another payee", { to: `0x${"8".repeat(40)}` }],
    ["another payer", { from: `0x${"8".repeat(40)}` }],
    ["another network", { network: "eip155:8453" }],
    ["another token", { asset: `0x${"8".repeat(40)}` }],
  ])("for a grant of %s than the option", async (_, changes) => {
    expect(await sign(quoteV2(), 2, { grant: grant(changes) })).toBeNull();
  });

  it("for an option of another token, scheme or network, though the client would be asked for it", async () => {
    for (const changes of [{ asset: `0x${"8".repeat(40)}` }, { scheme: "upto" }, { network: "eip155:8453" }]) {
      expect(await sign(quoteV2([offer(changes)]))).toBeNull();
    }
  });

  it("for an index that is none", async () => {
    expect(await sign(quoteV2(), 2, { quote: { version: 2, raw: "", index: 5 } })).toBeNull();
  });
});
