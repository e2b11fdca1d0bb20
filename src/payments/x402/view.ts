import type { ChainBlock, SignedAuthorization } from "../rails-api.ts";
import type { Outbound } from "../send.ts";
import { isRecord } from "./option.ts";
import { addressWord, type Endpoint, quantity, type RpcAnswer, rpc, word } from "./rpc.ts";

/** On Base `latest` may still be reorganized; `safe` is derived from data on the layer below, `finalized` is final there. */
export type BlockTag = "latest" | "safe" | "finalized";

/** One block, and whether each authorization is used in the state after it; null where that could not be read. */
export interface View {
  readonly block: ChainBlock;
  readonly used: readonly (boolean | null)[];
}

/** `authorizationState(address,bytes32)` of EIP-3009. */
const AUTHORIZATION_STATE = "0xe94a0102";
const USED = `0x${"0".repeat(63)}1`;
const UNUSED = `0x${"0".repeat(64)}`;

/**
 * First the block, then the state at its hash (EIP-1898), so that time and state are of one moment also when two nodes
 * behind one address answer: a node that does not know the block, or no longer has it in its chain, answers with an
 * error and not with the state of another block. Null when the endpoint gave no whole answer.
 */
export async function view(
  outbound: Outbound,
  endpoint: Endpoint,
  tag: BlockTag,
  asked: readonly SignedAuthorization[],
  signal: AbortSignal,
): Promise<View | null> {
  const found = await rpc(outbound, endpoint, [{ method: "eth_getBlockByNumber", params: [tag, false] }], signal);
  const block = found === null ? null : blockOf(found[0]);
  if (block === null) return null;
  const calls = asked.map(({ asset, from, nonce }) => ({
    method: "eth_call",
    params: [
      { to: asset, data: AUTHORIZATION_STATE + addressWord(from) + nonce.slice(2) },
      { blockHash: block.hash, requireCanonical: true },
    ],
  }));
  const states = await rpc(outbound, endpoint, calls, signal);
  return states === null ? null : { block, used: states.map(usedOf) };
}

/** A Solidity bool is 32 bytes, 0 or 1. "0x" comes where there is no contract, and says nothing. */
function usedOf(answer: RpcAnswer): boolean | null {
  const state = answer.failed ? null : word(answer.result);
  if (state === USED) return true;
  return state === UNUSED ? false : null;
}

function blockOf(answer: RpcAnswer | undefined): ChainBlock | null {
  if (answer === undefined || answer.failed || !isRecord(answer.result)) return null;
  const number = quantity(answer.result.number);
  const hash = word(answer.result.hash);
  const timestamp = quantity(answer.result.timestamp);
  return number === null || hash === null || timestamp === null ? null : { number, hash, timestamp };
}
