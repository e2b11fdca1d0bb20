/** A customer's endpoint for the crash run: verifies what comes with a library that is not ours, and keeps what it saw. */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

/**
 * About one delivery in twenty fails the first time, so that retries are part of every run.
 *
 * @returns `url`; `trust(secret)`: call it before events come; `spare(ids)`: never refuse these;
 *   `seen`: first body and number of arrivals by event id;
 *   `findings`: what did not verify, or came with another body than before.
 */
export async function startReceiver() {
  const seen = new Map();
  const refused = new Set();
  const findings = [];
  const spared = new Set();
  let secret;

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const id = request.headers["webhook-id"] ?? "";
    const problem = verify(secret, request.headers, body);
    if (problem !== null) findings.push(`${id}: ${problem}`);
    if (!spared.has(id) && id.charCodeAt(id.length - 1) % 16 === 0 && !refused.has(id)) {
      refused.add(id);
      response.writeHead(500).end();
      return;
    }
    const before = seen.get(id);
    if (before !== undefined && before.body !== body) findings.push(`${id}: came again with another body`);
    seen.set(id, { body, times: (before?.times ?? 0) + 1 });
    response.writeHead(204).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    trust: (text) => {
      secret = text;
    },
    /** Does not refuse these: they lost an attempt already, and the third comes minutes after the second. */
    spare: (ids) => {
      for (const id of ids) spared.add(id);
    },
    seen,
    refused,
    findings,
    stop: () => server.closeAllConnections(server.close()),
  };
}

/** Both signatures, each computed apart from the service's code. Null = good. */
function verify(secret, headers, body) {
  try {
    new Webhook(secret).verify(body, headers);
  } catch (error) {
    return `the signature does not verify: ${error.message}`;
  }
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(body).digest("hex");
  return headers["x-quetra-signature"] === expected ? null : "X-Quetra-Signature is wrong";
}
