#!/usr/bin/env node
/**
 * A receiver of webhooks, as a company would run one: verifies what comes, prints one line per event, shows the last ones.
 *
 *   WEBHOOK_SECRET=whsec_… node sandbox/webhook-receiver.mjs [--port 8404]
 *
 * `POST /hook` takes them, `GET /` is a page for people, `GET /events` the same as JSON. Loopback only. Prints one line of
 * JSON once it listens, and runs until it is ended or its standard input is closed.
 */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Webhook } from "standardwebhooks";
import { clean, receiverPage, summary } from "./webhook-page.mjs";

const BODY_BYTES = 256 * 1024;
const KEPT = 200;
const HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
};

/**
 * @param {{ port?: number, secrets?: string[], print?: (line: string) => void }} [options] Without secrets nothing verifies.
 * @returns {Promise<{ url: string, port: number, events: object[], trust: (secret: string) => void, stop: () => Promise<void> }>}
 */
export function startWebhookReceiver({ port = 0, secrets = [], print = console.log } = {}) {
  const trusted = [...secrets];
  /** Newest first. */
  const events = [];

  const server = createServer(async (request, response) => {
    // A web page must not read this one under a name of its own.
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? "")) return answer(response, 421);
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.method === "GET" && pathname === "/events")
      return answer(response, 200, "application/json", JSON.stringify(events));
    if (request.method === "GET" && pathname === "/")
      return answer(response, 200, "text/html; charset=utf-8", receiverPage(events));
    if (request.method !== "POST") return answer(response, 405, "text/plain", "POST webhooks here; GET / shows them.");
    const body = await read(request);
    if (body === null) return answer(response, 413, "text/plain", "Too large.");
    const event = take(body, request.headers, trusted);
    if (event === null) {
      print("webhook refused: its signature does not verify");
      return answer(response, 401, "text/plain", "The signature does not verify.");
    }
    // The same event may come more than once: its id says so.
    const before = events.find(({ id }) => id === event.id);
    if (before === undefined) events.unshift({ ...event, times: 1 });
    else before.times += 1;
    events.length = Math.min(events.length, KEPT);
    print(`webhook ${clean(event.type)} ${clean(event.id)}${before ? " (again)" : ""} ${clean(summary(event))}`);
    return answer(response, 204);
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
      const trust = (secret) => void trusted.push(secret);
      resolve({ url: `http://127.0.0.1:${bound}`, port: bound, events, trust, stop });
    });
  });
}

/** The event, when one of the secrets verifies it. Verified is the text that came, byte for byte, before it is parsed. */
function take(body, headers, secrets) {
  for (const secret of secrets) {
    try {
      return new Webhook(secret).verify(body, headers);
    } catch {
      // Another secret may be the one.
    }
  }
  return null;
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

function answer(response, status, type, body) {
  response.writeHead(status, { ...HEADERS, ...(type === undefined ? {} : { "content-type": type }) });
  response.end(body);
}

async function main() {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8404" } } });
  const secrets = (process.env.WEBHOOK_SECRET ?? "").split(",").filter((secret) => secret !== "");
  if (secrets.length === 0)
    throw new Error("Set WEBHOOK_SECRET to the secret that was shown when the endpoint was made.");
  // A parent that dies closes it, however it died.
  process.stdin
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0))
    .resume();
  const { url } = await startWebhookReceiver({ port: Number(values.port), secrets });
  console.log(JSON.stringify({ url }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
