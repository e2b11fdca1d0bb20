/** The service with a fresh organization, for a check that runs against it and throws both away. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMailbox } from "../../sandbox/mailbox.mjs";
import { mailVariables } from "./mailbox.mjs";
import { call, choosePort, endAll, migrate, serve } from "./service.mjs";

const secret = () => crypto.randomUUID() + crypto.randomUUID();

/**
 * Starts the service on a free port. It and its state, which lies in a temporary folder, end with this process.
 *
 * @param {Record<string, string>} [variables] More of the Worker's variables.
 * @returns `admin`: key of the fresh organization; `agent`: id of its one agent; `mcp`: MCP URL of a spend key.
 */
export async function startFresh(variables = {}) {
  const { origin, operator } = await startEmpty(variables);
  const body = { name: "Check", mode: "test" };
  const { admin_key: admin } = await call(origin, operator, "POST", "/operator/organizations", body);
  const { id: agent } = await call(origin, admin, "POST", "/api/v1/agents", { name: "Agent" });
  const { key } = await call(origin, admin, "POST", "/api/v1/keys", { name: "Spend", role: "spend" });
  return { origin, admin, agent, mcp: `${origin}/${key}/mcp` };
}

/**
 * The same with the dashboard, open for sign-up, and with a mailbox; and without any organization or person.
 *
 * @param {{ ports?: readonly number[], variables?: Record<string, string> }} [options] `ports` of this machine that may
 *   be called besides the mailbox's.
 * @returns `mailbox`: its `mails`, newest first, as `sandbox/mailbox.mjs` has them; `operator`: the operator's token;
 *   `words`: what the service said last.
 */
export async function startFreshDashboard({ ports = [], variables = {} } = {}) {
  const token = secret();
  const mailbox = await startMailbox({ token });
  const service = await startEmpty({
    AUTH_SECRET: secret(),
    SEALING_SECRETS: `s1:${secret()}`,
    SIGN_UP: "open",
    MAIL_TOKEN: token,
    SANDBOX_PORTS: [mailbox.port, ...ports].join(","),
    ...mailVariables(mailbox.port),
    ...variables,
  });
  return { ...service, mailbox };
}

async function startEmpty(variables) {
  const state = mkdtempSync(join(tmpdir(), "quetra-service-"));
  process.on("exit", () => {
    endAll();
    rmSync(state, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

  const operator = secret();
  const port = await choosePort([]);
  const lines = Object.entries({
    KEY_SIGNING_SECRETS: `k1:${secret()}`,
    OPERATOR_TOKEN: operator,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    TEST_THROTTLE_FACTOR: 1_000,
    ...variables,
  }).map(([name, value]) => `${name}=${value}\n`);
  const secretsFile = join(state, "secrets.env");
  writeFileSync(secretsFile, lines.join(""), { mode: 0o600 });
  await migrate(state);
  const { origin, words } = await serve({ state, port, secretsFile });
  return { origin, operator, words };
}
