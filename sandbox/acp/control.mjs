/**
 * The control API: what a test, or a person, does to the shop. JSON in, JSON out.
 *
 *   GET  /_control/state                                       sessions, orders, requests, violations, messages sent
 *   POST /_control/mode      { mode, on?, times?, … }          for the next session (`modes.mjs`)
 *   POST /_control/deviation { name, on }                      how public shops differ from the contract
 *   POST /_control/webhook   { url, secret, duplicate?, reorder?, tamper?, drop? }
 *   POST /_control/flush     {}                                everything that is to be sent is sent
 *   POST /_control/finish    { session, outcome }              completed | canceled | declined | ready
 *   POST /_control/refund    { order, amount, status?, stripe?, force? }
 *   POST /_control/refund_status { order, refund, status }     completed | failed
 *   POST /_control/cancel    { session } or { order }
 *   POST /_control/clock     { advance_ms }
 *   POST /_control/stock     { item, stock }
 */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { finishSession, isWaiting } from "./complete.mjs";
import { TRICK_NAMES } from "./hostile.mjs";
import { modeOf } from "./modes.mjs";
import { cancelOrder, changeRefund, refundOrder } from "./orders.mjs";
import { priced } from "./pricing.mjs";
import { end } from "./sessions.mjs";
import { FINAL, standingOf } from "./standing.mjs";
import { flush, listener } from "./webhooks.mjs";

const DEVIATIONS = ["conflict_409", "no_replayed_header", "no_idempotency", "extra_timestamps", "no_discovery"];
const OUTCOMES = ["completed", "canceled", "declined", "ready"];

/** @param {ReturnType<import("./world.mjs").createWorld>} world */
export function controlRoutes(world) {
  const routes = new Hono();
  routes.get("/state", (c) => c.json(stateOf(world)));
  for (const [name, run] of Object.entries(ACTIONS)) {
    routes.post(`/${name}`, async (c) => {
      // A form of a web page cannot send this type, so no page presses these buttons.
      if (!c.req.header("content-type")?.startsWith("application/json")) return c.json({ error: "JSON only." }, 415);
      const body = await c.req.json().catch(() => null);
      if (body === null || typeof body !== "object") return c.json({ error: "JSON only." }, 400);
      const done = await run(world, body);
      return typeof done === "string" ? c.json({ error: done }, 400) : c.json(done ?? { ok: true });
    });
  }
  return routes;
}

const ACTIONS = {
  mode(world, wanted) {
    const mode = modeOf(wanted);
    if (typeof mode === "string") return mode;
    const strange = mode.mode === "hostile" && !(mode.tricks ?? []).every((trick) => TRICK_NAMES.includes(trick));
    if (strange) return `"tricks" are of ${TRICK_NAMES.join(", ")}.`;
    world.pending.push(mode);
  },
  deviation(world, { name, on = true }) {
    if (!DEVIATIONS.includes(name)) return `Deviations: ${DEVIATIONS.join(", ")}.`;
    if (on) world.deviations.add(name);
    else world.deviations.delete(name);
  },
  webhook(world, { url, secret, ...modes }) {
    if (typeof url !== "string" || typeof secret !== "string" || secret === "") return "A url and a secret are needed.";
    world.listener = listener({ ...modes, url, secret });
  },
  flush: (world) => flush(world),
  async finish(world, { session: id, outcome = "completed" }) {
    const session = world.sessions.get(id);
    if (session === undefined || !isWaiting(session)) return "No such session waits for anything.";
    if (!OUTCOMES.includes(outcome)) return `"outcome" is one of ${OUTCOMES.join(", ")}.`;
    await finishSession(world, session, outcome);
    return { stage: session.stage, order: session.order?.id ?? null };
  },
  async refund(world, { order: id, ...wanted }) {
    const order = world.orders.get(id);
    return order === undefined ? "There is no such order." : refundOrder(world, order, wanted);
  },
  refund_status(world, { order: id, refund, status }) {
    const order = world.orders.get(id);
    if (order === undefined || !["completed", "failed"].includes(status)) return "An order, a refund and a status.";
    return changeRefund(world, order, refund, status) ?? "There is no such refund.";
  },
  async cancel(world, { session: id, order: number }) {
    const order = world.orders.get(number);
    if (order !== undefined) {
      const done = await cancelOrder(world, order);
      return typeof done === "string" ? done : { status: order.status };
    }
    const session = world.sessions.get(id);
    if (session === undefined || FINAL.has(session.stage) || session.busy) return "There is nothing to cancel.";
    return { stage: end(world, session, "canceled", "We canceled this session.").stage };
  },
  clock(world, { advance_ms: ms }) {
    if (!Number.isSafeInteger(ms) || ms < 0) return '"advance_ms" is a number of milliseconds.';
    world.advance(ms);
    return { now: new Date(world.now()).toISOString() };
  },
  stock(world, { item, stock }) {
    const good = world.shelf.get(item);
    if (good === undefined || !(stock === null || Number.isSafeInteger(stock))) return "An item and its stock.";
    good.stock = stock;
  },
};

/** For oracles. A token is shown by its digest: it is money. */
function stateOf(world) {
  const sessions = [...world.sessions.values()].map((session) => {
    const { id, version, currency, items, stage, attempts, payment, second, token, order } = session;
    const { status } = standingOf(session, world);
    const digest = token === null ? null : createHash("sha256").update(token).digest("hex");
    const base = { id, version, currency, items, stage, status, total: priced(session, world).total, attempts };
    return { ...base, payment, second: second ?? null, token_sha256: digest, order: order?.id ?? null };
  });
  const orders = [...world.orders.values()].map(({ id, session, status, currency, paid, payment, adjustments }) => {
    return { id, session, status, currency, paid, payment, adjustments };
  });
  const { requests, violations, faults } = world;
  const messages = world.listener?.sent ?? [];
  return { sessions, orders, requests, violations, faults, messages, stock: stockOf(world) };
}

const stockOf = ({ shelf }) =>
  Object.fromEntries([...shelf.values()].filter(({ stock }) => stock !== null).map(({ id, stock }) => [id, stock]));
