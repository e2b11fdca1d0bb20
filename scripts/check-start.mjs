#!/usr/bin/env node
/**
 * `npm start` as a newcomer meets it: from an empty folder to a URL that a client of each era can use, started again with
 * everything kept, ended with Ctrl-C without a process left behind, and no key in what it prints but where it belongs.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ROOT } from "./start/service.mjs";

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

function start() {
  const child = spawn(process.execPath, ["scripts/start.mjs"], {
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
async function leftovers() {
  for (let attempt = 0; attempt < 20 && ours().length > 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return ours();
}

/** Processes whose command line or environment names this run's folder. */
function ours() {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, "utf8") + readFileSync(`/proc/${pid}/environ`, "utf8");
      return text.includes(folder) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
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
  check(`${era}: lists the tools`, tools.length === 6, `${tools.length}`);
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

const first = start();
const url = await first.ready;
const agents = [];
for (const [era, connect] of Object.entries(ERAS)) agents.push(await spend(era, connect, url));
for (const file of ["demo.json", "secrets.env"]) {
  check(`${file} is for its owner only`, (statSync(join(folder, file)).mode & 0o777) === 0o600);
}
const { keys } = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
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
const kept = await again.callTool({ name: "quetra_transactions", arguments: { agent_id: agents[0] } });
check("started again it has kept everything", kept.structuredContent.transactions.length === 3);
await again.close();
second.child.kill("SIGTERM");
await second.ended;
check("SIGTERM leaves no process", (await leftovers()).length === 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
