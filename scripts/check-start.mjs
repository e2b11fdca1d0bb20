#!/usr/bin/env node
/**
 * `npm start` as a newcomer meets it: from an empty folder to a URL that a client of each era can use, started again with
 * everything kept, ended with Ctrl-C without a process left behind, and no key in what it prints but where it belongs.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { chainAt } from "../sandbox/chain-handles.mjs";
import { PAY_TO } from "../sandbox/run.mjs";
import { startReceiver } from "../test/crash/receiver.mjs";
import { hasChain } from "./start/sandbox.mjs";
import { call, ROOT } from "./start/service.mjs";

const folder = mkdtempSync(join(tmpdir(), "quetra-start-"));
let running;
process.on("exit", () => {
  running?.child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

let passed = 0;
let failed = 0;
function check(name, condition, detail = "") {
  if (condition) passed += 1;
  else failed += 1;
  console.log(`${condition ? "ok  " : "FAIL"} ${name}${condition ? "" : ` ${detail}`}`);
}

function start(...args) {
  const child = spawn(process.execPath, ["scripts/start.mjs", ...args], {
    cwd: ROOT,
    env: { ...process.env, QUETRA_STATE_DIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const ready = new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      if (!output.includes("Ctrl-C stops")) return;
      clearInterval(timer);
      resolve(/http:\/\/127\.0\.0\.1:\d+\/sk_quetra_test_\w+\/mcp/.exec(output)[0]);
    }, 50);
    ended.then(() => {
      clearInterval(timer);
      reject(new Error(`npm start ended:\n${output}`));
    });
  });
  running = { child, ended, ready, output: () => output };
  return running;
}

/** What is left of this run's processes two seconds after its end: the kernel takes a moment to end killed ones. */
async function leftovers(name = "") {
  for (let attempt = 0; attempt < 20 && ours(name).length > 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return ours(name);
}

/** Processes whose command line or environment names this run's folder, and whose command line has `name` in it. */
function ours(name = "") {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const text = command + readFileSync(`/proc/${pid}/environ`, "utf8");
      const isZombie = readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
      return text.includes(folder) && command.includes(name) && !isZombie;
    } catch {
      return false;
    }
  });
}

const ERAS = {
  "2026-07-28": async (url) => {
    const client = new Client({ name: "check", version: "1" }, { versionNegotiation: { mode: "auto" } });
    await client.connect(new StreamableHTTPClientTransport(url));
    return client;
  },
  "2025-11-25, current client": async (url) => {
    const client = new Client({ name: "check", version: "1" });
    await client.connect(new StreamableHTTPClientTransport(url));
    return client;
  },
  "2025-11-25, former client": async (url) => {
    const client = new ClientV1({ name: "check", version: "1" });
    await client.connect(new TransportV1(url));
    return client;
  },
};

/** list → can_spend → evaluate → settle → transactions */
async function spend(era, connect, url) {
  const client = await connect(new URL(url));
  const tool = async (name, args) => (await client.callTool({ name, arguments: args })).structuredContent;
  const { tools } = await client.listTools();
  check(`${era}: lists the tools`, tools.length === 9, `${tools.length}`);
  const { agents } = await tool("quetra_list_agents", {});
  const agent_id = agents.find(({ name }) => name === "research").id;
  const purchase = { agent_id, amount: 2.5, vendor: "https://api.openweathermap.org/data", category: "data" };
  check(`${era}: could spend`, (await tool("quetra_can_spend", purchase)).outcome === "approved");
  const held = await tool("quetra_evaluate", { ...purchase, idempotency_key: crypto.randomUUID() });
  check(`${era}: holds`, held.outcome === "approved" && held.vendor === "api.openweathermap.org");
  const { transaction_id } = held;
  const settled = await tool("quetra_settle", { agent_id, transaction_id, amount_charged: 2.5 });
  check(`${era}: settles`, settled.transaction.status === "completed");
  const { transactions } = await tool("quetra_transactions", { agent_id, transaction_id });
  check(`${era}: finds it again`, transactions[0].amount_settled === 2.5);
  await client.close();
  return agent_id;
}

const readDemo = () => JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));

/** Buys a forecast from the sandbox's API as the welcome text says, and looks at the chain, the ledger and the budget. */
async function pay(run, url) {
  const { agents, sandbox } = readDemo();
  const agent_id = agents.research;
  const shop = `http://127.0.0.1:${sandbox.api}/premium/weather?city=Ljubljana`;
  const chain = chainAt(`http://127.0.0.1:${sandbox.rpc}`);
  const client = await ERAS["2026-07-28"](new URL(url));
  const tool = async (name, args) => (await client.callTool({ name, arguments: args })).structuredContent;
  const settled = async () => {
    const { budgets } = await tool("quetra_check_budget", { agent_id });
    return Math.round(budgets.find(({ period }) => period === "monthly").settled * 100);
  };
  const money = async () => [await chain.balanceOf(sandbox.wallet), await chain.balanceOf(PAY_TO)];

  check(`${run}: the welcome text says where to buy`, running.output().includes(shop));
  const [wallet, seller] = await money();
  check(`${run}: the demo's wallet holds 100 USDC`, wallet === 100_000_000, `${wallet}`);
  const before = await settled();
  const order = { agent_id, url: shop, category: "data", idempotency_key: crypto.randomUUID() };
  const bought = await tool("quetra_fetch", order);
  check(
    `${run}: quetra_fetch pays`,
    bought.outcome === "paid" && bought.payment.amount === 0.05,
    JSON.stringify(bought),
  );
  check(`${run}: and brings what was paid for`, bought.content?.text?.includes('"city":"Ljubljana"') === true);
  check(
    `${run}: payer and seller moved by exactly the price`,
    `${await money()}` === `${[wallet - 50_000, seller + 50_000]}`,
  );
  const { transactions } = await tool("quetra_transactions", { agent_id, transaction_id: bought.transaction_id });
  const hash = transactions[0].payment?.settlement_hash;
  check(
    `${run}: the transaction is completed, with its hash`,
    transactions[0].status === "completed" && /^0x[0-9a-f]{64}$/.test(hash),
  );
  const receipt = await chain.rpc("eth_getTransactionReceipt", [hash]);
  check(`${run}: the chain knows that hash`, receipt?.status === "0x1");
  check(`${run}: the budget is down by the price`, (await settled()) === before + 5);
  const again = await tool("quetra_fetch", order);
  check(`${run}: asked again it pays nothing`, again.replayed === true && (await money())[0] === wallet - 50_000);
  await client.close();
}

/** Charges the card and buys from the merchant as the welcome text says; ledger, Stripe and merchant must agree. */
async function shop(run, url) {
  const { providers, keys } = readDemo();
  const agent_id = providers.agent;
  const merchant_url = `http://127.0.0.1:${providers.merchant}`;
  const client = await ERAS["2026-07-28"](new URL(url));
  const tool = async (name, args) => (await client.callTool({ name, arguments: args })).structuredContent;
  const stripe = async () => (await fetch(`http://127.0.0.1:${providers.stripe}/_control/state`)).json();
  const merchant = async () => (await fetch(`${merchant_url}/_control/state`)).json();
  const settled = async () => {
    const { budgets } = await tool("quetra_check_budget", { agent_id });
    return Math.round(budgets[0].settled * 100);
  };
  check(`${run}: the welcome text says where to shop`, running.output().includes(merchant_url));
  const before = await settled();

  const order = { agent_id, amount: 12.34, currency: "USD", idempotency_key: crypto.randomUUID() };
  const charged = await tool("quetra_stripe_charge", order);
  check(`${run}: quetra_stripe_charge charges`, charged.outcome === "charged", JSON.stringify(charged));
  const again = await tool("quetra_stripe_charge", order);
  check(`${run}: asked again it charges nothing`, again.replayed === true && again.outcome === "charged");
  const intents = (await stripe()).payment_intents.filter(({ id }) => id === charged.payment_intent);
  check(
    `${run}: Stripe has it once, to the cent`,
    intents.length === 1 && intents[0].status === "succeeded" && intents[0].amount_received === 1234,
  );

  const cart = { agent_id, merchant_url, items: [{ id: "paper", quantity: 2 }], max_amount: 40 };
  const bought = await tool("quetra_acp_checkout", { ...cart, idempotency_key: crypto.randomUUID() });
  check(`${run}: quetra_acp_checkout buys`, bought.outcome === "ordered", JSON.stringify(bought));
  const { orders, violations } = await merchant();
  const placed = orders.find(({ id }) => id === bought.order_id);
  const total = Math.round(bought.amount * 100);
  check(`${run}: the merchant has the order, paid to the cent`, placed?.paid === total, JSON.stringify(placed));
  check(`${run}: every request fits the published schema`, violations.length === 0, JSON.stringify(violations));
  const paid = (await stripe()).payment_intents.find(({ id }) => id === placed.payment);
  check(`${run}: Stripe has that payment once`, paid?.status === "succeeded" && paid.amount_received === total);
  check(`${run}: the budget is down by both`, (await settled()) === before + 1234 + total);
  const capped = await tool("quetra_acp_checkout", { ...cart, max_amount: 20, idempotency_key: crypto.randomUUID() });
  check(`${run}: above max_amount it buys nothing`, capped.outcome === "failed", JSON.stringify(capped));

  const refund = await call(
    new URL(url).origin,
    keys.admin,
    "POST",
    `/api/v1/transactions/${charged.transaction_id}/refund`,
    {
      amount: 2.34,
    },
  );
  check(`${run}: a refund of part returns that part`, refund.amount_refunded === 2.34, JSON.stringify(refund));
  check(`${run}: to the budget as well`, (await settled()) === before + 1000 + total);
  await client.close();
}

/** A receiver of the newcomer's own hears of a spend; a person decides by the link in it; the same call then completes. */
async function hear(url, receiver) {
  const origin = new URL(url).origin;
  const { agents, keys } = readDemo();
  const agent_id = agents.research;
  const endpoint = { url: receiver.url, description: "Check", events: ["transaction.*"], approval_links: true };
  receiver.trust((await call(origin, keys.admin, "POST", "/api/v1/webhooks", endpoint)).secret);
  const client = await ERAS["2026-07-28"](new URL(url));
  const tool = async (name, args) => (await client.callTool({ name, arguments: args })).structuredContent;
  const bodies = () => [...receiver.seen.values()].map(({ body }) => JSON.parse(body));
  const heard = async (type, id) => {
    const it = ({ type: its, data }) => its === type && data.transaction_id === id;
    for (let attempt = 0; attempt < 300 && !bodies().some(it); attempt++) await sleep(100);
    return bodies().find(it);
  };

  const purchase = { agent_id, vendor: "https://api.example.com", category: "data" };
  const held = await tool("quetra_evaluate", { ...purchase, amount: 1.5, idempotency_key: crypto.randomUUID() });
  await tool("quetra_settle", { agent_id, transaction_id: held.transaction_id, amount_charged: 1.5 });
  const approved = await heard("transaction.approved", held.transaction_id);
  check("a receiver hears of the approval", approved?.data.amount === 1.5, JSON.stringify(bodies()));
  check("and of the settlement", (await heard("transaction.completed", held.transaction_id)) !== undefined);

  const asked = { ...purchase, amount: 20, idempotency_key: crypto.randomUUID() };
  const pending = await tool("quetra_evaluate", asked);
  check("a purchase above the threshold waits for a person", pending.outcome === "pending_approval");
  const link = (await heard("transaction.pending_approval", pending.transaction_id))?.data.approval_link;
  check("the receiver gets a link that decides", typeof link === "string" && link.startsWith(`${origin}/approve/`));
  check("the agent gets none", !JSON.stringify(pending).includes("/approve/"));
  const page = await (await fetch(link)).text();
  check("the page shows the amount and the vendor", page.includes("20") && page.includes("api.example.com"));
  const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, n, v]) => [n, v]);
  const form = new URLSearchParams([...hidden, ["decision", "approve"]]);
  const decide = () => fetch(link, { method: "POST", body: form, headers: { origin } });
  check("a person approves", (await decide()).status === 200);
  check("the link works once", (await decide()).status === 409);
  const again = await tool("quetra_evaluate", asked);
  check("the same call is now approved", again.outcome === "approved", JSON.stringify(again));
  check("every event came once, and each verifies", receiver.findings.length === 0, receiver.findings.join("; "));
  const often = [...receiver.seen].filter(([, { times }]) => times > 1);
  check("none came twice", often.length === 0, JSON.stringify(often));
  await client.close();
}

/** The record, exported as an auditor does, verifies offline with the published keys; with one letter changed it does not. */
async function audit(url) {
  const origin = new URL(url).origin;
  const { keys, organization } = readDemo();
  const read = async (path) =>
    (await fetch(`${origin}/api/v1${path}`, { headers: { authorization: `Bearer ${keys.read}` } })).text();
  const [log, jwks] = [join(folder, "log.jsonl"), join(folder, "jwks.json")];
  writeFileSync(jwks, await read(`/organizations/${organization}/jwks.json`));
  const exported = await read("/audit/export");
  const verify = (text) => {
    writeFileSync(log, text);
    return spawnSync(process.execPath, ["bin/quetra.mjs", "verify", log, "--jwks", jwks], { cwd: ROOT }).status;
  };
  check("the exported log verifies offline", verify(exported) === 0);
  check(
    "and not with one letter changed",
    verify(exported.replace("transaction.approved", "transaction.approvee")) === 1,
  );
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const receiver = await startReceiver();
const first = start("--allow-port", String(receiver.port));
const url = await first.ready;
// The demo has a month behind it, which is told apart from what happens here.
const since = new Date().toISOString();
const agents = [];
for (const [era, connect] of Object.entries(ERAS)) agents.push(await spend(era, connect, url));
for (const file of ["demo.json", "secrets.env"]) {
  check(`${file} is for its owner only`, (statSync(join(folder, file)).mode & 0o777) === 0o600);
}
await hear(url, receiver);
await audit(url);
receiver.stop();
if (hasChain()) await pay("first run", url);
else console.log("skip x402: there is no anvil for this platform");
await shop("first run", url);
const { keys, people, mailbox } = readDemo();
check(
  "prints where and how to sign in to the dashboard",
  first.output().includes(`${new URL(url).origin}/dashboard`) && first.output().includes(people.password),
);
check("the mailbox has its page", (await fetch(`http://127.0.0.1:${mailbox.port}/`)).status === 200);
check(
  "prints no key but the one in the MCP URL",
  [keys.admin, keys.read, keys.approve].every((key) => !first.output().includes(key)) &&
    first.output().split(keys.spend).length - 1 === 3,
);
first.child.kill("SIGINT");
check("Ctrl-C ends it well", (await first.ended) === 0);
check("Ctrl-C leaves no process", (await leftovers()).length === 0);

const second = start();
check("started again it has the same URL", (await second.ready) === url);
const again = await ERAS["2026-07-28"](new URL(url));
const kept = await again.callTool({ name: "quetra_transactions", arguments: { agent_id: agents[0], since } });
check("started again it has kept everything", kept.structuredContent.transactions.length === (hasChain() ? 6 : 5));
await again.close();
if (hasChain()) await pay("second run", url);
await shop("second run", url);
second.child.kill("SIGTERM");
await second.ended;
check("SIGTERM leaves no process", (await leftovers()).length === 0);

// A folder of a version that knew no wallets.
const secretsFile = join(folder, "secrets.env");
const older = readFileSync(secretsFile, "utf8").replace(/^SEALING_SECRETS=.*\n/m, "");
writeFileSync(secretsFile, older);
const third = start();
await third.ready;
const newer = readFileSync(secretsFile, "utf8");
check("an older folder gets what it lacks", newer.startsWith(older) && /^SEALING_SECRETS=s1:\w{64}$/m.test(newer));
if (hasChain()) {
  third.child.kill("SIGKILL");
  await third.ended;
  check("the chain ends even with a killed parent", (await leftovers("anvil")).length === 0);
}
// The service's own processes outlive a SIGKILL of their parent.
for (const pid of ours()) {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // Ended meanwhile.
  }
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
