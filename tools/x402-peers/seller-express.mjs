#!/usr/bin/env node
/** A seller of version 2: the reference implementation's middleware for Express. */
import { HTTPFacilitatorClient } from "@x402/core/server";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { bazaarResourceServerExtension, declareDiscoveryExtension } from "@x402/extensions/bazaar";
import {
  declarePaymentIdentifierExtension,
  extractAndValidatePaymentIdentifier,
  PAYMENT_IDENTIFIER,
  paymentIdentifierResourceServerExtension,
} from "@x402/extensions/payment-identifier";
import express from "express";
import { NETWORK, OFFERS } from "./offers.mjs";
import { announce, article, facilitatorUrl, failure, note, noted, noteIdentifier, payTo, summary } from "./seller.mjs";

const EXTENSIONS = {
  ...declareDiscoveryExtension({ output: { example: { title: "On honest sellers" } } }),
  [PAYMENT_IDENTIFIER]: declarePaymentIdentifierExtension(true),
};
const routes = Object.fromEntries(
  Object.values(OFFERS).map(({ method, path, price }) => [
    `${method} ${path}`,
    {
      accepts: { scheme: "exact", network: NETWORK, payTo, price: `$${price}` },
      description: "Sold by @x402/express",
      // What catalogues read and what a payment has to carry; both have to come back as they were sent.
      ...(path === OFFERS.article.path ? { extensions: EXTENSIONS } : {}),
    },
  ]),
);

const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }))
  .register(NETWORK, new ExactEvmScheme())
  .registerExtension(bazaarResourceServerExtension)
  .registerExtension(paymentIdentifierResourceServerExtension)
  .onBeforeVerify(async ({ paymentPayload, declaredExtensions }) => {
    if (declaredExtensions?.[PAYMENT_IDENTIFIER] === undefined) return;
    const { id, validation } = extractAndValidatePaymentIdentifier(paymentPayload);
    if (id === null || !validation.valid) return { abort: true, reason: "payment_identifier_missing" };
    noteIdentifier(id);
  });

const app = express();
app.get("/requests", (_, response) => response.json(noted()));
app.use((request, _, next) => {
  note(request.method, request.path, Object.keys(request.headers));
  next();
});
app.use(paymentMiddleware(routes, server));
app.get(OFFERS.article.path, (_, response) => response.json(article()));
app.post(OFFERS.summary.path, express.text(), (request, response) => response.json(summary(request.body)));
app.get(OFFERS.failing.path, (_, response) => response.status(500).json(failure));
const listener = app.listen(0, "127.0.0.1", () => announce(listener.address().port));
