#!/usr/bin/env node
/**
 * Starts the service on a free port with a fresh organization, runs a command against it, and ends both.
 *
 *   node scripts/with-service.mjs node scripts/conformance.mjs {url}
 *
 * `{url}` in the command becomes the MCP URL of a spend key. State lives in a temporary folder; the exit code is the
 * command's. Loopback only; needs no network and no account.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "node_modules/.bin");
const ENVIRONMENT = {
  ...process.env,
  PATH: `${BIN}${delimiter}${process.env.PATH}`,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_OBSERVABILITY: "false",
  X_LOCAL_EXPLORER: "false",
};
const OPERATOR_TOKEN = crypto.randomUUID() + crypto.randomUUID();
const state = mkdtempSync(join(tmpdir(), "quetra-service-"));
const children = new Set();

function start(command, args, options = {}) {
  // A process group of its own: ending it ends the runtime's processes too.
  const child = spawn(command, args, { cwd: ROOT, env: ENVIRONMENT, detached: true, ...options });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

const exitOf = (child) => new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));

function endAll() {
  for (const child of children) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // Already gone.
    }
  }
  rmSync(state, { recursive: true, force: true });
}
process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function serve() {
  const persist = ["--persist-to", state];
  const migrated = start("wrangler", ["d1", "migrations", "apply", "quetra", "--local", ...persist], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if ((await exitOf(migrated)) !== 0) throw new Error("the D1 migrations did not apply");
  const port = await freePort();
  const variables = {
    OPERATOR_TOKEN,
    KEY_SIGNING_SECRETS: `k1:${crypto.randomUUID()}${crypto.randomUUID()}`,
    TEST_THROTTLE_FACTOR: "1000",
  };
  const service = start(
    "wrangler",
    [
      "dev",
      "--local",
      ...persist,
      "--ip",
      "127.0.0.1",
      "--port",
      String(port),
      "--inspector-port",
      String(await freePort()),
      "--log-level",
      "error",
      "--show-interactive-dev-session=false",
      ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    { stdio: ["ignore", "ignore", "ignore"] },
  );
  const ended = exitOf(service).then(() => {
    throw new Error("the service ended while it was needed");
  });
  const origin = `http://127.0.0.1:${port}`;
  await Promise.race([ended, ready(origin)]);
  return origin;
}

async function ready(origin) {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      // The operator's token is this run's own, so another server on the port cannot answer for ours.
      return await post(origin, "/operator/organizations", OPERATOR_TOKEN, { name: "Check", mode: "test" });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("the service did not become ready within 30 s");
}

async function post(origin, path, key, body) {
  const response = await fetch(`${origin}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error("usage: node scripts/with-service.mjs <command> [argument | {url} ...]");
  process.exit(2);
}
const origin = await serve();
const { admin_key } = await post(origin, "/operator/organizations", OPERATOR_TOKEN, { name: "Check", mode: "test" });
await post(origin, "/api/v1/agents", admin_key, { name: "Agent" });
const { key } = await post(origin, "/api/v1/keys", admin_key, { name: "Spend", role: "spend" });
const url = `${origin}/${key}/mcp`;
const [program, ...rest] = command.map((part) => part.replaceAll("{url}", url));
process.exit(await exitOf(start(program, rest, { stdio: "inherit" })));
