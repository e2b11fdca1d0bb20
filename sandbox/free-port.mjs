/** Ports of 127.0.0.1 for what binds them only later. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** @returns {Promise<boolean>} Nobody listens there at the moment. */
export const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/** Below the range from which systems give ports away by themselves, so that it stays free until its service starts. */
export async function freePort() {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error("No free port was found on 127.0.0.1.");
}
