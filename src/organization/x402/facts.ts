import type { Work } from "../work.ts";
import { paymentOf } from "./journal.ts";

/** The terms and the outcome of an x402 payment, for every edge. */
export function x402Facts(work: Work, transactionId: string): Readonly<Record<string, string>> | null {
  const payment = paymentOf(work, transactionId);
  if (payment === undefined) return null;
  const { network, asset, pay_to, method, url, settlement_hash, outcome } = payment;
  return {
    network,
    asset,
    pay_to,
    request: `${method} ${url}`,
    ...(outcome === null ? {} : { outcome }),
    ...(settlement_hash === null ? {} : { settlement_hash }),
  };
}
