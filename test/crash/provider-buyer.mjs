/**
 * An agent that charges cards and buys from the merchant, one idempotency key for each purchase, and keeps a diary of what
 * it was told. A call without a clear answer is repeated with the same key until there is one.
 */
import { GaveUp } from "./client.mjs";
import { sleep } from "./waiting.mjs";

/** How often purchases of each kind are made, per hundred. */
const CHARGES = { visa: 34, declined: 8, sca: 6, processing: 6 };
const CHECKOUTS = { paper: 24, item_async: 6, item_declined: 5, item_drift: 4, item_500_after: 4, item_reset: 3 };
const lottery = (shares) => Object.entries(shares).flatMap(([kind, share]) => Array(share).fill(kind));
const LOTTERY = [
  ...lottery(CHARGES).map((kind) => ({ tool: "quetra_stripe_charge", kind })),
  ...lottery(CHECKOUTS).map((kind) => ({ tool: "quetra_acp_checkout", kind })),
];
const HONEST = [
  { tool: "quetra_stripe_charge", kind: "visa" },
  { tool: "quetra_acp_checkout", kind: "paper" },
];

const OUTCOMES = [
  "charged",
  "ordered",
  "unsettled",
  "declined",
  "needs_human",
  "rejected",
  "pending_approval",
  "already_used",
  "failed",
];

export function createDiary() {
  return { purchases: new Map(), unexpected: [], gave_up: 0 };
}

/** @param {boolean} options.plain Honest purchases only, and no call that is not needed. */
export async function buyAll({ client, keys, agent, merchant, random, diary, name, plain, running }) {
  for (let number = 1; running(); number += 1) {
    const op = `${name}-${number}`;
    const { tool, kind } = random.pick(plain ? HONEST : LOTTERY);
    const terms =
      tool === "quetra_stripe_charge"
        ? { amount: random.integer(50, 900) / 100, currency: "USD", profile: `card-${kind}` }
        : { merchant_url: merchant, items: [{ id: kind, quantity: 1 }], max_amount: 60 };
    const purchase = { op, agent: agent.id, tool, kind, terms, answers: [] };
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
  const { value, error, doubted } = await client.tool(keys.spend, purchase.tool, {
    agent_id: purchase.agent,
    ...purchase.terms,
    idempotency_key: purchase.op,
    metadata: { op: purchase.op },
  });
  if (error !== undefined) {
    diary.unexpected.push(`${purchase.op} (${purchase.kind}): ${error.slice(0, 300)}`);
    return null;
  }
  const { outcome, transaction_id, replayed = false } = value;
  if (!OUTCOMES.includes(outcome) || (outcome === "failed" && transaction_id === undefined && !excused(value))) {
    diary.unexpected.push(`${purchase.op} (${purchase.kind}): ${outcome} ${value.code ?? ""}: ${value.message}`);
  }
  const told = { outcome, transaction_id: transaction_id ?? null, replayed, doubted, approval_id: value.approval_id };
  purchase.answers.push(told);
  return told;
}

/** A merchant or Stripe that did not answer before anything was begun. */
const excused = ({ code }) => ["no_answer", "timeout", "merchant_unclear"].includes(code);

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
