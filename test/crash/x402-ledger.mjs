/** What the chain and the journal say of the payments of one wallet. */
import { USDC } from "../../sandbox/chain-handles.mjs";
import { openObject } from "./ledger.mjs";

const AUTHORIZATION_USED = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";
const TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

/** Every movement out of the wallet since the block, with the nonces that were used in the same transaction. */
export async function readChain(chain, wallet, fromBlock) {
  const from = `0x${wallet.slice(2).padStart(64, "0")}`;
  const logs = (topic) =>
    chain.rpc("eth_getLogs", [{ address: USDC, fromBlock, toBlock: "latest", topics: [topic, from] }]);
  const [used, moved] = await Promise.all([logs(AUTHORIZATION_USED), logs(TRANSFER)]);
  return {
    balance: await chain.balanceOf(wallet),
    used: used.map(({ transactionHash, topics }) => ({ hash: transactionHash, nonce: topics[2] })),
    transfers: moved.map(({ transactionHash, topics, data }) => ({
      hash: transactionHash,
      to: `0x${topics[2].slice(-40)}`,
      value: Number(BigInt(data)),
    })),
  };
}

/** Payments on disk after the service was stopped, who ended each (the call or the watch), and the answers that are kept. */
export function readJournal(state, organizationId) {
  const object = openObject(state, organizationId);
  if (object === null) throw new Error("the organization's database is missing on disk");
  const payments = object
    .prepare(
      `SELECT t.id, t.agent_id, t.idempotency_key, t.status, t.amount, t.held, t.settled, t.metadata, p.nonce, p.value,
         p.pay_to, p.watch_at, p.http_status, p.settlement_hash, p.outcome
       FROM transactions t JOIN x402_payments p ON p.transaction_id = t.id ORDER BY t.seq`,
    )
    .all()
    .map(({ metadata, ...row }) => ({ ...row, op: JSON.parse(metadata).op }));
  const ends = object
    .prepare("SELECT type, body FROM events WHERE type IN ('transaction.completed', 'transaction.voided')")
    .all()
    .map(({ type, body }) => ({ type, by: JSON.parse(body).actor.id }));
  const kept = object.prepare("SELECT transaction_id FROM x402_answers").all();
  object.close();
  return { payments, ends, kept: new Set(kept.map(({ transaction_id }) => transaction_id)) };
}
