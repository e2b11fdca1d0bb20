import type { ChainBlock, SignedAuthorization } from "../rails-api.ts";
import type { Outbound } from "../send.ts";
import { X402_LIMITS } from "./limits.ts";
import { isRecord } from "./option.ts";
import { addressWord, type Endpoint, rpc, toQuantity, word } from "./rpc.ts";

/** keccak256 of `AuthorizationUsed(address,bytes32)`, the event of EIP-3009. */
export const AUTHORIZATION_USED = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";

/** Base makes a block every two seconds. */
const BLOCK_SECONDS = 2;
/** For blocks that came faster than that, as on a local chain. */
const MARGIN_BLOCKS = 100;

/**
 * The hashes of the transactions that used authorizations of one token, by nonce, from their events; only a reference for
 * people, so a node that does not tell them costs nothing. Looked for from the block of the earliest signature on, as
 * estimated. None for an authorization that its holder cancelled, which is "used" without the event.
 */
export async function settlementHashes(
  outbound: Outbound,
  endpoint: Endpoint,
  used: readonly SignedAuthorization[],
  seenAt: ChainBlock,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  const asset = used[0]?.asset;
  if (asset === undefined) return hashes;
  const ago = Math.max(0, seenAt.timestamp - Math.min(...used.map(({ signed_at }) => signed_at)));
  const fromBlock = Math.max(0, seenAt.number - Math.ceil(ago / BLOCK_SECONDS) - MARGIN_BLOCKS);
  const toBlock = Math.min(seenAt.number, fromBlock + X402_LIMITS.logBlocks - 1);
  const topics = [
    AUTHORIZATION_USED,
    [...new Set(used.map(({ from }) => `0x${addressWord(from)}`))],
    used.map(({ nonce }) => nonce),
  ];
  const filter = { address: asset, fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock), topics };
  const answer = await rpc(outbound, endpoint, { method: "eth_getLogs", params: [filter] }, signal);
  if (answer === null || answer.failed || !Array.isArray(answer.result)) return hashes;
  for (const { from, nonce } of used) {
    const events = answer.result.filter((log: unknown) =>
      matches(log, asset, [AUTHORIZATION_USED, `0x${addressWord(from)}`, nonce]),
    );
    const hash = word(events[0]?.transactionHash);
    // A token takes a nonce once: anything but one event is a node that does not answer what was asked.
    if (events.length === 1 && hash !== null) hashes.set(nonce, hash);
  }
  return hashes;
}

const matches = (log: unknown, asset: string, topics: readonly string[]): log is Record<string, unknown> =>
  isRecord(log) &&
  log.removed !== true &&
  String(log.address).toLowerCase() === asset &&
  Array.isArray(log.topics) &&
  log.topics.length === topics.length &&
  topics.every((topic, at) => word((log.topics as unknown[])[at]) === topic);
