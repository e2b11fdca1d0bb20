/** Orders: what was bought, and what was given back of it. */
import { chosen, priced } from "./pricing.mjs";
import { announce } from "./webhooks.mjs";
import { newId, remember } from "./world.mjs";

/** All of it or nothing, in one step, so that two buyers never get the last one. */
export function reserveStock(world, session) {
  const goods = session.items.map(({ id, quantity }) => ({ good: world.shelf.get(id), quantity }));
  if (goods.some(({ good, quantity }) => good.stock !== null && good.stock < quantity)) return false;
  for (const { good, quantity } of goods) if (good.stock !== null) good.stock -= quantity;
  session.reserved = true;
  return true;
}

export function returnStock(world, session) {
  if (!session.reserved) return;
  session.reserved = false;
  for (const { id, quantity } of session.items) {
    const good = world.shelf.get(id);
    if (good.stock !== null) good.stock += quantity;
  }
}

/** @param {number} paid Minor units. */
export async function placeOrder(world, session, paid) {
  const price = priced(session, world);
  const order = {
    id: newId("ord"),
    number: `SB-${String(world.orders.size + 1).padStart(5, "0")}`,
    session: session.id,
    version: session.version,
    currency: session.currency,
    status: "confirmed",
    price,
    chosen: chosen(price),
    buyer: session.buyer,
    address: session.details?.address ?? null,
    paid,
    payment: session.payment.id,
    /** Shown to the buyer alone: a secret. */
    licence: price.digital ? `LIC-${newId("k").slice(2).toUpperCase()}` : null,
    adjustments: [],
    created: world.now(),
  };
  remember(world.orders, order.id, order);
  session.order = order;
  announce(world, "order_create", order);
  return order;
}

/** Minor units that have been given back, or are about to be. */
export const refundedOf = (order) =>
  order.adjustments.reduce((sum, { status, amount }) => sum + (status === "failed" ? 0 : amount), 0);

/**
 * Gives back a part. Stripe first: what it refuses is not announced.
 *
 * @param {{ amount: number, status?: "completed" | "pending" | "failed", stripe?: boolean, force?: boolean }} wanted `stripe: false`
 *   and `force` are of a shop that announces what it has not given back, or more than it ever took.
 * @returns {Promise<object | string>} The adjustment, or why not.
 */
export async function refundOrder(world, order, { amount, status, stripe = true, force = false, reason }) {
  if (!Number.isSafeInteger(amount) || amount <= 0) return "The amount is a positive integer of minor units.";
  if (!force && refundedOf(order) + amount > order.paid) return "That is more than was paid.";
  const adjustment = {
    ...{
      id: newId("adj"),
      type: "refund",
      occurred_at: new Date(world.now()).toISOString(),
      status: status ?? "completed",
      amount,
    },
    ...{ currency: order.currency, reason: reason ?? "requested_by_buyer" },
  };
  // Counted before Stripe is asked, so that two refunds at once cannot both fit.
  order.adjustments.push(adjustment);
  if (stripe && order.payment !== null) {
    const answer = await world.seller.refund({ key: adjustment.id, payment: order.payment, amount });
    if (!answer.ok) {
      order.adjustments.splice(order.adjustments.indexOf(adjustment), 1);
      return `Stripe refuses: ${answer.code}.`;
    }
    if (status === undefined && answer.status !== "succeeded") adjustment.status = "pending";
  }
  announce(world, "order_update", order);
  return adjustment;
}

/** The bank sends a refund back, or a pending one has been made. */
export function changeRefund(world, order, id, status) {
  const adjustment = order.adjustments.find((each) => each.id === id);
  if (adjustment === undefined) return null;
  adjustment.status = status;
  announce(world, "order_update", order);
  return adjustment;
}

/** The shop will not deliver: everything that is left is given back. */
export async function cancelOrder(world, order) {
  order.status = "canceled";
  const left = order.paid - refundedOf(order);
  if (left === 0) {
    announce(world, "order_update", order);
    return order;
  }
  const refund = await refundOrder(world, order, { amount: left, reason: "canceled_by_seller" });
  return typeof refund === "string" ? refund : order;
}
