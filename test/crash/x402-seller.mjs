/**
 * A seller that is paid by x402 and behaves as the path says: `/<price>/<mode>?op=`. It counts what it was asked and paid.
 *
 * `honest` delivers · `error` answers 500 after it was paid · `reset` breaks the connection then · `hang` never answers
 * then · `slow` delivers late · `refuse` never takes the payment · `late` refuses, and takes it afterwards.
 */
import { HTTPFacilitatorClient, x402ResourceServer } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware } from "@x402/hono";
import { Hono } from "hono";
import { NETWORK } from "../../sandbox/facilitator.mjs";
import { listen } from "../../sandbox/listen.mjs";
import { sleep } from "./waiting.mjs";

/** Micros by name. */
export const PRICES = { cheap: 10_000, dear: 250_000 };
const SLOW_MS = 6_000;

/** @param options.validity How long a payment is valid, seconds. */
export async function startSeller({ facilitatorUrl, payTo, validity }) {
  const facilitator = new HTTPFacilitatorClient({ url: facilitatorUrl });
  const server = new x402ResourceServer(facilitator).register(NETWORK, new ExactEvmScheme());
  const terms = { scheme: "exact", network: NETWORK, payTo, maxTimeoutSeconds: validity };
  const routes = Object.fromEntries(
    Object.entries(PRICES).map(([name, micros]) => [
      `GET /${name}/*`,
      { accepts: [{ ...terms, price: `$${micros / 1_000_000}` }], description: "Data", mimeType: "application/json" },
    ]),
  );
  /** By op: how often it was asked without a payment, and the nonce of every payment that was sent. */
  const visits = new Map();
  const open = new Set();

  /** As a seller does who keeps the signature and comes back with it. */
  async function takeLater(payment) {
    await sleep(500 + Math.random() * 3_500);
    await facilitator.settle(payment, payment.accepted).catch(() => undefined);
  }

  const app = new Hono();
  app.use(async (c, next) => {
    const op = c.req.query("op");
    const mode = c.req.path.split("/")[2];
    const header = c.req.header("payment-signature");
    const visit = visits.get(op) ?? { asked: 0, nonces: [] };
    visits.set(op, visit);
    if (header === undefined) {
      visit.asked += 1;
      return next();
    }
    const payment = JSON.parse(Buffer.from(header, "base64").toString());
    visit.nonces.push(payment.payload.authorization.nonce.toLowerCase());
    if (mode === "refuse" || mode === "late") {
      if (mode === "late") {
        const taking = takeLater(payment).finally(() => open.delete(taking));
        open.add(taking);
      }
      return c.json({ error: "Come back later." }, 503);
    }
    await next();
    if (mode === "error") {
      c.res = undefined;
      c.res = c.json({ error: "Out of order." }, 500);
    } else if (mode === "slow") await sleep(SLOW_MS);
    else if (mode === "reset") c.env.outgoing.destroy();
    else if (mode === "hang") await new Promise(() => {});
  });
  app.use(paymentMiddleware(routes, server));
  app.get("/:price/:mode", (c) => c.json({ op: c.req.query("op"), answer: 42 }));
  const listening = await listen(app);
  return { ...listening, visits, settled: () => Promise.all(open) };
}
