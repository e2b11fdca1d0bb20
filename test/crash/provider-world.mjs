/** Everything outside of the service that a charge or a checkout meets, and the service itself. */
import { randomBytes } from "node:crypto";
import { ACCOUNTS } from "../../sandbox/accounts.mjs";
import { startMerchant } from "../../sandbox/acp/index.mjs";
import { startStripe } from "../../sandbox/stripe/index.mjs";
import { startPoints } from "./provider-points.mjs";
import { createOrganization, startService } from "./service.mjs";

/** @param options.reached Called at every point that a payment passes. */
export async function startWorld(state, { reached, random }) {
  // Cards that take their time come to their end soon.
  const stripe = await startStripe({ settings: { async: { after_ms: 2_000, outcome: "succeeded" } } });
  const points = await startPoints({ stripeUrl: stripe.url, reached, random });
  const { sellerKey, sellerProfile } = ACCOUNTS;
  // The merchant asks Stripe by its own way, which nobody interrupts.
  const merchant = await startMerchant({ stripeUrl: stripe.url, sellerKey, sellerProfile, finishAfterMs: 3_000 });
  const service = await startService(state, {
    SEALING_SECRETS: `s1:${randomBytes(32).toString("hex")}`,
    SANDBOX_PORTS: `${points.port},${merchant.port}`,
    STRIPE_API_URL: points.url,
    TEST_FAULT_URL: `${points.url}/fault`,
  });
  return {
    points,
    stripe,
    merchant,
    service,
    stop: async () => {
      await service.stop();
      await Promise.all([points.stop(), merchant.stop(), stripe.stop()]);
    },
  };
}

/** Which card each kind of charge is made with. */
const CARDS = {
  visa: "pm_card_visa",
  declined: "pm_card_chargeDeclinedInsufficientFunds",
  sca: "pm_card_authenticationRequired",
  processing: "pm_card_processing",
};

/** Two budgets that run out in the course of the run, and two that do not; one agent needs a person for what is dear. */
const AGENTS = [
  { limit: 200_000, rules: [] },
  { limit: 300, rules: [] },
  { limit: 200_000, rules: [{ type: "approval", above: 20 }] },
  { limit: 150, rules: [] },
];

/** An organization that charges by Stripe and knows the merchant, and agents with budgets large and small. */
export async function createBuyers({ service, merchant }, control) {
  const { id, admin_key: admin } = await createOrganization(service.origin, "Crash");
  const send = async (method, path, body) => {
    const response = await fetch(`${service.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const { key, customer, sellerProfile: seller_profile, bearer } = ACCOUNTS;
  await send("PUT", "/integrations/stripe", { key });
  const shop = await send("POST", "/integrations/acp/merchants", {
    name: "Shop",
    url: merchant.url,
    seller_profile,
    bearer,
  });
  const profiles = [
    ...Object.entries(CARDS).map(([kind, payment_method]) => ({
      name: `card-${kind}`,
      kind: "stripe",
      vendor: "Crash subscriptions",
      customer,
      payment_method,
    })),
    {
      name: "supplies",
      kind: "acp",
      merchants: [shop.id],
      payment_method: CARDS.visa,
      buyer: { first_name: "Ana", last_name: "Novak", email: "ana@example.com" },
      address: { name: "Ana", line_one: "1 St", city: "Reno", state: "NV", country: "US", postal_code: "89501" },
    },
  ];
  for (const profile of profiles) await send("POST", "/integrations/profiles", profile);
  const agents = [];
  for (const [number, { limit, rules }] of AGENTS.entries()) {
    const name = `Agent ${number}`;
    const agent = await send("POST", "/agents", { name, preset: "none", spend_calls_per_minute: 6_000 });
    const mandate = await send("POST", "/mandates", {
      schema: 1,
      agent_id: agent.id,
      name: "Crash",
      currency: "USD",
      per_transaction_limit: 100,
      budgets: [{ period: "total", limit }],
      rules: control ? [] : rules,
      profiles: profiles.map((profile) => profile.name),
    });
    await send("POST", `/mandates/${mandate.id}/activate`, {});
    agents.push({ id: agent.id, small: limit < 1_000 });
  }
  const keyOf = async (role) => (await send("POST", "/keys", { name: role, role })).key;
  const keys = { admin, spend: await keyOf("spend"), approve: await keyOf("approve") };
  return { organization: id, agents, keys };
}

const CENT = 10_000;

/**
 * Money that was really taken, as Stripe has it: our own charges by their transaction, the merchant's by the session that
 * stands in the metadata of its PaymentIntent.
 */
export async function readTaken({ stripe }) {
  const { payment_intents } = await stripe.control("state");
  return payment_intents
    .filter(({ status }) => status === "succeeded")
    .map(({ amount_received, metadata }) => ({
      micros: amount_received * CENT,
      transaction: metadata.quetra_transaction,
      session: metadata.checkout_session_id,
    }));
}

/** The merchant's orders, and what it found wrong with what it was sent. */
export async function readMerchant({ merchant }) {
  const { orders, violations } = await (await fetch(`${merchant.url}/_control/state`)).json();
  return { orders, violations };
}
