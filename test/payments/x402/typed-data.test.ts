import { hashTypedData, recoverTypedDataAddress } from "viem";
import { describe, expect, it } from "vitest";
import { assetOf } from "../../../src/payments/x402/assets.ts";
import { transferTypedData } from "../../../src/payments/x402/typed-data.ts";

describe("the typed data of a transfer", () => {
  it("is that of the vector in the exact EVM specification", async () => {
    const typedData = transferTypedData(assetOf("eip155:84532"), {
      from: "0x857b06519E91e3A54538791bDbb0E22373e36b66",
      to: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
      value: 10_000n,
      validAfter: 1_740_672_089n,
      validBefore: 1_740_672_154n,
      nonce: "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
    });
    const signature =
      "0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c";
    expect(hashTypedData(typedData)).toMatch(/^0xf2569928.*22e6$/);
    expect(await recoverTypedDataAddress({ ...typedData, signature })).toBe(
      "0x857b06519E91e3A54538791bDbb0E22373e36b66",
    );
    const base = { ...typedData, domain: { ...typedData.domain, name: "USD Coin" } };
    expect(await recoverTypedDataAddress({ ...base, signature })).not.toBe(
      "0x857b06519E91e3A54538791bDbb0E22373e36b66",
    );
  });
});
