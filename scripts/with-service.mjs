#!/usr/bin/env node
/**
 * Starts the service on a free port with a fresh organization, runs a command against it, and ends both.
 *
 *   node scripts/with-service.mjs node scripts/conformance.mjs {url}
 *
 * `{url}` in the command becomes the MCP URL of a spend key. State lives in a temporary folder; the exit code is the
 * command's. Loopback only; needs no network and no account.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, choosePort, endAll, migrate, run, serve } from "./start/service.mjs";

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error("usage: node scripts/with-service.mjs <command> [argument | {url} ...]");
  process.exit(2);
}

const state = mkdtempSync(join(tmpdir(), "quetra-service-"));
process.on("exit", () => {
  endAll();
  rmSync(state, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const secret = () => crypto.randomUUID() + crypto.randomUUID();
const operatorToken = secret();
const secretsFile = join(state, "secrets.env");
writeFileSync(
  secretsFile,
  `KEY_SIGNING_SECRETS=k1:${secret()}\nOPERATOR_TOKEN=${operatorToken}\nTEST_THROTTLE_FACTOR=1000\n`,
  { mode: 0o600 },
);
await migrate(state);
const { origin } = await serve({ state, port: await choosePort([]), secretsFile });
const body = { name: "Check", mode: "test" };
const { admin_key } = await call(origin, operatorToken, "POST", "/operator/organizations", body);
await call(origin, admin_key, "POST", "/api/v1/agents", { name: "Agent" });
const { key } = await call(origin, admin_key, "POST", "/api/v1/keys", { name: "Spend", role: "spend" });
const url = `${origin}/${key}/mcp`;
const [program, ...rest] = command.map((part) => part.replaceAll("{url}", url));
const { code } = await run(program, rest, { stdio: "inherit" }).ended;
process.exit(code);
