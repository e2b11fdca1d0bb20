#!/usr/bin/env node
/**
 * All tests of Vitest, in two runs at once: those with a chain, a Stripe stand-in and a merchant beside them go file by
 * file and wait much, and leave room for the others.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");

/** Answers the exit code and what was said, which is passed on at once to `sink`, where there is one. */
function run(projects, sink) {
  // Most of a file's time is the start of its runtime, which waits more than it works.
  const args = [VITEST, "run", "--maxWorkers=2", ...projects.flatMap((project) => ["--project", project])];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said.push(chunk);
      sink?.write(chunk);
    });
  }
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, said: String(error) }));
    child.once("close", (code) => resolve({ code: code ?? 1, said: Buffer.concat(said).toString("utf8") }));
  });
}

/** What Vitest says of failures comes last in its output; a log of which only the end was kept must still name them. */
function failures({ said }) {
  const plain = stripVTControlCharacters(said);
  const names = [...new Set(plain.split("\n").filter((line) => /^\s*FAIL /.test(line)))];
  const from = plain.search(/⎯ (Failed (Suites|Tests)|Unhandled)/);
  const details = from === -1 ? plain.slice(-4_000) : plain.slice(from, from + 4_000);
  return `\n${names.slice(0, 40).join("\n")}\n\n${details}\n`;
}

const beside = run(["x402", "providers"]);
const first = await run(["unit", "workers"], process.stdout);
const second = await beside;
process.stdout.write(second.said);
const failed = [first, second].filter((each) => each.code !== 0);
for (const each of failed) process.stdout.write(`\n=== A run of Vitest ended with ${each.code} ===${failures(each)}`);
process.exitCode = failed.length === 0 ? 0 : 1;
