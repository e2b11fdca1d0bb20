import type { x402Client } from "@x402/core/client";
import { getAddress } from "viem/utils";
import type { PaymentGrant } from "../rails-api.ts";
import { assetOf } from "./assets.ts";
import type { OneShotSigner } from "./signer.ts";
import { transferTypedData } from "./typed-data.ts";

export type ExactScheme = Parameters<x402Client["register"]>[1];

/**
 * The scheme `exact` by EIP-3009 for `x402Client`. Unlike the stock one it has no random nonce and does not ask the
 * server how long a signature lives: both come from the grant. Payee and amount come from the chosen option, so that the
 * signer compares what the seller wants with what was granted, and not the grant with itself.
 */
export const exactScheme = (signer: OneShotSigner, grant: PaymentGrant): ExactScheme => ({
  scheme: "exact",
  async createPaymentPayload(version, requirements) {
    const { amount, maxAmountRequired } = requirements as { amount?: string; maxAmountRequired?: string };
    const authorization = {
      from: signer.address,
      to: getAddress(requirements.payTo.toLowerCase()),
      value: String(version === 1 ? maxAmountRequired : amount),
      validAfter: String(grant.valid_after),
      validBefore: String(grant.valid_before),
      nonce: grant.nonce as `0x${string}`,
    };
    const asset = { ...assetOf(grant.network), address: requirements.asset };
    const signature = await signer.signTypedData(
      transferTypedData(asset, {
        ...authorization,
        value: BigInt(authorization.value),
        validAfter: BigInt(authorization.validAfter),
        validBefore: BigInt(authorization.validBefore),
      }),
    );
    const payload = { authorization, signature };
    // The client hands on a payment of version 1 as it is, and wraps one of version 2.
    if (version !== 1) return { x402Version: version, payload };
    const { scheme, network } = requirements;
    return { x402Version: 1, scheme, network, payload };
  },
});
