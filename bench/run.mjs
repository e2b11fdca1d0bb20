#!/usr/bin/env node
/**
 * What a decision costs: `npm run bench`, or `node bench/run.mjs [x402] [--quick] [--json] [--check]`.
 *
 * Everything is served by workerd itself. Variants take turns in short rounds and the medians of the rounds are compared,
 * because the speed of a shared machine drifts: read the ratios. Processor time per call is the steadier of the two.
 * `x402` runs that part alone. `--check` fails where a figure that no machine can change is wrong: rows and transactions
 * per evaluate, requests and commits per fetch.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { check } from "./check.mjs";
import { closeConnections, load } from "./load.mjs";
import { bundle, json, provision, purchase, ROOT, serve, toolCall } from "./service.mjs";
import { median, processorMs } from "./statistics.mjs";

// The policy is TypeScript, which Node 20 does not load; the package `node` brings one that does.
const BUNDLED_NODE = join(ROOT, "node_modules/node/bin/node");
if (process.features.typescript === undefined && existsSync(BUNDLED_NODE)) {
  process.exit(spawnSync(BUNDLED_NODE, process.argv.slice(1), { stdio: "inherit" }).status ?? 1);
}

const { benchX402 } = await import("./x402.mjs");
const flags = new Set(process.argv.slice(2));
const quick = flags.has("--quick");
/** `x402` alone, or everything. */
const only = flags.delete("x402") ? "x402" : null;
for (const flag of flags) {
  if (!["--quick", "--json", "--check"].includes(flag)) {
    console.error("usage: node bench/run.mjs [x402] [--quick] [--json] [--check]");
    process.exit(2);
  }
}
const ROUNDS = quick ? 5 : 15;
const ROUND_MS = quick ? 700 : 1_000;
const HISTORIES = quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000];

/** A mandate with a rule of every kind that reads or writes rows. */
const FULL_TERMS = {
  currency: "USD",
  timezone: "Europe/Ljubljana",
  per_transaction_limit: 100,
  budgets: [
    { period: "hourly", limit: 200 },
    { period: "daily", limit: 500 },
    { period: "monthly", limit: 5_000 },
  ],
  rules: [
    { type: "vendor_allowlist", vendors: ["example.com"] },
    { type: "vendor_budget", vendors: ["example.com"], period: "daily", limit: 400 },
    { type: "rate_limit", max_transactions: 100_000, window_minutes: 60 },
    { type: "time_window", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], start: "00:00", end: "24:00" },
    { type: "approval", above: 50 },
  ],
};

const folder = mkdtempSync(join(tmpdir(), "quetra-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const say = (text) => {
  if (!flags.has("--json")) console.log(text);
};
const ratio = (a, b) => Math.round((a / b) * 100) / 100;

const report = { quick, rounds: ROUNDS };
const script = bundle(join(folder, "bench"), join(ROOT, "bench/worker.ts"));
if (only === null) {
  report.evaluate = await benchEvaluate();
  report.decide = (await import("./decide.mjs")).benchDecide(ROUNDS);
  say(`\npure decision, 5 rules: ${thousands(report.decide.plain)}/s`);
  say(`  with a time window and an expression among them: ${thousands(report.decide.costly)}/s`);
  report.history = await benchHistory();
  report.bundle = benchBundle();
  report.start = await benchStart();
}
report.x402 = await benchX402({ script, folder, rounds: ROUNDS, callsPerRound: quick ? 5 : 10, say });
closeConnections();
if (flags.has("--json")) console.log(JSON.stringify(report, null, 2));
const wrong = flags.has("--check") ? check(report) : [];
for (const line of wrong) console.error(`FAILED ${line}`);
process.exit(wrong.length === 0 ? 0 : 1);

/** Rounds of load on each target in turn. Answers medians per target. */
async function interleave(targets) {
  const rounds = new Map(targets.map(({ name }) => [name, []]));
  for (const { service, organization } of targets) await load(service, organization, { milliseconds: 2_000 });
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, service, organization } of targets) {
      const before = processorMs(service.pid);
      const result = await load(service, organization, { milliseconds: ROUND_MS });
      const cpu = before === null ? null : (processorMs(service.pid) - before) / result.calls;
      rounds.get(name).push({ ...result, cpu });
    }
  }
  const figure = (name, key) => median(rounds.get(name).map((round) => round[key]));
  return Object.fromEntries(
    targets.map(({ name }) => [
      name,
      {
        per_second: Math.round(figure(name, "perSecond")),
        p50_ms: Math.round(figure(name, "p50") * 10) / 10,
        p99_ms: Math.round(figure(name, "p99") * 10) / 10,
        processor_ms: rounds.get(name)[0].cpu === null ? null : Math.round(figure(name, "cpu") * 1_000) / 1_000,
      },
    ]),
  );
}

function table(rows) {
  say(
    `  ${"".padEnd(34)}${"calls/s".padStart(9)}${"p50 ms".padStart(9)}${"p99 ms".padStart(9)}${"CPU ms".padStart(9)}`,
  );
  for (const [name, row] of Object.entries(rows)) {
    const cells = [row.per_second, row.p50_ms, row.p99_ms, row.processor_ms ?? "-"];
    say(`  ${name.padEnd(34)}${cells.map((cell) => String(cell).padStart(9)).join("")}`);
  }
}

async function benchEvaluate() {
  say(`quetra_evaluate over HTTP, 16 connections, ${ROUNDS} alternating rounds of ${ROUND_MS} ms`);
  const service = await serve(script, join(folder, "evaluate"));
  const targets = [];
  for (const [name, variant] of [
    ["evaluate", "evaluate"],
    ["same tool, one insert", "insert"],
    ["same tool, nothing", "nothing"],
  ]) {
    targets.push({ name, service, organization: await provision(service.origin, variant) });
  }
  const rows = await interleave(targets);
  await service.stop();
  table(rows);
  const [evaluate, insert, nothing] = targets.map(({ name }) => rows[name]);
  const ratios = {
    to_insert: ratio(evaluate.per_second, insert.per_second),
    to_nothing: ratio(evaluate.per_second, nothing.per_second),
    processor_to_insert: insert.processor_ms === null ? null : ratio(insert.processor_ms, evaluate.processor_ms),
  };
  say(
    `  evaluate reaches ${ratios.to_insert} of one bare insert (${ratios.processor_to_insert ?? "-"} by processor time), ` +
      `${ratios.to_nothing} of a tool that does nothing`,
  );
  return { rows, ...ratios };
}

/** The same purchases in organizations with short and long histories. */
async function benchHistory() {
  say(`\nevaluate by the number of transactions in the ledger, three budgets and five rules`);
  const service = await serve(script, join(folder, "history"));
  const targets = [];
  for (const transactions of HISTORIES) {
    const organization = await provision(service.origin, "evaluate", FULL_TERMS);
    await seed(service, organization, transactions);
    targets.push({ name: `${thousands(transactions)} transactions`, service, organization });
  }
  // The measured calls come first, so that every organization has seen the same ones.
  const use = {};
  for (const { name, organization } of targets) use[name] = await storageUse(service, organization);
  const rows = await interleave(targets);
  await service.stop();
  table(rows);
  for (const [name, { transactions, statements, rows_read, rows_written }] of Object.entries(use)) {
    say(
      `  ${name}: ${rows_read} rows read, ${rows_written} written, ${statements} statements, ${transactions} storage transaction`,
    );
  }
  const [short, long] = [targets[0], targets.at(-1)].map(({ name }) => rows[name]);
  const to_short = ratio(long.per_second, short.per_second);
  say(`  the longest history reaches ${to_short} of the shortest`);
  return { rows, use, to_short };
}

async function seed(service, organization, count) {
  const CHUNK = 20_000;
  for (let done = 0; done < count; done += CHUNK) {
    await json(
      await fetch(`${service.origin}/bench/seed?organization=${organization.id}`, {
        method: "POST",
        body: JSON.stringify({
          agent: organization.agent,
          mandate: organization.mandate,
          count: Math.min(CHUNK, count - done),
        }),
      }),
    );
  }
  const verified = await json(
    await fetch(`${service.origin}/api/v1/audit/verify?limit=1000`, {
      headers: { authorization: `Bearer ${organization.admin}` },
    }),
  );
  if (!verified.chain.valid || !verified.ledger.valid) throw new Error(`seeded badly: ${JSON.stringify(verified)}`);
}

/** What the 21st evaluate reads and writes: counters, the alarm and the mandate in memory are then as they always are. */
async function storageUse(service, organization) {
  let use;
  for (let call = 0; call < 21; call++) {
    const { headers, body } = toolCall("quetra_evaluate", purchase(organization));
    const url = `${service.origin}/bench/${organization.key}/mcp?organization=${organization.id}`;
    const answer = await json(await fetch(url, { method: "POST", headers, body }));
    if (answer.answer.result?.structuredContent?.outcome !== "approved") throw new Error(JSON.stringify(answer));
    use = answer.use;
  }
  return use;
}

function benchBundle() {
  const minified = readFileSync(bundle(join(folder, "production"), join(ROOT, "src/index.ts"), ["--minify"]));
  const sizes = { bytes: minified.length, gzip_bytes: gzipSync(minified, { level: 9 }).length };
  say(`\nproduction bundle: ${kib(sizes.bytes)} minified, ${kib(sizes.gzip_bytes)} gzip`);
  return sizes;
}

/**
 * From the start of the process to the first answer of a tool, with an organization that exists already: with the
 * dashboard in the Worker, and with the same Worker without it.
 */
async function benchStart() {
  const nothing = join(ROOT, "bench/no-dashboard.ts");
  const without = bundle(join(folder, "without"), join(ROOT, "bench/worker.ts"), [
    ...["../dashboard/serve.tsx", "../people/index.ts"].flatMap((module) => ["--alias", `${module}:${nothing}`]),
  ]);
  const variants = [];
  for (const [name, one] of [
    ["with_dashboard", script],
    ["without_dashboard", without],
  ]) {
    const state = join(folder, `start-${name}`);
    const first = await serve(one, state);
    variants.push({ name, script: one, state, times: [], organization: await provision(first.origin, "evaluate") });
    await first.stop();
  }
  for (let round = 0; round < (quick ? 5 : 15); round++) {
    for (const variant of variants) variant.times.push(await firstAnswer(variant));
  }
  const figure = (key) => variants.map(({ times }) => Math.round(median(times.map((time) => time[key]))));
  const [whole, bare] = figure("milliseconds");
  const [wholeCpu, bareCpu] = figure("processor");
  say(
    `from process start to the first tool answer: ${whole} ms, without the dashboard ${bare} ms ` +
      `(processor time ${wholeCpu} and ${bareCpu} ms)`,
  );
  return { milliseconds: whole, without_dashboard_milliseconds: bare, processor_ratio: ratio(wholeCpu, bareCpu) };
}

async function firstAnswer({ script, state, organization }) {
  const service = await serve(script, state);
  const { headers, body } = toolCall("quetra_list_agents", {});
  const answer = await json(
    await fetch(`${service.origin}/${organization.key}/mcp`, { method: "POST", headers, body }),
  );
  const milliseconds = performance.now() - service.started;
  const processor = processorMs(service.pid) ?? 0;
  await service.stop();
  if (answer.result.structuredContent.agents.length !== 1) throw new Error(JSON.stringify(answer));
  return { milliseconds, processor };
}

function thousands(value) {
  return Math.round(value).toLocaleString("en-US");
}
function kib(bytes) {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}
