/** Messages about orders to whoever listens: signed, in order, tried again; or not, as the listener's modes say. */
import { createHmac } from "node:crypto";
import { problemOf } from "./contract.mjs";
import { eventOf } from "./order-view.mjs";
import { keep } from "./world.mjs";

const TRIES = 4;
const TIMEOUT_MS = 10_000;
/** Older than any receiver should take. */
const STALE_MS = 3_600_000;

/**
 * `Merchant-Signature`: HMAC-SHA256 over the second, a dot and the bytes of the body.
 *
 * @param {string} secret
 * @param {string} body
 * @param {number} second Unix time.
 */
export function signature(secret, body, second) {
  return `t=${second},v1=${createHmac("sha256", secret).update(`${second}.${body}`).digest("hex")}`;
}

/**
 * @param {{ url: string, secret: string, duplicate?: boolean, reorder?: boolean, drop?: boolean,
 *   tamper?: "body" | "signature" | "time" }} listener `reorder` keeps each message back until the next one, and sends
 *   that one first.
 */
export function listener(listener) {
  return { ...listener, held: [], sent: [], queue: Promise.resolve() };
}

/** Queued in the step of the change, so that the order of messages is the order of changes. */
export function announce(world, type, order) {
  const to = world.listener;
  if (to === null) return;
  const event = eventOf(type, order, world);
  if (!("refunds" in event.data)) {
    const wrong = problemOf(order.version, "Order", event.data);
    if (wrong !== null) {
      keep(world.faults, { shape: "Order", ...wrong });
      console.error(`ACP merchant: an event is not valid at ${wrong.param}: ${wrong.message}`);
    }
  }
  const message = { type, order: order.id, body: JSON.stringify(event) };
  if (to.drop) return void keep(to.sent, { type, order: order.id, dropped: true, statuses: [] });
  if (to.reorder && to.held.length === 0) return void to.held.push(message);
  const copies = to.duplicate ? [message, message] : [message];
  for (const each of [...copies, ...to.held.splice(0)]) enqueue(world, to, each);
}

function enqueue(world, to, message) {
  to.queue = to.queue.then(() => deliver(world, to, message)).catch(() => {});
}

/** Everything that is to be sent has been, also what waits for a next one. */
export async function flush(world) {
  const to = world.listener;
  if (to === null) return;
  for (const each of to.held.splice(0)) enqueue(world, to, each);
  await to.queue;
}

async function deliver(world, to, { type, order, body }) {
  const record = { type, order, statuses: [] };
  keep(to.sent, record);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const status = await post(world, to, body);
    record.statuses.push(status);
    // What the listener refuses it refuses again.
    if (status !== null && status < 500 && status !== 429) return;
    await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** tried).unref());
  }
}

async function post(world, to, body) {
  const second = Math.floor((world.now() - (to.tamper === "time" ? STALE_MS : 0)) / 1000);
  const signed = signature(to.tamper === "signature" ? `${to.secret}x` : to.secret, body, second);
  try {
    const response = await fetch(to.url, {
      method: "POST",
      headers: { "content-type": "application/json", "merchant-signature": signed },
      body: to.tamper === "body" ? body.replace("}", ',"tampered":true}') : body,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}
