/** A session in the words of one release. */
import { since } from "./contract.mjs";
import { CARD_HANDLER } from "./intent.mjs";
import { orderIn } from "./order-view.mjs";
import { chosen, totalsOf } from "./pricing.mjs";
import { messagesIn, standingOf, statusIn } from "./standing.mjs";

const NETWORKS = ["amex", "discover", "mastercard", "visa"];
const instant = (ms) => new Date(ms).toISOString();
const entry = (type, display_text, amount) => ({ type, display_text, amount });

/** @returns {object} Valid by `CheckoutSession`, or by `CheckoutSessionWithOrder` once there is an order. */
export function sessionIn(version, session, world) {
  const { status, messages, price } = standingOf(session, world);
  const { buyer } = session;
  const order = session.stage === "completed" && session.order !== null ? session.order : null;
  return {
    id: session.id,
    ...(buyer === null ? {} : { buyer: since(version, "2026-01-30") ? buyer : olderBuyer(buyer) }),
    status: statusIn(version, status),
    currency: session.currency,
    line_items: price.lines.map((line) => lineIn(version, line)),
    ...deliveryIn(version, session, price),
    totals: totalsOf(price),
    messages: messagesIn(version, messages),
    links: ["terms_of_use", "privacy_policy"].map((type) => ({ type, url: `${world.publicUrl}/legal/${type}` })),
    ...(status === "authentication_required" && version !== "2025-09-29"
      ? { authentication_metadata: authentication(version) }
      : {}),
    ...paymentIn(version, session, status, world),
    ...(order === null ? {} : { order: orderIn(version, order, world) }),
  };
}

/** Older releases know four members, and want three of them. */
function olderBuyer({ first_name = "", last_name = "", email, phone_number }) {
  return { first_name, last_name, email, ...(phone_number === undefined ? {} : { phone_number }) };
}

function lineIn(version, { id, good, quantity, unit, base, tax, total }) {
  if (since(version, "2026-01-30")) {
    const totals = [
      entry("subtotal", "Subtotal", base),
      entry("tax", "Sales tax", tax),
      entry("total", "Total", total),
    ];
    const { name, description } = good;
    return { id, item: { id: good.id }, quantity, name, description, unit_amount: unit, totals };
  }
  const amounts = { base_amount: base, discount: 0, subtotal: base, tax, total };
  const more = since(version, "2025-12-12")
    ? { name: good.name, description: good.description, unit_amount: unit }
    : {};
  return { id, item: { id: good.id, quantity }, ...amounts, ...more };
}

function deliveryIn(version, session, price) {
  const { details } = session;
  const options = price.options.map((option) => optionIn(version, option));
  if (!since(version, "2025-12-12")) {
    return {
      ...(details?.address ? { fulfillment_address: withoutCompany(details.address) } : {}),
      fulfillment_options: options,
      ...(price.shipping === null ? {} : { fulfillment_option_id: price.shipping.id }),
    };
  }
  const selected = chosen(price).map(({ type, ...each }) => {
    return since(version, "2026-01-30") ? { type, ...each } : { type, [type]: each };
  });
  const address =
    details?.address && (since(version, "2026-04-17") ? details.address : withoutCompany(details.address));
  return {
    ...(details === null ? {} : { fulfillment_details: { ...details, ...(address ? { address } : {}) } }),
    fulfillment_options: options,
    ...(selected.length === 0 ? {} : { selected_fulfillment_options: selected }),
  };
}

const withoutCompany = ({ company: _company, ...address }) => address;

function optionIn(version, { type, id, title, carrier, earliest, latest, amount }) {
  const times = type === "shipping" ? { carrier, earliest_delivery_time: earliest, latest_delivery_time: latest } : {};
  if (!since(version, "2026-01-16")) return { type, id, title, ...times, subtotal: amount, tax: 0, total: amount };
  return { type, id, title, ...times, totals: [entry("total", title, amount)] };
}

function paymentIn(version, session, status, { sellerProfile, publicUrl }) {
  if (since(version, "2026-01-30")) {
    const away = status === "requires_escalation" || status === "pending_approval";
    return {
      protocol: { version },
      capabilities: {
        payment: { handlers: [handler(version, sellerProfile)] },
        interventions: { supported: [], required: [], enforcement: "optional" },
      },
      created_at: instant(session.created),
      updated_at: instant(session.updated),
      expires_at: instant(session.expires),
      ...(away ? { continue_url: `${publicUrl}/continue/${session.id}` } : {}),
    };
  }
  const cards = [{ type: "card", supported_card_networks: NETWORKS }];
  if (version === "2025-09-29")
    return { payment_provider: { provider: "stripe", supported_payment_methods: ["card"] } };
  const merchant = version === "2026-01-16" ? { merchant_id: sellerProfile } : {};
  return { payment_provider: { provider: "stripe", ...merchant, supported_payment_methods: cards } };
}

const handler = (version, sellerProfile) => ({
  id: CARD_HANDLER,
  name: "dev.acp.tokenized.card",
  version: "2026-01-22",
  spec: "https://acp.dev/handlers/tokenized.card",
  requires_delegate_payment: true,
  requires_pci_compliance: false,
  psp: "stripe",
  config_schema: "https://acp.dev/schemas/handlers/tokenized.card/config.json",
  instrument_schemas: ["https://acp.dev/schemas/handlers/tokenized.card/instrument.json"],
  config: { merchant_id: sellerProfile, psp: "stripe", accepted_brands: NETWORKS, environment: "sandbox" },
  ...(since(version, "2026-04-17") ? { display_name: "Card", display_order: 0 } : {}),
});

function authentication(version) {
  const browser = {
    ...{
      accept_header: "*/*",
      ip_address: "192.0.2.1",
      javascript_enabled: false,
      language: "en",
      user_agent: "agent",
    },
    // The releases before 2026-04-17 want these whenever the flag above is not false, and allow them always.
    ...{ color_depth: 24, java_enabled: false, screen_height: 800, screen_width: 1280, timezone_offset: 0 },
  };
  return {
    ...(since(version, "2026-04-17") ? {} : { channel: { type: "browser", browser } }),
    acquirer_details: {
      ...{ acquirer_bin: "400000", acquirer_country: "US", acquirer_merchant_id: "sandbox" },
      merchant_name: "Sandbox Supplies",
    },
    directory_server: "visa",
    flow_preference: { type: "challenge", challenge: {} },
  };
}
