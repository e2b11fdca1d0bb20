/** What the demo's agents buy day by day, so that each budget is used as a busy agent uses it. */
import { HOUR, MINUTE, monthOf, periodsOf, startOfDay, weekOf, workingInstants } from "./calendar.mjs";
import { buy, confirm, decide, settle } from "./history-deeds.mjs";
import { NOTES, SHELVES } from "./history-shelves.mjs";

/**
 * `limit`: of the budget that the purchases shall fill. `asks`: above it a person decides. `usual`: a usual amount, to
 * tell how many purchases a young month needs. `perHour`, `perDay`: what the other budgets have room for.
 */
const PLANS = {
  research: { periodAt: monthOf, limit: 500, often: [2, 5], asks: 15, usual: 12, perHour: 25, perDay: 500 },
  content: { periodAt: weekOf, limit: 150, often: [1, 3], asks: 1_000, usual: 8, perHour: 150, perDay: 150 },
  infrastructure: { periodAt: monthOf, limit: 2_000, often: [1, 2], asks: 100, usual: 70, perHour: 380, perDay: 380 },
};
/** What the mandate of content has for this vendor in a month, with room to spare. */
const PICTURES = { vendor: "https://shutterstock.com", limit: 170 };

export function playPurchases(world, quiet) {
  for (const name of Object.keys(PLANS)) {
    const agent = { name, plan: PLANS[name], known: new Map(), spent: new Map(), decided: 0 };
    // What has its own place in the story goes first; the rest is bought with what that leaves.
    for (const { at, vendor, amount, ...its } of world.bought) if (its.name === name) count(agent, at, vendor, amount);
    const stopped = (at) => quiet.some((each) => each.agent === name && at >= each.from && at < each.to);
    for (const period of periodsOf(agent.plan.periodAt, world.begin, world.now)) {
      const wishes = wishesOf(world, agent, period).filter(({ at }) => !stopped(at));
      for (const wish of wishes) purchase(world, agent, wish);
    }
  }
}

/** What is to be bought in a week or month, with the prices that fill its budget as far as it has come. */
function wishesOf({ begin, now, random }, { name, plan }, { start, end }) {
  const from = Math.max(start, begin + 2 * HOUR);
  const to = Math.min(end, now - 15 * MINUTE);
  if (to <= from) return [];
  const isCurrent = end > now;
  const full = 0.62 + 0.16 * random();
  const share = isCurrent ? 0.42 + 0.3 * ((now - start) / (end - start)) : full * ((end - from) / (end - start));
  const target = plan.limit * share;
  const instants = workingInstants(from, to, plan.often, random);
  const missing = isCurrent ? Math.ceil(target / plan.usual) - instants.length : 0;
  for (let n = 0; n < missing; n++) instants.push(from + Math.floor(((n + 0.5) * (to - from)) / missing));
  const wishes = instants.sort((a, b) => a - b).map((at) => ({ at, shelf: pick(SHELVES[name], random) }));
  const prices = wishes.map(({ shelf }) => shelf.from + (shelf.to - shelf.from) * random());
  fill(prices, wishes, target);
  return wishes.map((wish, n) => ({ ...wish, amount: Math.round(prices[n] * 100) / 100 }));
}

function pick(shelves, random) {
  const basket = shelves.flatMap((shelf) => Array.from({ length: shelf.often }, () => shelf));
  return basket[Math.floor(random() * basket.length)];
}

/** Moves all prices together until they add up, each within what is believable for it. */
function fill(prices, wishes, target) {
  for (let round = 0; round < 8; round++) {
    const factor = target / prices.reduce((sum, price) => sum + price, 0);
    for (const [n, { shelf }] of wishes.entries()) {
      prices[n] = Math.min(shelf.most, Math.max(shelf.from * 0.7, prices[n] * factor));
    }
  }
}

/** One purchase from asking to the bill; left out where a budget would not have room, or a person would still be asked now. */
function purchase(world, agent, { at, shelf, amount }) {
  const { now, random } = world;
  const { name, plan, known } = agent;
  const asks = amount > plan.asks || (name === "infrastructure" && !(known.get(shelf.vendor) <= at));
  if (asks && at > now - 2 * HOUR) return;
  if (!take(agent, at, shelf, amount)) return;
  const reason = shelf.reasons[Math.floor(random() * shelf.reasons.length)];
  const { vendor, category } = shelf;
  const bought = buy(world, at, name, { vendor, category, amount, reason });
  const mayGoOn = asks ? at + Math.round(4 + 50 * random()) * MINUTE : at;
  if (asks) {
    const by = random() < 0.75 ? world.approver : world.owner;
    decide(world, mayGoOn, by, bought, "approve", NOTES[agent.decided++ % NOTES.length]);
  }
  const billed = mayGoOn + Math.round(2 + 40 * random()) * MINUTE;
  if (billed >= now) return;
  bill(world, name, bought, billed, amount);
  if (!known.has(vendor)) known.set(vendor, billed);
}

/** Mostly what was asked for; at times less, which a person confirms the next morning. */
function bill(world, name, bought, at, amount) {
  const { random, now } = world;
  if (random() >= 0.08) return settle(world, at, name, bought, amount);
  const less = Math.round(amount * (0.86 + 0.1 * random()) * 100) / 100;
  settle(world, at, name, bought, less);
  const confirmed = world.after(at, 9, Math.round(random() * 50));
  if (less < amount && confirmed < now) confirm(world, confirmed, bought, less, "The invoice says so.");
}

/** Counts a purchase in the hour, the day and the vendor's month, unless one of them is full. */
function take(agent, at, { vendor }, amount) {
  const { spent } = agent;
  if (countersOf(agent, at, vendor).some(([key, limit]) => (spent.get(key) ?? 0) + amount > limit)) return false;
  count(agent, at, vendor, amount);
  return true;
}

function count(agent, at, vendor, amount) {
  const { spent } = agent;
  for (const [key] of countersOf(agent, at, vendor)) spent.set(key, (spent.get(key) ?? 0) + amount);
}

const countersOf = ({ plan }, at, vendor) => [
  [`hour ${Math.floor(at / HOUR)}`, plan.perHour],
  [`day ${startOfDay(at)}`, plan.perDay],
  ...(vendor === PICTURES.vendor ? [[`pictures ${monthOf(at).start}`, PICTURES.limit]] : []),
];
