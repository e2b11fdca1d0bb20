/** A node that has not seen the last blocks: it answers everything as of its own head, and knows nothing later. */

const hex = (number) => `0x${number.toString(16)}`;
const UNKNOWN_BLOCK = { error: { code: -32_000, message: "header not found" } };

/** @param {{ seconds?: number, blocks?: number, ignoresHash?: boolean }} options `ignoresHash`: answers from its own head. */
export function nodeBehind(ask, { seconds, blocks = 5, ignoresHash = false }) {
  const block = async (tag) => (await ask("eth_getBlockByNumber", [tag, false])).result ?? null;

  /** Its head: so many blocks back, or the last one that is that old by the wall's clock; at least the first block. */
  async function head() {
    const [latest, first] = await Promise.all([block("latest"), block("earliest")]);
    const oldest = Number(first.number);
    if (seconds === undefined) return Math.max(Number(latest.number) - blocks, oldest);
    const until = Date.now() / 1_000 - seconds;
    // Blocks never get older, so the place is found by halving.
    let [low, high] = [oldest, Number(latest.number)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (Number((await block(hex(middle))).timestamp) > until) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  /** A block parameter as this node has it; null for one that it does not know. */
  async function resolve(tag, own) {
    if (tag === undefined || tag === null || tag === "latest" || tag === "pending") return hex(own);
    if (tag === "safe") return hex(own - 1);
    if (tag === "finalized") return hex(own - 2);
    if (typeof tag === "object" && tag.blockHash !== undefined) {
      if (ignoresHash) return hex(own);
      const found = (await ask("eth_getBlockByHash", [tag.blockHash, false])).result;
      return found === null || found === undefined || Number(found.number) > own ? null : tag;
    }
    return Number(tag) > own ? (ignoresHash ? hex(own) : null) : tag;
  }

  return async ({ method, params = [] }) => {
    const own = await head();
    switch (method) {
      case "eth_blockNumber":
        return { result: hex(own) };
      case "eth_getBlockByNumber": {
        const tag = await resolve(params[0], own);
        return tag === null ? { result: null } : ask(method, [tag, params[1] ?? false]);
      }
      case "eth_getBlockByHash":
      case "eth_getTransactionReceipt":
      case "eth_getTransactionByHash": {
        const { result, error } = await ask(method, params);
        const number = result?.number ?? result?.blockNumber;
        return error === undefined && number !== undefined && Number(number) > own
          ? { result: null }
          : { result, error };
      }
      case "eth_getLogs": {
        const [filter] = params;
        if (filter.blockHash !== undefined) {
          const known = await resolve({ blockHash: filter.blockHash }, own);
          return known === null ? UNKNOWN_BLOCK : ask(method, params);
        }
        const [fromBlock, toBlock] = await Promise.all([resolve(filter.fromBlock, own), resolve(filter.toBlock, own)]);
        if (fromBlock === null) return { result: [] };
        return ask(method, [{ ...filter, fromBlock, toBlock: toBlock ?? hex(own) }]);
      }
      case "eth_call":
      case "eth_getBalance":
      case "eth_getCode":
      case "eth_getTransactionCount": {
        const tag = await resolve(params[1], own);
        return tag === null ? UNKNOWN_BLOCK : ask(method, [params[0], tag, ...params.slice(2)]);
      }
      default:
        return ask(method, params);
    }
  };
}
