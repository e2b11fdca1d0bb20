/**
 * Fails when the npm scanner `mcp-scan` takes a Quetra key for the secret of Stripe or another vendor: people would be
 * sent to rotate the wrong thing. Installs nothing; say where the binary is:
 *
 *     node scripts/scan-key-prefix.mjs /tmp/scan/node_modules/.bin/mcp-scan
 *
 * A finding that a URL holds an unknown high-entropy value is right and passes.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { mintKey } from "../src/keys/format.ts";
import { newId } from "../src/keys/ids.ts";
import { parseSigningSecrets } from "../src/keys/signing-secrets.ts";

const KEYS_PER_MODE = 25;
const CONTROL = "control-stripe";

const binary = process.argv[2];
if (binary === undefined) {
  console.error("usage: node scripts/scan-key-prefix.mjs <path to the mcp-scan binary>");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "quetra-scan-"));
try {
  const config = join(folder, ".mcp.json");
  const servers = testServers();
  writeFileSync(config, JSON.stringify({ mcpServers: servers }, null, 2));
  const { results } = scan(resolve(binary), config);
  report(results, Object.keys(servers));
} finally {
  rmSync(folder, { recursive: true });
}

/** Fresh keys of both modes, in each place where people put them, and one false Stripe key that must be found. */
function testServers() {
  const signing = parseSigningSecrets("s1:only-for-this-scan-only-for-this-scan");
  const servers = {};
  for (const mode of ["test", "live"]) {
    for (let n = 0; n < KEYS_PER_MODE; n++) {
      const { key } = mintKey({ mode, region: 0, orgId: newId("org"), keyId: newId("key"), signing: signing.value });
      servers[`${mode}-${n}-url`] = { type: "http", url: `https://quetra.example/${key}/mcp` };
      const headers = { Authorization: `Bearer ${key}` };
      servers[`${mode}-${n}-header`] = { type: "http", url: "https://quetra.example/mcp", headers };
      servers[`${mode}-${n}-env`] = { command: "node", args: ["server.js"], env: { QUETRA_API_KEY: key } };
    }
  }
  // In two parts, so that nobody's scanner finds it here.
  servers[CONTROL] = { type: "http", url: `https://quetra.example/${"sk_"}${"live_"}${"0a1B2c3D".repeat(4)}/mcp` };
  return servers;
}

function scan(command, config) {
  const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, stdio: ["ignore", "pipe", "ignore"] };
  let output;
  try {
    output = execFileSync(command, ["scan", "--offline", "--json", "--config", config], options);
  } catch (error) {
    // Some versions exit with 1 when they find something.
    output = error.stdout ?? "";
  }
  return JSON.parse(output);
}

/** `exposed-secret` is the rule that names a vendor: "Exposed Stripe Secret Key in server url." */
function report(results, expected) {
  const scanned = new Set(results.map(({ serverName }) => serverName));
  const missing = expected.filter((name) => !scanned.has(name));
  const named = results.flatMap(({ serverName, findings }) =>
    findings.filter(({ id }) => id === "exposed-secret").map(({ description }) => `${serverName}: ${description}`),
  );
  const wrong = named.filter((line) => !line.startsWith(`${CONTROL}:`));
  for (const line of wrong) console.error(line);
  for (const name of missing) console.error(`${name}: was not scanned`);
  if (!named.some((line) => line.startsWith(CONTROL))) {
    console.error("The control was not found: this version of mcp-scan words its findings differently.");
    process.exitCode = 1;
  }
  if (wrong.length + missing.length > 0) process.exitCode = 1;
  const rules = [...new Set(results.flatMap(({ findings }) => findings.map(({ id }) => id)))].sort();
  console.log(
    `${expected.length - 1} places with keys, ${wrong.length} taken for a vendor's secret. Rules seen: ${rules.join(", ")}.`,
  );
}
