/** The ports of the providers' tests. Known before anything listens on them, because the Worker's bindings hold them. */
import { VERSIONS } from "../../sandbox/acp/contract.mjs";
import { isFree } from "../../sandbox/free-port.mjs";

/** A release of the protocol stands for the merchant that speaks it alone. */
const NAMES = ["stripe", "merchant", "catcher", "forbidden", ...VERSIONS];
/** The config module and the global setup are loaded apart from each other, in the same process. */
const VARIABLE = "QUETRA_PROVIDER_PORTS";

/** Below the range from which the system gives ports to others, so that they stay free until the world starts. */
async function choosePorts() {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 900) * 10;
    const ports = NAMES.map((_, at) => first + at);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) {
      return Object.fromEntries(NAMES.map((name, at) => [name, ports[at]]));
    }
  }
}

/** @returns {Promise<Record<string, number>>} The same ones for everybody in this process. */
export async function ports() {
  process.env[VARIABLE] ??= JSON.stringify(await choosePorts());
  return JSON.parse(process.env[VARIABLE]);
}

/** What the Worker under test is bound to. */
export async function providerBindings() {
  const all = await ports();
  const { stripe, merchant } = all;
  return {
    SANDBOX_PORTS: [stripe, merchant, ...VERSIONS.map((version) => all[version])].join(","),
    STRIPE_API_URL: `http://127.0.0.1:${stripe}`,
    X402_RPC_BASE: "",
    X402_RPC_BASE_SEPOLIA: "",
  };
}
