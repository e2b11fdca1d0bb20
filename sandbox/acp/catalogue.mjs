/** What the shop sells, how it is delivered and taxed. Prices are in minor units of each currency. */
import { portion } from "./money.mjs";

const good = (id, name, description, [usd, jpy, kwd], more = {}) => {
  return { id, name, description, prices: { usd, jpy, kwd }, kind: "physical", stock: null, ...more };
};

/** Goods that make the shop behave in one way, so that an agent can meet it without the control API. */
const trial = (id, description, mode) =>
  good(id, `Trial article: ${id.slice(5).replaceAll("_", " ")}`, description, [1000, 1500, 3000], { mode });

/** `stock`: null = as much as anybody wants. */
const GOODS = [
  good("paper", "Copy paper A4, 1000 sheets", "Two reams of 80 g paper", [1299, 1950, 3980]),
  good("cartridge", "Toner cartridge, black", "For 3000 pages", [6990, 10_400, 21_450]),
  good("stand", "Laptop stand", "The last ones of the series", [3900, 5800, 11_950], { stock: 3 }),
  good("desk", "Standing desk", "Sold out until spring", [45_900, 68_000, 140_500], { stock: 0 }),
  good("licence", "Typeface licence, one seat", "Sent by e-mail at once", [4900, 7300, 15_000], {
    kind: "digital",
  }),
  trial("item_declined", "The payment is declined", { mode: "declined" }),
  trial("item_sold_out", "Sold out when it is to be paid", { mode: "out_of_stock" }),
  trial("item_3ds", "The issuer wants to see the cardholder", { mode: "3ds" }),
  trial("item_escalate", "A person has to act at the shop", { mode: "escalate" }),
  trial("item_pending_approval", "The shop wants to approve it first", { mode: "pending_approval" }),
  trial("item_async", "The shop answers at once and works later", { mode: "async" }),
  trial("item_drift", "Dearer when it is to be paid", { mode: "drift" }),
  trial("item_canceled", "The shop cancels it instead", { mode: "canceled" }),
  trial("item_expired", "Expires when it is to be paid", { mode: "expired" }),
  trial("item_silent", "No answer, and nothing is done", { mode: "silent_before" }),
  trial("item_silent_after", "Bought, but no answer", { mode: "silent_after" }),
  trial("item_reset", "The connection breaks, and nothing is done", { mode: "reset_before" }),
  trial("item_reset_after", "Bought, but the connection breaks", { mode: "reset_after" }),
  trial("item_500", "Error 500, and nothing is done", { mode: "500_before" }),
  trial("item_500_after", "Bought, but error 500", { mode: "500_after" }),
  trial("item_429", "Too many requests, and nothing is done", { mode: "429_before" }),
];

/** A shelf of its own for each shop, because stock goes down. */
export const shelf = () => new Map(GOODS.map((each) => [each.id, { ...each }]));

const SHIPPING = [
  {
    id: "ship_standard",
    title: "Standard",
    carrier: "Parcel post",
    days: [3, 5],
    prices: { usd: 595, jpy: 600, kwd: 1500 },
  },
  {
    id: "ship_express",
    title: "Express",
    carrier: "Courier",
    days: [1, 1],
    prices: { usd: 1495, jpy: 1500, kwd: 4500 },
  },
];
export const DIGITAL_OPTION = "send_email";

/** Basis points of sales tax by country; also where the shop delivers to. */
const TAX = {
  ...{ US: 825, CA: 500, GB: 2000, CH: 810, NO: 2500, AU: 1000, NZ: 1500, SG: 900, JP: 1000, KW: 0 },
  ...{ AT: 2000, BE: 2100, DE: 1900, ES: 2100, FI: 2550, FR: 2000, HR: 2500, IE: 2300, IT: 2200, NL: 2100, PL: 2300 },
  ...{ PT: 2300, SE: 2500, SI: 2200 },
};
export const deliversTo = (country) => Object.hasOwn(TAX, country);
export function taxOn(amount, address, currency) {
  return portion(amount, deliversTo(address?.country) ? TAX[address.country] : 0, currency);
}

const DAY_MS = 86_400_000;

/** How the goods of a cart can be delivered; shipping only where the shop delivers to. */
export function optionsFor({ physical, digital, address, currency, now }) {
  const shipped =
    physical && address !== null && deliversTo(address.country)
      ? SHIPPING.map(({ id, title, carrier, days, prices }) => {
          const [earliest, latest] = days.map((count) => new Date(now + count * DAY_MS).toISOString());
          return { type: "shipping", id, title, carrier, earliest, latest, amount: prices[currency] };
        })
      : [];
  return digital ? [...shipped, { type: "digital", id: DIGITAL_OPTION, title: "By e-mail", amount: 0 }] : shipped;
}
