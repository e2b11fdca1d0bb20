/**
 * What a governed fetch costs, in the same run as what it is measured against:
 *
 * - paid: quetra_fetch beside `@x402/fetch` in Node, both paying the same API of the sandbox;
 * - unpaid: quetra_fetch beside a bare Worker that only fetches.
 *
 * One call at a time, in alternating rounds. A paid call is mostly the seller's and the chain's time on both sides.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Agent, createServer, request } from "node:http";
import { join } from "node:path";
import { ExactEvmScheme } from "@x402/evm";
import { wrapFetchWithPaymentFromConfig } from "@x402/fetch";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { findAnvil } from "../sandbox/chain.mjs";
import { CHAIN_ID, chainAt } from "../sandbox/chain-handles.mjs";
import { json, provision, ROOT, serve, toolCall } from "./service.mjs";
import { median } from "./statistics.mjs";

const DEPOSIT = 1_000_000_000_000;
const TERMS = {
  currency: "USD",
  per_transaction_limit: 1,
  budgets: [{ period: "total", limit: 1_000_000 }],
  rules: [],
};
/** Calls whose requests and writes are counted, after as many that warm up. */
const COUNTED = 5;

/** @returns Null where there is no chain. */
export async function benchX402({ script, folder, rounds, callsPerRound, say }) {
  if (findAnvil() === null) {
    console.error("x402: SKIPPED, there is no anvil for this platform");
    return null;
  }
  const sandbox = await startSandbox();
  const counter = await startCounter(sandbox.api);
  const service = await serve(script, join(folder, "x402"), {
    bare: true,
    variables: {
      SEALING_SECRETS: `s1:${randomBytes(32).toString("hex")}`,
      SANDBOX_PORTS: [sandbox.api, sandbox.rpc, counter.url].map((url) => new URL(url).port).join(","),
      X402_RPC_BASE_SEPOLIA: sandbox.rpc,
    },
  });
  const organization = await provision(service.origin, "evaluate", TERMS);
  const chain = chainAt(sandbox.rpc);
  await chain.mint(await createWallet(service, organization), DEPOSIT);

  const counts = await count(service, organization, counter);
  say(`\nquetra_fetch, one call at a time, ${rounds} alternating rounds of ${callsPerRound} calls`);
  const variants = await createVariants(service, organization, sandbox, chain);
  const medians = await alternate(variants, rounds, callsPerRound);
  const pairs = {
    paid: pair(medians, "quetra_fetch, paid", "@x402/fetch in Node"),
    unpaid: pair(medians, "quetra_fetch, 200", "bare Worker"),
  };
  await Promise.all([service.stop(), counter.stop()]);
  sandbox.stop();
  for (const [name, each] of Object.entries(medians)) say(`  ${name.padEnd(34)}${each.toFixed(1).padStart(9)} ms`);
  say(`  paid: ${pairs.paid} times @x402/fetch; unpaid: ${pairs.unpaid} times the bare Worker`);
  for (const [name, { requests, paying, use }] of Object.entries(counts)) {
    say(
      `  ${name}: ${requests} requests to the seller, ${paying} of them with a payment; ${use.commits} commits, ` +
        `${use.rows_read} rows read, ${use.rows_written} written`,
    );
  }
  return { median_ms: medians, ratio: pairs, counts };
}

const pair = (medians, ours, theirs) => Math.round((medians[ours] / medians[theirs]) * 100) / 100;

/** Chain, facilitator and paid API in a process of their own, so that they do not share the thread of what is measured. */
async function startSandbox() {
  const child = spawn(process.execPath, [join(ROOT, "sandbox/run.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  const ready = await new Promise((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(JSON.parse(line)));
    child.once("exit", () => reject(new Error("the sandbox ended before it was ready")));
  });
  // It ends with its standard input.
  return { ...ready, stop: () => child.stdin.end() };
}

/** Stands before the seller and counts. Timed calls do not go through it. */
async function startCounter(seller) {
  let counted = { requests: 0, paying: 0 };
  const server = createServer(async (incoming, outgoing) => {
    counted.requests += 1;
    const { "payment-signature": payment } = incoming.headers;
    if (payment !== undefined) counted.paying += 1;
    const headers = payment === undefined ? {} : { "payment-signature": payment };
    const answer = await fetch(`${seller}${incoming.url}`, { headers });
    const body = await answer.text();
    const quote = answer.headers.get("payment-required");
    outgoing.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "text/plain",
      ...(quote === null ? {} : { "payment-required": quote }),
    });
    outgoing.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    take: () => {
      const taken = counted;
      counted = { requests: 0, paying: 0 };
      return taken;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function createWallet(service, organization) {
  const response = await fetch(`${service.origin}/api/v1/integrations/x402/wallets`, {
    method: "POST",
    headers: { authorization: `Bearer ${organization.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ source: "create" }),
  });
  return (await json(response)).address;
}

const fetchCall = (organization, url) =>
  toolCall("quetra_fetch", { agent_id: organization.agent, url, idempotency_key: crypto.randomUUID() });

/** Requests and storage use of one paid and one unpaid fetch. What the alarm does meanwhile counts for nobody: the least. */
async function count(service, organization, counter) {
  const kinds = { paid: [`${counter.url}/weather`, "paid"], unpaid: [`${counter.url}/`, "response"] };
  const found = {};
  for (const [kind, [target, outcome]] of Object.entries(kinds)) {
    const samples = [];
    for (let call = 0; call < 2 * COUNTED; call++) {
      counter.take();
      const url = `${service.origin}/bench/${organization.key}/mcp?organization=${organization.id}`;
      const { answer, use } = await json(await fetch(url, { method: "POST", ...fetchCall(organization, target) }));
      if (answer.result?.structuredContent?.outcome !== outcome) throw new Error(JSON.stringify(answer));
      if (call >= COUNTED) samples.push({ ...counter.take(), use });
    }
    const requests = new Set(samples.map((sample) => `${sample.requests} ${sample.paying}`));
    if (requests.size > 1) throw new Error(`the ${kind} calls sent different numbers of requests`);
    found[kind] = samples.reduce((least, sample) => (sample.use.commits < least.use.commits ? sample : least));
  }
  return found;
}

/** Each answers when its call is done, and throws when it was not what it should be. */
async function createVariants(service, organization, { api }, chain) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const account = privateKeyToAccount(generatePrivateKey());
  await chain.mint(account.address, DEPOSIT);
  const schemes = [{ network: `eip155:${CHAIN_ID}`, client: new ExactEvmScheme(account) }];
  const fetchPaying = wrapFetchWithPaymentFromConfig(fetch, { schemes });

  const ours = (target, outcome) => async () => {
    const { headers, body } = fetchCall(organization, target);
    const text = await send({ agent, port: service.http, path: `/${organization.key}/mcp`, headers, body });
    if (!text.includes(`"outcome":"${outcome}"`)) throw new Error(`not ${outcome}: ${text.slice(0, 600)}`);
  };
  return {
    "quetra_fetch, paid": ours(`${api}/weather`, "paid"),
    "@x402/fetch in Node": async () => {
      const response = await fetchPaying(`${api}/weather`);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`not paid: HTTP ${response.status} ${text.slice(0, 600)}`);
    },
    "quetra_fetch, 200": ours(`${api}/`, "response"),
    "bare Worker": async () => {
      const path = `/?url=${encodeURIComponent(`${api}/`)}`;
      const text = await send({ agent, port: service.bare, path });
      if (!text.includes("Sandbox")) throw new Error(`not fetched: ${text.slice(0, 600)}`);
    },
  };
}

/** Median latency in ms of each variant: the median of its rounds' medians. */
async function alternate(variants, rounds, callsPerRound) {
  const medians = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
  // The first rounds are for caches and compilers.
  for (let round = -2; round < rounds; round++) {
    for (const [name, call] of Object.entries(variants)) {
      const times = [];
      for (let number = 0; number < callsPerRound; number++) {
        const start = performance.now();
        await call();
        times.push(performance.now() - start);
      }
      if (round >= 0) medians[name].push(median(times));
    }
  }
  return Object.fromEntries(Object.entries(medians).map(([name, each]) => [name, median(each)]));
}

function send({ agent, port, path, headers = {}, body = "" }) {
  return new Promise((resolve, reject) => {
    const method = body === "" ? "GET" : "POST";
    const length = body === "" ? {} : { "content-length": Buffer.byteLength(body) };
    const outgoing = request({ agent, port, path, host: "127.0.0.1", method, headers: { ...headers, ...length } });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    outgoing.end(body);
  });
}
