/**
 * The negative control: a gateway that answers a purchase from memory and passes it on afterwards, once. It is what a
 * service that acknowledges before its commit looks like from outside; the oracle must find what it loses.
 */
import { createServer, request } from "node:http";

const ANSWER_MS = 400;

export async function startGateway(origin) {
  const { port: target } = new URL(origin);
  const server = createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const { id, params } = JSON.parse(body.toString());
      const { amount, vendor } = params.arguments;
      const structuredContent = { outcome: "approved", status: "authorized", replayed: false, amount, vendor };
      const content = [{ type: "text", text: JSON.stringify(structuredContent) }];
      outgoing.setHeader("content-type", "application/json");
      // Slow enough that the service keeps up: what gets lost must be lost to the kills alone.
      setTimeout(
        () => outgoing.end(JSON.stringify({ jsonrpc: "2.0", id, result: { content, structuredContent } })),
        ANSWER_MS,
      );
      forward({ port: target, path: incoming.url, headers: incoming.headers, body });
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function forward({ port, path, headers, body }) {
  const outgoing = request({
    host: "127.0.0.1",
    port,
    path,
    method: "POST",
    headers: { ...headers, host: `127.0.0.1:${port}` },
  });
  // Fire and forget: this is the mistake.
  outgoing.on("error", () => undefined);
  outgoing.on("response", (response) => response.on("error", () => undefined).resume());
  outgoing.end(body);
}
