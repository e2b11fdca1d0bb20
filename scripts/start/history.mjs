/** The month that the demo organization has behind it: the same for everybody who starts it on the same day and hour. */
import { DAY, HOUR, MINUTE, nextWorkday, startOfDay } from "./calendar.mjs";
import { AGENTS } from "./demo-agents.mjs";
import { playIncidents } from "./history-incidents.mjs";
import { playPurchases } from "./history-purchases.mjs";
import { numbersFrom, Story } from "./story.mjs";

const DAYS = 30;
const SEED = 20_260_301;

/** The organization was founded on a morning a month ago. */
export const beginningOf = (now) => startOfDay(now) - DAYS * DAY + 8 * HOUR;

/**
 * What the operator's route plays, step by step. Nothing in it is an outcome: what is approved, refused, booked or raised
 * as an alert is for the ledger to say.
 *
 * @param {{ now: number, people: { owner: string, approver: string } }} given Ids of the members, by role.
 * @returns {{ steps: object[], places: Map<string, number> }} `places`: the numbers of `agent-…` and `key-…`.
 */
export function demoHistory({ now, people }) {
  const begin = beginningOf(now);
  const world = {
    story: new Story(),
    random: numbersFrom(SEED),
    /** Purchases so far: how many, and which. */
    asked: 0,
    bought: [],
    begin,
    now,
    owner: { person_id: people.owner, role: "owner" },
    approver: { person_id: people.approver, role: "approver" },
    agent: { key: "@key-spend.id" },
    /** So many days after the beginning, on the first workday, at a time of day. */
    on: (day, hour, minute = 0) => nextWorkday(startOfDay(begin) + day * DAY) + hour * HOUR + minute * MINUTE,
    /** The workday after. */
    after: (at, hour, minute = 0) => nextWorkday(startOfDay(at) + DAY) + hour * HOUR + minute * MINUTE,
  };
  setUp(world);
  const quiet = playIncidents(world);
  playPurchases(world, quiet);
  return world.story.tell();
}

/** Keys, agents and mandates: research begins with tighter terms, which are replaced after a week. */
function setUp({ story, begin, owner, on }) {
  for (const [index, { mandate, ...agent }] of AGENTS.entries()) {
    const at = begin + (10 + 6 * index) * MINUTE;
    story.add(at, owner, "createAgent", { body: { ...agent, preset: "none" } }, `agent-${agent.name}`);
    const terms = termsOf(agent.name, mandate);
    const first = agent.name === "research" ? tighter(terms) : terms;
    story.add(at + 2 * MINUTE, owner, "createMandate", { body: first }, `mandate-${agent.name}`);
    const params = { mandate_id: `@mandate-${agent.name}.id` };
    story.add(at + 4 * MINUTE, owner, "activateMandate", { params });
    if (agent.name !== "research") continue;
    story.add(on(9, 9, 30), owner, "editMandate", { params, if_match: "1", body: terms });
  }
  for (const [index, role] of ["spend", "read", "approve"].entries()) {
    story.add(
      begin + (40 + index) * MINUTE,
      owner,
      "createKey",
      { body: { name: `Demo ${role}`, role } },
      `key-${role}`,
    );
  }
}

/** With ids of their own, by which a later version keeps what budgets have counted. */
const termsOf = (name, { budgets, rules, ...terms }) => ({
  schema: 1,
  agent_id: `@agent-${name}.id`,
  currency: "USD",
  timezone: "UTC",
  ...terms,
  budgets: budgets.map((budget) => ({ id: `bud_${name}_${budget.period}`, ...budget })),
  rules: rules.map((rule) => ({ id: `rul_${name}_${rule.type}`, ...rule })),
});

const tighter = ({ budgets: [monthly, ...others], rules, ...terms }) => ({
  ...terms,
  budgets: [{ ...monthly, limit: 400 }, ...others],
  rules: rules.filter(({ type }) => type !== "vendor_blocklist" && type !== "rate_limit"),
});
