/** `wrangler dev` on a folder of its own, and a way to kill the one process in it that holds the data. */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../sandbox/free-port.mjs";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BIN = join(ROOT, "node_modules/.bin");
const OPERATOR_TOKEN = crypto.randomUUID() + crypto.randomUUID();
const SIGNING_SECRET = `c1:${crypto.randomUUID()}${crypto.randomUUID()}`;
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

const groups = new Set();
process.on("exit", () => {
  for (const pid of groups) endGroup(pid);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

function endGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

function start(args) {
  // A process group of its own, so that ending it ends both runtimes too.
  const child = spawn("wrangler", args, {
    cwd: ROOT,
    env: ENVIRONMENT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  groups.add(child.pid);
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output.push(String(chunk));
      if (output.length > 200) output.shift();
    });
  }
  const exited = new Promise((resolve) => child.once("exit", resolve)).then((code) => {
    groups.delete(child.pid);
    return code;
  });
  return { child, exited, output };
}

/** @param more Variables of the Worker besides those that every run has. */
export async function startService(state, more = {}) {
  const persist = ["--persist-to", state];
  const migration = start(["d1", "migrations", "apply", "quetra", "--local", ...persist]);
  if ((await migration.exited) !== 0) throw new Error(`the D1 migrations did not apply:\n${migration.output.join("")}`);

  // From a finished bundle and a copy of the configuration: someone who edits them meanwhile must not restart the service.
  const bundled = join(state, "bundle");
  mkdirSync(bundled);
  const build = start(["deploy", "--dry-run", "--outdir", bundled]);
  if ((await build.exited) !== 0) throw new Error(`the bundle was not made:\n${build.output.join("")}`);
  // Beside it lie the files that the Worker imports as text, some of them scripts too.
  const script = join(bundled, "index.js");
  const config = join(bundled, "wrangler.toml");
  copyFileSync(join(ROOT, "wrangler.toml"), config);

  const port = await freePort();
  const variables = {
    OPERATOR_TOKEN,
    KEY_SIGNING_SECRETS: SIGNING_SECRET,
    TEST_THROTTLE_FACTOR: "1000",
    TEST_D1_FAILURE_RATE: "0.3",
    ...more,
  };
  const { child, exited, output } = start([
    "dev",
    script,
    "--no-bundle",
    "--config",
    config,
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
  ]);
  let ended = false;
  exited.then(() => {
    ended = true;
  });
  const service = {
    origin: `http://127.0.0.1:${port}`,
    output,
    ended: () => ended,
    /** The process that has files of the state folder open. Null while there is none. */
    runtime: () => descendants(child.pid).find((pid) => holds(pid, state)) ?? null,
    stop: async () => {
      endGroup(child.pid);
      await exited;
    },
  };
  await ready(service);
  return service;
}

/** Two services, a browser and tests may start at the same time. */
const READY_LIMIT_MS = 120_000;

/** The operator's token is this run's own, so another server on the port cannot answer for ours. */
async function ready(service) {
  const until = Date.now() + READY_LIMIT_MS;
  while (Date.now() < until && !service.ended()) {
    const made = await createOrganization(service.origin, "Readiness").catch(() => null);
    if (made !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the service did not become ready:\n${service.output.join("").slice(-2_000)}`);
}

export async function createOrganization(origin, name) {
  const response = await fetch(`${origin}/operator/organizations`, {
    method: "POST",
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name, mode: "test" }),
    signal: AbortSignal.timeout(5_000),
  });
  if (response.status !== 201) throw new Error(`operator: HTTP ${response.status}`);
  return response.json();
}

/** All processes below one, from /proc: the run needs Linux. */
function descendants(root) {
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [];
  const open = [root];
  while (open.length > 0) {
    const below = children.get(open.pop()) ?? [];
    found.push(...below);
    open.push(...below);
  }
  return found;
}

function parentOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")[1]);
  } catch {
    return null;
  }
}

function holds(pid, folder) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(`${folder}/`);
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
