import type { MandateTermsInput } from "../../../../policy/terms.ts";

/** Terms to begin with. They fill the form; nothing of them counts before it is saved. */
export interface Template {
  readonly title: string;
  readonly lead: string;
  /** `name` and `description` begin the form as well. */
  readonly terms: Omit<MandateTermsInput, "agent_id" | "currency" | "timezone">;
}

const WORKDAYS = ["mon", "tue", "wed", "thu", "fri"] as const;

export const TEMPLATES: Readonly<Record<string, Template>> = {
  standard: {
    title: "Standard",
    lead: "100 a purchase, 200 an hour, 500 a day; a person is asked above 50.",
    terms: {
      name: "Standard limits",
      per_transaction_limit: 100,
      budgets: [
        { period: "hourly", limit: 200 },
        { period: "daily", limit: 500 },
      ],
      rules: [{ type: "approval", above: 50, timeout_minutes: 60 }],
    },
  },
  research: {
    title: "Research data",
    lead: "Many small purchases of data and API calls, and a person for the rare dear one.",
    terms: {
      name: "Research data",
      description: "Datasets, papers and paid API calls.",
      per_transaction_limit: 25,
      budgets: [
        { period: "daily", limit: 40 },
        { period: "monthly", limit: 300 },
      ],
      rules: [
        { type: "category", allow: ["data", "api", "research"] },
        { type: "rate_limit", max_transactions: 60, window_minutes: 60 },
        { type: "approval", above: 10, timeout_minutes: 240 },
      ],
      warning_threshold: 0.75,
    },
  },
  subscriptions: {
    title: "SaaS subscriptions",
    lead: "A few known vendors each month; a person for each new one.",
    terms: {
      name: "SaaS subscriptions",
      description: "Monthly plans of tools that we use.",
      per_transaction_limit: 200,
      budgets: [{ period: "monthly", limit: 1000 }],
      rules: [
        { type: "category", deny: ["gift cards", "gambling", "crypto"] },
        { type: "rate_limit", max_transactions: 10, window_minutes: 1440 },
        { type: "approval", above: 100, first_purchase_from_vendor: true, timeout_minutes: 1440 },
      ],
    },
  },
  travel: {
    title: "Travel",
    lead: "Dear single purchases within a trip's budget; a person above 250.",
    terms: {
      name: "Travel",
      description: "Trains, flights and hotels.",
      per_transaction_limit: 800,
      budgets: [
        { period: "weekly", limit: 2000 },
        { period: "monthly", limit: 4000 },
      ],
      rules: [
        { type: "category", allow: ["travel", "hotel", "train", "flight", "taxi"] },
        { type: "max_amount", limit: 60, categories: ["taxi"] },
        { type: "approval", above: 250, timeout_minutes: 120 },
      ],
    },
  },
  strict: {
    title: "Strict",
    lead: "Little money, office hours only, and a person for every single purchase.",
    terms: {
      name: "Strict limits",
      per_transaction_limit: 20,
      budgets: [
        { period: "daily", limit: 40 },
        { period: "monthly", limit: 200 },
      ],
      rules: [
        { type: "approval", above: 0, timeout_minutes: 60 },
        { type: "time_window", days: [...WORKDAYS], start: "08:00", end: "18:00" },
        { type: "rate_limit", max_transactions: 10, window_minutes: 1440 },
      ],
      warning_threshold: 0.5,
    },
  },
};
