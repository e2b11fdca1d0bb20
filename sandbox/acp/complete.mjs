/** Payment of a session: once, whatever happens around it. */
import { modeIn, takeTurn } from "./modes.mjs";
import { placeOrder, reserveStock, returnStock } from "./orders.mjs";
import { priced } from "./pricing.mjs";
import { Refusal } from "./refusal.mjs";
import { end, isReady } from "./sessions.mjs";
import { problem } from "./standing.mjs";
import { turn } from "./turns.mjs";

/** Turns after which the shop still means to sell: it keeps the token. */
const LATER = new Set(["escalate", "pending_approval", "async"]);
const WAITING = new Set(["complete_in_progress", "in_progress", "requires_escalation", "pending_approval"]);
export const isWaiting = (session) => WAITING.has(session.stage);

/**
 * @param {{ token: string, authenticated: boolean, buyer?: object, key: string | null }} payment
 */
export async function completeSession(world, session, payment) {
  // The same request after an answer that was not kept: it goes on where it stopped, and pays nothing again.
  if (session.completedBy !== null && session.completedBy === payment.key && !world.deviations.has("no_idempotency"))
    return session;
  if (session.busy) throw new Refusal(409, "conflict", "This session is being completed.");
  if (session.stage === "authentication_required") authenticate(session, payment);
  else if (session.stage !== "open")
    throw new Refusal(400, "invalid_status", `This session cannot be completed: it is ${session.stage}.`);
  if (payment.buyer !== undefined) session.buyer = payment.buyer;
  if (session.buyer === null) throw new Refusal(400, "missing", "Who buys?", "$.buyer");
  session.said = [];
  // A matter of business, not of the protocol: the session says what is missing.
  if (!isReady(world, session)) return session;
  session.updated = world.now();
  const taken = takeTurn(session, "complete");
  if (taken !== null && !(taken.mode === "3ds" && payment.authenticated)) {
    turn(world, session, taken);
    if (LATER.has(taken.mode)) await postpone(world, session, payment, taken);
    if (taken.mode !== "drift") return session;
  }
  Object.assign(session, { token: payment.token, completedBy: payment.key });
  return settle(world, session);
}

function authenticate(session, { authenticated }) {
  if (!authenticated)
    throw new Refusal(
      400,
      "requires_3ds",
      "This checkout session requires issuer authentication.",
      "$.authentication_result",
    );
  session.stage = "open";
}

/** Nobody waits for the shop: it goes on when it is told to, or by itself after a time. */
async function postpone(world, session, payment, { finish_after_ms: later = world.finishAfterMs, charged }) {
  Object.assign(session, { token: payment.token, completedBy: payment.key });
  const { stage } = session;
  if (charged) {
    await settle(world, session);
    if (session.order !== null) Object.assign(session, { stage, held: true });
  }
  if (later === null || later === undefined || stage === "requires_escalation") return;
  setTimeout(() => void finishSession(world, session, "completed").catch(() => {}), later).unref();
}

/**
 * What a shop that works later, or a person there, decides in the end.
 *
 * @param {"completed" | "canceled" | "declined" | "ready"} outcome
 */
export async function finishSession(world, session, outcome) {
  if (!isWaiting(session) || session.busy) return session;
  if (outcome === "completed") {
    if (!session.held) return settle(world, session);
    return Object.assign(session, { stage: "completed", said: [], held: false });
  }
  if (outcome === "canceled") return end(world, session, "canceled", "We canceled this order.");
  const said = outcome === "declined" ? [problem("payment_declined", "The payment was declined.")] : [];
  return Object.assign(session, { stage: "open", token: null, completedBy: null, said });
}

/** Takes the money and makes the order; the goods are set aside while Stripe is asked. */
async function settle(world, session) {
  if (session.order !== null) return session;
  const { total } = priced(session, world);
  if (session.payment === null && !reserveStock(world, session))
    return Object.assign(session, { stage: "open", token: null, completedBy: null });
  session.busy = true;
  try {
    const outcome = modeIn(session, "says_paid") ? { kind: "paid", id: null } : await pay(world, session, total);
    session.updated = world.now();
    if (outcome.kind === "refused") return declined(world, session, outcome.code);
    if (outcome.kind === "unclear" || outcome.kind === "processing") {
      session.payment = { id: outcome.id ?? null, amount: total };
      return Object.assign(session, {
        stage: "complete_in_progress",
        said: [{ type: "info", content: "We wait for the bank." }],
      });
    }
    session.payment = { id: outcome.id, amount: total };
    if (modeIn(session, "says_declined")) return declined(world, session, "do_not_honor");
    Object.assign(session, { stage: "completed", token: null, said: [] });
    await placeOrder(world, session, total);
    return session;
  } finally {
    session.busy = false;
  }
}

async function pay(world, session, total) {
  if (session.payment?.id) return world.seller.read(session.payment.id);
  const suffix = session.attempts === 0 ? "" : `:${session.attempts}`;
  const order = { key: `${session.id}${suffix}`, amount: session.payment?.amount ?? total, session: session.id };
  const outcome = await world.seller.charge({ ...order, currency: session.currency, token: session.token });
  if (outcome.kind === "paid" && modeIn(session, "takes_twice")) {
    const more = { ...order, key: `${session.id}:again`, currency: session.currency, token: session.token };
    session.second = await world.seller.charge(more);
  }
  return outcome;
}

/** The next token is another attempt, with a key of its own. */
function declined(world, session, code) {
  returnStock(world, session);
  const paid = modeIn(session, "says_declined") !== null;
  const said = [problem("payment_declined", `The payment was declined (${code}).`)];
  Object.assign(session, { stage: "open", token: null, completedBy: null, said });
  if (!paid) Object.assign(session, { payment: null, attempts: session.attempts + 1 });
  return session;
}

/** What Stripe did not say at once it may say now. */
export async function lookAgain(world, session) {
  const open = session.stage === "complete_in_progress" && session.payment !== null && session.order === null;
  return open && !session.busy ? settle(world, session) : session;
}
