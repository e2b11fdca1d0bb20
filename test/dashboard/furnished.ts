import { runDurableObjectAlarm } from "cloudflare:test";
import { api, newAgent, type TestOrganization } from "../support/service.ts";

/** One thing of everything that an organization can hold, by the names that paths of the dashboard use. */
export async function furnish(organization: TestOrganization): Promise<Readonly<Record<string, string>>> {
  const { admin, spend } = organization;
  const made = async (path: string, body: unknown, key = admin) => (await api(key, "POST", path, body)).body;
  const { agent, mandate } = await newAgent(organization, {
    rules: [{ type: "approval", above: 20, timeout_minutes: 60 }],
  });
  const buy = (amount: number, idempotency_key: string) =>
    made("/evaluate", { agent_id: agent, vendor: "example.com", amount, currency: "USD", idempotency_key }, spend);
  const bought = await buy(5, "furnished-1");
  await buy(25, "furnished-2");
  const approvals = (await api(admin, "GET", "/approvals?status=pending")).body.data;
  const webhook = await made("/webhooks", { url: "https://hooks.example.com/quetra", events: ["*"] });
  await made(`/webhooks/${webhook.id}/test`, {});
  const deliveries = (await api(admin, "GET", `/webhooks/${webhook.id}/deliveries`)).body.data;
  const keys = (await api(admin, "GET", "/keys")).body.data;
  const wallet = await made("/integrations/x402/wallets", { source: "create" });
  const merchant = await made("/integrations/acp/merchants", {
    name: "Shop",
    url: "https://shop.example.com",
    // With it nobody has to ask the shop.
    api_base_url: "https://shop.example.com/acp",
    seller_profile: "profile_furnished",
    bearer: "bearer-of-the-furnished",
  });
  // Names are the organization's own, so what is foreign has to have another one.
  const name = `card-${crypto.randomUUID().slice(0, 8)}`;
  const profile = await made("/integrations/profiles", { name, kind: "stripe", vendor: "shop.example.com" });
  const alert = await addAlert(organization, () => buy(6, "furnished-3"));
  return {
    agent_id: agent,
    mandate_id: mandate,
    transaction_id: bought.transaction_id,
    approval_id: approvals[0].id,
    webhook_id: webhook.id,
    delivery_id: deliveries[0].id,
    key_id: keys[0].id,
    alert_id: alert,
    wallet_id: wallet.id,
    merchant_id: merchant.id,
    profile_name: profile.name,
  };
}

/** The watch follows in the alarm, so it is asked until it has come to the purchase. */
async function addAlert(organization: TestOrganization, buy: () => Promise<unknown>): Promise<string> {
  const { version } = (await api(organization.admin, "GET", "/alerts/settings")).body;
  const settings = { large_transaction: { threshold: 6 } };
  await api(organization.admin, "PUT", "/alerts/settings", { settings }, { "if-match": `"${version}"` });
  await buy();
  for (let turn = 0; turn < 20; turn++) {
    await runDurableObjectAlarm(organization.stub);
    const [alert] = (await api(organization.admin, "GET", "/alerts")).body.data;
    if (alert !== undefined) return alert.id;
  }
  throw new Error("no alert was raised");
}
