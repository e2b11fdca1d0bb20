import type { Asset } from "./assets.ts";

/** EIP-3009, and nothing else, is what a wallet of this service signs. */
export const TRANSFER_TYPES = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

export interface Authorization {
  readonly from: `0x${string}`;
  readonly to: `0x${string}`;
  readonly value: bigint;
  /** Unix seconds. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: `0x${string}`;
}

/** EIP-712 typed data of a transfer of this token, as the exact EVM scheme wants it signed. */
export const transferTypedData = (
  asset: Pick<Asset, "domain_name" | "domain_version" | "chain_id" | "address">,
  message: Authorization,
) =>
  ({
    domain: {
      name: asset.domain_name,
      version: asset.domain_version,
      chainId: asset.chain_id,
      verifyingContract: asset.address as `0x${string}`,
    },
    types: TRANSFER_TYPES,
    primaryType: "TransferWithAuthorization",
    message,
  }) as const;

export type TransferTypedData = ReturnType<typeof transferTypedData>;
