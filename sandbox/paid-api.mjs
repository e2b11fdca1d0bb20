/** An honest seller: a small API that is paid by x402, one endpoint for everything that a buyer can meet. */
import { HTTPFacilitatorClient, x402ResourceServer } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware } from "@x402/hono";
import { Hono } from "hono";
import { NETWORK } from "./facilitator.mjs";
import { listen } from "./listen.mjs";
import { forecast } from "./weather.mjs";

/** What is sold; also what GET / says. */
const OFFERS = {
  "GET /weather": { price: "$0.01", description: "Weather of a city today: ?city=Ljubljana" },
  "GET /premium/weather": { price: "$0.05", description: "Seven-day forecast of a city: ?city=Ljubljana" },
  "POST /translate": { price: "$0.02", description: 'Translation of {"text", "to"}' },
  "GET /report": { price: "$25", description: "Market report" },
  "GET /failing": { price: "$0.01", description: "Always fails, so that nobody ever pays it" },
};

/**
 * @param {{ port?: number, facilitatorUrl: string, payTo: `0x${string}` }} options
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void> }>}
 */
export function startPaidApi({ port, facilitatorUrl, payTo }) {
  const routes = Object.fromEntries(
    Object.entries(OFFERS).map(([route, { price, description }]) => [
      route,
      {
        accepts: [{ scheme: "exact", network: NETWORK, payTo, price, maxTimeoutSeconds: 60 }],
        description,
        mimeType: "application/json",
      },
    ]),
  );
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl })).register(
    NETWORK,
    new ExactEvmScheme(),
  );
  const app = new Hono();
  app.use(paymentMiddleware(routes, server));
  app.get("/", (c) => {
    const endpoints = Object.entries(OFFERS).map(([endpoint, { price, description }]) => {
      return { endpoint, price, description };
    });
    return c.json({ name: "Sandbox weather and text API", payment: "x402, USDC on Base Sepolia", endpoints });
  });
  const cityOf = (c) => (c.req.query("city") ?? "Ljubljana").slice(0, 80);
  app.get("/weather", (c) => c.json(forecast(cityOf(c), 1)));
  app.get("/premium/weather", (c) => c.json(forecast(cityOf(c), 7)));
  app.post("/translate", async (c) => {
    const body = await c.req.json().catch(() => null);
    if (typeof body?.text !== "string") return c.json({ error: 'The body must be JSON with "text".' }, 400);
    const to = typeof body.to === "string" ? body.to : "en";
    return c.json({ to, text: body.text, translation: `[${to}] ${body.text}` });
  });
  app.get("/report", (c) => c.json({ title: "Market report", pages: 48, summary: "Demand for forecasts is up." }));
  app.get("/failing", (c) => c.json({ error: "The forecast model is out of order." }, 500));
  return listen(app, port);
}
