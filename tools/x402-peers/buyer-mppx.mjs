#!/usr/bin/env node
/**
 * A buyer that shares no code with the reference implementation: mppx pays for one GET.
 *
 *   node buyer-mppx.mjs <URL> < private key
 *
 * Prints one line of JSON: what came back.
 */
import { text } from "node:stream/consumers";
import { evm, Mppx } from "mppx/client";
import { privateKeyToAccount } from "viem/accounts";

const { USDC } = evm.assets.baseSepolia;
const { fetch: payingFetch } = Mppx.create({
  methods: [
    evm.charge({
      account: privateKeyToAccount(await text(process.stdin)),
      currencies: [USDC],
      networks: [evm.chains.baseSepolia],
      maxAmount: "1",
    }),
  ],
  polyfill: false,
});
const response = await payingFetch(process.argv[2]);
const receipt = response.headers.get("payment-response");
console.log(
  JSON.stringify({
    status: response.status,
    body: await response.json(),
    receipt: receipt === null ? null : JSON.parse(Buffer.from(receipt, "base64").toString()),
  }),
);
