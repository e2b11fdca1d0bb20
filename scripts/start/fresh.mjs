/** The service with a fresh organization, for a check that runs against it and throws both away. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, choosePort, endAll, migrate, serve } from "./service.mjs";

const secret = () => crypto.randomUUID() + crypto.randomUUID();

/**
 * Starts the service on a free port. It and its state, which lies in a temporary folder, end with this process.
 *
 * @param {Record<string, string>} [variables] More of the Worker's variables.
 * @returns `admin`: key of the fresh organization; `agent`: id of its one agent; `mcp`: MCP URL of a spend key.
 */
export async function startFresh(variables = {}) {
  const state = mkdtempSync(join(tmpdir(), "quetra-service-"));
  process.on("exit", () => {
    endAll();
    rmSync(state, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

  const operator = secret();
  const lines = Object.entries({
    KEY_SIGNING_SECRETS: `k1:${secret()}`,
    OPERATOR_TOKEN: operator,
    TEST_THROTTLE_FACTOR: 1_000,
    ...variables,
  }).map(([name, value]) => `${name}=${value}\n`);
  const secretsFile = join(state, "secrets.env");
  writeFileSync(secretsFile, lines.join(""), { mode: 0o600 });
  await migrate(state);
  const { origin } = await serve({ state, port: await choosePort([]), secretsFile });

  const body = { name: "Check", mode: "test" };
  const { admin_key: admin } = await call(origin, operator, "POST", "/operator/organizations", body);
  const { id: agent } = await call(origin, admin, "POST", "/api/v1/agents", { name: "Agent" });
  const { key } = await call(origin, admin, "POST", "/api/v1/keys", { name: "Spend", role: "spend" });
  return { origin, admin, agent, mcp: `${origin}/${key}/mcp` };
}
