/** What a request asks for, in one form for all releases. The request has been validated by its schema before. */
import { since } from "./contract.mjs";
import { Refusal } from "./refusal.mjs";

export const CARD_HANDLER = "card_tokenized";

/** Left out stays undefined, because an update changes only what it names. */
export function wishOf(version, body) {
  return {
    items: itemsOf(version, body),
    buyer: body.buyer,
    details: since(version, "2025-12-12")
      ? body.fulfillment_details
      : body.fulfillment_address && { address: body.fulfillment_address },
    selected: selectedOf(version, body),
    currency: body.currency,
  };
}

/** From 2026-01-30 a line has no quantity: two of one are two lines. */
function itemsOf(version, body) {
  const list = since(version, "2026-01-30") ? body.line_items : body.items;
  if (list === undefined) return undefined;
  const quantities = new Map();
  list.forEach(({ id, quantity = 1 }, index) => {
    // 2025-09-29 would let half of one through.
    if (!Number.isSafeInteger(quantity))
      throw new Refusal(400, "invalid", "The quantity is a whole number.", `$.items[${index}].quantity`);
    quantities.set(id, (quantities.get(id) ?? 0) + quantity);
  });
  return [...quantities].map(([id, quantity]) => ({ id, quantity }));
}

function selectedOf(version, body) {
  if (!since(version, "2025-12-12")) {
    const id = body.fulfillment_option_id;
    return id === undefined ? undefined : [{ option: id, items: null }];
  }
  return body.selected_fulfillment_options?.map((each) => {
    const { option_id: option, item_ids: items } = since(version, "2026-01-30") ? each : each[each.type];
    return { option, items };
  });
}

/** The token that pays, and an answer of the issuer where there is one. */
export function paymentOf(version, { payment_data: data, authentication_result: result }) {
  const authenticated = result?.outcome === "authenticated";
  if (!since(version, "2026-01-30")) return { token: data.token, authenticated };
  if (data.instrument === undefined)
    throw new Refusal(400, "unsupported", "We take cards only.", "$.payment_data.purchase_order_number");
  const wrong = (param) => new Refusal(400, "invalid", "This is no way to pay here.", `$.payment_data.${param}`);
  if (data.handler_id !== CARD_HANDLER) throw wrong("handler_id");
  if (data.instrument.type !== "card") throw wrong("instrument.type");
  if (data.instrument.credential.type !== "spt") throw wrong("instrument.credential.type");
  return { token: data.instrument.credential.token, authenticated };
}
