/** An x402 facilitator: looks at payments for sellers, and puts them on the chain at its own cost. Versions 1 and 2. */
import { x402Facilitator } from "@x402/core/facilitator";
import { toFacilitatorEvmSigner } from "@x402/evm";
import { ExactEvmScheme } from "@x402/evm/exact/facilitator";
import { ExactEvmSchemeV1 } from "@x402/evm/exact/v1/facilitator";
import { Hono } from "hono";
import {
  createPublicClient,
  defineChain,
  encodeFunctionData,
  http,
  keccak256,
  toHex,
  WaitForTransactionReceiptTimeoutError,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { CHAIN_ID, rpcOf } from "./chain-handles.mjs";
import { listen } from "./listen.mjs";

export const NETWORK = `eip155:${CHAIN_ID}`;
export const NETWORK_V1 = "base-sepolia";

/** More than a transfer ever takes, so that nothing has to be estimated. */
const GAS = 250_000n;
const GAS_PRICE_WEI = 100_000_000_000n;
const TEN_THOUSAND_ETHER = "0x21e19e0c9bab2400000";

/**
 * Sends transactions of one account. Only the sending stands in line: an account's transactions are numbered, and two
 * that are sent at once take the same number (measured: 12 of 25 failed). Receipts are awaited side by side.
 *
 * @param {string} rpcUrl
 * @param {string} name Accounts of different names do not get in each other's way.
 */
export async function accountOn(rpcUrl, name) {
  const account = privateKeyToAccount(keccak256(toHex(`quetra sandbox: ${name}`)));
  const chain = defineChain({
    id: CHAIN_ID,
    name: NETWORK_V1,
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const client = createPublicClient({ chain, transport: http(rpcUrl) });
  const rpc = rpcOf(rpcUrl);
  await rpc("anvil_setBalance", [account.address, TEN_THOUSAND_ETHER]);
  let last = Promise.resolve();

  const send = ({ to, data }) => {
    const sent = last.then(async () => {
      // Asked every time: tests turn the chain back.
      const nonce = Number(await rpc("eth_getTransactionCount", [account.address, "pending"]));
      const fees = { gas: GAS, gasPrice: GAS_PRICE_WEI, type: "legacy" };
      const raw = await account.signTransaction({ chainId: CHAIN_ID, nonce, to, data, ...fees });
      return rpc("eth_sendRawTransaction", [raw]);
    });
    last = sent.catch(() => {});
    return sent;
  };
  return { account, client, send, receiptOf: (hash, timeoutMs = 20_000) => waitForReceipt(client, hash, timeoutMs) };
}

/** A transaction is in a block as soon as it was sent; viem would look every 4 s on a chain that it does not know. */
async function waitForReceipt(client, hash, timeoutMs) {
  const until = Date.now() + timeoutMs;
  while (Date.now() < until) {
    const receipt = await client.getTransactionReceipt({ hash }).catch(() => null);
    if (receipt !== null) return receipt;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new WaitForTransactionReceiptTimeoutError({ hash });
}

/**
 * @param {{ port?: number, rpcUrl: string, confirmationTimeoutMs?: number }} options
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void> }>}
 */
export async function startFacilitator({ port, rpcUrl, confirmationTimeoutMs = 20_000 }) {
  const { account, client, send, receiptOf } = await accountOn(rpcUrl, "facilitator");
  const signer = toFacilitatorEvmSigner(
    {
      address: account.address,
      readContract: (request) => client.readContract(request),
      verifyTypedData: (request) => client.verifyTypedData(request),
      getCode: (request) => client.getCode(request),
      waitForTransactionReceipt: ({ hash, timeout }) => receiptOf(hash, timeout),
      sendTransaction: send,
      writeContract: ({ address, abi, functionName, args }) =>
        send({ to: address, data: encodeFunctionData({ abi, functionName, args }) }),
    },
    { confirmationTimeoutMs },
  );
  const facilitator = new x402Facilitator()
    .register(NETWORK, new ExactEvmScheme(signer))
    .registerV1(NETWORK_V1, new ExactEvmSchemeV1(signer));

  const app = new Hono();
  app.get("/supported", (c) => c.json(facilitator.getSupported()));
  app.post("/verify", async (c) => {
    const { paymentPayload, paymentRequirements } = await c.req.json();
    return c.json(await facilitator.verify(paymentPayload, paymentRequirements));
  });
  app.post("/settle", async (c) => {
    const { paymentPayload, paymentRequirements } = await c.req.json();
    return c.json(await facilitator.settle(paymentPayload, paymentRequirements));
  });
  return listen(app, port);
}
