import type { ChainBlock, SignedAuthorization } from "../rails-api.ts";
import type { Outbound } from "../send.ts";
import { X402_LIMITS } from "./limits.ts";
import { isRecord } from "./option.ts";
import { addressWord, type Endpoint, rpc, rpcDeadline, toQuantity, word } from "./rpc.ts";

/** keccak256 of `AuthorizationUsed(address,bytes32)`, the event of EIP-3009. */
export const AUTHORIZATION_USED = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";

/** Base makes a block every two seconds. */
const BLOCK_SECONDS = 2;
/** For blocks that came faster than that, as on a local chain. */
const MARGIN_BLOCKS = 100;

/**
 * The hash of the transaction that used an authorization, from its event; only a reference for people, so a node that
 * does not tell it costs nothing. Looked for from the block of the time of signing on, as estimated. Null as well for an
 * authorization that its holder cancelled, which is "used" without the event.
 */
export async function settlementHash(
  outbound: Outbound,
  endpoint: Endpoint,
  { asset, from, nonce, signed_at }: SignedAuthorization,
  seenAt: ChainBlock,
): Promise<string | null> {
  const ago = Math.max(0, seenAt.timestamp - signed_at);
  const fromBlock = Math.max(0, seenAt.number - Math.ceil(ago / BLOCK_SECONDS) - MARGIN_BLOCKS);
  const toBlock = Math.min(seenAt.number, fromBlock + X402_LIMITS.logBlocks - 1);
  const topics = [AUTHORIZATION_USED, `0x${addressWord(from)}`, nonce];
  const filter = { address: asset, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock), topics };
  const answer = (await rpc(outbound, endpoint, [{ method: "eth_getLogs", params: [filter] }], rpcDeadline()))?.[0];
  if (answer === undefined || answer.failed || !Array.isArray(answer.result)) return null;
  const hashes = answer.result.map((log: unknown) => (matches(log, asset, topics) ? word(log.transactionHash) : null));
  // A token takes a nonce once: anything but one event is a node that does not answer what was asked.
  return hashes.length === 1 ? (hashes[0] ?? null) : null;
}

const matches = (log: unknown, asset: string, topics: readonly string[]): log is Record<string, unknown> =>
  isRecord(log) &&
  log.removed !== true &&
  String(log.address).toLowerCase() === asset &&
  Array.isArray(log.topics) &&
  log.topics.length === topics.length &&
  topics.every((topic, at) => word((log.topics as unknown[])[at]) === topic);
