/** The chain and the paid API beside the local service, and money for the demo's wallet. */
import { findAnvil } from "../../sandbox/chain.mjs";
import { chainAt } from "../../sandbox/chain-handles.mjs";
import { startBeside } from "./beside.mjs";
import { call, choosePort } from "./service.mjs";

const API_PORT = 8402;
const RPC_PORT = 8545;
const WALLET_MICROS = 100_000_000;

/** Can the sandbox run here? */
export const hasChain = () => findAnvil() !== null;

/** Ports for the sandbox: those of the last run where they are free. */
export async function choosePorts(before) {
  const api = await choosePort([...(before === undefined ? [] : [before.api]), API_PORT]);
  return { api, rpc: await choosePort([...(before === undefined ? [] : [before.rpc]), RPC_PORT]) };
}

/**
 * What the Worker has to know: where it may call on this machine, and which chain it asks.
 *
 * @param chain Null = there is none.
 * @param ports More that may be called: receivers of webhooks.
 */
export const sandboxVariables = (chain, ports) => ({
  SANDBOX_PORTS: [...(chain === null ? [] : [chain.api, chain.rpc]), ...ports].join(","),
  ...(chain === null ? {} : { X402_RPC_BASE_SEPOLIA: `http://127.0.0.1:${chain.rpc}` }),
});

/**
 * Starts the sandbox and answers when it is ready.
 *
 * @returns {Promise<{ api: string, rpc: string, stopped: Promise<{ words: string }> }>}
 */
export async function startSandbox({ api, rpc }) {
  const args = ["sandbox/run.mjs", "--api-port", String(api), "--rpc-port", String(rpc)];
  const { ready, stopped } = await startBeside("The sandbox", args);
  return { api: ready.api, rpc: ready.rpc, stopped };
}

/**
 * Sees to it that the demo's wallet exists and holds its money. The chain starts afresh with every run, so that a kill can
 * damage nothing of it; the money is minted again.
 *
 * @param address Of the last run: it gets its money before the service looks, which remembers for a while what it saw.
 * @returns {Promise<string>} The active wallet's address.
 */
export async function fundWallet({ origin, admin, rpc, address }) {
  const path = "/api/v1/integrations/x402";
  const chain = chainAt(rpc);
  const topUp = async (to) => {
    const missing = WALLET_MICROS - (await chain.balanceOf(to));
    if (missing > 0) await chain.mint(to, missing);
  };
  if (address !== undefined) await topUp(address);
  const { wallet } = await call(origin, admin, "GET", path);
  const active = wallet ?? (await call(origin, admin, "POST", `${path}/wallets`, { source: "create" }));
  if (active.address === address) return address;
  await topUp(active.address);
  await call(origin, admin, "GET", path);
  return active.address;
}
