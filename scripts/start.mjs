#!/usr/bin/env node
/**
 * `npm start`: from nothing to a running service with a demo organization, on this machine alone.
 *
 *   npm start -- --allow-port 9000      lets webhooks and quetra_fetch also reach that port of this machine
 */
import { parseArgs } from "node:util";
import { foundDemo, isAlive, noteDemo } from "./start/demo.mjs";
import { chooseMailboxPort, mailVariables, startMailbox } from "./start/mailbox.mjs";
import { ensureMembers } from "./start/members.mjs";
import { chooseProviderPorts, ensureProviders, providerVariables, startProviders } from "./start/providers.mjs";
import { chooseReceiverPort, ensureEndpoint, startReceiver } from "./start/receiver.mjs";
import { choosePorts, fundWallet, hasChain, sandboxVariables, startSandbox } from "./start/sandbox.mjs";
import { choosePort, endAll, migrate, serve } from "./start/service.mjs";
import {
  DATA,
  DEMO_FILE,
  ensureSecrets,
  FOLDER,
  readDemo,
  readSecret,
  SECRETS_FILE,
  writeDemo,
} from "./start/state.mjs";
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

const { values: options } = parseArgs({ options: { "allow-port": { type: "string", multiple: true, default: [] } } });

const step = (text) => console.log(`· ${text}`);

async function main() {
  ensureSecrets();
  const before = readDemo();
  const ports = hasChain() ? await choosePorts(before?.sandbox) : null;
  const starting = ports === null ? null : beginSandbox(ports);
  if (ports === null) step("No anvil for this platform, so there is no chain to pay on; everything else works");
  step("Preparing the database");
  await migrate(DATA);
  const port = await choosePort(before === null ? [DEFAULT_PORT] : [before.port, DEFAULT_PORT]);
  step(`Starting the service on 127.0.0.1:${port}`);
  const receiverPort = await chooseReceiverPort(before?.webhook);
  const providerPorts = await chooseProviderPorts(before?.providers);
  const mailPort = await chooseMailboxPort(before?.mailbox);
  const open = [receiverPort, mailPort, ...Object.values(providerPorts), ...options["allow-port"]];
  const variables = {
    ...sandboxVariables(ports, open),
    ...providerVariables(providerPorts),
    ...mailVariables(mailPort),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    SIGN_UP: "open",
    DEMO_HISTORY: "on",
  };
  const { origin, stopped } = await serve({ state: DATA, port, secretsFile: SECRETS_FILE, variables });
  const operatorToken = readSecret("OPERATOR_TOKEN");
  let demo = before;
  if (demo === null || !(await isAlive(origin, demo))) {
    step("Creating the demo organization, with a month of purchases");
    demo = await createDemo(origin, operatorToken, before?.people);
  }
  const people = await ensureMembers({ origin, operatorToken, organization: demo.organization, before: demo.people });
  const { admin } = demo.keys;
  // Before they are configured: the service asks them whether what it is given is right.
  const shops = await startProviders(providerPorts);
  shops.stopped.then(({ words }) => step(`The Stripe stand-in and the merchant have stopped. ${words}`));
  const providers = await ensureProviders({ origin, admin, before: demo.providers, ports: providerPorts });
  const webhook = await ensureEndpoint({ origin, admin, before: demo.webhook, port: receiverPort });
  const mailbox = { port: mailPort };
  demo = { ...demo, port, people, mailbox, webhook, providers, sandbox: { ...demo.sandbox, ...ports } };
  writeDemo(demo);
  const receiver = await startReceiver(webhook);
  receiver.stopped.then(({ words }) => step(`The receiver of webhooks has stopped. ${words}`));
  const mails = await startMailbox({ port: mailPort, token: readSecret("MAIL_TOKEN"), state: FOLDER, print: step });
  mails.stopped.then(({ words }) => step(`The mailbox has stopped. ${words}`));
  const sandbox = await starting;
  if (sandbox !== null) {
    const { wallet: address } = demo.sandbox;
    const wallet = await fundWallet({ origin, admin, rpc: sandbox.rpc, address });
    writeDemo({ ...demo, sandbox: { ...demo.sandbox, wallet } });
  }
  const paidApi = sandbox?.api ?? null;
  const beside = { paidApi, shop: shops.merchant, receiver: receiver.url, mailbox: mails.url };
  console.log(welcome({ origin, demo, demoFile: DEMO_FILE, ...beside }));
  const { words } = await stopped;
  throw new Error(`The service stopped.\n${words}`);
}

/** The organization, its people, and what they and its agents have done since. */
async function createDemo(origin, operatorToken, before) {
  const now = Date.now();
  const organization = await noteDemo(origin, operatorToken, now);
  const people = await ensureMembers({ origin, operatorToken, organization, before });
  const demo = await foundDemo({ origin, operatorToken, organization, people: people.ids, now });
  return { ...demo, people };
}

/** Null when it does not start: what has nothing to do with paying works without it. */
async function beginSandbox(ports) {
  step(`Starting a chain on 127.0.0.1:${ports.rpc} and a paid API on 127.0.0.1:${ports.api}`);
  try {
    const sandbox = await startSandbox(ports);
    sandbox.stopped.then(({ words }) => step(`The chain and the paid API have stopped. ${words}`));
    return sandbox;
  } catch (error) {
    step(`${error.message}\n  There is no chain to pay on; everything else works`);
    return null;
  }
}

main().catch((error) => {
  console.error(`\n${error.message}`);
  process.exit(1);
});
