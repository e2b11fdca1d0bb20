#!/usr/bin/env node
/**
 * Kills the service again and again between the intent, the sending, the token and the record of charges and checkouts,
 * and checks that the ledger, Stripe and the merchant end as one: nothing paid twice, nothing lost.
 *
 *   node scripts/crash-providers.mjs [--kills N] [--seed S] [--buyers N]
 *   node scripts/crash-providers.mjs --control   must exit 1: retries with new keys pay twice, and the oracle sees it
 *
 * Everything runs on this machine: a Stripe stand-in, a merchant, and the service. Linux, loopback only.
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
const { createClient } = await import("../test/crash/client.mjs");
const { createKiller } = await import("../test/crash/killer.mjs");
const { readDisk, readLedger } = await import("../test/crash/ledger.mjs");
const { askAgain, buyAll, createDiary } = await import("../test/crash/provider-buyer.mjs");
const { readJournal } = await import("../test/crash/provider-ledger.mjs");
const { judgeProviders } = await import("../test/crash/provider-oracle.mjs");
const { POINTS } = await import("../test/crash/provider-points.mjs");
const { createBuyers, readMerchant, readTaken, startWorld } = await import("../test/crash/provider-world.mjs");
const { createRandom } = await import("../test/crash/random.mjs");
const { print, recoveryTimes } = await import("../test/crash/report.mjs");
const { sleep, untilD1HasAll } = await import("../test/crash/waiting.mjs");
const { startForgetfulGateway } = await import("../test/crash/x402-control.mjs");

const { values: options } = parseArgs({
  options: {
    kills: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    buyers: { type: "string", default: "8" },
    control: { type: "boolean", default: false },
  },
});
const { control } = options;
const wanted = Number(options.kills ?? (control ? 5 : 30));
const seed = Number(options.seed);
/** The control needs payments that are made when the process ends, before anyone was told. */
const walked = control ? ["stripe_done", "after_send", "before_record", "after_record"] : POINTS;
/** A look at the wrong moment can leave the next one to the fifth minute. */
const RESOLVED_LIMIT_MS = 400_000;

process.on("uncaughtException", broke);
process.on("unhandledRejection", broke);
function broke(error) {
  console.error(error);
  process.exit(2);
}
const state = mkdtempSync(join(tmpdir(), "quetra-crash-providers-"));
process.on("exit", () => rmSync(state, { recursive: true, force: true }));
setTimeout(() => broke("the run took too long and was ended"), 720_000 + wanted * 12_000).unref();

console.log(
  `crash run of charges and checkouts: ${wanted} kills, ${options.buyers} buyers, seed ${seed}${control ? ", CONTROL: it must fail" : ""}`,
);
const began = Date.now();
const killer = createKiller(POINTS);
const { kills, missed, passed } = killer;
const world = await startWorld(state, { reached: killer.reached, random: createRandom(seed + 1) });
const { service } = world;
const gateway = control ? await startForgetfulGateway(service.origin) : null;
const client = createClient(service.origin, gateway?.origin);
const { organization, agents, keys } = await createBuyers(world, control);

world.points.calm(false);
const diary = createDiary();
let running = true;
const name = crypto.randomUUID().slice(0, 8);
const buyers = Array.from({ length: Number(options.buyers) }, (_, index) =>
  buyAll({
    client,
    keys,
    diary,
    merchant: world.merchant.url,
    agent: agents[index % agents.length],
    random: createRandom(seed * 1_000 + index),
    name: `${name}-${index}`,
    plain: control,
    running: () => running,
  }),
);
await killer.run({
  walked,
  rare: ["looking", "after_token"],
  wanted,
  random: createRandom(seed),
  service,
  adminKey: keys.admin,
  counts: client.counts,
});
await sleep(500);
running = false;
await Promise.all(buyers);
const silent = Date.now();
world.points.calm(true);
const resolvedMs = await untilResolved();
const askedAgain = control ? 0 : await askAgain({ client, keys, diary }, [...diary.purchases.values()]);

const ledger = await readLedger(client, keys);
const arrivalMs = await untilD1HasAll(state, organization, ledger.head.seq);
const taken = await readTaken(world);
const shop = await readMerchant(world);
await world.stop();
gateway?.stop();
const journal = readJournal(state, organization);
report(
  judgeProviders({
    diary,
    ledger,
    journal,
    kills,
    wanted,
    taken,
    shop,
    disk: readDisk(state, organization),
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
    ["ledger rows", count(ledger.transactions, ({ status }) => status)],
    ["what became of them", count(journal.payments, ({ protocol, outcome }) => `${protocol} ${outcome}`)],
    [
      "ended by",
      count(journal.ends, ({ type, by }) => `${type.split(".")[1]} by ${by === "timer" ? "the watch" : "the call"}`),
    ],
    ["resolved", `${resolvedMs} ms after the last call; ${askedAgain} asked about again`],
    ["taken", `${taken.reduce((total, one) => total + one.micros, 0) / 1_000_000} USD in ${taken.length} payments`],
    ["events", `${ledger.head.seq}, all in D1 after ${arrivalMs} ms`],
  ];
  if (kills.length < wanted) {
    const said = service.output.join("").replace(/sk_quetra_\w+/g, "…");
    console.error(said.slice(-3_000));
  }
  const failed = print(rows, points);
  if (!control) process.exit(failed === 0 ? 0 : 1);
  const seen = points.find(({ name }) => name === "DOUBLE PAYMENTS").findings.length;
  console.log(seen > 0 ? "control: the oracle has seen the double payments" : "control: THE ORACLE IS BLIND");
  process.exit(seen > 0 ? 1 : 0);
}
