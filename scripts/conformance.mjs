#!/usr/bin/env node
/**
 * Runs the official MCP conformance suite for both protocol eras against a running server.
 *
 *   node scripts/conformance.mjs http://localhost:8787/<key>/mcp
 *   node scripts/conformance.mjs <url> --write     makes the baselines anew from what fails now
 *
 * The URL must be on localhost or 127.0.0.1. Exit 0: nothing failed but what the baselines of test/conformance name,
 * and everything that they name still fails. Every entry there has its reason; `--write` refuses one without.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SUITE = join(ROOT, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
// The suite needs `fs.globSync`, which Node 20 does not have; the package `node` brings one that does.
const BUNDLED_NODE = join(ROOT, "node_modules/node/bin/node");
const NODE = existsSync(BUNDLED_NODE) ? BUNDLED_NODE : process.execPath;

const RUNS = [
  { revision: "2025-11-25", select: ["--requirements", "2025-11-25"] },
  { revision: "2026-07-28", select: ["--suite", "all", "--spec-version", "2026-07-28"] },
];

/** Why a check may fail here. The first match counts. */
const REASONS = [
  [
    /^server-sse-(multiple-streams|polling):.*-session$/,
    "A warning: the server is stateless, so there is no session to try this in.",
  ],
  [/^(prompts-|caching:sep-2549-prompts|input-required-result-non-tool-request)/, "Quetra offers no prompts."],
  [/^(resources-|caching:sep-2549-resources|sep-2164-)/, "Quetra offers no resources."],
  [/^completion-complete/, "Quetra offers no completions: there are no prompts or resource templates to complete."],
  [/^logging-set-level/, "Quetra sends no log messages to clients (deprecated in 2026-07-28)."],
  [
    /^(tools-call-|elicitation-sep|json-schema-2020-12)/,
    "Needs a tool of the suite (test_*, json_schema_2020_12_tool) that no production server has.",
  ],
  [
    /^http-custom-header-server-validation/,
    "Needs a tool with x-mcp-header. Quetra copies no argument into a header, where proxies would log it.",
  ],
  [/^input-required-result-/, "Needs a tool of the suite (test_input_required_result_*)."],
  [
    /^server-stateless:/,
    "Needs a diagnostic tool of the suite (test_missing_capability, test_streaming_elicitation, test_logging_tool).",
  ],
];

const [url, flag] = process.argv.slice(2);
if (url === undefined || (flag !== undefined && flag !== "--write")) {
  console.error("usage: node scripts/conformance.mjs <url> [--write]");
  process.exit(2);
}

let unexpected = 0;
for (const run of RUNS) {
  const baseline = join(ROOT, `test/conformance/expected-${run.revision}.yml`);
  const results = mkdtempSync(join(tmpdir(), `conformance-${run.revision}-`));
  const expected = flag === "--write" ? [] : ["--expected-failures", baseline];
  const { status, stdout, stderr, error } = spawnSync(
    NODE,
    [SUITE, "server", "--url", url, ...run.select, ...expected, "-o", results],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, timeout: 300_000 },
  );
  const checks = readChecks(results);
  if (error !== undefined || checks.length === 0) {
    console.error(stdout, stderr, error ?? "The suite ran no check.");
    process.exit(1);
  }
  const failing = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  console.log(`${run.revision}: ${count(checks, "SUCCESS")} checks pass, ${failing.length} do not`);
  if (flag === "--write") writeBaseline(run.revision, baseline, failing);
  else if (status !== 0) {
    unexpected++;
    reportDifference(failing, readBaseline(baseline));
    console.log(`  details: ${results}`);
    continue;
  } else console.log("  all of them are expected (test/conformance)");
  rmSync(results, { recursive: true });
}
process.exit(unexpected > 0 ? 1 : 0);

function readChecks(results) {
  return readdirSync(results).flatMap((folder) => {
    const scenario = folder.replace(/^server-/, "").replace(/-\d{4}-\d{2}-\d{2}T[\d-]+Z$/, "");
    const checks = JSON.parse(readFileSync(join(results, folder, "checks.json"), "utf8"));
    return checks.map((check) => ({ ...check, key: `${scenario}:${check.id}` }));
  });
}

function count(checks, status) {
  return checks.filter((check) => check.status === status).length;
}

function readBaseline(file) {
  return [...readFileSync(file, "utf8").matchAll(/^ {2}- (\S+)$/gm)].map(([, key]) => key);
}

function reportDifference(failing, expected) {
  for (const check of failing) {
    if (!expected.includes(check.key))
      console.log(`  UNEXPECTED ${check.key}: ${check.errorMessage ?? check.description}`);
  }
  const keys = new Set(failing.map(({ key }) => key));
  for (const key of expected)
    if (!keys.has(key)) console.log(`  STALE ${key}: passes now, remove it from the baseline`);
}

function writeBaseline(revision, file, failing) {
  const groups = new Map(REASONS.map(([, reason]) => [reason, new Set()]));
  for (const { key, errorMessage } of failing) {
    const reason = REASONS.find(([pattern]) => pattern.test(key))?.[1];
    if (reason === undefined) {
      console.error(`  no reason is known for ${key}: ${errorMessage}`);
      process.exit(1);
    }
    groups.get(reason).add(key);
  }
  const lines = [
    `# Checks of the MCP conformance suite for ${revision} that cannot pass here, by reason.`,
    "# Made by scripts/conformance.mjs --write. A check that is not listed must pass; a listed one that passes is an error.",
    "server:",
  ];
  for (const [reason, keys] of groups) {
    if (keys.size > 0) lines.push(`  # ${reason}`, ...[...keys].sort().map((key) => `  - ${key}`));
  }
  writeFileSync(file, `${lines.join("\n")}\n`);
  console.log(`  wrote ${file}`);
}
