/**
 * The world of the x402 tests: a chain, an honest seller, a hostile one and two RPC endpoints of changing quality, all on
 * 127.0.0.1, on the ports of `ports.mjs`.
 */
import { startChain } from "../../sandbox/chain.mjs";
import { startFacilitator } from "../../sandbox/facilitator.mjs";
import { startPaidApi } from "../../sandbox/paid-api.mjs";
import { PAY_TO } from "../../sandbox/run.mjs";
import { startHostileSeller } from "./hostile-seller.mjs";
import { ports } from "./ports.mjs";
import { startRpcProxy } from "./rpc-proxy.mjs";

/**
 * What tests are told.
 *
 * @typedef {{
 *   rpc: string, api: string, seller: string, other: string, rpcA: string, rpcB: string, forbiddenPort: number, payTo: string,
 * }} World
 * @param {Record<string, number>} chosen
 * @returns {World}
 */
const worldOf = ({ forbidden, ...rest }) => ({
  ...Object.fromEntries(Object.entries(rest).map(([name, port]) => [name, `http://127.0.0.1:${port}`])),
  forbiddenPort: forbidden,
  payTo: PAY_TO,
});

export async function startWorld(chosen) {
  const chain = await startChain({ port: chosen.rpc });
  const started = [chain];
  const stop = async () => {
    await Promise.all(started.map((each) => each.stop()));
  };
  try {
    const facilitator = await startFacilitator({ rpcUrl: chain.url });
    started.push(facilitator);
    const rest = await Promise.all([
      startPaidApi({ port: chosen.api, facilitatorUrl: facilitator.url, payTo: PAY_TO }),
      startHostileSeller({
        rpcUrl: chain.url,
        port: chosen.seller,
        otherPort: chosen.other,
        forbiddenPort: chosen.forbidden,
      }),
      startRpcProxy({ rpcUrl: chain.url, port: chosen.rpcA }),
      startRpcProxy({ rpcUrl: chain.url, port: chosen.rpcB }),
    ]);
    started.push(...rest);
    return { world: worldOf(chosen), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Vitest's global setup: runs only when a test of the project is in the run. */
export default async function setup(project) {
  const chosen = await ports();
  if (chosen === null) {
    console.warn("No anvil on this platform: the tests that need a chain are skipped.");
    project.provide("x402World", null);
    return;
  }
  const { world, stop } = await startWorld(chosen);
  project.provide("x402World", world);
  return stop;
}
