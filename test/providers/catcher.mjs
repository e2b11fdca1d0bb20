/**
 * Takes the webhooks of the stand-ins as they come, for tests to carry them to the Worker, in their own order. It also keeps
 * the time of the tests' world: `POST /clock` with a number of ms moves it ahead.
 */
import { createServer } from "node:http";

export async function startCatcher(port) {
  const caught = [];
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    if (incoming.url === "/clock") {
      ahead += Number(Buffer.concat(chunks).toString("utf8"));
      outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ now: now(), ahead }));
      return;
    }
    if (incoming.method === "POST") {
      const { "stripe-signature": stripe, "merchant-signature": merchant } = incoming.headers;
      caught.push({ path: incoming.url, stripe, merchant, body: Buffer.concat(chunks).toString("utf8") });
      outgoing.writeHead(200).end();
      return;
    }
    const path = new URL(incoming.url, "http://catcher").pathname;
    outgoing.writeHead(200, { "content-type": "application/json" });
    outgoing.end(JSON.stringify(caught.filter((one) => one.path === path)));
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    now,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
