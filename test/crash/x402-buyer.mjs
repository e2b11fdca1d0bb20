/**
 * An agent that buys with quetra_fetch, one idempotency key for each purchase, and keeps a diary of what it was told. A
 * call without a clear answer is repeated with the same key until there is one.
 */
import { GaveUp } from "./client.mjs";
import { sleep } from "./waiting.mjs";

/** How often sellers of each kind are met, per hundred purchases. */
const MODES = { honest: 64, error: 8, reset: 8, refuse: 6, late: 6, slow: 5, hang: 3 };
const LOTTERY = Object.entries(MODES).flatMap(([mode, share]) => Array(share).fill(mode));

const OUTCOMES = ["paid", "unsettled", "rejected", "pending_approval", "already_used"];

export function createDiary() {
  return { purchases: new Map(), unexpected: [], gave_up: 0 };
}

/** @param {boolean} options.plain Honest sellers only, and no call that is not needed. */
export async function buyAll({ client, keys, agent, seller, random, diary, name, plain, running }) {
  for (let number = 1; running(); number += 1) {
    const op = `${name}-${number}`;
    const mode = plain ? "honest" : random.pick(LOTTERY);
    const price = random.chance(0.3) ? "dear" : "cheap";
    const purchase = { op, agent: agent.id, mode, price, url: `${seller.url}/${price}/${mode}?op=${op}`, answers: [] };
    diary.purchases.set(op, purchase);
    try {
      // Some agents send the same call twice at once.
      const calls = !plain && random.chance(0.1) ? 2 : 1;
      const [told] = await Promise.all(Array.from({ length: calls }, () => ask({ client, keys, diary }, purchase)));
      if (told?.approval_id !== undefined) await decide({ client, keys, diary }, purchase, told, random.chance(0.8));
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
      diary.gave_up += 1;
    }
    const { answers, denied = false } = purchase;
    const isRejected = answers.at(-1)?.outcome === "rejected";
    if (isRejected && !agent.small && !denied) diary.unexpected.push(`${op}: rejected, with budget left`);
    await sleep(isRejected ? 300 : random.between(5, 60));
  }
}

/** A person decides; after a yes the same call pays. A decision that is repeated finds itself already made. */
async function decide(tools, purchase, { approval_id }, yes) {
  const { client, keys, diary } = tools;
  const decision = yes ? "approve" : "deny";
  const path = `/approvals/${approval_id}/decision`;
  const { status, body, doubted } = await client.rest(keys.approve, "POST", path, { decision });
  const now = status === 200 ? body.status : body.status_now;
  if (now !== (yes ? "approved" : "denied") || (status !== 200 && !doubted)) {
    diary.unexpected.push(`${purchase.op}: ${decision}: HTTP ${status} ${JSON.stringify(body).slice(0, 300)}`);
  }
  if (yes) await ask(tools, purchase);
  else purchase.denied = true;
}

/** One answer about a purchase, into the diary. */
export async function ask({ client, keys, diary }, purchase) {
  const { value, error, doubted } = await client.tool(keys.spend, "quetra_fetch", {
    agent_id: purchase.agent,
    url: purchase.url,
    idempotency_key: purchase.op,
    metadata: { op: purchase.op },
  });
  if (error !== undefined) {
    diary.unexpected.push(`${purchase.op} (${purchase.mode}): ${error.slice(0, 300)}`);
    return null;
  }
  const { outcome, transaction_id, replayed = false, payment, content } = value;
  if (!OUTCOMES.includes(outcome)) {
    diary.unexpected.push(`${purchase.op} (${purchase.mode}): ${outcome} ${value.code ?? ""}: ${value.message}`);
  }
  const told = {
    outcome,
    transaction_id: transaction_id ?? null,
    replayed,
    doubted,
    hash: payment?.settlement_hash ?? null,
    result: payment?.outcome ?? null,
    approval_id: value.approval_id,
    delivered: content?.text?.includes('"answer":42') === true,
  };
  purchase.answers.push(told);
  return told;
}

/** Without traffic, when nothing is open any more: every purchase is asked about once more. */
export async function askAgain(tools, purchases) {
  const queue = purchases.filter(({ answers }) => answers.some(({ transaction_id }) => transaction_id !== null));
  const asked = queue.length;
  const one = async () => {
    for (let purchase = queue.pop(); purchase !== undefined; purchase = queue.pop()) {
      if (purchase.answers.at(-1).outcome !== "rejected") purchase.final = await ask(tools, purchase);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return asked;
}
