/** An order in the words of one release, and as the message that tells of it. */
import { since } from "./contract.mjs";
import { totalsOf } from "./pricing.mjs";

const refunded = ({ adjustments }) =>
  adjustments.reduce((sum, { status, amount }) => sum + (status === "completed" ? amount : 0), 0);

/** @returns {object} Valid by `Order`. */
export function orderIn(version, order, world) {
  const short = { id: order.id, checkout_session_id: order.session, permalink_url: linkOf(order, world) };
  if (!since(version, "2026-01-30")) return short;
  const named = { ...short, order_number: order.number };
  // The closed list of 2026-01-30 has no word for a canceled one.
  if (!since(version, "2026-04-17")) return order.status === "canceled" ? named : { ...named, status: order.status };
  const back = refunded(order);
  return {
    ...named,
    status: order.status,
    line_items: order.price.lines.map((line) => lineOf(order, line)),
    fulfillments: order.chosen.map((each, index) => fulfillmentOf(order, each, index, world)),
    adjustments: order.adjustments,
    totals: [
      ...totalsOf({ ...order.price, total: order.paid }),
      ...(back === 0 ? [] : [{ type: "amount_refunded", display_text: "Refunded", amount: back }]),
    ],
  };
}

const linkOf = (order, { publicUrl }) => `${publicUrl}/orders/${order.id}`;

function lineOf(order, { id, good, quantity, unit, base }) {
  const gone = order.status === "canceled";
  const sent = good.kind === "digital" && !gone ? quantity : 0;
  const status = gone ? "removed" : sent === quantity ? "fulfilled" : "processing";
  const counts = { ordered: quantity, current: gone ? 0 : quantity, fulfilled: sent };
  return { id, title: good.name, product_id: good.id, quantity: counts, unit_price: unit, subtotal: base, status };
}

function fulfillmentOf(order, { type, item_ids: ids }, index, { publicUrl }) {
  const lines = order.price.lines.filter(({ good }) => ids.includes(good.id));
  const common = {
    id: `ful_${index + 1}`,
    type,
    status: order.status === "canceled" ? "canceled" : type === "digital" ? "delivered" : "processing",
    line_items: lines.map(({ id, quantity }) => ({ id, quantity })),
  };
  if (type !== "digital") return { ...common, ...(order.address === null ? {} : { destination: order.address }) };
  const access_url = `${publicUrl}/downloads/${order.licence.toLowerCase()}`;
  return { ...common, digital_delivery: { access_url, license_key: order.licence } };
}

/** What is sent to who listens. Up to 2026-01-30 an event names neither its order nor its refunds by an id. */
export function eventOf(type, order, world) {
  if (since(order.version, "2026-04-17"))
    return { type, data: { type: "order", ...orderIn(order.version, order, world) } };
  const refunds = order.adjustments
    .filter(({ status }) => status === "completed")
    .map(({ amount }) => ({ type: "original_payment", amount }));
  const status = type === "order_create" ? "created" : order.status;
  const data = { type: "order", checkout_session_id: order.session, permalink_url: linkOf(order, world), status };
  return { type, data: { ...data, refunds } };
}
