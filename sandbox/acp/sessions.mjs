/** The life of a checkout session up to payment: made, changed, read, canceled. */
import { DIGITAL_OPTION } from "./catalogue.mjs";
import { takeTurn } from "./modes.mjs";
import { CURRENCIES } from "./money.mjs";
import { priced } from "./pricing.mjs";
import { Refusal } from "./refusal.mjs";
import { FINAL, problem, standingOf } from "./standing.mjs";
import { turn } from "./turns.mjs";
import { newId, remember } from "./world.mjs";

export function createSession(world, version, wish) {
  const modes = [...world.pending];
  checkItems(world, version, wish.items);
  // Older releases let the shop choose the currency.
  const currency = (wish.currency ?? modes.find(({ mode }) => mode === "currency")?.currency ?? "usd").toLowerCase();
  if (!Object.hasOwn(CURRENCIES, currency))
    throw new Refusal(400, "unsupported", "We do not sell in this currency.", "$.currency");
  world.pending.length = 0;
  for (const { id } of wish.items) {
    const { mode } = world.shelf.get(id);
    if (mode !== undefined) modes.push({ on: "complete", times: 1, ...mode });
  }
  const created = world.now();
  const session = {
    ...{ id: newId("cs"), version, currency, modes, created, updated: created, expires: created + world.ttlMs },
    ...{ items: [], buyer: null, details: null, option: null, surcharge: 0, said: [], blocked: false },
    /** `open` as long as it can be changed; otherwise the status. */
    stage: "open",
    /** Of payment: the token, how often it was tried, what Stripe made of it, and by which key it was completed. */
    ...{ token: null, attempts: 0, payment: null, completedBy: null, busy: false, held: false, reserved: false },
    order: null,
  };
  remember(world.sessions, session.id, session);
  apply(world, session, version, wish);
  const taken = takeTurn(session, "create");
  if (taken !== null) turn(world, session, taken);
  return session;
}

export function updateSession(world, session, version, wish) {
  if (session.stage !== "open" || session.busy)
    throw new Refusal(400, "invalid_status", "This session cannot be changed any more.");
  if (wish.items !== undefined) checkItems(world, version, wish.items);
  apply(world, session, version, wish);
  session.updated = world.now();
  const taken = takeTurn(session, "update");
  if (taken !== null) turn(world, session, taken);
  return session;
}

function apply(world, session, version, { items, buyer, details, selected }) {
  const before = { ...session };
  if (items !== undefined) session.items = items;
  if (buyer !== undefined) session.buyer = buyer;
  if (details !== undefined) session.details = { ...session.details, ...details };
  session.said = [];
  try {
    if (selected !== undefined) select(world, session, version, selected);
  } catch (error) {
    Object.assign(session, before);
    throw error;
  }
}

/** One way for everything that is shipped; what is sent by e-mail needs no choice. */
function select(world, session, version, selected) {
  const { lines, options } = priced(session, world);
  const param = version === "2025-09-29" ? "$.fulfillment_option_id" : "$.selected_fulfillment_options";
  const wrong = (message) => new Refusal(400, "invalid", message, param);
  const ids = new Set(lines.flatMap(({ id, good }) => [id, good.id]));
  let option = null;
  for (const each of selected) {
    if (!options.some(({ id }) => id === each.option)) throw wrong("There is no such way of delivery.");
    if (each.items?.some((id) => !ids.has(id))) throw wrong("There is no such item in the cart.");
    if (each.option === DIGITAL_OPTION) continue;
    if (option !== null && option !== each.option) throw wrong("We send everything in one parcel.");
    option = each.option;
  }
  session.option = option;
}

function checkItems(world, version, items) {
  const list = version >= "2026-01-30" ? "line_items" : "items";
  items.forEach(({ id, quantity }, index) => {
    if (!world.shelf.has(id))
      throw new Refusal(400, "invalid_item_id", `The item ID '${id}' does not exist.`, `$.${list}[${index}].id`);
    if (quantity > 1000)
      throw new Refusal(400, "maximum_exceeded", "We sell a thousand at most.", `$.${list}[${index}]`);
  });
}

/** The session as it is now: time alone may have ended it. */
export function findSession(world, id) {
  const session = world.sessions.get(id);
  if (session === undefined) throw new Refusal(404, "not_found", "There is no such checkout session.");
  const idle = !FINAL.has(session.stage) && session.payment === null && !session.busy;
  if (idle && world.now() >= session.expires) end(world, session, "expired", "This session has expired.");
  return session;
}

export function readSession(world, session) {
  const taken = takeTurn(session, "read");
  if (taken !== null) turn(world, session, taken);
  return session;
}

export function cancelSession(world, session) {
  if (FINAL.has(session.stage) || session.busy || session.payment !== null)
    throw new Refusal(405, "not_cancelable", "This session cannot be canceled any more.", undefined, {
      headers: { allow: "GET" },
    });
  return end(world, session, "canceled", "This session was canceled.");
}

export function end(world, session, stage, content) {
  const said = stage === "expired" ? problem("expired", content) : { type: "info", content };
  Object.assign(session, { stage, said: [said], token: null, updated: world.now() });
  return session;
}

/** Whether it could be paid at this moment. */
export const isReady = (world, session) => standingOf(session, world).status === "ready_for_payment";
