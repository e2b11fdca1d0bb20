/** A company that has one of everything that a page can show, made through the REST API and MCP as anybody would. */
import { createServer } from "node:http";
import { call } from "../../../scripts/start/service.mjs";
import { connect } from "./mcp.mjs";

export const PASSWORD = `correct horse ${crypto.randomUUID().slice(0, 8)}`;

/**
 * @param {object} options
 * @param {(place: string, chars: number) => string} options.say The text for a field: where it stands, and what fits.
 * @param {number} options.sets How many agents, each with everything.
 * @param {{ url: string }} options.receiver Where one of the webhooks leads.
 * @returns {Promise<{ id: string, person: { email: string, password: string }, sets: object[], ids: object }>} `person`: an
 *   owner; `ids`: one of each, by the name that a path has for it.
 */
export async function foundCompany({ origin, operator, say, sets, receiver }) {
  const body = { name: "Company", mode: "test", timezone: "Europe/Ljubljana" };
  const { id, admin_key: admin } = await call(origin, operator, "POST", "/operator/organizations", body);
  const withKey = (key) => (method, path, given, headers) =>
    call(origin, key, method, `/api/v1${path}`, given, headers);
  const api = withKey(admin);
  const approver = withKey((await api("POST", "/keys", { name: "Approver", role: "approve" })).key);
  const person = await appoint({ origin, operator, id, name: say("person.name", 60), role: "owner" });
  const member = await appoint({ origin, operator, id, name: say("member.name", 60), role: "viewer" });
  await api("PATCH", "/organization", { name: say("organization.name", 100) });
  await budgetOrganization(api);
  const made = [];
  for (let at = 0; at < sets; at++) made.push(await addSet({ origin, api, approver, say }));
  const webhook = await addWebhook({ api, say, receiver });
  await moveThings(api, say, made);
  const alert = await addAlertNote(api, say);
  const { data: deliveries } = await api("GET", `/webhooks/${webhook}/deliveries`);
  const ids = {
    ...made[0],
    org: id,
    webhook_id: webhook,
    delivery_id: deliveries[0].id,
    alert_id: alert,
    person_id: member.id,
  };
  return { id, person, sets: made, ids, api };
}

/** A member who can sign in at once. */
export async function appoint({ origin, operator, id, name, role }) {
  const email = `${role}-${crypto.randomUUID().slice(0, 8)}@company.example`;
  const member = { organization_id: id, email, name, role, password: PASSWORD };
  const { person_id } = await call(origin, operator, "POST", "/operator/members", member);
  return { id: person_id, email, password: PASSWORD };
}

async function budgetOrganization(api) {
  const { version } = await api("GET", "/organization");
  const budgets = [{ currency: "USD", period: "monthly", limit: 100_000 }];
  await api("PUT", "/organization/budgets", { budgets }, { "if-match": `"${version}"` });
}

/** An agent with a mandate, a key, a merchant and profiles, and a purchase in every state that a person can bring about. */
async function addSet({ origin, api, approver, say }) {
  const { merchant, profile } = await addProfiles(api, say);
  const agent = await api("POST", "/agents", {
    name: say("agent.name", 100),
    description: say("agent.description", 500),
    tags: [say("agent.tag", 40)],
    metadata: { [say("agent.metadata.key", 40)]: say("agent.metadata.value", 200) },
    preset: "none",
  });
  const blocked = say("rule.vendor", 100);
  const terms = {
    schema: 1,
    agent_id: agent.id,
    name: say("mandate.name", 100),
    description: say("mandate.description", 500),
    currency: "USD",
    timezone: "Europe/Ljubljana",
    per_transaction_limit: 100,
    budgets: [
      { period: "monthly", limit: 500 },
      { period: "daily", limit: 400 },
    ],
    rules: [
      { type: "vendor_blocklist", vendors: [blocked] },
      { type: "category", deny: [say("rule.category", 64)] },
      { type: "approval", above: 50, timeout_minutes: 600 },
      {
        type: "custom",
        expression: expression(say("rule.expression", 100)),
        description: say("rule.description", 300),
      },
    ],
    profiles: [profile],
  };
  const draft = await api("POST", "/mandates", terms);
  await api("POST", `/mandates/${draft.id}/activate`, {});
  const { terms: stored } = await api("GET", `/mandates/${draft.id}`);
  const edited = { ...stored, name: say("mandate.name.2", 100), per_transaction_limit: 90 };
  await api("PUT", `/mandates/${draft.id}`, edited, { "if-match": '"1"' });
  const { id: spare } = await api("POST", "/mandates", { ...terms, name: say("mandate.draft.name", 100) });
  const key = await api("POST", "/keys", { name: say("key.name", 100), role: "spend", agents: [agent.id] });
  const purchases = await shop({ origin, api, approver, say, agent: agent.id, key: key.key, blocked });
  const ids = { agent_id: agent.id, mandate_id: draft.id, draft_id: spare, key_id: key.id, merchant_id: merchant };
  return { ...ids, profile_name: profile, ...purchases };
}

const expression = (text) => `vendor != ${JSON.stringify(text)}`;

async function addProfiles(api, say) {
  const { id: merchant } = await api("POST", "/integrations/acp/merchants", {
    name: say("merchant.name", 100),
    url: `https://m-${crypto.randomUUID()}.example.com`,
    api_base_url: "https://api.example.com/acp",
    seller_profile: "profile_sample",
    bearer: "bearer-of-the-sample",
  });
  const profile = `card-${crypto.randomUUID()}`.slice(0, 40);
  await api("POST", "/integrations/profiles", { name: profile, kind: "stripe", vendor: say("profile.vendor", 100) });
  await api("POST", "/integrations/profiles", {
    name: `goods-${crypto.randomUUID()}`.slice(0, 40),
    kind: "acp",
    merchants: [merchant],
    payment_method: "pm_card_visa",
    buyer: { first_name: say("buyer.first", 100), last_name: say("buyer.last", 100), email: "a@company.example" },
    address: {
      name: say("address.name", 100),
      line_one: say("address.line", 100),
      city: say("address.city", 100),
      state: say("address.state", 100),
      country: "SI",
      postal_code: say("address.code", 32),
    },
  });
  return { merchant, profile };
}

/** Purchases as an agent makes them, over MCP, and what people did about them. */
async function shop({ origin, api, approver, say, agent, key, blocked }) {
  const client = await connect(`${origin}/${key}/mcp`);
  const buy = (what, amount, more = {}) =>
    client.tool("quetra_evaluate", {
      agent_id: agent,
      amount,
      vendor: say(`${what}.vendor`, 100),
      category: say(`${what}.category`, 64),
      reason: say(`${what}.reason`, 500),
      metadata: { [say(`${what}.metadata.key`, 40)]: say(`${what}.metadata.value`, 200) },
      idempotency_key: crypto.randomUUID(),
      ...more,
    });
  const decide = async (transaction, decision, note) => {
    const { data } = await api("GET", "/approvals?limit=100");
    const { id } = data.find((approval) => approval.transaction_id === transaction);
    await approver("POST", `/approvals/${id}/decision`, { decision, note });
    return id;
  };

  const settled = await buy("settled", 12.34);
  const done = { agent_id: agent, transaction_id: settled.transaction_id, amount_charged: 12.34 };
  await client.tool("quetra_settle", done);
  await api("POST", `/transactions/${settled.transaction_id}/refund`, { amount: 2, note: say("refund.note", 300) });
  const cancelled = await buy("cancelled", 3);
  await api("POST", `/transactions/${cancelled.transaction_id}/cancel`, { note: say("cancel.note", 300) });
  await buy("rejected", 1, { vendor: blocked });
  const approved = await buy("approved", 60);
  await decide(approved.transaction_id, "approve", say("approval.note", 300));
  const denied = await buy("denied", 70);
  const decided = await decide(denied.transaction_id, "deny", say("denial.note", 300));
  const waiting = await buy("waiting", 80);
  await client.tool("quetra_stripe_charge", {
    agent_id: agent,
    amount: 5,
    currency: "USD",
    reason: say("charge.reason", 300),
    idempotency_key: crypto.randomUUID(),
  });
  await client.close();
  const { data } = await api("GET", "/approvals?limit=100");
  const { id: approval } = data.find(({ transaction_id }) => transaction_id === waiting.transaction_id);
  return { transaction_id: settled.transaction_id, approval_id: approval, decided_id: decided };
}

/** An endpoint whose receiver answers with words of its own, and one that nothing is sent to. */
async function addWebhook({ api, say, receiver }) {
  const { id } = await api("POST", "/webhooks", {
    url: receiver.url,
    description: say("webhook.description", 500),
    events: ["webhook.test", "transaction.*"],
  });
  const url = `https://hooks.example.com/${say("webhook.url", 100).replace(/[^!-~]|[\\#]/g, "/")}`;
  const other = await api("POST", "/webhooks", { url, description: say("webhook.description.2", 500) });
  await api("POST", `/webhooks/${other.id}/disable`);
  await api("POST", `/webhooks/${id}/test`);
  await until(async () => {
    const { data } = await api("GET", `/webhooks/${id}/deliveries`);
    return data.some(({ attempts }) => attempts > 0);
  }, "the receiver was asked");
  return id;
}

/** What ends or stops things comes last, and never to the first set. */
async function moveThings(api, say, [, second, third, fourth]) {
  await api("POST", "/organization/freeze", { reason: say("freeze.reason", 300) });
  await api("POST", "/organization/unfreeze", { reason: say("unfreeze.reason", 300) });
  if (second) await api("POST", `/agents/${second.agent_id}/suspend`, { reason: say("suspend.reason", 300) });
  if (third) await api("POST", `/mandates/${third.mandate_id}/pause`, { reason: say("pause.reason", 300) });
  if (fourth) await api("POST", `/mandates/${fourth.mandate_id}/revoke`, { reason: say("revoke.reason", 300) });
  const { id } = await api("POST", "/keys", { name: say("revoked.key.name", 100), role: "read" });
  await api("POST", `/keys/${id}/revoke`, { reason: say("key.revoke.reason", 300) });
}

/** The alarm raises alerts a moment after what they are about: the first purchase from a vendor is worth one. */
async function addAlertNote(api, say) {
  let alerts = [];
  await until(async () => {
    alerts = (await api("GET", "/alerts")).data;
    return alerts.length > 1;
  }, "alerts were raised");
  await api("POST", `/alerts/${alerts[0].id}/acknowledge`, { note: say("alert.note", 300) });
  return alerts[1].id;
}

/** Waits for what the service does by itself. */
export async function until(holds, what, ms = 20_000) {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Within ${ms / 1_000} seconds it did not happen that ${what}.`);
}

/** A receiver of webhooks that refuses each of them, with words of its own. */
export function startReceiver() {
  const receiver = { words: "No.", url: "", port: 0 };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { "content-type": "text/html" }).end(receiver.words);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      resolve(Object.assign(receiver, { port, url: `http://127.0.0.1:${port}/hook` }));
    });
    server.unref();
  });
}
