/** The ports of the x402 tests. Known before anything listens on them, because the Worker's bindings hold them. */
import { findAnvil } from "../../sandbox/chain.mjs";
import { isFree } from "../../sandbox/free-port.mjs";

const NAMES = ["rpc", "api", "seller", "other", "forbidden", "rpcA", "rpcB"];
/** The config module and the global setup are loaded apart from each other, in the same process. */
const VARIABLE = "QUETRA_X402_PORTS";

/** Below the range from which the system gives ports to others, so that they stay free until the world starts. */
export async function choosePorts() {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 1_000) * 10;
    const ports = NAMES.map((_, at) => first + at);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) {
      return Object.fromEntries(NAMES.map((name, at) => [name, ports[at]]));
    }
  }
}

/** @returns {Promise<Record<string, number> | null>} The same ones for everybody in this process; null without anvil. */
export async function ports() {
  if (findAnvil() === null) return null;
  process.env[VARIABLE] ??= JSON.stringify(await choosePorts());
  return JSON.parse(process.env[VARIABLE]);
}

/** What the Worker under test is bound to. The service asks the two endpoints; the tests ask the chain itself. */
export async function worldBindings() {
  const chosen = await ports();
  if (chosen === null) return { SANDBOX_PORTS: "", X402_RPC_BASE: "", X402_RPC_BASE_SEPOLIA: "" };
  const { api, seller, other, rpcA, rpcB } = chosen;
  return {
    SANDBOX_PORTS: [api, seller, other, rpcA, rpcB].join(","),
    X402_RPC_BASE: "",
    X402_RPC_BASE_SEPOLIA: `http://127.0.0.1:${rpcA},http://127.0.0.1:${rpcB}`,
  };
}
