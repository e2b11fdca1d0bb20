/** The demo organization: a small company with three agents, each held to a mandate of its own. */
import { call } from "./service.mjs";

const AGENTS = [
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

/** Does the organization of an earlier run still exist? */
export async function isAlive(origin, demo) {
  try {
    await call(origin, demo.keys.admin, "GET", "/api/v1/organization");
    return true;
  } catch (error) {
    if (error.status === 401 || error.status === 404) return false;
    throw error;
  }
}

/** Creates the organization, its agents with active mandates, and one key of each role. */
export async function createDemo(origin, operatorToken) {
  const organization = await call(origin, operatorToken, "POST", "/operator/organizations", {
    name: "Demo company",
    mode: "test",
  });
  const admin = organization.admin_key;
  const post = (path, body) => call(origin, admin, "POST", `/api/v1${path}`, body);
  const agents = {};
  for (const { mandate, ...agent } of AGENTS) {
    const { id } = await post("/agents", { ...agent, preset: "none" });
    const draft = await post("/mandates", { schema: 1, agent_id: id, currency: "USD", timezone: "UTC", ...mandate });
    await post(`/mandates/${draft.id}/activate`, {});
    agents[agent.name] = id;
  }
  const keys = { admin };
  for (const role of ["spend", "read", "approve"]) {
    keys[role] = (await post("/keys", { name: `Demo ${role}`, role })).key;
  }
  return { organization: organization.id, agents, keys };
}
