import type { Env } from "../../env.ts";
import { deadline, guardUrl } from "../guard.ts";
import type { X402Network } from "../rails-api.ts";
import { type Outbound, send } from "../send.ts";
import { assetOf } from "./assets.ts";
import { X402_LIMITS } from "./limits.ts";
import { isRecord } from "./option.ts";

/** One JSON-RPC endpoint of one network. */
export interface Endpoint {
  readonly url: URL;
  readonly network: X402Network;
}

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What came for one call. `failed`: the node answered with an error, of which no text is kept. */
export type RpcAnswer = { readonly failed: false; readonly result: unknown } | { readonly failed: true };

export type RpcVariables = Pick<Env, "X402_RPC_BASE" | "X402_RPC_BASE_SEPOLIA">;

/** In the order in which they are asked. What the guard does not let out is left out. */
export function endpointsOf(env: RpcVariables, network: X402Network, outbound: Outbound): readonly Endpoint[] {
  const text = (network === "eip155:8453" ? env.X402_RPC_BASE : env.X402_RPC_BASE_SEPOLIA) ?? "";
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .slice(0, X402_LIMITS.rpcEndpoints)
    .map((entry) => guardUrl(entry, outbound.policy))
    .flatMap((judged) => (judged.ok ? [{ url: judged.value, network }] : []));
}

/** The time that one endpoint has for one view. */
export const rpcDeadline = (): AbortSignal => deadline(X402_LIMITS.rpcMs);

/**
 * Asks one endpoint one thing, in a batch that also asks for its chain id: a node of another chain has no say. Null when
 * the endpoint gave no whole answer: it did not answer in time or answered too much, or not exactly one well-formed answer
 * per call. Never throws.
 */
export async function rpc(
  outbound: Outbound,
  { url, network }: Endpoint,
  call: RpcCall,
  signal: AbortSignal,
): Promise<RpcAnswer | null> {
  const batch = [{ method: "eth_chainId", params: [] }, call];
  const body = JSON.stringify(batch.map((each, id) => ({ jsonrpc: "2.0", id, ...each })));
  const headers = { "content-type": "application/json", accept: "application/json" };
  const sent = await send(outbound, { url, method: "POST", headers, body }, signal);
  if (!sent.ok) return null;
  if (sent.value.status !== 200) {
    sent.value.drop();
    return null;
  }
  const read = await sent.value.read(X402_LIMITS.rpcAnswerBytes);
  const answers = read.ended === "complete" ? parseBatch(read.bytes, batch.length) : null;
  const [chainId, answer] = answers ?? [];
  const isOurs = chainId?.failed === false && quantity(chainId.result) === assetOf(network).chain_id;
  return isOurs ? (answer ?? null) : null;
}

/** JSON-RPC 2.0 section 6: answers come in any order, one per id. */
function parseBatch(bytes: Uint8Array, count: number): readonly RpcAnswer[] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return null;
  }
  if (!Array.isArray(parsed) || parsed.length !== count) return null;
  const byId = new Map<unknown, RpcAnswer>();
  for (const entry of parsed) {
    if (!isRecord(entry) || entry.jsonrpc !== "2.0") return null;
    const failed = entry.error !== undefined && entry.error !== null;
    if (!failed && !Object.hasOwn(entry, "result")) return null;
    byId.set(entry.id, failed ? { failed } : { failed, result: entry.result });
  }
  const answers = Array.from({ length: count }, (_, id) => byId.get(id));
  return answers.every((answer) => answer !== undefined) ? answers : null;
}

/** A quantity of the Ethereum JSON-RPC, as a number. Null for what is none, or too large for one. */
export function quantity(value: unknown): number | null {
  if (typeof value !== "string" || !/^0x(?:0|[1-9a-f][0-9a-f]{0,13})$/i.test(value)) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

export const toQuantity = (value: number): string => `0x${value.toString(16)}`;

/** 32 bytes, lower case. */
export const word = (value: unknown): string | null =>
  typeof value === "string" && /^0x[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null;

/** An address as an argument of a call or a topic: 64 hex digits. */
export const addressWord = (address: string): string => address.slice(2).toLowerCase().padStart(64, "0");
