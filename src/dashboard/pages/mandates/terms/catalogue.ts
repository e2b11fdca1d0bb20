import type { RuleType } from "../../../../policy/rule-schemas.ts";
import { PROTOCOLS } from "../../../../policy/types.ts";
import { Fields } from "./mandate-form.ts";

/** Every type of rule as people meet it. */
export interface RuleKind {
  readonly title: string;
  /** What it does, where one chooses it. */
  readonly lead: string;
}

export const RULE_KINDS: Readonly<Record<RuleType, RuleKind>> = {
  approval: {
    title: "Ask a person",
    lead: "Purchases above an amount, at new vendors or of some categories wait for somebody's yes.",
  },
  vendor_allowlist: { title: "Only these vendors", lead: "Everybody else is refused." },
  vendor_blocklist: { title: "Never these vendors", lead: "These are refused, everybody else may be paid." },
  vendor_budget: {
    title: "Budget for some vendors",
    lead: "How much may go to certain vendors in a period, all of them together.",
  },
  max_amount: {
    title: "Lower limit for some purchases",
    lead: "A smaller limit per purchase at certain vendors or in certain categories.",
  },
  category: { title: "Kinds of purchases", lead: "Allow or refuse purchases by the category that the agent names." },
  rate_limit: { title: "How often", lead: "So many purchases in so many minutes, and no more." },
  time_window: { title: "Days and hours", lead: "Spend only at certain times of the week." },
  protocol: { title: "Ways to pay", lead: "Allow only some ways of paying, such as x402 or Stripe." },
  geo: { title: "Countries", lead: "Allow or refuse by the country that the agent calls from." },
  custom: {
    title: "A condition of your own",
    lead: "For what no other rule can say: an expression that must be true.",
  },
};

export const RULE_TYPES = Object.keys(RULE_KINDS) as readonly RuleType[];

export const isRuleType = (text: string): text is RuleType => Object.hasOwn(RULE_KINDS, text);

/** A rule as it stands there when it was just added: only what is safe to take for granted. */
export function newRule(type: string): Fields {
  const fields = new Fields([["type", type]]);
  for (const [name, value] of BEGINNINGS[type as RuleType] ?? []) fields.add(name, value);
  return fields;
}

const BEGINNINGS: Partial<Record<RuleType, readonly (readonly [string, string])[]>> = {
  approval: [["timeout_minutes", "60"]],
  vendor_budget: [["period", "monthly"]],
  rate_limit: [["window_minutes", "60"]],
  time_window: [
    ...["mon", "tue", "wed", "thu", "fri"].map((day) => ["days", day] as const),
    ["start", "08:00"],
    ["end", "18:00"],
  ],
  protocol: PROTOCOLS.map((protocol) => ["allow", protocol] as const),
};

export const PERIOD_LABELS = {
  hourly: "Hour",
  daily: "Day",
  weekly: "Week, from Monday",
  monthly: "Month",
  total: "In total, for good",
} as const;

/** "Budget per month" */
export const BUDGET_TITLES = {
  hourly: "Per hour",
  daily: "Per day",
  weekly: "Per week",
  monthly: "Per month",
  total: "In total",
} as const;

export const PROTOCOL_LABELS = {
  external: "Outside of Quetra (the agent pays by itself)",
  x402: "x402: USDC by HTTP",
  acp: "Checkout with a merchant (ACP)",
  stripe: "Card by Stripe",
} as const;

/** In the order in which a week is read here; terms keep their own. */
export const DAY_LABELS = {
  mon: "Mon",
  tue: "Tue",
  wed: "Wed",
  thu: "Thu",
  fri: "Fri",
  sat: "Sat",
  sun: "Sun",
} as const;
