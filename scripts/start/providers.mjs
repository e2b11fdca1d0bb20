/** The Stripe stand-in and the merchant beside the local service, and the demo's agent that may use them. */
import { ACCOUNTS } from "../../sandbox/accounts.mjs";
import { startBeside } from "./beside.mjs";
import { call, choosePort } from "./service.mjs";

const STRIPE_PORT = 8405;
const MERCHANT_PORT = 8406;

/** Those of the last run where they are free: merchant and key are configured for them. */
export async function chooseProviderPorts(before) {
  const stripe = await choosePort([...(before === undefined ? [] : [before.stripe]), STRIPE_PORT]);
  return { stripe, merchant: await choosePort([...(before === undefined ? [] : [before.merchant]), MERCHANT_PORT]) };
}

/** What the Worker has to know. The ports stand in SANDBOX_PORTS besides. */
export const providerVariables = ({ stripe }) => ({ STRIPE_API_URL: `http://127.0.0.1:${stripe}` });

/** @returns {Promise<{ stripe: string, merchant: string, stopped: Promise<{ words: string }> }>} Their addresses. */
export async function startProviders({ stripe, merchant }) {
  const args = ["sandbox/providers.mjs", "--stripe-port", String(stripe), "--merchant-port", String(merchant)];
  const { ready, stopped } = await startBeside("The Stripe stand-in and the merchant", args);
  return { ...ready, stopped };
}

const AGENT = {
  name: "office",
  description: "Buys office supplies from the sandbox shop, and charges the company card for subscriptions.",
  tags: ["demo"],
};
const MANDATE = {
  name: "Office supplies",
  per_transaction_limit: 150,
  budgets: [{ period: "monthly", limit: 600 }],
  rules: [{ type: "approval", above: 75, timeout_minutes: 120 }],
  profiles: ["company-card", "office-supplies"],
};

/**
 * Sees to it that the demo organization charges through the stand-in, knows the merchant, and has an agent with a profile
 * of each kind.
 *
 * @param before What `writeDemo` kept of the last run.
 * @returns {Promise<{ stripe: number, merchant: number, merchant_id: string, agent: string }>}
 */
export async function ensureProviders({ origin, admin, before, ports }) {
  const api = (method, path, body) => call(origin, admin, method, `/api/v1${path}`, body);
  const shop = {
    name: "Sandbox Supplies",
    url: `http://127.0.0.1:${ports.merchant}`,
    seller_profile: ACCOUNTS.sellerProfile,
    bearer: ACCOUNTS.bearer,
  };
  if (before !== undefined) {
    if (before.merchant !== ports.merchant) await moveMerchant(api, before.merchant_id, shop, { origin, admin });
    return { ...before, ...ports };
  }
  await api("PUT", "/integrations/stripe", { key: ACCOUNTS.key });
  const { id: merchant_id } = await api("POST", "/integrations/acp/merchants", shop);
  const { customer, card: payment_method } = ACCOUNTS;
  await api("POST", "/integrations/profiles", {
    name: "company-card",
    kind: "stripe",
    vendor: "Demo company subscriptions",
    customer,
    payment_method,
  });
  await api("POST", "/integrations/profiles", {
    name: "office-supplies",
    kind: "acp",
    merchants: [merchant_id],
    payment_method,
    buyer: { first_name: "Ana", last_name: "Novak", email: "ana@demo-company.example" },
    address: {
      name: "Demo company",
      line_one: "1 Market Street",
      city: "San Francisco",
      state: "CA",
      country: "US",
      postal_code: "94105",
    },
  });
  const { id: agent } = await api("POST", "/agents", { ...AGENT, preset: "none" });
  const draft = await api("POST", "/mandates", {
    schema: 1,
    agent_id: agent,
    currency: "USD",
    timezone: "UTC",
    ...MANDATE,
  });
  await api("POST", `/mandates/${draft.id}/activate`, {});
  return { ...ports, merchant_id, agent };
}

/** Another program has the merchant's port: it stands somewhere else now. */
async function moveMerchant(api, id, shop, { origin, admin }) {
  const { version } = await api("GET", `/integrations/acp/merchants/${id}`);
  await call(origin, admin, "PUT", `/api/v1/integrations/acp/merchants/${id}`, shop, { "if-match": `"${version}"` });
}
