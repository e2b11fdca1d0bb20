import type { AcpVersion, CheckoutAddress, CheckoutBuyer } from "./api.ts";
import type { Basket, Change, Payment, Selection } from "./protocol.ts";

/** A request body: plain data, in the order in which it is written. */
export type Body = Readonly<Record<string, unknown>>;

/**
 * What each version wants to be told. Absent and `null` mean different things to a merchant (rfc.agentic_checkout 6.2), so
 * nothing is ever `null` here. The same order makes the same bytes, which the idempotency keys rest on.
 */
export interface Bodies {
  create(basket: Basket): Body;
  update(change: Change): Body;
  complete(payment: Payment): Body;
  /** Null: this version cancels without a body. */
  readonly cancel: Body | null;
}

/** 2025-09-29: quantities, a flat address, one option for everything. */
const flat: Bodies = {
  create: ({ items, buyer }) => ({ buyer: buyerOf(buyer), items: quantities(items), ...flatAddress(buyer) }),
  update: (change) =>
    change.kind === "delivery"
      ? { fulfillment_option_id: change.selections[0]?.option.id }
      : { buyer: buyerOf(change.buyer), ...flatAddress(change.buyer) },
  complete: ({ buyer, token }) => ({ buyer: buyerOf(buyer), payment_data: { token, provider: "stripe" } }),
  cancel: null,
};

/** 2025-12-12 and 2026-01-16: quantities, nested details, options per item under the name of their type. */
const nested: Bodies = {
  create: ({ items, buyer }) => ({ buyer: buyerOf(buyer), items: quantities(items), ...details(buyer) }),
  update: (change) =>
    change.kind === "delivery"
      ? {
          selected_fulfillment_options: change.selections.map((selection) => {
            const { type } = selection.option;
            return { type, [type]: selected(selection) };
          }),
        }
      : { buyer: buyerOf(change.buyer), ...details(change.buyer) },
  complete: flat.complete,
  cancel: { intent_trace: { reason_code: "other" } },
};

/** From 2026-01-30: no quantities (two of one are two entries), currency, capabilities, payment by handler. */
const handled: Bodies = {
  create: ({ items, buyer, currency }) => ({
    buyer: buyerOf(buyer),
    line_items: items.flatMap(({ id, quantity }) => Array.from({ length: quantity }, () => ({ id }))),
    currency: currency.toLowerCase(),
    ...details(buyer),
    capabilities: { interventions: { supported: [] } },
  }),
  update: (change) =>
    change.kind === "delivery"
      ? {
          selected_fulfillment_options: change.selections.map((selection) => ({
            type: selection.option.type,
            ...selected(selection),
          })),
        }
      : { buyer: buyerOf(change.buyer), ...details(change.buyer) },
  complete: ({ buyer, token, handler_id }) => ({
    buyer: buyerOf(buyer),
    payment_data: { handler_id, instrument: { type: "card", credential: { type: "spt", token } } },
  }),
  cancel: nested.cancel,
};

export const BODIES: Readonly<Record<AcpVersion, Bodies>> = {
  "2025-09-29": flat,
  "2025-12-12": nested,
  "2026-01-16": nested,
  "2026-01-30": handled,
  "2026-04-17": handled,
};

/** Entries that the items take in a request of this version. */
export const linesOf = (version: AcpVersion, items: Basket["items"]): number =>
  BODIES[version] === handled ? items.reduce((sum, { quantity }) => sum + quantity, 0) : items.length;

/** Does this version name a payment handler when it pays? */
export const paysByHandler = (version: AcpVersion): boolean => BODIES[version] === handled;

const quantities = (items: Basket["items"]): readonly Body[] => items.map(({ id, quantity }) => ({ id, quantity }));

const selected = ({ option, item_ids }: Selection): Body => ({ option_id: option.id, item_ids });

const buyerOf = ({ first_name, last_name, email, phone_number }: CheckoutBuyer): Body => ({
  first_name,
  last_name,
  email,
  ...(phone_number === null ? {} : { phone_number }),
});

const addressOf = ({ line_two, ...rest }: CheckoutAddress): Body => {
  const { name, line_one, city, state, country, postal_code } = rest;
  return { name, line_one, ...(line_two === null ? {} : { line_two }), city, state, country, postal_code };
};

const flatAddress = ({ address }: CheckoutBuyer): Body =>
  address === null ? {} : { fulfillment_address: addressOf(address) };

/** Without an address nothing is said of the way: what is bought then can only be digital. */
const details = ({ address, email, phone_number }: CheckoutBuyer): Body =>
  address === null
    ? {}
    : {
        fulfillment_details: {
          name: address.name,
          ...(phone_number === null ? {} : { phone_number }),
          email,
          address: addressOf(address),
        },
      };
