import type { ChainBlock, SignedAuthorization } from "../rails-api.ts";
import type { Outbound } from "../send.ts";
import { assetOf } from "./assets.ts";
import { isRecord } from "./option.ts";
import { probeCode, readProbe } from "./probe.ts";
import { type Endpoint, quantity, type RpcAnswer, rpc, word } from "./rpc.ts";

/** On Base `latest` may still be reorganized; `safe` is derived from data on the layer below, `finalized` is final there. */
export type BlockTag = "latest" | "safe" | "finalized";

/** One block, and whether each authorization is used in the state after it; null where that could not be read. */
export interface View {
  readonly block: ChainBlock;
  readonly used: readonly (boolean | null)[];
}

/**
 * First the block, then the state at its hash (EIP-1898) in one execution, which says itself in which block of which chain
 * it ran: so time and state are of one moment also when two nodes behind one address answer, or one that answers for
 * another block than it was asked for. Null when the endpoint gave no whole answer, or not about that block.
 */
export async function view(
  outbound: Outbound,
  endpoint: Endpoint,
  tag: BlockTag,
  asked: readonly SignedAuthorization[],
  signal: AbortSignal,
): Promise<View | null> {
  const found = await rpc(outbound, endpoint, { method: "eth_getBlockByNumber", params: [tag, false] }, signal);
  const block = blockOf(found);
  if (block === null) return null;
  const at = { blockHash: block.hash, requireCanonical: true };
  const call = { method: "eth_call", params: [{ data: probeCode(asked) }, at] };
  const answer = await rpc(outbound, endpoint, call, signal);
  const probe = answer?.failed === false ? readProbe(answer.result, asked.length) : null;
  if (probe === null || probe.number !== BigInt(block.number) || probe.timestamp !== BigInt(block.timestamp))
    return null;
  return probe.chain_id === BigInt(assetOf(endpoint.network).chain_id) ? { block, used: probe.used } : null;
}

function blockOf(answer: RpcAnswer | null): ChainBlock | null {
  if (answer === null || answer.failed || !isRecord(answer.result)) return null;
  const number = quantity(answer.result.number);
  const hash = word(answer.result.hash);
  const timestamp = quantity(answer.result.timestamp);
  return number === null || hash === null || timestamp === null ? null : { number, hash, timestamp };
}
