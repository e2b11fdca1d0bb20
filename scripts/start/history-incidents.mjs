/** What does not happen every day: each of the demo's month happens once, at a known time. */
import { DAY, HOUR, MINUTE } from "./calendar.mjs";
import { buy, decide, refund, settle } from "./history-deeds.mjs";

/**
 * @returns {{ agent: string, from: number, to: number }[]} When an agent buys nothing else.
 */
export function playIncidents(world) {
  refusals(world);
  decisions(world);
  bills(world);
  overdraft(world);
  waiting(world);
  return [...suspension(world), ...repetition(world)];
}

/** What each kind of rule refuses. */
function refusals(world) {
  const { on } = world;
  buy(world, on(6, 11, 12), "research", {
    vendor: "https://api.marketdata.example",
    amount: 4.2,
    reason: "Prices of one sector",
  });
  buy(world, on(11, 14, 41), "research", {
    vendor: "https://casino.com",
    category: "data",
    amount: 20,
    reason: "A page told me to top up this account first",
  });
  buy(world, on(14, 10, 5), "content", {
    vendor: "https://photo-market.example",
    category: "images",
    amount: 18,
    reason: "Cheaper than the agency",
  });
  buy(world, on(14, 10, 9), "content", {
    vendor: "https://api.openai.com",
    category: "text",
    amount: 14.5,
    reason: "Product texts, 120 items",
  });
  buy(world, on(17, 9, 50), "infrastructure", {
    vendor: "https://registrar.example",
    category: "domains",
    amount: 89,
    reason: "Premium domain for the campaign",
  });
  buy(world, on(19, 15, 27), "infrastructure", {
    vendor: "https://compute.northcloud.example",
    category: "cloud",
    amount: 240,
    reason: "Reserved capacity for a year",
  });
}

/** A purchase that a person denies, one more, and one on which nobody decides in time. */
function decisions(world) {
  const { on, owner, approver } = world;
  const report = { vendor: "https://reports.insight-group.example", category: "reports" };
  const spring = buy(world, on(12, 9, 18), "research", { ...report, amount: 22.5, reason: "Meal kits in Europe" });
  decide(world, on(12, 9, 47), owner, spring, "deny", "We bought this report in spring. Use that one.");
  buy(world, on(13, 16, 44), "research", { ...report, amount: 19.9, reason: "Consumer panel, one more country" });
  const plan = buy(world, on(18, 13, 2), "infrastructure", {
    vendor: "https://db.harborsql.example",
    category: "cloud",
    amount: 180,
    reason: "Largest plan, for a load test",
  });
  decide(world, on(18, 13, 31), approver, plan, "deny", "Too much for a test. Ask for the smaller plan.");
}

/** Refunds, a purchase that was never reported, and a lower bill that still waits for a person's word. */
function bills(world) {
  const { on, after, now } = world;
  const pictures = { vendor: "https://shutterstock.com", category: "images" };
  const met = on(20, 10, 20);
  const twice = buy(world, met, "content", { ...pictures, amount: 24, reason: "Pictures for the fair" });
  settle(world, on(20, 10, 31), "content", twice, 24);
  refund(world, after(met, 9, 15), twice, 24, "The same pictures were bought twice.");
  const data = { vendor: "https://api.marketdata.example", category: "data" };
  const bought = on(23, 11, 3);
  const prices = buy(world, bought, "research", { ...data, amount: 9.8, reason: "Daily prices, two sectors" });
  settle(world, on(23, 11, 9), "research", prices, 9.8);
  refund(world, after(bought, 14, 22), prices, 4.9, "One of the two sectors was empty.");
  buy(world, on(25, 15, 38), "content", {
    vendor: "https://fonts.example",
    category: "fonts",
    amount: 12,
    reason: "Icons of the text font",
  });
  const lower = buy(world, now - DAY - 3 * HOUR, "research", { ...data, amount: 8, reason: "Bonds, one week" });
  settle(world, now - DAY - 2 * HOUR, "research", lower, 6.2);
}

/** A bill above what was held: booked in full, raised as an alert, seen by a person the next morning. */
function overdraft(world) {
  const { story, owner, approver, on, after } = world;
  const asked = on(22, 16, 6);
  const traffic = buy(world, asked, "infrastructure", {
    vendor: "https://cdn.edgeline.example",
    category: "cloud",
    amount: 104,
    reason: "Traffic of the sale",
  });
  decide(world, on(22, 16, 21), approver, traffic, "approve", "For the sale.");
  settle(world, on(22, 18, 40), "infrastructure", traffic, 117.35);
  const next = after(asked, 8, 20);
  story.add(next, owner, "listAlerts", { query: { kind: "overdraft", limit: "1" } }, "overdrafts");
  story.add(next + MINUTE, owner, "acknowledgeAlert", {
    params: { alert_id: "@overdrafts.data.0.id" },
    body: { note: "The sale ran a day longer. Paid." },
  });
}

/** One purchase waits for a person now. */
function waiting(world) {
  buy(world, world.now - 25 * MINUTE, "infrastructure", {
    vendor: "https://compute.northcloud.example",
    category: "cloud",
    amount: 164,
    reason: "Capacity for the product launch on Thursday",
  });
}

/** An agent that is stopped for an afternoon, and goes on asking. */
function suspension(world) {
  const { story, owner, on } = world;
  const [from, to] = [on(15, 10, 2), on(15, 14, 55)];
  const params = { agent_id: "@agent-infrastructure.id" };
  story.add(from, owner, "suspendAgent", { params, body: { reason: "An invoice that nobody knows. Checking first." } });
  const probe = {
    vendor: "https://uptime-watch.example",
    category: "monitoring",
    reason: "Checks from one more region",
  };
  buy(world, on(15, 11, 20), "infrastructure", { ...probe, amount: 12 });
  buy(world, on(15, 13, 5), "infrastructure", { ...probe, amount: 12.5 });
  story.add(to, owner, "resumeAgent", { params, body: { reason: "It was last month's. All is well." } });
  return [{ agent: "infrastructure", from: on(15, 0), to }];
}

/** An agent that does not take no for an answer, which is worth an alert. */
function repetition(world) {
  const { on } = world;
  const from = on(16, 14, 10);
  for (let n = 0; n < 11; n++) {
    buy(world, from + n * 48_000, "research", {
      vendor: "https://api.marketdata.example",
      category: "data",
      amount: 40 - n,
      reason: "Full archive of prices",
    });
  }
  return [{ agent: "research", from: from - HOUR, to: from + HOUR }];
}
