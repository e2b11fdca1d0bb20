/** The agents of the demo organization, a small company: each is held to a mandate of its own. */
export const AGENTS = [
  {
    name: "research",
    description: "Buys data: paid APIs, reports and datasets for market research.",
    tags: ["demo"],
    mandate: {
      name: "Research data",
      per_transaction_limit: 25,
      budgets: [
        { period: "monthly", limit: 500 },
        { period: "hourly", limit: 60 },
      ],
      rules: [
        { type: "category", allow: ["data", "reports", "api", "weather"] },
        { type: "vendor_blocklist", vendors: ["casino.com"] },
        { type: "rate_limit", max_transactions: 50, window_minutes: 60 },
        { type: "approval", above: 15, timeout_minutes: 120 },
      ],
    },
  },
  {
    name: "content",
    description: "Buys images, fonts and text tools for the marketing site.",
    tags: ["demo"],
    mandate: {
      name: "Content and images",
      per_transaction_limit: 40,
      budgets: [{ period: "weekly", limit: 150 }],
      rules: [
        { type: "vendor_allowlist", vendors: ["shutterstock.com", "fonts.example", "openai.com"] },
        { type: "max_amount", limit: 10, vendors: ["openai.com"] },
        { type: "vendor_budget", vendors: ["shutterstock.com"], period: "monthly", limit: 200 },
      ],
    },
  },
  {
    name: "infrastructure",
    description: "Pays for cloud capacity, domains and monitoring.",
    tags: ["demo"],
    mandate: {
      name: "Infrastructure",
      per_transaction_limit: 200,
      budgets: [
        { period: "monthly", limit: 2_000 },
        { period: "daily", limit: 400 },
      ],
      rules: [
        { type: "category", allow: ["cloud", "domains", "monitoring"] },
        { type: "approval", first_purchase_from_vendor: true, above: 100, timeout_minutes: 480 },
        {
          type: "custom",
          expression: 'category != "domains" || amount < 60.0',
          description: "Domains cost less than 60",
        },
      ],
    },
  },
];
