/**
 * A spender buys, reports, calls off, and gets refunds, and keeps a diary of what it was told. Nobody else touches its
 * purchases, so the ledger must end exactly where the last answer about each of them stood.
 */
import { GaveUp } from "./client.mjs";

const MICROS = 1_000_000;

export function createDiary() {
  return {
    /** By idempotency key: every answer about the purchase. */
    purchases: new Map(),
    /** Answers that nothing explains. */
    unexpected: [],
    gave_up: 0,
    replays: 0,
    /** Purchases in doubt that had been committed: the retry found them. */
    found_done: 0,
  };
}

export async function spend({ client, keys, agent, random, diary, name, running }) {
  let number = 0;
  /** Purchases on which budget is held or spent. */
  const ours = [];
  const note = (what, detail) => diary.unexpected.push(`${name}: ${what}: ${JSON.stringify(detail).slice(0, 300)}`);

  async function evaluate(purchase) {
    const { op, amount, vendor } = purchase;
    const { value, error, doubted } = await client.tool(keys.spend, "quetra_evaluate", {
      agent_id: agent.id,
      amount: amount / MICROS,
      vendor,
      idempotency_key: op,
      metadata: { op },
    });
    if (error !== undefined) {
      note("evaluate", error);
      return null;
    }
    const told = { transaction_id: value.transaction_id ?? null, status: value.status, replayed: value.replayed };
    purchase.answers.push(told);
    if (doubted && value.replayed && purchase.answers.length === 1) diary.found_done += 1;
    if (value.amount !== amount / MICROS || value.vendor !== vendor) note("evaluate answered another purchase", value);
    return value;
  }

  /** A mutation that answers with the transaction as it is now. */
  function told(purchase, { id, status, amount_held, amount_settled, amount_refunded = 0 }) {
    purchase.state = { id, status, held: amount_held, settled: amount_settled, refunded: amount_refunded };
  }

  async function rest(purchase, action, body) {
    const path = `/transactions/${purchase.id}/${action}`;
    const answer = await client.rest(keys.admin, "POST", path, body, `${purchase.op}-${action}`);
    if (answer.status === 200) told(purchase, answer.body);
    else note(action, answer);
  }

  async function settle(purchase, amount) {
    const { value, error } = await client.tool(keys.spend, "quetra_settle", {
      agent_id: agent.id,
      transaction_id: purchase.id,
      amount_charged: amount / MICROS,
    });
    if (error !== undefined) return note("settle", error);
    told(purchase, value.transaction);
  }

  /** A decision has no key of its own: repeating it finds it already made. */
  async function decide(purchase, decision) {
    const answer = await client.rest(keys.approve, "POST", `/approvals/${purchase.approval}/decision`, { decision });
    const verdict = decision === "approve" ? "approved" : "denied";
    const status = answer.status === 200 ? answer.body.status : answer.body.status_now;
    if (status === verdict && (answer.status === 200 || answer.doubted)) {
      const approved = decision === "approve";
      purchase.state = {
        id: purchase.id,
        status: approved ? "authorized" : "denied",
        held: approved ? purchase.amount / MICROS : 0,
        settled: 0,
        refunded: 0,
      };
      return approved;
    }
    // The budget can have shrunk since; the approval stays open then.
    if (!(answer.status === 409 && answer.body.code === "policy_refuses_now")) note("decision", answer);
    return false;
  }

  /** Most purchases are reported, some for less than was held; some are called off, some left open for now. */
  async function follow(purchase) {
    const what = random.between(0, 1);
    if (what < 0.5) await settle(purchase, purchase.amount);
    else if (what < 0.7) await settle(purchase, Math.ceil(purchase.amount / 2));
    else if (what < 0.8) await rest(purchase, "cancel", {});
    if (purchase.state.held > 0 || purchase.state.settled > 0) ours.push(purchase);
  }

  /** Gives budget back: an administrator calls an open purchase off, confirms a lower claim, or books a refund. */
  async function free(purchase) {
    const { status, held, settled } = purchase.state;
    if (status === "authorized") await rest(purchase, "cancel", {});
    else if (held > 0) await rest(purchase, "settle", { amount_charged: settled });
    else return rest(purchase, "refund", { amount: settled });
    if (purchase.state.settled > 0) ours.push(purchase);
  }

  async function buy() {
    number += 1;
    const op = `${name}-${number}`;
    const amount = random.integer(100, 2_000) * 10_000;
    const purchase = { op, agent: agent.id, amount, vendor: `shop-${random.integer(1, 9)}.example.com`, answers: [] };
    diary.purchases.set(op, purchase);
    const first = await evaluate(purchase);
    if (first === null || purchase.answers[0].transaction_id === null) return;
    purchase.id = first.transaction_id;
    const held = first.outcome === "rejected" ? 0 : amount / MICROS;
    purchase.state = { id: purchase.id, status: first.status, held, settled: 0, refunded: 0 };
    if (first.outcome === "approved") await follow(purchase);
    else if (first.outcome === "pending_approval") {
      purchase.approval = first.approval_id;
      if (await decide(purchase, random.chance(0.7) ? "approve" : "deny")) await follow(purchase);
    } else if (ours.length > 0 && random.chance(0.8)) {
      const [one] = ours.splice(random.integer(0, ours.length - 1), 1);
      await free(one);
    }
    if (first.outcome !== "rejected" && random.chance(0.1)) {
      // A retry long after: it must find the same transaction, and hold nothing new.
      const again = await evaluate(purchase);
      diary.replays += 1;
      if (again !== null && again.replayed !== true) note("a repeated evaluate was not a replay", again);
    }
  }

  while (running()) {
    try {
      await buy();
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
      diary.gave_up += 1;
    }
  }
}
