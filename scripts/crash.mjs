#!/usr/bin/env node
/**
 * Kills the service again and again while money moves, and checks that every answer that anyone was given still holds.
 *
 *   node scripts/crash.mjs [--kills N] [--seed S] [--spenders N]
 *   node scripts/crash.mjs --control      must fail: a gateway acknowledges purchases from memory
 *
 * The runtime process, which holds the databases, gets SIGKILL at random moments; 30 % of the batches to D1 fail. Loopback
 * only, state in a temporary folder, Linux (processes are found by /proc). Ends by itself; exit 0 = every point passed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

// The databases are read with node:sqlite, which Node 20 does not have; the package `node` brings one that does.
const BUNDLED_NODE = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules/node/bin/node");
if (!process.version.startsWith("v24.") && existsSync(BUNDLED_NODE)) {
  process.exit(spawnSync(BUNDLED_NODE, process.argv.slice(1), { stdio: "inherit" }).status ?? 1);
}
process.removeAllListeners("warning");
const { createClient } = await import("../test/crash/client.mjs");
const { startGateway } = await import("../test/crash/control.mjs");
const { messagesOnTheirWay, readDisk, readLedger } = await import("../test/crash/ledger.mjs");
const { judge } = await import("../test/crash/oracle.mjs");
const { startReceiver } = await import("../test/crash/receiver.mjs");
const { createRandom } = await import("../test/crash/random.mjs");
const { print, recoveryTimes } = await import("../test/crash/report.mjs");
const { createOrganization, startService } = await import("../test/crash/service.mjs");
const { recovered, sleep, untilD1HasAll, untilDelivered } = await import("../test/crash/waiting.mjs");
const { createDiary, spend } = await import("../test/crash/spender.mjs");

const { values: options } = parseArgs({
  options: {
    kills: { type: "string", default: "30" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    spenders: { type: "string", default: "24" },
    control: { type: "boolean", default: false },
  },
});
const wanted = Number(options.kills);
const seed = Number(options.seed);
const AGENTS = 4;

const state = mkdtempSync(join(tmpdir(), "quetra-crash-"));
process.on("exit", () => rmSync(state, { recursive: true, force: true }));
process.on("uncaughtException", broke);
process.on("unhandledRejection", broke);
/** Not the exit code of a point that failed, which is what the control is asked for. */
function broke(error) {
  console.error(error);
  process.exit(2);
}
setTimeout(() => broke("the run took too long and was ended"), 480_000 + wanted * 12_000).unref();

console.log(
  `crash run: ${wanted} kills, ${options.spenders} spenders, seed ${seed}${options.control ? ", CONTROL: it must fail" : ""}`,
);
const began = Date.now();
const receiver = await startReceiver();
// Nobody listens on the second one: an endpoint that is dead must not matter to the other.
const dead = await startReceiver();
dead.stop();
const service = await startService(state, {
  SANDBOX_PORTS: `${receiver.port},${dead.port}`,
  SEALING_SECRETS: `c1:${crypto.randomUUID()}${crypto.randomUUID()}`,
});
const gateway = options.control ? await startGateway(service.origin) : null;
const client = createClient(service.origin, gateway?.origin);
const { organization, keys, agents, types, since } = await prepare();

const diary = createDiary();
const kills = [];
const heads = [];
let running = true;
const nonce = crypto.randomUUID().slice(0, 8);
const spenders = Array.from({ length: Number(options.spenders) }, (_, index) =>
  spend({
    client,
    keys,
    diary,
    agent: agents[index % AGENTS],
    random: createRandom(seed * 1_000 + index),
    name: `${nonce}-${index}`,
    running: () => running,
  }),
);
const watching = watchHeads();
await killAgainAndAgain(createRandom(seed));
await sleep(500);
running = false;
await Promise.all([...spenders, watching]);

const ledger = await readLedger(client, keys);
const arrivalMs = await untilD1HasAll(state, organization, ledger.head.seq);
const delivered = await untilDelivered(receiver, { state, organization, types, since });
await service.stop();
gateway?.stop();
const webhooks = { types, since, seen: [...receiver.seen.keys()], findings: receiver.findings };
report(judge({ diary, ledger, heads, kills, wanted, webhooks, disk: readDisk(state, organization) }));

/** An organization with four agents. Its own budget is smaller than theirs together, so both kinds run out. */
async function prepare() {
  const { id, admin_key: admin } = await createOrganization(service.origin, "Crash");
  const post = async (method, path, body, headers = {}) => {
    const response = await fetch(`${service.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${admin}`, "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const key = async (role) => (await post("POST", "/keys", { name: role, role })).key;
  // The control looks for lost purchases alone: nothing must be rejected there.
  const limit = options.control ? 1_000_000 : 400;
  const found = [];
  for (let number = 0; number < AGENTS; number++) {
    const agent = await post("POST", "/agents", {
      name: `Agent ${number}`,
      preset: "none",
      spend_calls_per_minute: 6_000,
    });
    const mandate = await post("POST", "/mandates", {
      schema: 1,
      agent_id: agent.id,
      name: "Crash",
      currency: "USD",
      per_transaction_limit: 20,
      budgets: [{ period: "total", limit }],
      rules: options.control ? [] : [{ type: "approval", above: 16 }],
      agent_may_release: number % 2 === 0,
    });
    await post("POST", `/mandates/${mandate.id}/activate`, {});
    found.push({ id: agent.id });
  }
  const shown = await (
    await fetch(`${service.origin}/api/v1/organization`, { headers: { authorization: `Bearer ${admin}` } })
  ).json();
  await post(
    "PUT",
    "/organization/budgets",
    { budgets: [{ currency: "USD", period: "total", limit: limit * AGENTS * 0.75 }] },
    { "if-match": `"${shown.version}"` },
  );
  const events = await (
    await fetch(`${service.origin}/api/v1/webhook-events`, { headers: { authorization: `Bearer ${admin}` } })
  ).json();
  await post("POST", "/webhooks", { url: dead.url, description: "Dead", events: ["*"] });
  const { secret } = await post("POST", "/webhooks", { url: receiver.url, description: "Receiver", events: ["*"] });
  receiver.trust(secret);
  const { body: head } = await client.rest(admin, "GET", "/audit/head");
  return {
    organization: id,
    types: events.data.map(({ type }) => type),
    since: head.seq,
    agents: found,
    keys: { admin, spend: await key("spend"), approve: await key("approve") },
  };
}

async function killAgainAndAgain(random) {
  while (kills.length < wanted && !service.ended()) {
    await sleep(random.between(150, 1_500));
    const pid = service.runtime();
    if (pid === null) continue;
    const doubtBefore = client.counts.in_doubt_calls;
    process.kill(pid, "SIGKILL");
    const recovery_ms = await recovered(service, keys.admin, pid);
    // What died on its way keeps its place for a minute.
    receiver.spare(messagesOnTheirWay(state, organization));
    kills.push({ pid, recovery_ms, in_doubt: client.counts.in_doubt_calls - doubtBefore });
    if (process.stdout.isTTY) process.stdout.write(`\r${kills.length} kills`);
  }
  if (process.stdout.isTTY) process.stdout.write("\r");
}

async function watchHeads() {
  while (running) {
    const { status, body } = await client.rest(keys.admin, "GET", "/audit/head").catch(() => ({ status: 0 }));
    if (status === 200) heads.push({ seq: body.seq, hash: body.hash });
    await sleep(20);
  }
}

function report(points) {
  const statuses = Map.groupBy(ledger.transactions, ({ status }) => status);
  const acked = [...diary.purchases.values()].filter(({ answers }) => answers.length > 0).length;
  const [shared] = ledger.organization.budgets;
  const rows = [
    ["seconds", ((Date.now() - began) / 1_000).toFixed(1)],
    ["kills", `${kills.length}, ${kills.filter(({ in_doubt }) => in_doubt > 0).length} of them with calls under way`],
    ["recovery in ms", recoveryTimes(kills)],
    ["answers", client.counts.answers],
    ["purchases acknowledged", acked],
    [
      "calls in doubt",
      `${client.counts.in_doubt_calls}, repeated ${client.counts.in_doubt} times; ${diary.found_done} purchases among them had been committed`,
    ],
    ["late replays", diary.replays],
    ["ledger rows", [...statuses].map(([status, { length }]) => `${length} ${status}`).join(", ")],
    ["events", `${ledger.head.seq}, all in D1 after ${arrivalMs} ms`],
    [
      "webhooks",
      `${receiver.seen.size} events delivered, ${delivered.again} of them more than once, ${receiver.refused.size} at the second attempt; the last ${delivered.ms} ms after the end`,
    ],
    ["shared budget", `${shared.held} held + ${shared.settled} settled of ${shared.limit}`],
  ];
  process.exit(print(rows, points) === 0 ? 0 : 1);
}
