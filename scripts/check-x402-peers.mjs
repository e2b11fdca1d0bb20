#!/usr/bin/env node
/**
 * x402 with programs of others, each in a process of its own: `quetra_fetch` pays their sellers, and their buyer pays the
 * sandbox's API. What counts is the chain: who holds how much, and who moved it. Loopback only.
 * Needs `npm ci --prefix tools/x402-peers`, and anvil; without anvil it says so and ends well.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { privateKeyToAddress } from "viem/accounts";
import { findAnvil } from "../sandbox/chain.mjs";
import { USDC } from "../sandbox/chain-handles.mjs";
import { startSandbox } from "../sandbox/run.mjs";
import { NATIVE, NETWORK, OFFERS } from "../tools/x402-peers/offers.mjs";
import { runBuyer, startPayingService, startSeller } from "./x402-world.mjs";

const TOOLS = join(dirname(dirname(fileURLToPath(import.meta.url))), "tools/x402-peers");
if (findAnvil() === null) {
  console.log("SKIPPED: x402 peers were not tried, because there is no anvil here. Install Foundry to try them.");
  process.exit(0);
}
if (!existsSync(join(TOOLS, "node_modules"))) {
  console.error("The peers are not installed: npm ci --prefix tools/x402-peers");
  process.exit(2);
}

const { article, summary, failing } = OFFERS;
/**
 * `version`: what the seller speaks. `takesFirst`: it settles before it works, so a failure after that has been paid.
 * `alsoAsks`: its other protocol, in WWW-Authenticate of the same 402. `wantsIdentifier`: it refuses a payment without id.
 */
const PEERS = [
  { name: "x402-hono", program: "seller-x402-hono.mjs", version: 1, takesFirst: false },
  { name: "mppx", program: "seller-mppx.mjs", version: 2, takesFirst: true, alsoAsks: /^Payment / },
  { name: "@x402/express", program: "seller-express.mjs", version: 2, takesFirst: false, wantsIdentifier: true },
];
/** The header that a payment of either version travels in. */
const PAYS_WITH = { 1: ["x-payment"], 2: ["payment-signature"] };
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const MICROS = 1_000_000;
const newAddress = () => `0x${randomBytes(20).toString("hex")}`;
const json = async (url) => (await fetch(url)).json();

let passed = 0;
let failed = 0;
async function check(name, verify) {
  try {
    await verify();
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${error.message}`);
  }
}

const { chain, facilitator, api, payTo } = await startSandbox();
const peers = await Promise.all(
  PEERS.map(async (peer) => {
    const payee = newAddress();
    return { ...peer, payee, ...(await startSeller(join(TOOLS, peer.program), [facilitator.url, payee])) };
  }),
);
const service = await startPayingService({ chain, ports: peers.map(({ port }) => port) });
const deposit = await chain.balanceOf(service.wallet);

/** Does something, and holds the chain to it: exactly so much goes from one to the other. */
async function moving(micros, from, to, action) {
  const before = await chain.balancesOf([from, to]);
  const result = await action();
  const after = await chain.balancesOf([from, to]);
  const moved = [before[from] - after[from], after[to] - before[to]];
  assert.deepEqual(moved, [micros, micros], `what payer and payee moved, after ${JSON.stringify(result)}`);
  return result;
}

/** The transaction that settled a payment moved exactly it. */
async function assertSettled(hash, from, to, micros) {
  const receipt = await chain.rpc("eth_getTransactionReceipt", [hash]);
  assert.equal(receipt?.status, "0x1", `the chain has the transaction ${hash}`);
  const transfers = receipt.logs
    .filter(({ address, topics }) => address === USDC.toLowerCase() && topics[0] === TRANSFER)
    .map(({ topics, data }) => [...topics.slice(1).map((topic) => `0x${topic.slice(26)}`), Number(data)]);
  assert.deepEqual(transfers, [[from.toLowerCase(), to.toLowerCase(), micros]], "transfers of the transaction");
}

/** What the seller asks, as it stands on the wire: the case is only tried if the peer is what it is taken for. */
async function assertAsks({ url, version, alsoAsks }) {
  const response = await fetch(url + article.path);
  assert.equal(response.status, 402);
  const header = response.headers.get("payment-required");
  const text = header === null ? await response.text() : Buffer.from(header, "base64").toString();
  assert.deepEqual(
    [header !== null, JSON.parse(text).x402Version],
    [version === 2, version],
    "the quote's place and version",
  );
  if (alsoAsks !== undefined) assert.match(response.headers.get("www-authenticate") ?? "", alsoAsks);
}

async function buyFrom(peer) {
  const { name, version, payee, url, takesFirst, alsoAsks, wantsIdentifier } = peer;
  const says = (what, verify) => check(`${name}, version ${version}: ${what}`, verify);
  const noted = () => json(`${url}/requests`);
  // Who echoes the URL of a quote has to leave its spelling alone.
  const buy = ({ path, method }, more) => service.pay({ url: `${url}${path}?edition=no%207`, method, ...more });
  const price = (offer) => ({
    amount: offer.micros / MICROS,
    currency: "USD",
    network: NETWORK,
    asset: USDC.toLowerCase(),
    pay_to: payee,
  });
  const buying = (micros, offer, more) => moving(micros, service.wallet, payee, () => buy(offer, more));
  /** Everything that has to be true of a purchase, and what the seller handed out for it. */
  async function assertPaid(offer, answer) {
    assert.equal(answer.outcome, "paid", JSON.stringify(answer));
    assert.equal(answer.status, 200);
    const { settlement_hash, transaction_id, outcome, ...paid } = answer.payment;
    assert.deepEqual([paid, outcome], [price(offer), "paid"]);
    await assertSettled(settlement_hash, service.wallet, payee, offer.micros);
    const booked = await service.api("GET", `/transactions/${transaction_id}`);
    assert.deepEqual([booked.status, booked.amount_settled, booked.amount_held], ["completed", paid.amount, 0]);
    assert.deepEqual((await noted()).requests.at(-1).pays_with, PAYS_WITH[version], "the header that paid");
    return JSON.parse(answer.content.text);
  }

  await says("asks as its protocol says", () => assertAsks(peer));
  await says("is not paid without a key; the quote is read right", async () => {
    const answer = await buying(0, article);
    assert.deepEqual([answer.outcome, answer.status, answer.quote], ["payment_required", 402, price(article)]);
  });
  await says("is not paid above max_amount", async () => {
    const max = (article.micros - 1) / MICROS;
    const answer = await buying(0, article, { idempotency_key: `${name}-capped`, max_amount: max });
    assert.deepEqual([answer.outcome, answer.code], ["failed", "above_max_amount"]);
  });
  if (alsoAsks !== undefined) {
    await says("is not paid by its other protocol, where it asks by that alone", async () => {
      const response = await fetch(url + NATIVE.path);
      assert.match(response.headers.get("www-authenticate"), alsoAsks);
      assert.deepEqual([response.status, response.headers.get("payment-required")], [402, null]);
      const answer = await buying(0, NATIVE, { idempotency_key: `${name}-native` });
      assert.deepEqual([answer.outcome, answer.code], ["failed", "malformed_402"]);
    });
  }
  await says("saw no payment until here", async () => {
    assert.deepEqual(
      (await noted()).requests.filter(({ pays_with }) => pays_with.length > 0),
      [],
    );
  });

  const first = { idempotency_key: `${name}-article` };
  let bought;
  await says("is paid its price for a GET, and delivers", async () => {
    bought = await buying(article.micros, article, first);
    assert.deepEqual(await assertPaid(article, bought), { title: "On honest sellers", copy: 1 });
  });
  await says("is neither asked nor paid by a replay, which has the same content", async () => {
    const before = await noted();
    const { replayed, ...answer } = await buying(0, article, first);
    assert.deepEqual([replayed, answer], [true, bought]);
    assert.deepEqual(await noted(), before);
  });
  if (wantsIdentifier) {
    await says("gets the transaction as payment identifier", async () => {
      assert.deepEqual((await noted()).identifiers, [bought.transaction_id]);
    });
  }
  await says("is paid a fraction of a cent for a POST, and gets its body", async () => {
    const body = "Twelve signs, and some more.";
    const headers = { "content-type": "text/plain" };
    const answer = await buying(summary.micros, summary, { idempotency_key: `${name}-summary`, headers, body });
    assert.deepEqual(await assertPaid(summary, answer), { characters: body.length, summary: "Twelve signs" });
  });
  await says(
    takesFirst ? "is paid before it fails, and that is told" : "is not paid when it fails; the price is held",
    async () => {
      const micros = takesFirst ? failing.micros : 0;
      const answer = await buying(micros, failing, { idempotency_key: `${name}-failing` });
      const expected = takesFirst ? ["paid", 500, "paid_not_delivered"] : ["unsettled", 500, "held"];
      assert.deepEqual([answer.outcome, answer.status, answer.payment.outcome], expected);
      const booked = await service.api("GET", `/transactions/${answer.transaction_id}`);
      const held = (failing.micros - micros) / MICROS;
      assert.deepEqual([booked.amount_settled, booked.amount_held], [micros / MICROS, held]);
    },
  );
}

for (const peer of peers) await buyFrom(peer);

await check("the organization's books hold what the chain took, and no more", async () => {
  const { data } = await service.api("GET", "/transactions");
  const booked = data.reduce((sum, { amount_settled }) => sum + Math.round(amount_settled * MICROS), 0);
  const taken = peers.reduce((sum, { takesFirst }) => sum + (takesFirst ? failing.micros : 0), 0);
  const expected = peers.length * (article.micros + summary.micros) + taken;
  assert.deepEqual([booked, deposit - (await chain.balanceOf(service.wallet))], [expected, expected]);
});

await check("mppx as the buyer pays the sandbox's API, which takes exactly its price", async () => {
  const key = `0x${randomBytes(32).toString("hex")}`;
  const buyer = privateKeyToAddress(key);
  await chain.mint(buyer, MICROS);
  const offer = `${api.url}/weather?city=Ljubljana`;
  const run = () => runBuyer(join(TOOLS, "buyer-mppx.mjs"), [offer], key);
  const { status, body, receipt } = await moving(10_000, buyer, payTo, run);
  assert.deepEqual([status, body.city, receipt.success], [200, "Ljubljana", true]);
  await assertSettled(receipt.transaction, buyer, payTo, 10_000);
});

console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
