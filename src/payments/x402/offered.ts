import type { X402Network } from "../rails-api.ts";
import { assetOf } from "./assets.ts";
import type { OptionFault, RawOption } from "./option.ts";

/** Names that are repeated. What a seller made up is not: forty characters are enough for an instruction to an agent. */
const SCHEMES = new Set("exact upto batch-settlement deferred auth-capture escrow subscription".split(" "));
const V1_NETWORKS = new Set(
  (
    "base base-sepolia ethereum sepolia polygon polygon-amoy arbitrum arbitrum-sepolia avalanche avalanche-fuji " +
    "abstract abstract-testnet iotex sei sei-testnet peaq story educhain skale-base-sepolia solana solana-devnet"
  ).split(" "),
);
const EVM_NETWORK = /^eip155:[1-9]\d{0,9}$/;
const OTHER_NETWORK = /^(solana|bip122|cosmos|polkadot|starknet|aptos|stellar|sui|tron|near|algorand|hedera|xrpl):./;

/** Offers that are named; the rest is counted. */
const NAMED = 4;

function networkWords(network: unknown): string {
  if (typeof network !== "string") return "an unreadable network";
  if (V1_NETWORKS.has(network) || EVM_NETWORK.test(network)) return network;
  const family = OTHER_NETWORK.exec(network)?.[1];
  return family === undefined ? "an unreadable network" : `a ${family} network`;
}

const schemeWords = (scheme: unknown): string =>
  typeof scheme === "string" && SCHEMES.has(scheme) ? scheme : "an unknown scheme";

const WHY: Record<OptionFault, (network: X402Network) => string> = {
  scheme: () => "only the scheme exact is paid",
  network: (network) => `this organization pays on ${network} only`,
  asset: () => "only USDC is paid",
  domain: () => "its name or version of the token is not that of USDC on this network",
  method: () => "only transfers by EIP-3009 are signed",
  flow: () => "only the flow in which work comes before payment is paid",
  amount: () => "its amount is not a whole number above zero within the limits",
  payee: () => "its payee is not an address that can be paid",
  validity: () => "it leaves too little time to pay",
  size: () => "a payment would have to repeat too much of it",
};

/** What was offered and why none of it can be paid, in our own words: nothing a seller wrote freely is in it. */
export function offeredWords(
  offers: readonly { readonly option: RawOption; readonly fault: OptionFault }[],
  network: X402Network,
): string {
  const lines = offers.map(
    ({ option, fault }) => `${schemeWords(option.scheme)} on ${networkWords(option.network)} (${WHY[fault](network)})`,
  );
  const distinct = [...new Set(lines)];
  const rest = distinct.length > NAMED ? `; and ${distinct.length - NAMED} more` : "";
  const what = `${assetOf(network).symbol} on ${network}`;
  return `None of the offers can be paid: ${distinct.slice(0, NAMED).join("; ")}${rest}. Payable is ${what}, scheme exact; use another service.`;
}
