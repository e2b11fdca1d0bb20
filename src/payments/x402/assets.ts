import type { X402Network } from "../rails-api.ts";

/** A token that this service pays with. The seller's word about a token is never used. */
export interface Asset {
  readonly network: X402Network;
  readonly chain_id: number;
  /** Lower case. */
  readonly address: string;
  readonly symbol: "USDC";
  /** EIP-712 domain of the token's contract. The names of the two networks differ. */
  readonly domain_name: string;
  readonly domain_version: string;
}

/**
 * USDC as Circle deployed it, with EIP-3009 and 6 decimals, so that an atomic unit is a micro
 * (`DEFAULT_ASSETS` of @x402/evm; https://developers.circle.com/stablecoins/usdc-contract-addresses).
 */
const ASSETS: Readonly<Record<X402Network, Asset>> = {
  "eip155:8453": {
    network: "eip155:8453",
    chain_id: 8453,
    address: "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
    symbol: "USDC",
    domain_name: "USD Coin",
    domain_version: "2",
  },
  "eip155:84532": {
    network: "eip155:84532",
    chain_id: 84532,
    address: "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
    symbol: "USDC",
    domain_name: "USDC",
    domain_version: "2",
  },
};

/** Real money for live organizations, test money for test organizations, never the other way round. */
export const networkOf = (mode: "test" | "live"): X402Network => (mode === "live" ? "eip155:8453" : "eip155:84532");

export const assetOf = (network: X402Network): Asset => ASSETS[network];

/** What version 1 of the protocol calls the networks. */
export const V1_NAMES: Readonly<Record<X402Network, string>> = {
  "eip155:8453": "base",
  "eip155:84532": "base-sepolia",
};

/** The currency of mandates that USDC settles, one to one. */
export const X402_CURRENCY = "USD";
