#!/usr/bin/env node
/**
 * Starts the service on a free port with a fresh organization, runs a command against it, and ends both.
 *
 *   node scripts/with-service.mjs node scripts/conformance.mjs {url}
 *
 * `{url}` in the command becomes the MCP URL of a spend key. State lives in a temporary folder; the exit code is the
 * command's. Loopback only; needs no network and no account.
 */
import { startFresh } from "./start/fresh.mjs";
import { run } from "./start/service.mjs";

const command = process.argv.slice(2);
if (command.length === 0) {
  console.error("usage: node scripts/with-service.mjs <command> [argument | {url} ...]");
  process.exit(2);
}

const { mcp } = await startFresh();
const [program, ...rest] = command.map((part) => part.replaceAll("{url}", mcp));
const { code } = await run(program, rest, { stdio: "inherit" }).ended;
process.exit(code);
