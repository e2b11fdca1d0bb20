import { runDurableObjectAlarm } from "cloudflare:test";
import type { RouteDefinition } from "../../src/edge/api/route.ts";
import { ROUTES, type RouteId } from "../../src/edge/api/routes/index.ts";
import { newId } from "../../src/keys/ids.ts";
import { CANARY_BEARER, CANARY_HOOK_SECRET, CANARY_PRIVATE_KEY, CANARY_STRIPE_KEY } from "./canary.ts";
import { type Answer, api, newAgent, newOrganization, sql, type TestOrganization, tool } from "./service.ts";

/** Ids that a request can name. */
export interface Ids {
  readonly agent: string;
  readonly mandate: string;
  readonly key: string;
  readonly transaction: string;
  readonly approval: string;
  readonly budget: string;
  readonly wallet: string;
  readonly webhook: string;
  readonly delivery: string;
  readonly alert: string;
  readonly merchant: string;
  /** Its name, which paths carry. */
  readonly profile: string;
  /** The first event of the log. */
  readonly event: string;
}

export interface Sample {
  readonly body?: unknown;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const terms = (agent: string, more: object = {}) => ({
  schema: 1,
  agent_id: agent,
  name: "Sample mandate",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: 100,
  budgets: [{ period: "daily", limit: 100 }],
  ...more,
});

export const purchase = (agent: string, more: object = {}) => ({
  agent_id: agent,
  amount: 1,
  vendor: "shop.example",
  ...more,
});

/** A merchant as it is asked for; its address follows from the id, so that samples can repeat it. */
const merchantFields = (id: string) => ({
  name: `Merchant ${id}`,
  url: `https://m-${id.slice(4).toLowerCase()}.example.com`,
  seller_profile: "profile_sample",
});
const STRIPE_PROFILE = { kind: "stripe", vendor: "shop.example" };

/** A well-formed request for every operation. A new route does not compile until it has one. */
export const SAMPLES: Readonly<Record<RouteId, (ids: Ids) => Sample>> = {
  getOrganization: () => ({}),
  updateOrganization: () => ({ body: { name: "Renamed" } }),
  freezeOrganization: () => ({ body: { reason: "sample" } }),
  unfreezeOrganization: () => ({ body: {} }),
  setOrganizationBudgets: ({ budget }) => ({
    body: { budgets: [{ id: budget, currency: "USD", period: "daily", limit: 1000 }] },
    headers: { "if-match": '"2"' },
  }),
  createAgent: () => ({ body: { name: "Sample", preset: "none" } }),
  listAgents: () => ({ query: "limit=5" }),
  getAgent: () => ({}),
  updateAgent: () => ({ body: { description: "changed" } }),
  suspendAgent: () => ({ body: {} }),
  resumeAgent: () => ({ body: {} }),
  decommissionAgent: () => ({ body: {} }),
  createMandate: ({ agent }) => ({ body: terms(agent) }),
  listMandates: ({ agent }) => ({ query: `agent_id=${agent}` }),
  getMandate: () => ({}),
  editMandate: ({ agent }) => ({ body: terms(agent), headers: { "if-match": '"1"' } }),
  listMandateVersions: () => ({}),
  activateMandate: () => ({}),
  pauseMandate: () => ({ body: {} }),
  resumeMandate: () => ({}),
  revokeMandate: () => ({ body: {} }),
  simulateMandate: () => ({ body: {} }),
  setShadow: () => ({ body: { on: false } }),
  getShadow: () => ({}),
  promoteMandate: () => ({ headers: { "if-match": '"1"' } }),
  createKey: ({ agent }) => ({ body: { name: "Sample", role: "spend", agents: [agent] } }),
  listKeys: () => ({}),
  revokeKey: () => ({ body: {} }),
  rotateKey: () => ({ body: { overlap_hours: 1 } }),
  listTransactions: ({ agent }) => ({ query: `agent_id=${agent}` }),
  exportTransactions: ({ agent }) => ({ query: `agent_id=${agent}&limit=10` }),
  getTransaction: () => ({}),
  settleTransaction: () => ({ body: { amount_charged: 0.5 } }),
  cancelTransaction: () => ({ body: {} }),
  refundTransaction: () => ({ body: { amount: 0.25 } }),
  resolveTransaction: () => ({ body: { outcome: "voided", evidence: "sample" } }),
  listApprovals: () => ({ query: "status=all" }),
  getApproval: () => ({}),
  decideApproval: () => ({ body: { decision: "approve" } }),
  evaluate: ({ agent }) => ({ body: purchase(agent, { idempotency_key: crypto.randomUUID() }) }),
  canSpend: ({ agent }) => ({ body: purchase(agent) }),
  listEvents: () => ({ query: "limit=3" }),
  getChainHead: () => ({}),
  verifyAudit: () => ({}),
  signChainHead: () => ({}),
  listCheckpoints: () => ({ query: "limit=2" }),
  exportAudit: () => ({ query: "limit=50" }),
  getReceipt: () => ({}),
  rotateSigningKey: () => ({}),
  eraseEvents: ({ event }) => ({ body: { events: [{ seq: 1, id: event }], reason: "other" } }),
  getX402Integration: () => ({}),
  createX402Wallet: () => ({ body: { source: "import", private_key: CANARY_PRIVATE_KEY } }),
  activateX402Wallet: () => ({}),
  getStripeIntegration: () => ({}),
  // Of the other mode: refused before Stripe is asked, so nothing leaves.
  saveStripeKey: () => ({ body: { key: CANARY_STRIPE_KEY } }),
  updateStripeIntegration: () => ({ body: { suspend_on_dispute: true } }),
  removeStripeKey: () => ({}),
  setStripeHookSecret: () => ({ body: { secret: CANARY_HOOK_SECRET } }),
  listMerchants: () => ({}),
  createMerchant: () => ({
    body: { ...merchantFields(newId("mer")), bearer: CANARY_BEARER, api_base_url: "https://api.example.com/acp" },
  }),
  getMerchant: () => ({}),
  replaceMerchant: ({ merchant }) => ({ body: merchantFields(merchant), headers: { "if-match": '"1"' } }),
  deleteMerchant: () => ({}),
  setMerchantHookSecret: () => ({ body: { secret: CANARY_HOOK_SECRET } }),
  listProfiles: () => ({}),
  createProfile: () => ({ body: { name: `sample-${crypto.randomUUID()}`.slice(0, 40), ...STRIPE_PROFILE } }),
  getProfile: () => ({}),
  replaceProfile: () => ({ body: STRIPE_PROFILE, headers: { "if-match": '"1"' } }),
  deleteProfile: () => ({}),
  listWebhookEvents: () => ({}),
  createWebhook: () => ({ body: { url: "https://hooks.example.com/sample", events: ["key.created"] } }),
  listWebhooks: () => ({}),
  getWebhook: () => ({}),
  updateWebhook: () => ({ body: { description: "changed" } }),
  deleteWebhook: () => ({}),
  rotateWebhookSecret: () => ({ body: { overlap_hours: 1, force: true } }),
  testWebhook: () => ({}),
  enableWebhook: () => ({}),
  disableWebhook: () => ({}),
  listWebhookDeliveries: () => ({ query: "status=failed" }),
  getWebhookDelivery: () => ({}),
  replayWebhookDelivery: () => ({}),
  replayWebhookEvents: () => ({ body: { since: "2026-01-01", only_failed: true } }),
  listAlerts: ({ agent }) => ({ query: `agent_id=${agent}&acknowledged=false` }),
  getAlert: () => ({}),
  acknowledgeAlert: () => ({ body: { note: "seen" } }),
  getAlertSettings: () => ({}),
  replaceAlertSettings: () => ({
    body: { settings: { rate_spike: { max_per_minute: 20 } } },
    headers: { "if-match": '"1"' },
  }),
};

const PARAMETERS = [
  "agent",
  "mandate",
  "key",
  "transaction",
  "approval",
  "wallet",
  "webhook",
  "delivery",
  "alert",
  "merchant",
] as const;

/** The path of a route with its ids filled in. */
export const pathOf = (route: RouteDefinition, ids: Ids): string =>
  PARAMETERS.reduce((path, name) => path.replace(`{${name}_id}`, ids[name]), route.path).replace(
    "{profile_name}",
    ids.profile,
  );

/** Calls a route with its sample. */
export function callRoute(key: string, route: RouteDefinition, ids: Ids, change: Sample = {}): Promise<Answer> {
  const { body, query, headers } = { ...SAMPLES[route.id as RouteId](ids), ...change };
  return api(key, route.method, pathOf(route, ids) + (query === undefined ? "" : `?${query}`), body, headers);
}

export const routeOf = (id: RouteId): RouteDefinition => ROUTES.find((route) => route.id === id)!;

export const TOOL_NAMES = [
  "quetra_list_agents",
  "quetra_check_budget",
  "quetra_can_spend",
  "quetra_evaluate",
  "quetra_settle",
  "quetra_transactions",
  "quetra_fetch",
  "quetra_stripe_charge",
  "quetra_acp_checkout",
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** A well-formed call of every tool. */
export const TOOL_SAMPLES: Readonly<Record<ToolName, (ids: Ids) => Record<string, unknown>>> = {
  quetra_list_agents: () => ({}),
  quetra_check_budget: ({ agent }) => ({ agent_id: agent }),
  quetra_can_spend: ({ agent }) => purchase(agent),
  quetra_evaluate: ({ agent }) => purchase(agent, { idempotency_key: crypto.randomUUID() }),
  quetra_settle: ({ agent, transaction }) => ({ agent_id: agent, transaction_id: transaction, amount_charged: 1 }),
  quetra_transactions: ({ agent }) => ({ agent_id: agent }),
  // A name that nothing has: the guard refuses it, so nothing leaves.
  quetra_fetch: ({ agent }) => ({
    agent_id: agent,
    url: "https://shop.invalid/",
    idempotency_key: crypto.randomUUID(),
  }),
  quetra_stripe_charge: ({ agent }) => ({
    agent_id: agent,
    amount: 5,
    currency: "USD",
    idempotency_key: crypto.randomUUID(),
  }),
  quetra_acp_checkout: ({ agent }) => ({
    agent_id: agent,
    merchant_url: "https://shop.example.com",
    items: [{ id: "paper", quantity: 1 }],
    max_amount: 5,
    idempotency_key: crypto.randomUUID(),
  }),
};

export interface Populated {
  readonly organization: TestOrganization;
  readonly ids: Ids;
}

/** An organization that has one of everything that has an id: a purchase of 1, and one of 60 that waits for approval. */
export async function populated(existing?: TestOrganization): Promise<Populated> {
  const organization = existing ?? (await newOrganization());
  const profile = `sample-${crypto.randomUUID()}`.slice(0, 40);
  await api(organization.admin, "POST", "/integrations/profiles", { name: profile, ...STRIPE_PROFILE });
  const { agent, mandate } = await newAgent(organization, {
    rules: [{ type: "approval", above: 50 }],
    profiles: [profile],
  });
  const bought = await tool(organization.spend, "quetra_evaluate", purchase(agent, { idempotency_key: "bought" }));
  await tool(organization.spend, "quetra_evaluate", purchase(agent, { amount: 60, idempotency_key: "waits" }));
  const approvals = (await api(organization.approve, "GET", "/approvals")).body.data;
  const waiting = approvals.find((row: { agent_id: string }) => row.agent_id === agent);
  const spare = (await api(organization.admin, "POST", "/keys", { name: "spare", role: "read" })).body.id;
  const version = (await api(organization.admin, "GET", "/organization")).body.version;
  const budgets = [{ currency: "USD", period: "daily", limit: 1000 }];
  const set = await api(
    organization.admin,
    "PUT",
    "/organization/budgets",
    { budgets },
    { "if-match": `"${version}"` },
  );
  const budget = set.body.budgets[0].id;
  const wallet = (await api(organization.admin, "POST", "/integrations/x402/wallets", { source: "create" })).body.id;
  const { webhook, delivery } = await sampleWebhook(organization);
  const merchant = await sampleMerchant(organization);
  // The first purchase at a vendor is worth an alert, which the alarm raises.
  await runDurableObjectAlarm(organization.stub);
  const alert = (await api(organization.read, "GET", `/alerts?agent_id=${agent}`)).body.data[0].id;
  return {
    organization,
    ids: {
      agent,
      mandate,
      key: spare,
      transaction: bought.transaction_id,
      approval: waiting.id,
      budget,
      wallet,
      webhook,
      delivery,
      alert,
      merchant,
      profile,
      event: (await api(organization.read, "GET", "/audit/events?limit=1")).body.data[0].id,
    },
  };
}

/** A merchant with its hook, without asking the merchant. */
async function sampleMerchant(organization: TestOrganization): Promise<string> {
  const id = newId("mer");
  const { name, url, seller_profile } = merchantFields(id);
  await sql(
    organization,
    `INSERT INTO merchants (id, name, protocol, origin, sealed_bearer, bearer_last4, seller_profile, book_refunds, version,
       created_at, updated_at) VALUES (?, ?, 'acp', ?, 'v1.s1.fake', 'fake', ?, 1, 1, 0, 0)`,
    id,
    name,
    url,
    seller_profile,
  );
  await sql(
    organization,
    "INSERT INTO hooks (id, kind, merchant_id, created_at) VALUES (?, 'acp', ?, 0)",
    newId("hok"),
    id,
  );
  return id;
}

/** A webhook that is disabled, so that nothing leaves, with a delivery that has failed. */
async function sampleWebhook(organization: TestOrganization): Promise<{ webhook: string; delivery: string }> {
  const input = { url: "https://hooks.example.com/sample", events: ["webhook.test"] };
  const webhook = (await api(organization.admin, "POST", "/webhooks", input)).body.id as string;
  const delivery = (await api(organization.admin, "POST", `/webhooks/${webhook}/test`)).body.id as string;
  await api(organization.admin, "POST", `/webhooks/${webhook}/disable`);
  await sql(
    organization,
    "UPDATE webhook_deliveries SET status = 'failed', due_at = NULL, ended_at = created_at, attempts = 1 WHERE id = ?",
    delivery,
  );
  await sql(organization, "UPDATE webhook_endpoints SET open = 0, done = 1 WHERE id = ?", webhook);
  return { webhook, delivery };
}
