/** Runs the service on this machine with wrangler: no account, no network, nothing that could show a key. */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, isFree } from "../../sandbox/free-port.mjs";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BIN = join(ROOT, "node_modules/.bin");
const ENVIRONMENT = {
  ...process.env,
  // The tools are Node programs, and the package `node` brings a version that they all run on.
  PATH: `${BIN}${delimiter}${process.env.PATH}`,
  CI: "1",
  NO_COLOR: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_OBSERVABILITY: "false",
  X_LOCAL_EXPLORER: "false",
};

const children = new Set();

/**
 * Starts a program in a process group of its own, so that ending it ends the runtime's processes too.
 *
 * @param variables More of its environment: where a secret may stand, and a command line is no such place.
 */
export function run(command, args, { variables = {}, ...options } = {}) {
  const env = { ...ENVIRONMENT, ...variables };
  const child = spawn(command, args, { cwd: ROOT, env, detached: true, ...options });
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: 1, error }));
    child.once("exit", (code) => resolve({ code: code ?? 1 }));
  });
  children.add(child);
  ended.then(() => children.delete(child));
  return { child, ended };
}

/** Ends every process that was started here, at once. */
export function endAll() {
  for (const child of children) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // Already gone.
    }
  }
}

const KEY = /sk_quetra_[0-9A-Za-z_]+/g;
/** What a program said, without keys and bearer tokens. */
export const redact = (text) => text.replace(KEY, "sk_quetra_…").replace(/Bearer \S+/gi, "Bearer …");

/** Runs a program to its end and answers its exit code and its last words. */
async function finish(command, args) {
  const { child, ended } = run(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const words = lastWords(child);
  const { code, error } = await ended;
  return { code, words: error === undefined ? words() : error.message };
}

/** Listens to a program; answers what it said last. */
export function lastWords(child) {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk) => {
      text = (text + chunk).slice(-4_000);
    });
  }
  return () => redact(text).trim();
}

/** Brings the local D1 database below `state` to the current schema. */
export async function migrate(state) {
  const args = ["d1", "migrations", "apply", "quetra", "--local", "--persist-to", state];
  const { code, words } = await finish("wrangler", args);
  if (code !== 0) throw new Error(`The database could not be prepared.\n${words}`);
}

/** The first free one of the wanted ports, otherwise any. */
export async function choosePort(wanted) {
  for (const port of wanted) if (await isFree(port)) return port;
  return freePort();
}

/**
 * Starts the service and answers when it is ready.
 *
 * @param state Folder that keeps the data.
 * @param port A free port of 127.0.0.1.
 * @param secretsFile File with the Worker's secrets, one `NAME=value` a line. They must not stand on a command line.
 * @param variables More of the Worker's variables, none of them secret; they go before those of wrangler.toml.
 * @returns `stopped`: settles when the service has stopped, with its last words; `words`: what it said last, until then.
 */
export async function serve({ state, port, secretsFile, variables = {} }) {
  const { child, ended } = run(
    "wrangler",
    [
      "dev",
      "--local",
      "--persist-to",
      state,
      "--ip",
      "127.0.0.1",
      "--port",
      String(port),
      "--inspector-port",
      String(await choosePort([])),
      "--env-file",
      secretsFile,
      ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
      // Request lines would show the URL, and with it the key.
      "--log-level",
      "error",
      "--show-interactive-dev-session=false",
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const words = lastWords(child);
  const stopped = ended.then(({ error }) => ({ words: error === undefined ? words() : error.message }));
  const origin = `http://127.0.0.1:${port}`;
  const outcome = await Promise.race([stopped, becomesReady(origin).then(() => null)]);
  if (outcome !== null) throw new Error(`The service did not start.\n${outcome.words}`);
  return { origin, pid: child.pid, stopped, words };
}

async function becomesReady(origin) {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    try {
      const response = await fetch(`${origin}/healthz`, { signal: AbortSignal.timeout(5_000) });
      if (response.ok) return;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("The service did not answer within a minute.");
}

/** One JSON request. A refusal throws with the status and the answer. */
export async function call(origin, key, method, path, body, more = {}) {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      "idempotency-key": crypto.randomUUID(),
      ...more,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) {
    const error = new Error(redact(`${method} ${path}: HTTP ${response.status} ${JSON.stringify(answer)}`));
    throw Object.assign(error, { status: response.status });
  }
  return answer;
}
