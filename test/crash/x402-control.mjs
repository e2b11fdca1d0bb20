/**
 * The negative control: a gateway that gives every attempt a new idempotency key, as a client library does that makes the
 * key where it should pass one on. Whoever retries through it pays twice; the oracle must see that.
 */
import { createServer, request } from "node:http";

export async function startForgetfulGateway(origin) {
  const { port: target } = new URL(origin);
  const server = createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const call = JSON.parse(Buffer.concat(chunks).toString());
      call.params.arguments.idempotency_key = crypto.randomUUID();
      const body = Buffer.from(JSON.stringify(call));
      const headers = { ...incoming.headers, host: `127.0.0.1:${target}`, "content-length": body.length };
      const onward = request({ host: "127.0.0.1", port: target, path: incoming.url, method: "POST", headers });
      onward.on("error", () => outgoing.destroy());
      onward.on("response", (response) => {
        outgoing.writeHead(response.statusCode, response.headers);
        response.on("error", () => outgoing.destroy()).pipe(outgoing);
      });
      onward.end(body);
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
