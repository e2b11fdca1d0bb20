import { encodeFunctionData, parseAbi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { expect, it } from "vitest";
import { USDC } from "../x402/chain-client.ts";
import { describeSandbox } from "./sandbox.ts";

type Hex = `0x${string}`;
interface Authorization {
  readonly from: Hex;
  readonly to: Hex;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
  readonly signature: Hex;
}

/** The example of the exact EVM scheme's specification: real USDC on Base Sepolia took this signature. */
const EXAMPLE = {
  from: "0x857b06519E91e3A54538791bDbb0E22373e36b66",
  to: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
  value: 10_000n,
  validAfter: 1_740_672_089n,
  validBefore: 1_740_672_154n,
  nonce: "0xf3746613c2d920b5fdabc0856f2aeb2d4f88ee6037b8cc5d04a71a4462f13480",
  signature:
    "0x2d6a7588d6acca505cbf0d9a4a227e0c52c6c34008c8e8986a1283259764173608a2ce6496642e377d6da8dbbf5836e9bd15092f9ecab05ded3d6293af148b571c",
} as const satisfies Authorization;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const TRANSFER = "function transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32";
const BYTES = parseAbi([`${TRANSFER},bytes)`]);
const PARTS = parseAbi([`${TRANSFER},uint8,bytes32,bytes32)`]);
const CANCEL = parseAbi(["function cancelAuthorization(address,bytes32,bytes)"]);

const half = (signature: string, at: 0 | 1): Hex => `0x${signature.slice(2 + at * 64, 66 + at * 64)}`;
const args = ({ from, to, value, validAfter, validBefore, nonce }: Authorization) =>
  [from, to, value, validAfter, validBefore, nonce] as const;
const asBytes = (authorization: Authorization) =>
  encodeFunctionData({ abi: BYTES, args: [...args(authorization), authorization.signature] });
const asParts = (authorization: Authorization) => {
  const { signature } = authorization;
  const v = Number.parseInt(signature.slice(-2), 16);
  return encodeFunctionData({ abi: PARTS, args: [...args(authorization), v, half(signature, 0), half(signature, 1)] });
};

describeSandbox("the sandbox's token", (sandbox) => {
  const simulate = async (data: string, time: bigint | number): Promise<string> => {
    try {
      const call = [{ to: USDC, data }, "latest", {}, { time: `0x${time.toString(16)}` }];
      return (await sandbox().chain.rpc("eth_call", call)) as string;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const now = () => Math.floor(Date.now() / 1_000);
  const send = async (data: string): Promise<string> => {
    const { chain } = sandbox();
    const [from] = (await chain.rpc("eth_accounts")) as string[];
    const receipt = (await chain.rpc("eth_sendTransactionSync", [{ from, to: USDC, data, gas: "0x40000" }])) as {
      status: string;
    };
    return receipt.status;
  };

  it("takes the specification's signature, in both forms, exactly while it is valid", async () => {
    await sandbox().chain.mint(EXAMPLE.from, 10_000);
    for (const data of [asBytes(EXAMPLE), asParts(EXAMPLE)]) {
      expect(await simulate(data, EXAMPLE.validAfter)).toContain("not valid yet");
      expect(await simulate(data, EXAMPLE.validAfter + 1n)).toBe("0x");
      expect(await simulate(data, EXAMPLE.validBefore - 1n)).toBe("0x");
      expect(await simulate(data, EXAMPLE.validBefore)).toContain("expired");
    }
  });

  it("takes nothing that was changed after signing, and no second signature made from the first", async () => {
    const time = EXAMPLE.validAfter + 1n;
    const changes: Partial<Authorization>[] = [
      { value: 9_999n },
      { to: EXAMPLE.from },
      { validBefore: EXAMPLE.validBefore + 1n },
      { nonce: `0x${"0".repeat(64)}` },
    ];
    for (const change of changes) {
      expect(await simulate(asBytes({ ...EXAMPLE, ...change }), time)).toContain("somebody else");
    }
    const s = ORDER - BigInt(half(EXAMPLE.signature, 1));
    const mirrored = `${half(EXAMPLE.signature, 0)}${s.toString(16).padStart(64, "0")}1b` as const;
    expect(await simulate(asBytes({ ...EXAMPLE, signature: mirrored }), time)).toContain("malleable");
    expect(await simulate(asBytes({ ...EXAMPLE, signature: "0x1234" }), time)).toContain("65 bytes");
  });

  it("takes an authorization once, and none that was canceled", async () => {
    const { chain } = sandbox();
    const account = privateKeyToAccount(`0x${"7".repeat(64)}`);
    const domain = { name: "USDC", version: "2", chainId: 84_532, verifyingContract: USDC };
    const sign = async (nonce: Hex): Promise<Authorization> => {
      const fields = "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce";
      const message = {
        from: account.address,
        to: EXAMPLE.to,
        value: 7n,
        validAfter: 0n,
        validBefore: BigInt(now() + 60),
        nonce,
      };
      const types = {
        TransferWithAuthorization: fields.split(",").map((field) => {
          const [type, name] = field.split(" ") as [string, string];
          return { type, name };
        }),
      };
      const primaryType = "TransferWithAuthorization";
      return { ...message, signature: await account.signTypedData({ domain, types, primaryType, message }) };
    };
    await chain.mint(account.address, 20);
    const first = await sign(`0x${"1".repeat(64)}`);
    expect(await send(asBytes(first))).toBe("0x1");
    expect(await chain.authorizationState(account.address, first.nonce)).toBe(true);
    expect(await send(asParts(first))).toBe("0x0");
    expect(await chain.balanceOf(account.address)).toBe(13);

    const second = await sign(`0x${"2".repeat(64)}`);
    const types = {
      CancelAuthorization: [
        { name: "authorizer", type: "address" },
        { name: "nonce", type: "bytes32" },
      ],
    };
    const message = { authorizer: account.address, nonce: second.nonce };
    const signature = await account.signTypedData({ domain, types, primaryType: "CancelAuthorization", message });
    const data = encodeFunctionData({ abi: CANCEL, args: [account.address, second.nonce, signature] });
    expect(await send(data)).toBe("0x1");
    expect(await send(asBytes(second))).toBe("0x0");
    expect(await chain.balanceOf(account.address)).toBe(13);
  });
});
