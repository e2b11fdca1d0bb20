import { recoverTypedDataAddress } from "viem";
import { describe, expect, it, vi } from "vitest";
import type { PaymentGrant } from "../../../src/payments/rails-api.ts";
import { grantTypedData, oneShotSigner } from "../../../src/payments/x402/signer.ts";
import type { TransferTypedData } from "../../../src/payments/x402/typed-data.ts";
import { grant } from "../support.ts";
import { accountOfTest } from "./wallets.ts";

const account = () => ({
  address: accountOfTest.address,
  signTypedData: vi.fn((typedData: TransferTypedData) => accountOfTest.signTypedData(typedData)),
});
const GRANT = grant();

/** The granted typed data with one thing changed. */
const changed = (path: readonly (string | number)[], value: unknown): unknown => {
  const copy = structuredClone(grantTypedData(GRANT)) as unknown as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as typeof at;
  const last = path.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
};

const TRANSFER = ["types", "TransferWithAuthorization"];
const OTHER = `0x${"9".repeat(40)}`;
const ALTERED: readonly (readonly [string, readonly (string | number)[], unknown])[] = [
  ["primaryType", ["primaryType"], "Permit"],
  ["no primaryType", ["primaryType"], undefined],
  ["a key more", ["more"], 1],
  ["domain name", ["domain", "name"], "USD Coin"],
  ["domain version", ["domain", "version"], "1"],
  ["domain version as a number", ["domain", "version"], 2],
  ["chain", ["domain", "chainId"], 8453],
  ["chain as a text", ["domain", "chainId"], "84532"],
  ["chain as a bigint", ["domain", "chainId"], 84532n],
  ["token", ["domain", "verifyingContract"], OTHER],
  ["no token", ["domain", "verifyingContract"], undefined],
  ["a salt", ["domain", "salt"], `0x${"0".repeat(64)}`],
  ["another type beside", ["types", "Permit"], []],
  ["the domain's type", ["types", "EIP712Domain"], []],
  ["the type of a field", [...TRANSFER, 2, "type"], "uint8"],
  ["the name of a field", [...TRANSFER, 0, "name"], "owner"],
  ["a field more", [...TRANSFER, 6], { name: "x", type: "uint256" }],
  ["a field less", TRANSFER, grantTypedData(GRANT).types.TransferWithAuthorization.slice(0, 5)],
  ["fields in another order", TRANSFER, [...grantTypedData(GRANT).types.TransferWithAuthorization].reverse()],
  ["fields that are no list", TRANSFER, { ...grantTypedData(GRANT).types.TransferWithAuthorization }],
  ["from", ["message", "from"], OTHER],
  ["to", ["message", "to"], OTHER],
  ["a micro more", ["message", "value"], 10_001n],
  ["a micro less", ["message", "value"], 9_999n],
  ["the amount as a number", ["message", "value"], 10_000],
  ["the amount as a text", ["message", "value"], "10000"],
  ["validAfter", ["message", "validAfter"], 1n],
  ["a second more", ["message", "validBefore"], BigInt(GRANT.valid_before + 1)],
  ["for ever", ["message", "validBefore"], 2n ** 256n - 1n],
  ["nonce", ["message", "nonce"], `0x${"0".repeat(64)}`],
  ["a longer nonce", ["message", "nonce"], `${GRANT.nonce}00`],
  ["a message more", ["message", "data"], "0x"],
  ["no message", ["message"], undefined],
  ["message null", ["message"], null],
];

describe("the one-shot signer", () => {
  it("signs what was granted, in any spelling of addresses", async () => {
    const spelled = changed(["message", "to"], GRANT.to.toUpperCase().replace("0X", "0x"));
    for (const typedData of [grantTypedData(GRANT), spelled]) {
      const signature = await oneShotSigner(account(), GRANT).signTypedData(typedData);
      const recovered = await recoverTypedDataAddress({ ...grantTypedData(GRANT), signature });
      expect(recovered).toBe(accountOfTest.address);
    }
  });

  it("shows an address and one function, no more", () => {
    expect(Object.keys(oneShotSigner(account(), GRANT)).sort()).toEqual(["address", "signTypedData"]);
    expect(JSON.stringify(oneShotSigner(accountOfTest, GRANT))).toBe(`{"address":"${accountOfTest.address}"}`);
  });

  it.each(ALTERED)("refuses %s, and signs nothing after that", async (_, path, value) => {
    const key = account();
    const signer = oneShotSigner(key, GRANT);
    await expect(signer.signTypedData(changed(path, value))).rejects.toThrow(/^The signer refused/);
    await expect(signer.signTypedData(grantTypedData(GRANT))).rejects.toThrow("already used");
    expect(key.signTypedData).not.toHaveBeenCalled();
  });

  it.each([null, undefined, "x", 1, [], {}, () => {}])("refuses %s as typed data", async (typedData) => {
    await expect(oneShotSigner(account(), GRANT).signTypedData(typedData)).rejects.toThrow("The signer refused");
  });

  it("signs once, also when asked twice at the same time", async () => {
    const key = account();
    const signer = oneShotSigner(key, GRANT);
    const asked = await Promise.allSettled([1, 2, 3].map(() => signer.signTypedData(grantTypedData(GRANT))));
    expect(asked.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(key.signTypedData).toHaveBeenCalledTimes(1);
  });

  it("signs a text of its own making, so that a getter cannot say one thing and then another", async () => {
    let reads = 0;
    const message = { ...grantTypedData(GRANT).message };
    Object.defineProperty(message, "value", { enumerable: true, get: () => (reads++ === 0 ? 10_000n : 2n ** 200n) });
    const key = account();
    await oneShotSigner(key, GRANT).signTypedData({ ...grantTypedData(GRANT), message });
    expect(key.signTypedData.mock.calls[0]?.[0]).toEqual(grantTypedData(GRANT));
  });

  it.each<Partial<PaymentGrant>>([{ from: OTHER }, { asset: OTHER }])(
    "refuses a grant that is not this key's or this token's: %j",
    async (changes) => {
      const other = grant(changes);
      await expect(oneShotSigner(account(), other).signTypedData(grantTypedData(other))).rejects.toThrow(
        "The signer refused",
      );
    },
  );
});
