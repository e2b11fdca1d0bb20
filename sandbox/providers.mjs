#!/usr/bin/env node
/**
 * What the tools of profiles need, on this machine: a Stripe stand-in and a merchant that is paid through it.
 *
 *   node sandbox/providers.mjs [--stripe-port 8405] [--merchant-port 8406]
 *
 * Prints one line of JSON once both answer, and runs until it is ended or its standard input is closed: a parent that dies
 * closes it, however it died.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ACCOUNTS } from "./accounts.mjs";
import { startMerchant } from "./acp/index.mjs";
import { startStripe } from "./stripe/index.mjs";

/**
 * @param {{ stripePort?: number, merchantPort?: number, finishAfterMs?: number, now?: () => number }} [options]
 *   `finishAfterMs`: after which whatever takes its time is finished by itself; left out: only when it is told. `now` in ms.
 */
export async function startProviders({ stripePort, merchantPort, finishAfterMs, now } = {}) {
  // In tests only what a test asks for happens.
  const settings =
    finishAfterMs === undefined
      ? {}
      : { async: { after_ms: finishAfterMs, outcome: "succeeded" }, refund: { after_ms: finishAfterMs } };
  const stripe = await startStripe({ port: stripePort, settings, now });
  const { sellerKey, sellerProfile } = ACCOUNTS;
  const merchant = await startMerchant({
    port: merchantPort,
    stripeUrl: stripe.url,
    sellerKey,
    sellerProfile,
    finishAfterMs,
    now,
  });
  const stop = async () => {
    await Promise.all([merchant.stop(), stripe.stop()]);
  };
  return { stripe, merchant, stop };
}

async function main() {
  const { values } = parseArgs({ options: { "stripe-port": { type: "string" }, "merchant-port": { type: "string" } } });
  const port = (text) => (text === undefined ? undefined : Number(text));
  const { stripe, merchant } = await startProviders({
    stripePort: port(values["stripe-port"]),
    merchantPort: port(values["merchant-port"]),
    finishAfterMs: 5_000,
  });
  process.stdin
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0))
    .resume();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(0));
  console.log(JSON.stringify({ stripe: stripe.url, merchant: merchant.url }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
