#!/usr/bin/env node
/** `npm start`: from nothing to a running service with a demo organization, on this machine alone. */
import { createDemo, isAlive } from "./start/demo.mjs";
import { choosePort, endAll, migrate, serve } from "./start/service.mjs";
import { DATA, DEMO_FILE, ensureSecrets, readDemo, readSecret, SECRETS_FILE, writeDemo } from "./start/state.mjs";
import { welcome } from "./start/text.mjs";

const DEFAULT_PORT = 8787;

if (Number(process.versions.node.split(".")[0]) < 20) {
  console.error(`Quetra needs Node 20 or newer; this is ${process.version}.`);
  process.exit(1);
}

process.on("exit", endAll);
for (const [signal, code] of [
  ["SIGINT", 0],
  ["SIGTERM", 0],
  ["SIGHUP", 0],
]) {
  process.on(signal, () => process.exit(code));
}

const step = (text) => console.log(`· ${text}`);

async function main() {
  ensureSecrets();
  const before = readDemo();
  step("Preparing the database");
  await migrate(DATA);
  const port = await choosePort(before === null ? [DEFAULT_PORT] : [before.port, DEFAULT_PORT]);
  step(`Starting the service on 127.0.0.1:${port}`);
  const { origin, stopped } = await serve({ state: DATA, port, secretsFile: SECRETS_FILE });
  let demo = before;
  if (demo === null || !(await isAlive(origin, demo))) {
    step("Creating the demo organization");
    demo = await createDemo(origin, readSecret("OPERATOR_TOKEN"));
  }
  if (demo.port !== port) writeDemo({ ...demo, port });
  console.log(welcome({ origin, demo, demoFile: DEMO_FILE }));
  const { words } = await stopped;
  throw new Error(`The service stopped.\n${words}`);
}

main().catch((error) => {
  console.error(`\n${error.message}`);
  process.exit(1);
});
