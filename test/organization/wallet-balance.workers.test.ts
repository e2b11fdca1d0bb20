import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import type { BalanceOrder, BalanceOutcome } from "../../src/payments/rails-api.ts";
import { api, type Json, newAgent, newOrganization, sql, type TestOrganization, tool } from "../support/service.ts";

/** What a wallet holds, and how old that is. The object's Rails is a stand-in. */

const T0 = Date.UTC(2041, 4, 6, 12);
const INTEGRATION = "/integrations/x402";
const WALLETS = `${INTEGRATION}/wallets`;

/** What the stand-in answers; a throw counts as Rails being away. */
let chain: (order: BalanceOrder) => Promise<BalanceOutcome>;
let orders: BalanceOrder[];
let organization: TestOrganization;
let agent: string;
let address: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: T0 });
  organization = await newOrganization();
  ({ agent } = await newAgent(organization));
  address = (await api(organization.admin, "POST", WALLETS, { source: "create" })).body.address;
  orders = [];
  chain = async () => ({ balance: 12_345_678, resealed: null });
  await runInDurableObject(organization.stub, (instance) => {
    const balance = (order: BalanceOrder) => {
      orders.push(order);
      return chain(order);
    };
    const object = instance as unknown as { env: object };
    object.env = { ...object.env, RAILS: { balance } };
  });
});
afterEach(() => vi.useRealTimers());

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const budget = (key = organization.spend) => tool(key, "quetra_check_budget", { agent_id: agent });
const integration = async (): Promise<Json> => (await api(organization.read, "GET", INTEGRATION)).body;
const shown = async () => {
  const { balance, balance_as_of } = (await integration()).wallet;
  return [balance, balance_as_of];
};
const at = (ms: number) => new Date(T0 + ms).toISOString();

it("is read from the chain for whoever may see it, and kept for 30 seconds", async () => {
  expect(await shown()).toEqual([12.345678, at(0)]);
  const [row] = await sql<{ sealed_key: string }>(organization, "SELECT sealed_key FROM wallets");
  const order = { organization_id: organization.id, network: "eip155:84532", address, sealed_key: row?.sealed_key };
  expect(orders).toEqual([order]);

  chain = async () => ({ balance: 0, resealed: null });
  later(LIMITS.walletBalanceMs);
  expect(await shown()).toEqual([12.345678, at(0)]);
  expect(orders.length).toBe(1);
  later(1);
  expect(await shown()).toEqual([0, at(LIMITS.walletBalanceMs + 1)]);
  expect(orders.length).toBe(2);
});

it("is in quetra_check_budget, where there is a wallet", async () => {
  const wallet = { address, network: "eip155:84532", asset: "USDC", balance: 12.345678, as_of: at(0) };
  expect(await budget()).toMatchObject({ can_spend: true, wallet });
  later(LIMITS.walletBalanceMs + 1);
  chain = async () => ({ balance: 1, resealed: null });
  expect((await budget()).wallet).toMatchObject({ balance: 0.000001, as_of: at(LIMITS.walletBalanceMs + 1) });

  organization = await newOrganization();
  ({ agent } = await newAgent(organization));
  expect(await budget()).not.toHaveProperty("wallet");
});

it.each([
  ["Rails is away", () => Promise.reject(new Error("Network connection lost."))],
  ["no endpoint answers", async () => ({ balance: null, resealed: null })],
  ["the answer is no balance", async () => ({ balance: -1, resealed: null })],
  ["the sum is beyond what can be told exactly", async () => ({ balance: 2 ** 53, resealed: null })],
] as [string, typeof chain][])("stays the older one when %s", async (_name, failing) => {
  const [good, bad] = [chain, failing];
  chain = bad;
  expect(await shown()).toEqual([null, null]);
  expect((await budget()).wallet).toMatchObject({ balance: null, as_of: null });
  chain = good;
  later(5_000);
  expect(await shown()).toEqual([12.345678, at(5_000)]);
  chain = bad;
  later(LIMITS.walletBalanceMs + 1);
  expect(await shown()).toEqual([12.345678, at(5_000)]);
  expect((await budget()).wallet).toMatchObject({ balance: 12.345678, as_of: at(5_000) });
});

it("is not waited for again within 5 seconds of a failure", async () => {
  chain = () => Promise.reject(new Error("away"));
  await shown();
  later(4_999);
  await shown();
  await budget();
  expect(orders.length).toBe(1);
  later(1);
  await budget();
  expect(orders.length).toBe(2);
});

it("is not waited for longer than 4.5 seconds", { timeout: 30_000 }, async () => {
  chain = () => new Promise(() => undefined);
  const started = performance.now();
  expect(await shown()).toEqual([null, null]);
  expect(performance.now() - started).toBeLessThan(15_000);
});

it("is asked for once by calls that come together, while spending goes on", async () => {
  let answered = false;
  // A promise of another object's making cannot be waited for: hence the looking again and again.
  chain = async () => {
    while (!answered) await new Promise((resolve) => setTimeout(resolve, 5));
    return { balance: 3_000_000, resealed: null };
  };
  const together = [shown(), shown(), budget(), budget()];
  while (orders.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const bought = { agent_id: agent, amount: 1, vendor: "shop.example", idempotency_key: "meanwhile" };
  expect((await tool(organization.spend, "quetra_evaluate", bought)).outcome).toBe("approved");
  answered = true;
  const [one, two, three] = await Promise.all(together);
  expect([one, two, three.wallet.balance]).toEqual([[3, at(0)], [3, at(0)], 3]);
  expect(orders.length).toBe(1);
});

it("comes without an event, and takes a newly sealed key along", async () => {
  const events = await sql(organization, "SELECT seq FROM events");
  chain = async () => ({ balance: null, resealed: "v1.s2.abc" });
  expect((await integration()).wallet.key_version).toBe("s1");
  expect((await integration()).wallet).toMatchObject({ key_version: "s2", balance: null });
  expect(await sql(organization, "SELECT seq FROM events")).toEqual(events);
});

it("is asked for by nobody who may not see it", async () => {
  await api(organization.approve, "GET", INTEGRATION);
  await api(organization.spend, "GET", INTEGRATION);
  const { id, key } = (await api(organization.admin, "POST", "/keys", { name: "gone", role: "spend" })).body;
  await api(organization.admin, "POST", `/keys/${id}/revoke`);
  expect((await budget(key)).status).toBe(410);
  const unknown = await tool(organization.spend, "quetra_check_budget", { agent_id: "agt_0000000000000000000000" });
  expect(unknown.error).toMatch(/^agent_not_found/);
  expect(orders).toEqual([]);
});

it("is not shown to a key that was revoked while the chain was asked", async () => {
  const { id, key } = (await api(organization.admin, "POST", "/keys", { name: "gone", role: "read" })).body;
  chain = async () => {
    await api(organization.admin, "POST", `/keys/${id}/revoke`);
    return { balance: 1, resealed: null };
  };
  expect(await api(key, "GET", INTEGRATION)).toMatchObject({ status: 401, body: { code: "key_gone" } });
});
