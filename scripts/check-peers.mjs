#!/usr/bin/env node
/**
 * The service as third-party programs see it: the official MCP inspector connects in both eras, finds the tools, passes
 * its strict schema lint and calls one; the scanner `mcp-scan` does not take a key for another vendor's secret.
 * Needs `npm ci --prefix tools/peers`. Run it with `npm run test:peers`, which passes the MCP URL of a running service.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "tools/peers/node_modules/.bin");
const url = process.argv[2];
if (url === undefined) {
  console.error("usage: node scripts/check-peers.mjs <MCP URL>");
  process.exit(2);
}

const home = mkdtempSync(join(tmpdir(), "quetra-peers-"));
let passed = 0;
let failed = 0;

function check(name, program, args, accept) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 120_000,
    env: { ...process.env, HOME: home, MCP_INSPECTOR_SECRET_STORE: "memory" },
  });
  let problem = status === 0 ? null : `exit code ${status}`;
  try {
    problem ??= accept(stdout);
  } catch (error) {
    problem = String(error);
  }
  if (problem === null) passed += 1;
  else failed += 1;
  console.log(`${problem === null ? "ok  " : "FAIL"} ${name}${problem === null ? "" : `: ${problem}`}`);
  // The URL holds a key, so a failing program's words are shown without it.
  if (problem !== null) console.log((stdout + stderr).replaceAll(url, "<url>").slice(-3_000));
}

const inspector = (era, ...args) => [
  "--cli",
  url,
  "--transport",
  "http",
  "--protocol-era",
  era,
  "--format",
  "json",
  ...args,
];
const TOOLS = 9;
const wrong = (condition, what) => (condition ? null : what);

for (const era of ["modern", "legacy"]) {
  const program = join(BIN, "mcp-inspector");
  check(`inspector, ${era}: connects`, program, inspector(era, "--method", "initialize"), (out) =>
    wrong(JSON.stringify(JSON.parse(out)).includes("quetra"), "it does not say who answers"),
  );
  check(
    `inspector, ${era}: lists the tools, strict`,
    program,
    inspector(era, "--method", "tools/list", "--strict"),
    (out) => {
      const { tools } = JSON.parse(out).result ?? JSON.parse(out);
      return wrong(tools.length === TOOLS, `it lists ${tools.length} tools instead of ${TOOLS}`);
    },
  );
  check(
    `inspector, ${era}: calls a tool`,
    program,
    inspector(era, "--method", "tools/call", "--tool-name", "quetra_list_agents"),
    (out) => wrong(out.includes("agt_"), "the answer names no agent"),
  );
}
check(
  "mcp-scan: a key is nobody else's secret",
  process.execPath,
  [join(ROOT, "scripts/scan-key-prefix.mjs"), join(BIN, "mcp-scan")],
  () => null,
);

rmSync(home, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
