#!/usr/bin/env node
/**
 * Kills the service again and again between the intent, the signature, the sending and the record of x402 payments, and
 * checks that the ledger and the chain end as one: no payment twice, none lost.
 *
 *   node scripts/crash-x402.mjs [--kills N] [--seed S] [--buyers N] [--validity SECONDS]
 *   node scripts/crash-x402.mjs --control   must exit 1: retries with new keys pay twice, and the oracle sees it
 *
 * Everything runs on this machine: a chain (anvil), a facilitator, sellers honest and not, and the service. At the fault
 * points, and at moments that only facilitator and chain see, the runtime process gets SIGKILL. Linux, loopback only.
 * Exit 0 = every point passed; with --control, 1 = double payments were seen, 0 = the oracle is blind; 2 = the run broke.
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
  process.exit(spawnSync(BUNDLED_NODE, process.argv.slice(1), { stdio: "inherit" }).status ?? 2);
}
process.removeAllListeners("warning");
const { findAnvil } = await import("../sandbox/chain.mjs");
const { createClient } = await import("../test/crash/client.mjs");
const { createKiller } = await import("../test/crash/killer.mjs");
const { readDisk, readLedger } = await import("../test/crash/ledger.mjs");
const { createRandom } = await import("../test/crash/random.mjs");
const { print, recoveryTimes } = await import("../test/crash/report.mjs");
const { sleep, untilD1HasAll } = await import("../test/crash/waiting.mjs");
const { askAgain, buyAll, createDiary } = await import("../test/crash/x402-buyer.mjs");
const { startForgetfulGateway } = await import("../test/crash/x402-control.mjs");
const { readChain, readJournal } = await import("../test/crash/x402-ledger.mjs");
const { judgePayments } = await import("../test/crash/x402-oracle.mjs");
const { POINTS } = await import("../test/crash/x402-points.mjs");
const { createBuyers, DEPOSIT, startWorld } = await import("../test/crash/x402-world.mjs");

const { values: options } = parseArgs({
  options: {
    kills: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    buyers: { type: "string", default: "8" },
    // Short, so that unused signatures run out within the run. The service takes no less than 10, and looks again at 15,
    // when a block of that age is safe.
    validity: { type: "string", default: "11" },
    control: { type: "boolean", default: false },
  },
});
const { control } = options;
const wanted = Number(options.kills ?? (control ? 5 : 30));
const seed = Number(options.seed);
/** The control needs payments that are on the chain when the process ends, before anyone was told. */
const walked = control ? ["settled", "after_send", "after_observe", "before_record", "after_record"] : POINTS;
const RESOLVED_LIMIT_MS = 120_000;

process.on("uncaughtException", broke);
process.on("unhandledRejection", broke);
function broke(error) {
  console.error(error);
  process.exit(2);
}
if (findAnvil() === null) broke("There is no anvil for this platform, so there is no chain to pay on.");
const state = mkdtempSync(join(tmpdir(), "quetra-crash-x402-"));
process.on("exit", () => rmSync(state, { recursive: true, force: true }));
setTimeout(() => broke("the run took too long and was ended"), 420_000 + wanted * 12_000).unref();

console.log(
  `crash run of payments: ${wanted} kills, ${options.buyers} buyers, seed ${seed}${control ? ", CONTROL: it must fail" : ""}`,
);
const began = Date.now();
const killer = createKiller(POINTS);
const { kills, missed, passed } = killer;
const world = await startWorld(state, {
  reached: killer.reached,
  random: createRandom(seed + 1),
  validity: Number(options.validity),
});
const { chain, seller, service } = world;
let isOver = false;
chain.ended.then((words) => isOver || broke(`the chain ended in the middle of the run: ${words}`));
const gateway = control ? await startForgetfulGateway(service.origin) : null;
const client = createClient(service.origin, gateway?.origin);
const { organization, wallet, agents, keys } = await createBuyers(world, control);
const firstBlock = await chain.rpc("eth_blockNumber");

const diary = createDiary();
let running = true;
const name = crypto.randomUUID().slice(0, 8);
const buyers = Array.from({ length: Number(options.buyers) }, (_, index) =>
  buyAll({
    client,
    keys,
    diary,
    seller,
    agent: agents[index % agents.length],
    random: createRandom(seed * 1_000 + index),
    name: `${name}-${index}`,
    plain: control,
    running: () => running,
  }),
);
await killer.run({
  walked,
  rare: ["watching"],
  wanted,
  random: createRandom(seed),
  service,
  adminKey: keys.admin,
  counts: client.counts,
  // After the kill, and before anything of the next life arrives.
  died: world.points.died,
});
await sleep(500);
running = false;
await Promise.all(buyers);
const silent = Date.now();
world.points.calm();
await seller.settled();
const resolvedMs = await untilResolved();
const askedAgain = control ? 0 : await askAgain({ client, keys, diary }, [...diary.purchases.values()]);

const ledger = await readLedger(client, keys);
const arrivalMs = await untilD1HasAll(state, organization, ledger.head.seq);
const onChain = { start: DEPOSIT, ...(await readChain(chain, wallet, firstBlock)) };
isOver = true;
await world.stop();
gateway?.stop();
const journal = readJournal(state, organization);
report(
  judgePayments({
    diary,
    ledger,
    journal,
    kills,
    wanted,
    disk: readDisk(state, organization),
    chain: onChain,
    visits: seller.visits,
    points: wanted >= walked.length ? walked : [],
  }),
);

/** Nobody buys any more: the watch alone ends what is open. Answers after how long. */
async function untilResolved() {
  while (Date.now() - silent < RESOLVED_LIMIT_MS) {
    const open = await Promise.all(
      ["authorized", "executing", "unknown"].map(async (status) => {
        const { body } = await client.read(keys.admin, `/transactions?limit=1&status=${status}`);
        return body.data.length;
      }),
    );
    if (open.every((count) => count === 0)) break;
    await sleep(250);
  }
  return Date.now() - silent;
}

function report(points) {
  const count = (rows, key) =>
    [...Map.groupBy(rows, key)]
      .sort()
      .map(([value, { length }]) => `${length} ${value}`)
      .join(", ");
  const at = Map.groupBy(kills, ({ point }) => point);
  const answers = [...diary.purchases.values()].flatMap((purchase) => purchase.answers);
  const isUndelivered = ({ result }) => result === "paid_not_delivered";
  const tooEarly = [...diary.purchases.values()].filter(
    (purchase) => purchase.answers.some(isUndelivered) && purchase.final?.delivered,
  ).length;
  const moved = onChain.transfers.reduce((total, { value }) => total + value, 0);
  const rows = [
    ["seconds", ((Date.now() - began) / 1_000).toFixed(1)],
    ["kills", `${kills.length}, ${kills.filter(({ in_doubt }) => in_doubt > 0).length} of them with calls under way`],
    ...walked.map((point) => [`  at ${point}`, `${at.get(point)?.length ?? 0} (passed ${passed[point]} times)`]),
    ["nobody passed in time", missed.length === 0 ? "-" : missed.join(", ")],
    ["recovery in ms", recoveryTimes(kills)],
    [
      "purchases",
      `${diary.purchases.size}, in doubt ${client.counts.in_doubt_calls}, repeated ${client.counts.in_doubt} times`,
    ],
    ["answers", count(answers, ({ outcome }) => outcome)],
    ["told too early", `${tooEarly} purchases were said to be undelivered and were delivered later`],
    ["ledger rows", count(ledger.transactions, ({ status }) => status)],
    ["what became of them", count(journal.payments, ({ outcome }) => String(outcome))],
    [
      "ended by",
      count(journal.ends, ({ type, by }) => `${type.split(".")[1]} by ${by === "x402" ? "the call" : "the watch"}`),
    ],
    ["resolved", `${resolvedMs} ms after the last call; ${askedAgain} asked about again`],
    ["moved on the chain", `${moved / 1_000_000} USDC in ${onChain.transfers.length} payments`],
    ["events", `${ledger.head.seq}, all in D1 after ${arrivalMs} ms`],
  ];
  if (kills.length < wanted)
    console.error(
      service.output
        .join("")
        .replace(/sk_quetra_\w+/g, "…")
        .slice(-3_000),
    );
  const failed = print(rows, points);
  if (!control) process.exit(failed === 0 ? 0 : 1);
  const seen = points.find(({ name }) => name === "DOUBLE PAYMENTS").findings.length;
  console.log(seen > 0 ? "control: the oracle has seen the double payments" : "control: THE ORACLE IS BLIND");
  process.exit(seen > 0 ? 1 : 0);
}
