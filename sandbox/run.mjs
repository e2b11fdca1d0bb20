#!/usr/bin/env node
/**
 * The world that a wallet needs, on this machine: a chain, a facilitator and a paid API.
 *
 *   node sandbox/run.mjs [--api-port 8402] [--rpc-port 8545]
 *
 * Prints one line of JSON once everything answers, and runs until it is ended or its standard input is closed: a parent
 * that dies closes it, however it died.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keccak256, toHex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { startChain } from "./chain.mjs";
import { startFacilitator } from "./facilitator.mjs";
import { startPaidApi } from "./paid-api.mjs";

/** Who is paid. */
export const PAY_TO = privateKeyToAddress(keccak256(toHex("quetra sandbox: seller")));

/**
 * @param {{ apiPort?: number, rpcPort?: number, blockSeconds?: number, history?: number }} [options]
 */
export async function startSandbox({ apiPort, rpcPort, ...options } = {}) {
  const chain = await startChain({ port: rpcPort, ...options });
  const started = [chain];
  const stop = async () => {
    await Promise.all(started.map((each) => each.stop()));
  };
  try {
    const facilitator = await startFacilitator({ rpcUrl: chain.url });
    started.push(facilitator);
    const api = await startPaidApi({ port: apiPort, facilitatorUrl: facilitator.url, payTo: PAY_TO });
    started.push(api);
    return { chain, facilitator, api, payTo: PAY_TO, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function main() {
  const { values } = parseArgs({ options: { "api-port": { type: "string" }, "rpc-port": { type: "string" } } });
  const port = (text) => (text === undefined ? undefined : Number(text));
  const { chain, api, payTo } = await startSandbox({
    apiPort: port(values["api-port"]),
    rpcPort: port(values["rpc-port"]),
    // Few states are kept, because this may run for days (measured: 64 of them end at 200 MB).
    history: 64,
  });
  // Whoever started this may be gone already; the chain ends with this process.
  process.stdin
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0))
    .resume();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(0));
  console.log(JSON.stringify({ api: api.url, rpc: chain.url, pay_to: payTo }));
  throw new Error(`The chain has stopped. ${await chain.ended}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
