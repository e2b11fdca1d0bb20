/** Compiles the sandbox's contracts. That takes a second and much memory, so it is done once, by a process of its own. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const THIS_FILE = fileURLToPath(import.meta.url);
const SOURCE = fileURLToPath(new URL("token.sol", import.meta.url));
/** Where tools keep what they can make again. */
export const CACHE = fileURLToPath(new URL("../node_modules/.cache/quetra-sandbox", import.meta.url));
const require = createRequire(import.meta.url);

const SETTINGS = {
  // Knows no opcode that a chain of the last years lacks.
  evmVersion: "paris",
  optimizer: { enabled: true, runs: 200 },
  outputSelection: { "*": { "*": ["evm.deployedBytecode.object"] } },
};

/**
 * The code that stands at a contract's address once it is placed there.
 *
 * @typedef {{ token: `0x${string}`, multicall: `0x${string}` }} Code
 * @param {{ cache?: string | null }} [options] Folder of what was compiled before; null compiles anew.
 * @returns {Promise<Code>}
 */
export async function compile({ cache = CACHE } = {}) {
  const text = readFileSync(SOURCE, "utf8") + JSON.stringify(SETTINGS) + require("solc/package.json").version;
  const file = cache === null ? null : join(cache, `${createHash("sha256").update(text).digest("hex")}.json`);
  const kept = file === null ? null : read(file);
  if (kept !== null) return kept;
  const { stdout } = await promisify(execFile)(process.execPath, [THIS_FILE]);
  const code = JSON.parse(stdout);
  if (file !== null) write(cache, file, code);
  return code;
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Whole or not at all: another process may look at the same moment. A folder that cannot be written costs time only. */
function write(folder, file, code) {
  try {
    mkdirSync(folder, { recursive: true });
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, JSON.stringify(code));
    renameSync(fresh, file);
  } catch {
    // The next one compiles again.
  }
}

/** @returns {Code} */
function compileHere() {
  const sources = { "token.sol": { content: readFileSync(SOURCE, "utf8") } };
  const output = JSON.parse(
    require("solc").compile(JSON.stringify({ language: "Solidity", sources, settings: SETTINGS })),
  );
  if (output.errors !== undefined) throw new Error(output.errors.map((each) => each.formattedMessage).join("\n"));
  const codeOf = (name) => `0x${output.contracts["token.sol"][name].evm.deployedBytecode.object}`;
  return { token: codeOf("Token"), multicall: codeOf("Multicall") };
}

if (process.argv[1] === THIS_FILE) console.log(JSON.stringify(compileHere()));
