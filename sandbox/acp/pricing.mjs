/** What a cart costs: lines, ways of delivery, tax and the total, which is their sum. */
import { DIGITAL_OPTION, optionsFor, taxOn } from "./catalogue.mjs";

/**
 * @param {object} session
 * @param {{ shelf: Map<string, object>, now: () => number }} world
 */
export function priced(session, world) {
  const { currency, details } = session;
  const address = details?.address ?? null;
  const lines = session.items.map(({ id, quantity }, index) => {
    const good = world.shelf.get(id);
    const unit = good.prices[currency];
    const base = unit * quantity;
    const tax = taxOn(base, address, currency);
    return { id: `line_${index + 1}`, good, quantity, unit, base, tax, total: base + tax };
  });
  const physical = lines.some(({ good }) => good.kind === "physical");
  const digital = lines.some(({ good }) => good.kind === "digital");
  const options = optionsFor({ physical, digital, address, currency, now: session.created });
  // A change of the address may have taken the chosen way away.
  const shipping = options.find(({ type, id }) => type === "shipping" && id === session.option) ?? null;
  const sum = (key) => lines.reduce((total, line) => total + line[key], 0);
  const subtotal = sum("base");
  const tax = sum("tax");
  const delivery = shipping?.amount ?? 0;
  const total = subtotal + tax + delivery + session.surcharge;
  return { lines, physical, digital, options, shipping, subtotal, tax, delivery, surcharge: session.surcharge, total };
}

/** The chosen ways of delivery, with the lines that each carries. */
export function chosen({ lines, shipping, digital }) {
  const of = (kind) => lines.filter(({ good }) => good.kind === kind).map(({ good }) => good.id);
  return [
    ...(shipping === null ? [] : [{ type: "shipping", option_id: shipping.id, item_ids: of("physical") }]),
    ...(digital ? [{ type: "digital", option_id: DIGITAL_OPTION, item_ids: of("digital") }] : []),
  ];
}

/** The totals as every release lists them: one entry of type `total`. */
export function totalsOf({ subtotal, tax, delivery, shipping, surcharge, total }) {
  const entry = (type, display_text, amount) => ({ type, display_text, amount });
  return [
    entry("items_base_amount", "Items", subtotal),
    entry("subtotal", "Subtotal", subtotal),
    ...(shipping === null ? [] : [entry("fulfillment", shipping.title, delivery)]),
    entry("tax", "Sales tax", tax),
    ...(surcharge === 0 ? [] : [entry("fee", "Change of price", surcharge)]),
    entry("total", "Total", total),
  ];
}
