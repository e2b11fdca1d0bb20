#!/usr/bin/env node
/** A seller of version 1: Coinbase's x402-hono. Verifies, works, and settles if that did not fail. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { paymentMiddleware } from "x402-hono";
import { NETWORK_V1, OFFERS } from "./offers.mjs";
import { announce, article, facilitatorUrl, failure, note, noted, payTo, summary } from "./seller.mjs";

const routes = Object.fromEntries(
  Object.values(OFFERS).map(({ method, path, price }) => [
    `${method} ${path}`,
    { price: `$${price}`, network: NETWORK_V1, config: { description: "Sold by x402-hono" } },
  ]),
);

const app = new Hono();
app.get("/requests", (c) => c.json(noted()));
app.use(async (c, next) => {
  note(c.req.method, c.req.path, c.req.raw.headers.keys());
  await next();
});
app.use(paymentMiddleware(payTo, routes, { url: facilitatorUrl }));
app.get(OFFERS.article.path, (c) => c.json(article()));
app.post(OFFERS.summary.path, async (c) => c.json(summary(await c.req.text())));
app.get(OFFERS.failing.path, (c) => c.json(failure, 500));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => announce(port));
