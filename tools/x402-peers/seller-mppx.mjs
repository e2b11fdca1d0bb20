#!/usr/bin/env node
/**
 * A seller of version 2 that shares no code with the reference implementation: mppx. Its 402 asks twice, for x402 in
 * PAYMENT-REQUIRED and for its own protocol in `WWW-Authenticate: Payment`. It settles before it works.
 */
import { randomBytes } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { payment } from "mppx/hono";
import { evm, Mppx, tempo } from "mppx/server";
import { NATIVE, OFFERS } from "./offers.mjs";
import { announce, article, facilitatorUrl, failure, note, noted, payTo, summary } from "./seller.mjs";

const selling = (method) =>
  Mppx.create({ methods: [method], realm: "127.0.0.1", secretKey: randomBytes(32).toString("hex") });
const charging = (currency) =>
  selling(evm.charge({ currency, recipient: payTo, x402: { facilitator: facilitatorUrl } }));
const { base, baseSepolia } = evm.assets;
const ours = charging(baseSepolia.USDC);
const others = charging(base.USDC);
// On a chain that x402 does not know; the challenge is made without asking it.
const native = selling(tempo.charge({ currency: `0x20c${"0".repeat(36)}1`, recipient: payTo, testnet: true }));

/** On one network, bound to the route: a buyer who does not echo the quoted resource is refused. */
const onOne = ({ price }) => payment(ours.charge, { amount: price, description: "Sold by mppx" });

/** On two networks, first on the one where nobody here has money. */
function onTwo({ price }) {
  const charge = Mppx.compose(others.charge({ amount: price }), ours.charge({ amount: price }));
  return async (c, next) => {
    const result = await charge(c.req.raw);
    if (result.status === 402) return result.challenge;
    await next();
    c.res = result.withReceipt(c.res);
  };
}

const app = new Hono();
app.get("/requests", (c) => c.json(noted()));
app.use(async (c, next) => {
  note(c.req.method, c.req.path, c.req.raw.headers.keys());
  await next();
});
app.get(OFFERS.article.path, onOne(OFFERS.article), (c) => c.json(article()));
app.post(OFFERS.summary.path, onTwo(OFFERS.summary), async (c) => c.json(summary(await c.req.text())));
app.get(NATIVE.path, payment(native.charge, { amount: NATIVE.price }), (c) => c.json(article()));
app.get(OFFERS.failing.path, onOne(OFFERS.failing), (c) => c.json(failure, 500));
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => announce(port));
