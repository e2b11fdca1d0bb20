/** What can be done with the sandbox's chain from anywhere that has `fetch`: Node, and tests inside workerd. */

export const CHAIN_ID = 84_532;
/** Base Sepolia's USDC. */
export const USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";
const SELECTOR = { mint: "0x40c10f19", balanceOf: "0x70a08231", authorizationState: "0xe94a0102" };
const ONE_ETHER = "0xde0b6b3a7640000";

const word = (value) => BigInt(value).toString(16).padStart(64, "0");
const hex = (number) => `0x${number.toString(16)}`;

/**
 * @param {string} url
 * @returns {(method: string, params?: readonly unknown[]) => Promise<any>} Throws with the node's words.
 */
export function rpcOf(url) {
  let id = 0;
  return async (method, params = []) => {
    id += 1;
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { result, error } = await response.json();
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
}

/**
 * @typedef {ReturnType<typeof chainAt>} ChainHandles
 * @param {string} url
 */
export function chainAt(url) {
  const rpc = rpcOf(url);
  const read = async (data) => BigInt(await rpc("eth_call", [{ to: USDC, data }, "latest"]));
  const balanceOf = async (address) => Number(await read(SELECTOR.balanceOf + word(address)));
  const mine = (blocks = 1) => rpc("anvil_mine", [hex(blocks)]);
  const setEther = (address, wei = ONE_ETHER) => rpc("anvil_setBalance", [address, wei]);
  const setTime = (seconds) => rpc("evm_setTime", [seconds]);
  const increaseTime = async (seconds) => {
    await rpc("evm_increaseTime", [seconds]);
    await mine();
  };

  return {
    url,
    rpc,
    mine,
    setEther,
    increaseTime,
    /** Micros of the token. */
    balanceOf,
    /** @returns {Promise<Record<string, number>>} Micros by address. */
    async balancesOf(addresses) {
      return Object.fromEntries(await Promise.all(addresses.map(async (each) => [each, await balanceOf(each)])));
    },
    authorizationState: async (address, nonce) =>
      (await read(SELECTOR.authorizationState + word(address) + word(nonce))) === 1n,
    /** Unix seconds of a block. */
    async blockTime(tag = "latest") {
      return Number((await rpc("eth_getBlockByNumber", [tag, false])).timestamp);
    },
    /** Waits for a block that the clock makes: for nearly two seconds after it, none comes that nobody asked for. */
    async afterBlock() {
      const number = () => rpc("eth_blockNumber");
      const before = await number();
      while ((await number()) === before) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    /** Everybody mints from an account of his own: those who shared one would take each other's account nonce. */
    async mint(address, micros) {
      const from = `0x${crypto.randomUUID().replaceAll("-", "").padStart(40, "0")}`;
      await Promise.all([setEther(from), rpc("anvil_impersonateAccount", [from])]);
      const data = SELECTOR.mint + word(address) + word(micros);
      const receipt = await rpc("eth_sendTransactionSync", [{ from, to: USDC, data, gas: "0x30000" }]);
      if (receipt.status !== "0x1") throw new Error("The token refused to mint.");
    },
    /**
     * Does something `seconds` later, and turns the chain back to where it was: a chain whose clock is ahead takes no more
     * payments from people who go by the wall's. What anybody else did meanwhile is lost too.
     */
    async inFuture(seconds, action) {
      const before = await rpc("evm_snapshot");
      try {
        await increaseTime(seconds);
        return await action();
      } finally {
        await rpc("evm_revert", [before]);
        // Turning back alone leaves the clock as far behind as the snapshot is old.
        await setTime(Math.floor(Date.now() / 1_000));
      }
    },
  };
}
