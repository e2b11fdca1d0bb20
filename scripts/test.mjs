#!/usr/bin/env node
/**
 * All tests of Vitest, in two runs at once: those with a chain, a Stripe stand-in and a merchant beside them go file by
 * file and wait much, and leave room for the others.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");

/** Answers the exit code, and what was said where it was not said at once. */
function run(projects, stdio) {
  const args = [VITEST, "run", ...projects.flatMap((project) => ["--project", project])];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => said.push(chunk));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, said: String(error) }));
    child.once("close", (code) => resolve({ code: code ?? 1, said: Buffer.concat(said).toString("utf8") }));
  });
}

const beside = run(["x402", "providers"], ["ignore", "pipe", "pipe"]);
const first = await run(["unit", "workers"], "inherit");
const second = await beside;
process.stdout.write(second.said);
process.exit(first.code === 0 && second.code === 0 ? 0 : 1);
