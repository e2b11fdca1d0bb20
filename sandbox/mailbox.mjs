#!/usr/bin/env node
/**
 * A mail service of this machine: takes what the real one would take, sends nothing, and shows it.
 *
 *   MAIL_TOKEN=… node sandbox/mailbox.mjs [--port 8407] [--state <folder>]
 *
 * `POST /emails` takes `{from, to: [to], subject, text, html}` with `Authorization: Bearer MAIL_TOKEN`, `GET /` is a page for
 * people, `GET /mails.json` the same for programs. With `--state` the mails outlive a restart, in a file for its owner
 * only, because they hold links that sign in. Loopback only. Prints one line of JSON once it listens, then a line for
 * each mail, and runs until it is ended or its standard input is closed.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { clean, linkOf, mailboxPage } from "./mailbox-page.mjs";

const BODY_BYTES = 256 * 1024;
const KEPT = 100;
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
const policyOf = (nonce) =>
  `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * @param {{ port?: number, token: string, state?: string, onMail?: (mail: object) => void }} options
 * @returns {Promise<{ url: string, port: number, mails: object[], stop: () => Promise<void> }>} `mails`: newest first.
 */
export function startMailbox({ port = 0, token, state, onMail = () => {} }) {
  const file = state === undefined ? null : join(state, "mails.json");
  const mails = file === null ? [] : readKept(file);

  const take = (mail) => {
    mails.unshift(mail);
    mails.length = Math.min(mails.length, KEPT);
    if (file !== null) keep(file, mails);
    onMail(mail);
  };

  const server = createServer(async (request, response) => {
    // A web page must not read the mails under a name of its own.
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? "")) return answer(response, 421);
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "GET" && pathname === "/mails.json") return json(response, 200, mails);
    if (request.method === "GET" && pathname === "/") return page(response, mails);
    if (request.method !== "POST" || pathname !== "/emails") return json(response, 404, { message: "Not found" });
    if (token === "" || request.headers.authorization !== `Bearer ${token}`)
      return json(response, 401, { message: "The bearer token is wrong" });
    const body = await read(request);
    if (body === null) return json(response, 413, { message: "Too large" });
    const mail = parse(body);
    if (mail === null) return json(response, 422, { message: "Send {from, to: [to], subject, text, html}" });
    take(mail);
    return json(response, 200, { id: mail.id });
  });

  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const { port: bound } = server.address();
      const stop = () => {
        const closed = new Promise((done) => server.close(() => done()));
        server.closeAllConnections();
        return closed;
      };
      resolve({ url: `http://127.0.0.1:${bound}`, port: bound, mails, stop });
    });
  });
}

const FIELDS = ["from", "html", "subject", "text", "to"];

/** Null unless it is exactly the shape that is sent: a field too many would get lost at the real service, unseen. */
function parse(body) {
  try {
    const given = JSON.parse(body);
    if (Object.keys(given).sort().join() !== FIELDS.join()) return null;
    const { from, to, subject, text, html } = given;
    if (!Array.isArray(to) || to.length !== 1) return null;
    if ([from, ...to, subject, text, html].some((value) => typeof value !== "string" || value === "")) return null;
    return { id: randomUUID(), at: new Date().toISOString(), from, to: to[0], subject, text, html, link: linkOf(text) };
  } catch {
    return null;
  }
}

/** What cannot be read is no reason not to start: these mails were for this machine only. */
function readKept(file) {
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).slice(0, KEPT) : [];
  } catch {
    return [];
  }
}

function keep(file, mails) {
  const fresh = `${file}.new`;
  // The mode counts for a file that is made, so one that a kill left behind goes first.
  rmSync(fresh, { force: true });
  writeFileSync(fresh, JSON.stringify(mails), { mode: 0o600 });
  renameSync(fresh, file);
}

async function read(request) {
  const pieces = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > BODY_BYTES) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

const json = (response, status, value) =>
  answer(response, status, { "content-type": "application/json" }, JSON.stringify(value));

function page(response, mails) {
  const nonce = randomBytes(16).toString("base64url");
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policyOf(nonce) };
  answer(response, 200, headers, mailboxPage(mails, nonce));
}

function answer(response, status, headers = {}, body = "") {
  response.writeHead(status, { ...HEADERS, ...headers });
  response.end(body);
}

/** One line per mail: a newcomer looks at the console for the link. */
const print = ({ to, subject, link }) =>
  console.log(`mail to ${[to, subject, link ?? ""].map((part) => clean(part).replaceAll("\n", " ")).join("  ")}`);

async function main() {
  const options = { port: { type: "string", default: "8407" }, state: { type: "string" } };
  const { values } = parseArgs({ options });
  const { MAIL_TOKEN: token = "" } = process.env;
  if (token === "") throw new Error("Set MAIL_TOKEN to what the service sends as its bearer token.");
  // A parent that dies closes it, however it died.
  process.stdin
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0))
    .resume();
  const { url } = await startMailbox({ port: Number(values.port), token, state: values.state, onMail: print });
  console.log(JSON.stringify({ url }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
