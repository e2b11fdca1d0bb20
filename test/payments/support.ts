import type { GuardPolicy } from "../../src/payments/guard.ts";
import type { PaymentGrant, PaymentOrder } from "../../src/payments/rails-api.ts";
import type { Outbound } from "../../src/payments/send.ts";
import { assetOf } from "../../src/payments/x402/assets.ts";
import { paymentNonce } from "../../src/payments/x402/nonce.ts";
import { accountOfTest, ORGANIZATION, TRANSACTION } from "./x402/wallets.ts";

export interface Seen {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | null;
}

export interface World extends Outbound {
  /** What left, in order. */
  readonly seen: Seen[];
}

export const POLICY: GuardPolicy = { ownHosts: ["quetra.test"] };

/** A world that answers by `answer` and takes down what was asked. What it throws is what `fetch` would throw. */
export function world(answer: (request: Seen) => Response | Promise<Response>, policy = POLICY): World {
  const seen: Seen[] = [];
  return {
    seen,
    policy,
    async fetch(url, init) {
      if (init.redirect !== "manual" || init.cache !== "no-store" || !init.signal)
        throw new Error("A call without its guards.");
      const request = {
        url,
        method: init.method ?? "",
        headers: new Headers(init.headers),
        body: (init.body as string | null) ?? null,
      };
      seen.push(request);
      return answer(request);
    },
  };
}

export const ASSET = assetOf("eip155:84532");
export const PAY_TO = "0x209693bc6afc0c5328ba36faf03c514ef312287c";
/** Unix seconds. */
export const NOW = 1_800_000_000;

/** An honest offer of version 2. */
export const offer = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  scheme: "exact",
  network: "eip155:84532",
  amount: "10000",
  asset: "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
  payTo: "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
  maxTimeoutSeconds: 60,
  extra: { name: "USDC", version: "2" },
  ...changes,
});

export const quoteV2 = (accepts: unknown = [offer()], changes: Readonly<Record<string, unknown>> = {}) => ({
  x402Version: 2,
  resource: { url: "https://api.acme.com/weather", description: "Weather", mimeType: "application/json" },
  accepts,
  ...changes,
});

/** The same of version 1. */
export const offerV1 = (changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => {
  const { amount, ...rest } = offer();
  return {
    ...rest,
    maxAmountRequired: amount,
    network: "base-sepolia",
    resource: "https://api.acme.com/weather",
    description: "Weather",
    mimeType: "application/json",
    ...changes,
  };
};

export const quoteV1 = (accepts: unknown = [offerV1()]) => ({ x402Version: 1, error: "payment required", accepts });

export const base64 = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

export const grant = (changes: Partial<PaymentGrant> = {}): PaymentGrant => ({
  network: "eip155:84532",
  asset: ASSET.address,
  from: accountOfTest.address.toLowerCase(),
  to: PAY_TO,
  value: 10_000,
  valid_after: 0,
  valid_before: NOW + 60,
  nonce: paymentNonce(ORGANIZATION, TRANSACTION),
  ...changes,
});

export const order = (changes: Partial<PaymentOrder> = {}): PaymentOrder => ({
  organization_id: ORGANIZATION,
  transaction_id: TRANSACTION,
  sealed_key: "",
  grant: grant(),
  quote: { version: 2, raw: JSON.stringify(quoteV2()), index: 0 },
  request: { url: "https://api.acme.com/weather", method: "GET", headers: {}, body: null },
  ...changes,
});
