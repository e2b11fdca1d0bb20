/** A Hono app on a port of 127.0.0.1. */
import { serve } from "@hono/node-server";

/**
 * @param {import("hono").Hono} app
 * @param {number} [port] Left out: any free one.
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void> }>}
 */
export function listen(app, port = 0) {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (address) => {
      const stop = async () => {
        const closed = new Promise((done) => server.close(done));
        server.closeAllConnections();
        await closed;
      };
      resolve({ url: `http://127.0.0.1:${address.port}`, port: address.port, stop });
    });
    server.once("error", reject);
    // Node would close an idle connection after 5 s, maybe while a client's next request is on its way.
    server.keepAliveTimeout = 120_000;
  });
}
