/** Quotes and receipts as they go over the wire, in both versions of the protocol. */
import { USDC } from "../../../sandbox/chain-handles.mjs";
import { payToOf } from "./case.mjs";

/**
 * Where a request arrived, and what the test wants of the row.
 *
 * @typedef {{
 *   id: string, row: string, url: string, version: 1 | 2, amount: string, validitySeconds: number,
 *   pad: number, origin: string, other: string, forbidden: number, query: URLSearchParams,
 * }} Place
 * @typedef {{ status: number, headers: Record<string, string>, body: string | Buffer }} Answer
 */

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString("base64");

/** What an honest seller would ask for. @param {Place} place */
export const honestOption = ({ id, amount, validitySeconds }) => ({
  scheme: "exact",
  network: "eip155:84532",
  amount,
  asset: USDC,
  payTo: payToOf(id),
  maxTimeoutSeconds: validitySeconds,
  extra: { name: "USDC", version: "2" },
});

/** @returns {Answer} */
export const plain = (status, body, headers = {}) => ({
  status,
  headers: { "content-type": "text/plain", ...headers },
  body,
});

function v2(place, accepts, change) {
  const description = `Weather${"x".repeat(place.pad)}`;
  const resource = { url: place.url, description, mimeType: "application/json" };
  return { x402Version: 2, error: "Payment required", resource, accepts, ...change };
}

export const quoteHeaders = (place, accepts, change = {}) => ({
  "payment-required": base64(v2(place, accepts, change)),
});

/**
 * A 402 that asks for these options. In version 1 the same options get its names, whatever they hold.
 *
 * @param {Place} place
 * @param {readonly object[]} accepts
 * @param {object} [change] Of the whole quote.
 * @returns {Answer}
 */
export function render(place, accepts, change = {}) {
  if (place.version === 2) {
    const headers = { "content-type": "application/json", ...quoteHeaders(place, accepts, change) };
    return { status: 402, headers, body: "{}" };
  }
  const options = accepts.map(({ amount, network, ...rest }) => ({
    maxAmountRequired: amount,
    network: network === "eip155:84532" ? "base-sepolia" : network === "eip155:8453" ? "base" : network,
    resource: place.url,
    description: `Weather${"x".repeat(place.pad)}`,
    mimeType: "application/json",
    ...rest,
  }));
  const body = JSON.stringify({ x402Version: 1, error: "Payment required", accepts: options, ...change });
  return { status: 402, headers: { "content-type": "application/json" }, body };
}

/** @param {Place} place */
export const receiptHeaders = (place, receipt) => ({
  [place.version === 1 ? "x-payment-response" : "payment-response"]: base64({
    success: true,
    network: place.version === 1 ? "base-sepolia" : "eip155:84532",
    ...receipt,
  }),
});
