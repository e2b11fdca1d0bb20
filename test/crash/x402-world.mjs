/** Everything outside of the service that a payment meets, and the service itself. */
import { randomBytes } from "node:crypto";
import { startChain } from "../../sandbox/chain.mjs";
import { startFacilitator } from "../../sandbox/facilitator.mjs";
import { PAY_TO } from "../../sandbox/run.mjs";
import { createOrganization, startService } from "./service.mjs";
import { startPoints } from "./x402-points.mjs";
import { startSeller } from "./x402-seller.mjs";

/** @param options.reached Called at every point that a payment passes. */
export async function startWorld(state, { reached, random, validity }) {
  const chain = await startChain({ blockSeconds: 1 });
  const facilitator = await startFacilitator({ rpcUrl: chain.url });
  const points = await startPoints({ chainUrl: chain.url, facilitatorUrl: facilitator.url, reached, random });
  const seller = await startSeller({ facilitatorUrl: `${points.url}/facilitator`, payTo: PAY_TO, validity });
  const service = await startService(state, {
    SEALING_SECRETS: `s1:${randomBytes(32).toString("hex")}`,
    SANDBOX_PORTS: `${seller.port},${points.port}`,
    X402_RPC_BASE_SEPOLIA: `${points.url}/rpc`,
    TEST_FAULT_URL: `${points.url}/fault`,
  });
  const stop = async () => {
    await service.stop();
    await Promise.all([seller.stop(), points.stop()]);
    await facilitator.stop();
    await chain.stop();
  };
  return { chain, points, seller, service, payTo: PAY_TO.toLowerCase(), stop };
}

/** Micros: what the wallet starts with. Nobody runs out of it. */
export const DEPOSIT = 10_000_000_000;
/** Two budgets that run out in the course of the run, and two that do not; one agent needs a person for what is dear. */
const AGENTS = [
  { limit: 2_000, rules: [] },
  { limit: 3, rules: [] },
  { limit: 2_000, rules: [{ type: "approval", above: 0.1 }] },
  { limit: 1.5, rules: [] },
];

/** An organization with a funded wallet, and agents with budgets large and small. */
export async function createBuyers({ service, chain }, control) {
  const { id, admin_key: admin } = await createOrganization(service.origin, "Crash");
  const post = async (path, body) => {
    const response = await fetch(`${service.origin}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const agents = [];
  for (const [number, { limit, rules }] of AGENTS.entries()) {
    const name = `Agent ${number}`;
    const agent = await post("/agents", { name, preset: "none", spend_calls_per_minute: 6_000 });
    const mandate = await post("/mandates", {
      schema: 1,
      agent_id: agent.id,
      name: "Crash",
      currency: "USD",
      per_transaction_limit: 20,
      budgets: [{ period: "total", limit }],
      rules: control ? [] : rules,
    });
    await post(`/mandates/${mandate.id}/activate`, {});
    agents.push({ id: agent.id, small: limit < 100 });
  }
  const { address } = await post("/integrations/x402/wallets", { source: "create" });
  await chain.mint(address, DEPOSIT);
  const keyOf = async (role) => (await post("/keys", { name: role, role })).key;
  const keys = { admin, spend: await keyOf("spend"), approve: await keyOf("approve") };
  return { organization: id, wallet: address.toLowerCase(), agents, keys };
}
