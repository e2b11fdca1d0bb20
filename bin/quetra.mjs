#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { json } from "./verify/canonical.mjs";
import { KeySet } from "./verify/jws.mjs";
import { LogVerifier } from "./verify/log.mjs";
import { readKeptHead, verifyMandate, verifyReceipt } from "./verify/statements.mjs";

const USAGE = `Verifies what Quetra has signed, offline and with nothing but Node.

  quetra verify <file…>           an exported log (GET /audit/export), its pages in their order
      --jwks <file|url>           the organization's public keys, obtained separately (recommended)
      --head <file>               an earlier signed head that you have kept; may be repeated
      --part                      accept a run that does not begin or end with the log
  quetra verify-receipt <file> --jwks <file|url>
  quetra verify-mandate <file> --jwks <file|url>

Exit: 0 valid, 1 invalid, 2 wrong usage.
`;
const MOST_FINDINGS = 50;
const TIMEOUT_MS = 10_000;

class Usage extends Error {}

async function main(args) {
  const [command, ...rest] = args;
  if (command === "--help" || command === "-h" || command === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const commands = { verify, "verify-receipt": statement(verifyReceipt), "verify-mandate": statement(verifyMandate) };
  const run = Object.hasOwn(commands, command ?? "") ? commands[command] : undefined;
  if (run === undefined) throw new Usage(command === undefined ? "Say what to verify." : `There is no ${command}.`);
  return run(rest);
}

async function verify(args) {
  const { values, positionals } = parse(args, {
    jwks: { type: "string" },
    head: { type: "string", multiple: true },
    part: { type: "boolean" },
  });
  if (positionals.length === 0) throw new Usage("Name the file of the export.");
  const trusted = values.jwks === undefined ? null : await readKeys(values.jwks);
  const kept = (values.head ?? []).map((file) => readKeptHead(readFileSync(readable(file), "utf8")));
  const log = new LogVerifier({ trusted, kept, part: values.part === true });
  for (const file of positionals) log.read(readFileSync(readable(file)), file);
  const valid = log.finish();

  say(valid ? "VALID" : "INVALID");
  say(`${log.events} events, seq ${log.first ?? "-"} to ${log.last ?? "-"}, of ${log.organization ?? "nobody"}`);
  say(`${log.signatures} signatures verified, with ${[...log.kids].join(", ") || "no key"}`);
  if (trusted === null) {
    say("The keys are those of the file itself: this shows that the file is consistent, not who wrote it. Use --jwks.");
  }
  if (log.erased.length > 0) {
    say(`${log.erased.length} bodies were erased; their place in the log is proven, their content is gone:`);
    for (const { seq, type, by } of log.erased)
      say(`  seq ${seq}, ${type}${by === null ? "" : `, by the event seq ${by}`}`);
  }
  for (const note of log.notes) say(`note: ${note}`);
  tell(log.findings);
  return valid ? 0 : 1;
}

const statement = (check) => async (args) => {
  const { values, positionals } = parse(args, { jwks: { type: "string" } });
  if (positionals.length !== 1) throw new Usage("Name one file.");
  if (values.jwks === undefined) throw new Usage("Give the public keys: --jwks <file|url>.");
  const keys = await readKeys(values.jwks);
  const { findings, payload, kid } = check(readFileSync(readable(positionals[0]), "utf8"), keys);
  const all = [...keys.problems, ...findings];
  say(all.length === 0 ? "VALID" : "INVALID");
  if (all.length === 0) say(`Signed with ${kid}:\n${JSON.stringify(payload, null, 2)}`);
  tell(all);
  return all.length === 0 ? 0 : 1;
};

function parse(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Usage(error.message);
  }
}

function readable(file) {
  try {
    readFileSync(file);
    return file;
  } catch (error) {
    throw new Usage(`${file} cannot be read (${error.code ?? "unknown"}).`);
  }
}

async function readKeys(place) {
  const text = /^https?:\/\//.test(place) ? await download(place) : readFileSync(readable(place), "utf8");
  const keys = new KeySet().add(json(text));
  if (keys.size === 0) throw new Usage(`${place} holds no public key.`);
  return keys;
}

/** Over http only from this machine: who could change the keys on their way could sign anything. */
async function download(place) {
  const url = new URL(place);
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !local) throw new Usage("Get the keys over https.");
  try {
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (answer.ok) return await answer.text();
    throw new Error(`status ${answer.status}`);
  } catch (error) {
    throw new Usage(`${place} cannot be read (${error.cause?.code ?? error.message}).`);
  }
}

/** What a file says goes to a terminal: no control character, and none that turns text around. */
const say = (text) => void process.stdout.write(`${text.replace(/[^\n\P{C}]/gu, "?")}\n`);

function tell(findings) {
  for (const finding of findings.slice(0, MOST_FINDINGS)) say(`finding: ${finding}`);
  if (findings.length > MOST_FINDINGS) say(`and ${findings.length - MOST_FINDINGS} findings more`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Usage)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
