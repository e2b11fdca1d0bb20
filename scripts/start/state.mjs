/** What the local service keeps between runs. Files with keys or secrets are for their owner only. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./service.mjs";

/** `.quetra` in the checkout, or what QUETRA_STATE_DIR names. */
export const FOLDER = process.env.QUETRA_STATE_DIR ?? join(ROOT, ".quetra");
export const DATA = join(FOLDER, "data");
export const DEMO_FILE = join(FOLDER, "demo.json");
export const SECRETS_FILE = join(FOLDER, "secrets.env");

const PRIVATE = { mode: 0o600 };

function writePrivate(file, text) {
  const fresh = `${file}.new`;
  writeFileSync(fresh, text, PRIVATE);
  chmodSync(fresh, PRIVATE.mode);
  renameSync(fresh, file);
}

const MAKE = {
  KEY_SIGNING_SECRETS: (secret) => `k1:${secret}`,
  OPERATOR_TOKEN: (secret) => secret,
  SEALING_SECRETS: (secret) => `s1:${secret}`,
  AUTH_SECRET: (secret) => secret,
  MAIL_TOKEN: (secret) => secret,
};

/** Makes the secrets of the local Worker, each once: what is there stays, and what a later version needs is added. */
export function ensureSecrets() {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const before = existsSync(SECRETS_FILE) ? readFileSync(SECRETS_FILE, "utf8").trimEnd().split("\n") : [];
  const lines = Object.entries(MAKE)
    .filter(([name]) => !before.some((line) => line.startsWith(`${name}=`)))
    .map(([name, make]) => `${name}=${make(randomBytes(32).toString("hex"))}`);
  if (lines.length > 0) writePrivate(SECRETS_FILE, `${[...before, ...lines].join("\n")}\n`);
}

export function readSecret(name) {
  const line = readFileSync(SECRETS_FILE, "utf8")
    .split("\n")
    .find((text) => text.startsWith(`${name}=`));
  if (line === undefined) throw new Error(`${SECRETS_FILE} has no ${name}. Delete the file to make new secrets.`);
  return line.slice(name.length + 1);
}

/** The demo organization's keys and the port of the last run; null before the first. */
export function readDemo() {
  if (!existsSync(DEMO_FILE)) return null;
  try {
    return JSON.parse(readFileSync(DEMO_FILE, "utf8"));
  } catch {
    return null;
  }
}

export const writeDemo = (demo) => writePrivate(DEMO_FILE, `${JSON.stringify(demo, null, 2)}\n`);
