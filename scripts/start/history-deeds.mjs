/** What agents and people do, as steps of the story. Each takes the world of `history.mjs` and an instant. */

/** @returns {string} The step's name. */
export function buy(world, at, name, { vendor, category, amount, reason }) {
  world.asked += 1;
  const { story, agent, asked, bought } = world;
  bought.push({ at, name, vendor, amount });
  const body = {
    agent_id: `@agent-${name}.id`,
    amount,
    vendor,
    ...(category === undefined ? {} : { category }),
    reason,
    idempotency_key: `demo-${asked}`,
  };
  return story.add(at, agent, "evaluate", { body }, `buy-${asked}`);
}

/** The agent reports what it really cost. */
export function settle({ story, agent }, at, name, bought, amount_charged) {
  const transaction_id = `@${bought}.transaction_id`;
  story.add(at, agent, "quetra_settle", { body: { agent_id: `@agent-${name}.id`, transaction_id, amount_charged } });
}

export function decide({ story }, at, by, bought, decision, note) {
  const params = { approval_id: `@${bought}.approval_id` };
  story.add(at, by, "decideApproval", { params, body: { decision, ...(note === null ? {} : { note }) } });
}

/** A person says what it cost: what is still held of it is free. */
export function confirm({ story, owner }, at, bought, amount_charged, note) {
  const params = { transaction_id: `@${bought}.transaction_id` };
  story.add(at, owner, "settleTransaction", { params, body: { amount_charged, note } });
}

export function refund({ story, owner }, at, bought, amount, note) {
  const params = { transaction_id: `@${bought}.transaction_id` };
  story.add(at, owner, "refundTransaction", { params, body: { amount, note } });
}
