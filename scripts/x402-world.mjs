/** A service that can pay, and programs of others that are paid: processes of their own, all on this machine. */
import { text } from "node:stream/consumers";
import { startFresh } from "./start/fresh.mjs";
import { call, run } from "./start/service.mjs";

/** Micros: what the wallet starts with. */
const DEPOSIT = 10_000_000;

/**
 * The service with a funded wallet and an agent who may use it.
 *
 * @param {{ chain: import("../sandbox/chain.mjs").Chain, ports: readonly number[] }} options `ports`: of this machine,
 *   that the service may call.
 */
export async function startPayingService({ chain, ports }) {
  const { origin, admin, agent, mcp } = await startFresh({
    SEALING_SECRETS: `s1:${crypto.randomUUID()}${crypto.randomUUID()}`,
    SANDBOX_PORTS: [chain.port, ...ports].join(","),
    X402_RPC_BASE_SEPOLIA: chain.url,
  });
  const api = (method, path, body) => call(origin, admin, method, `/api/v1${path}`, body);
  const { address } = await api("POST", "/integrations/x402/wallets", { source: "create" });
  await chain.mint(address, DEPOSIT);
  return {
    api,
    wallet: address,
    /** What the agent is told when it calls `quetra_fetch`. */
    pay: (request) => callTool(mcp, "quetra_fetch", { agent_id: agent, ...request }),
  };
}

let calls = 0;

/** @returns The tool's structured answer. Throws when there is none. */
async function callTool(url, name, args) {
  calls += 1;
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "quetra-x402-world", version: "1" },
  };
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: calls,
      method: "tools/call",
      params: { name, arguments: args, _meta: meta },
    }),
  });
  const answer = await response.json();
  const content = answer.result?.structuredContent;
  if (content === undefined) throw new Error(`${name}: HTTP ${response.status} ${JSON.stringify(answer)}`);
  return content;
}

/**
 * Starts a program that prints `{"port": …}` once it hears, and ends when its standard input closes: so it ends with this
 * process, however that ends.
 */
export async function startSeller(file, args) {
  const { child, ended } = run("node", [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const outcome = await Promise.race([
    portOf(child.stdout),
    ended.then(({ code, error }) => ({ problem: error?.message ?? `exit code ${code}` })),
  ]);
  if (outcome.problem !== undefined) throw new Error(`${file} did not start: ${outcome.problem}`);
  return { port: outcome.port, url: `http://127.0.0.1:${outcome.port}` };
}

/** Libraries greet on standard output too. */
const portOf = (stream) =>
  new Promise((resolve) => {
    let said = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk) => {
      said += chunk;
      const line = /^\{"port":\d+\}$/m.exec(said);
      if (line !== null) resolve(JSON.parse(line[0]));
    });
  });

/** Runs a program that reads a private key from its standard input and prints one line of JSON; answers that. */
export async function runBuyer(file, args, key) {
  const { child, ended } = run("node", [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(key);
  const [{ code, error }, said] = await Promise.all([ended, text(child.stdout)]);
  if (code !== 0) throw new Error(`${file}: ${error?.message ?? `exit code ${code}`}`);
  return JSON.parse(said);
}
