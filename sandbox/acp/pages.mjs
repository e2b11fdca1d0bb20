/** The shop's pages for people: what is sold, the orders so far, one order, and the place where a person has to act. */
import { Hono } from "hono";
import { clean } from "../webhook-page.mjs";
import { finishSession, isWaiting } from "./complete.mjs";
import { CURRENCIES, spoken } from "./money.mjs";
import { refundedOf } from "./orders.mjs";
import { priced } from "./pricing.mjs";
import { STYLE } from "./style.mjs";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};
const ORDERS_SHOWN = 50;

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** Everything that came from a buyer is anybody's text. */
const html = (text) => clean(text).replace(/[&<>"']/g, (character) => ESCAPES[character]);
const goods = (count) => (count === 1 ? "1 item" : `${count} items`);

/** @param {ReturnType<import("./world.mjs").createWorld>} world */
export function pages(world) {
  const routes = new Hono();
  routes.get("/", () => page("Sandbox Supplies", shop(world)));
  routes.get("/orders/:id", (c) => {
    const order = world.orders.get(c.req.param("id"));
    return order === undefined ? lost() : page(`Order ${order.number}`, receipt(order));
  });
  routes.get("/legal/:page", () => page("Terms", "<p>This shop is a sandbox. Nothing is sold, sent or stored.</p>"));
  routes.get("/continue/:id", (c) => {
    const session = world.sessions.get(c.req.param("id"));
    return session === undefined ? lost() : page("One more step", decision(world, session));
  });
  routes.post("/continue/:id", async (c) => {
    // A page elsewhere must not decide in a person's name.
    if (!["same-origin", undefined].includes(c.req.header("sec-fetch-site"))) return c.text("", 403);
    const session = world.sessions.get(c.req.param("id"));
    if (session === undefined) return lost();
    const { decision: word } = await c.req.parseBody();
    if (word === "approve" || word === "decline")
      await finishSession(world, session, word === "approve" ? "completed" : "canceled");
    return c.redirect(`/continue/${session.id}`, 303);
  });
  return routes;
}

const page = (title, body, status = 200) =>
  new Response(
    `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)} – Sandbox shop</title><style>${STYLE}</style></head><body><main><h1>${html(title)}</h1>${body}</main></body></html>`,
    { status, headers: HEADERS },
  );
const lost = () => page("Not found", '<p>There is nothing here.</p><p><a href="/">To the shop</a></p>', 404);

function shop(world) {
  const all = [...world.shelf.values()];
  const list = (some) => `<ul class="goods">${some.map(article).join("")}</ul>`;
  return `<p>A shop on this machine that agents buy from by the Agentic Commerce Protocol. Its money is test money.</p>
<h2>For sale</h2>${list(all.filter(({ mode }) => mode === undefined))}
<h2>Orders</h2>${orders(world)}
<h2>Trial articles</h2><p>Each makes the shop behave in one way when it is to be paid.</p>
${list(all.filter(({ mode }) => mode !== undefined))}`;
}

function article({ id, name, description, prices, stock }) {
  const price = Object.keys(CURRENCIES)
    .map((currency) => `<span>${html(spoken(prices[currency], currency))}</span>`)
    .join(" · ");
  const left =
    stock === null
      ? ""
      : `<span class="${stock === 0 ? "bad" : "soft"}">${stock === 0 ? "Sold out" : `${stock} left`}</span>`;
  return `<li><div class="top"><span class="name">${html(name)}</span>${left}</div><div class="soft">${html(description)}</div>
<div class="top"><code>${html(id)}</code><span class="price">${price}</span></div></li>`;
}

function orders(world) {
  const newest = [...world.orders.values()].reverse().slice(0, ORDERS_SHOWN);
  if (newest.length === 0) return "<p>None yet. Let an agent buy something.</p>";
  const rows = newest.map((order) => {
    const count = order.price.lines.reduce((sum, { quantity }) => sum + quantity, 0);
    return `<li><div class="top"><a class="name" href="/orders/${html(order.id)}">${html(order.number)}</a>
<span class="price">${html(spoken(order.paid, order.currency))}</span></div><div class="top soft"><span>${goods(count)}${back(order)}</span>
${time(order.created)}</div></li>`;
  });
  return `<ol>${rows.join("")}</ol>`;
}

const back = (order) => {
  const amount = refundedOf(order);
  return amount === 0 ? "" : ` · <span class="bad">${html(spoken(amount, order.currency))} given back</span>`;
};
const time = (ms) => {
  const instant = new Date(ms).toISOString();
  return `<time datetime="${instant}">${instant.slice(0, 16).replace("T", " ")} UTC</time>`;
};

function receipt(order) {
  const { currency, price } = order;
  const row = (label, amount, name = "") =>
    `<tr${name && ` class="${name}"`}><td>${html(label)}</td><td>${html(spoken(amount, currency))}</td></tr>`;
  const lines = price.lines.map(({ good, quantity, base }) => row(`${quantity} × ${good.name}`, base)).join("");
  const extra = price.surcharge === 0 ? "" : row("Change of price", price.surcharge);
  const delivery = price.shipping === null ? "" : row(`Delivery: ${price.shipping.title}`, price.delivery);
  const given = refundedOf(order) === 0 ? "" : row("Given back", -refundedOf(order), "bad");
  // The licence key is the buyer's; whoever knows this page's address is not always the buyer.
  return `<p>${html(order.status)} · ${time(order.created)}</p><section><table>${lines}${delivery}${row("Sales tax", price.tax)}
${extra}${row("Paid", order.paid, "sum")}${given}</table></section><p><a href="/">To the shop</a></p>`;
}

function decision(world, session) {
  const { total } = priced(session, world);
  const sum = html(spoken(total, session.currency));
  if (!isWaiting(session)) {
    const words = session.stage === "completed" ? "Done: the order is placed." : `This order is ${session.stage}.`;
    return `<p>${html(words.replaceAll("_", " "))}</p><p><a href="/">To the shop</a></p>`;
  }
  return `<p>An agent wants to buy for <strong>${sum}</strong>. The shop wants a person to say so.</p>
<form method="post"><button name="decision" value="approve">Buy for ${sum}</button>
<button class="quiet" name="decision" value="decline">Do not buy</button></form>`;
}
