/** Bundles a Worker the way `wrangler deploy` does and serves it with workerd itself, without the development proxy. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
// The binary itself: what stands in node_modules/.bin can be a script around it, which hides its process and its pipes.
import workerdPackage from "workerd";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "node_modules/.bin");
const workerd = workerdPackage.default;
const OPERATOR_TOKEN = "operator-token-of-the-bench-0000001";
const ENVIRONMENT = {
  ...process.env,
  PATH: `${BIN}:${process.env.PATH}`,
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
};

/** Answers the path of the bundle. */
export function bundle(folder, entry, flags = []) {
  mkdirSync(folder, { recursive: true });
  const { status, stdout, stderr } = spawnSync(
    join(BIN, "wrangler"),
    ["deploy", entry, "--dry-run", "--outdir", folder, ...flags],
    { cwd: ROOT, env: ENVIRONMENT, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`wrangler deploy --dry-run failed:\n${stdout}\n${stderr}`);
  return join(folder, basename(entry).replace(/\.ts$/, ".js"));
}

const quoted = (text) => JSON.stringify(text);

/** The compatibility settings are the deployed ones. */
function compatibility() {
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const date = /^compatibility_date = "(.+)"$/m.exec(toml)[1];
  const flags = /^compatibility_flags = (\[.*\])$/m.exec(toml)[1];
  return { date, flags };
}

export const BENCH_CLASSES = { ORGANIZATION: "Organization", INSERT: "Insert", NOTHING: "Nothing" };

/** A Worker that does nothing but fetch what `?url=` says: no judgement, no bounds, no record. */
const BARE = `export default {
  async fetch(request) {
    const response = await fetch(new URL(request.url).searchParams.get("url"));
    return new Response(await response.text(), { status: response.status });
  },
};`;

/** Writes a workerd configuration beside the script; `state` keeps the objects' databases. */
function configuration(script, state, { classes, variables: more, bare }) {
  mkdirSync(state, { recursive: true });
  const { date, flags } = compatibility();
  const variables = {
    ALLOWED_HOSTS: "localhost,127.0.0.1",
    KEY_SIGNING_SECRETS: "b1:0123456789abcdef0123456789abcdef",
    OPERATOR_TOKEN,
    TEST_THROTTLE_FACTOR: "100000",
    ...more,
  };
  const bindings = [
    ...Object.entries(variables).map(([name, value]) => `(name = ${quoted(name)}, text = ${quoted(value)})`),
    ...Object.entries(classes).map(
      ([name, className]) => `(name = ${quoted(name)}, durableObjectNamespace = ${quoted(className)})`,
    ),
    '(name = "RAILS", service = (name = "main", entrypoint = "Rails"))',
  ];
  const namespaces = Object.values(classes).map(
    (name) => `(className = ${quoted(name)}, uniqueKey = ${quoted(`bench-${name}`)}, enableSql = true)`,
  );
  const file = join(dirname(script), "config.capnp");
  // What wrangler hands over as text (`rules` in wrangler.toml) lies beside the script.
  const texts = readdirSync(dirname(script))
    .filter((name) => /^[0-9a-f]{40}-/.test(name))
    .map((name) => `(name = ${quoted(name)}, text = embed ${quoted(name)})`);
  writeFileSync(
    file,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    ${bare ? '(name = "bare", worker = .bare),' : ""}
    (name = "state", disk = (path = ${quoted(state)}, writable = true)),
    # Sellers and the chain of a bench are on this machine.
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
    ${bare ? '(name = "bare", address = "127.0.0.1:0", http = (), service = "bare"),' : ""}
  ],
);
const bare :Workerd.Worker = (
  modules = [(name = "bare.js", esModule = ${quoted(BARE)})],
  compatibilityDate = ${quoted(date)},
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed ${quoted(basename(script))}), ${texts.join(", ")}],
  compatibilityDate = ${quoted(date)},
  compatibilityFlags = ${flags},
  bindings = [${bindings.join(", ")}],
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "state"),
);
`,
  );
  return file;
}

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/**
 * Starts workerd and answers when it listens. The kernel chooses the ports.
 *
 * @param options.variables Variables of the Worker besides those that every bench has.
 * @param options.bare Serve the bare Worker too, at `bare`.
 */
export async function serve(script, state, options = {}) {
  const { classes = BENCH_CLASSES, variables = {}, inspect = false, bare = false } = options;
  const started = performance.now();
  const config = configuration(script, state, { classes, variables, bare });
  const child = spawn(
    workerd,
    ["serve", config, "--control-fd=3", ...(inspect ? ["--inspector-addr=127.0.0.1:0"] : [])],
    { env: ENVIRONMENT, stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  running.add(child);
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors = (errors + chunk).slice(-4_000);
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const ports = await new Promise((resolve, reject) => {
    const found = {};
    let text = "";
    child.stdio[3].on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop();
      for (const line of lines) {
        const event = JSON.parse(line);
        if (event.event === "listen") found[event.socket] = event.port;
        if (event.event === "listen-inspector") found.inspector = event.port;
      }
      const awaited = ["http", ...(bare ? ["bare"] : []), ...(inspect ? ["inspector"] : [])];
      if (awaited.every((name) => found[name] !== undefined)) resolve(found);
    });
    exited.then(() => reject(new Error(`workerd ended before it listened:\n${errors}`)));
  });
  return {
    ...ports,
    started,
    pid: child.pid,
    origin: `http://127.0.0.1:${ports.http}`,
    errors: () => errors,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      running.delete(child);
    },
  };
}

export async function json(response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

/** An organization with a spend key and one agent under the standard mandate, or under the given terms. */
export async function provision(origin, variant, terms) {
  const post = async (key, path, body) =>
    json(
      await fetch(`${origin}${path}`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "idempotency-key": crypto.randomUUID(),
          "x-bench-variant": variant,
        },
        body: JSON.stringify(body),
      }),
    );
  const { id, admin_key: admin } = await post(OPERATOR_TOKEN, "/operator/organizations", { name: "B", mode: "test" });
  const { key } = await post(admin, "/api/v1/keys", { name: "spend", role: "spend" });
  const preset = terms === undefined ? "standard" : "none";
  const agent = await post(admin, "/api/v1/agents", { name: "A", preset, spend_calls_per_minute: 6_000 });
  let mandate = agent.mandate_id;
  if (terms !== undefined) {
    ({ id: mandate } = await post(admin, "/api/v1/mandates", { ...terms, schema: 1, agent_id: agent.id, name: "M" }));
    await post(admin, `/api/v1/mandates/${mandate}/activate`, {});
  }
  return { id, variant, admin, key, agent: agent.id, mandate };
}

let rpcId = 0;

/** Headers and body of one tool call, 2026-07-28. */
export function toolCall(name, args) {
  rpcId += 1;
  return {
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: rpcId,
      method: "tools/call",
      params: {
        name,
        arguments: args,
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
          "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
        },
      },
    }),
  };
}

let purchases = 0;

/** A purchase of a hundredth of a cent, so that no budget runs out within a bench. */
export const purchase = (organization) => ({
  agent_id: organization.agent,
  amount: 0.0001,
  vendor: "api.example.com",
  category: "data",
  idempotency_key: `bench-${process.pid}-${++purchases}`,
  reason: "One unit of data",
});
