/** A chain on this machine: anvil as Base Sepolia, with a stand-in of USDC at the real token's address. */
import { accessSync, constants, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { CHAIN_ID, chainAt, USDC } from "./chain-handles.mjs";
import { compile } from "./compile.mjs";
import { freePort } from "./free-port.mjs";
import { spawnTied } from "./lifeline.mjs";

const MULTICALL = "0xcA11bde05977b3631167028862bE2a173976CA11";

/** Path of an anvil that runs here: the one that npm installed, else the one on the PATH; null when there is none. */
export function findAnvil() {
  const name = process.platform === "win32" ? "anvil.exe" : "anvil";
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  try {
    const manifest = createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/package.json");
    if (process.platform === "linux" && process.arch === "x64") folders.unshift(join(dirname(manifest), "bin"));
  } catch {
    // An optional package: not installed on other platforms.
  }
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * How the chain makes blocks. Mixed mining: every transaction at once in a block of its own, and an empty block every two
 * seconds as on Base, so that time passes and `safe` (one block behind the head) and `finalized` (two) follow although
 * nobody pays. Blocks of one second share its timestamp: 200 payments at once leave the chain's clock at the wall's
 * (measured, anvil 1.7.1). The genesis block stays number 0: a search for events from there looks at every number.
 *
 * History is pruned because anvil otherwise writes the state after every block to a folder in the user's home (measured:
 * 4 GB after 4,000 blocks), and nobody removes it after a kill.
 */
const arguments_ = ({ port, blockSeconds, history }) => [
  ...["--host", "127.0.0.1", "--port", String(port), "--chain-id", String(CHAIN_ID), "--silent"],
  ...["--block-time", String(blockSeconds), "--mixed-mining", "--slots-in-an-epoch", "1"],
  ...["--prune-history", String(history)],
];

/**
 * @typedef {Awaited<ReturnType<typeof startChain>>} Chain
 * @param {{ port?: number, blockSeconds?: number, history?: number }} [options] `history`: blocks whose state is kept.
 */
export async function startChain({ port: wanted, blockSeconds = 2, history = 300 } = {}) {
  const anvil = findAnvil();
  if (anvil === null) throw new Error("There is no anvil here: install Foundry, so that it is on the PATH.");
  const code = compile();
  // Looked at below, after the chain answers: until then nobody waits for it.
  code.catch(() => {});
  const port = wanted ?? (await freePort());
  const { ended, end } = spawnTied(anvil, arguments_({ port, blockSeconds, history }));
  const chain = chainAt(`http://127.0.0.1:${port}`);
  let hasEnded = false;
  const failed = ended.then((words) => {
    hasEnded = true;
    throw new Error(`anvil ended: ${words}`);
  });
  failed.catch(() => {});
  try {
    await Promise.race([isUp(chain, () => hasEnded), failed]);
    const { token, multicall } = await code;
    await Promise.all([chain.rpc("anvil_setCode", [USDC, token]), chain.rpc("anvil_setCode", [MULTICALL, multicall])]);
    // So that `safe` and `finalized` are blocks that have the token.
    for (let blocks = 0; blocks < 3; blocks += 1) await chain.rpc("evm_mine");
  } catch (error) {
    await end();
    throw error;
  }
  return { ...chain, port, ended, stop: end };
}

async function isUp({ rpc }, hasEnded) {
  const until = Date.now() + 20_000;
  while (Date.now() < until && !hasEnded()) {
    const chainId = await rpc("eth_chainId").catch(() => null);
    if (Number(chainId) === CHAIN_ID) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("The chain did not answer within 20 seconds.");
}
