import { runDurableObjectAlarm } from "cloudflare:test";
import { vi } from "vitest";
import { api, type Json, newAgent, newOrganization, type TestOrganization, tool } from "../../support/service.ts";

/**
 * Noon of a day, so that minutes and hours around it are in one calendar period; far ahead, so that no alarm comes by
 * itself between two steps of a test.
 */
export const NOON = Date.UTC(2090, 10, 20, 12);
export const MINUTE = 60_000;

export const buy = (organization: TestOrganization, agent: string, amount: number, more: object = {}): Promise<Json> =>
  tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    amount,
    vendor: "shop.example",
    idempotency_key: crypto.randomUUID(),
    ...more,
  });

/** Lets the watch come to everything that is in the log. */
export async function follow(organization: TestOrganization): Promise<void> {
  await runDurableObjectAlarm(organization.stub);
  await runDurableObjectAlarm(organization.stub);
}

/** The alerts as a person sees them, newest first, after the watch has followed. */
export async function alerts(organization: TestOrganization, query = ""): Promise<Json[]> {
  await follow(organization);
  return (await api(organization.read, "GET", `/alerts?limit=100&${query}`)).body.data;
}

export const ofKind = async (organization: TestOrganization, kind: string): Promise<Json[]> =>
  alerts(organization, `kind=${kind}`);

/** Replaces the settings, whatever their version is. */
export async function settings(organization: TestOrganization, change: object): Promise<void> {
  const { version } = (await api(organization.admin, "GET", "/alerts/settings")).body;
  const answer = await api(
    organization.admin,
    "PUT",
    "/alerts/settings",
    { settings: change },
    { "if-match": `"${version}"` },
  );
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
}

/** Terms that stop nothing: for what the watch alone should see. */
export const WIDE = {
  per_transaction_limit: 100_000,
  budgets: [{ period: "total", limit: 10_000_000 }],
};

export const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** An organization with an agent, at noon. */
export async function fresh(terms: Record<string, unknown> = WIDE) {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  const organization = await newOrganization();
  return { organization, ...(await newAgent(organization, terms)) };
}
