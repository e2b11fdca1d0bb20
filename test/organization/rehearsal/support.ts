import { runDurableObjectAlarm } from "cloudflare:test";
import { vi } from "vitest";
import { random } from "../../support/random.ts";
import {
  type Answer,
  api,
  type Json,
  newAgent,
  newOrganization,
  sql,
  type TestOrganization,
  tool,
} from "../../support/service.ts";

export const START = Date.UTC(2026, 9, 23, 20);
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** Terms in which every kind of counting takes part, around a change of the clocks (25 October). */
export const richTerms = () => ({
  name: "Rich terms",
  currency: "USD",
  timezone: "Europe/Berlin",
  per_transaction_limit: 80,
  budgets: [
    { period: "hourly", limit: 120 },
    { period: "daily", limit: 260 },
    { period: "total", limit: 2_000 },
  ],
  rules: [
    { type: "vendor_blocklist", vendors: ["bad.example"] },
    { type: "vendor_budget", vendors: ["a.example", "b.example"], period: "daily", limit: 100 },
    { type: "rate_limit", max_transactions: 4, window_minutes: 90 },
    { type: "rate_limit", max_transactions: 2, window_minutes: 240, vendors: ["c.example"] },
    { type: "approval", above: 60, timeout_minutes: 120 },
    { type: "approval", above: 150, period: "daily", categories: ["tools"], timeout_minutes: 600 },
    { type: "approval", first_purchase_from_vendor: true, categories: ["new"], timeout_minutes: 60 },
  ],
});

export interface HistoryOptions {
  readonly steps: number;
  readonly agents: readonly { readonly agent: string; readonly mandate: string }[];
  /** Edits of the terms, organization budgets and zone, pauses. */
  readonly edits: boolean;
}

interface Teller {
  readonly organization: TestOrganization;
  readonly next: () => number;
  readonly pick: <T>(from: readonly T[]) => T;
  readonly options: HistoryOptions;
  bought: string[];
  bad: Answer[];
}

/** Makes a random history through the real service, in virtual time. Refused steps are part of it. */
export async function makeHistory(organization: TestOrganization, seed: number, options: HistoryOptions) {
  const next = random(seed);
  const teller: Teller = {
    organization,
    next,
    pick: (from) => from[Math.floor(next() * from.length)]!,
    options,
    bought: [],
    bad: [],
  };
  for (let step = 0; step < options.steps; step++) {
    vi.setSystemTime(Date.now() + Math.floor(next() ** 4 * 200 * MINUTE));
    if (next() < 0.2) await runDurableObjectAlarm(organization.stub);
    await act(teller);
  }
  // A bug of the service must not hide among refusals.
  for (const { status, body } of teller.bad) if (status >= 500) throw new Error(JSON.stringify(body));
}

async function act(teller: Teller): Promise<void> {
  const { organization, next, pick, options } = teller;
  const admin = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await api(organization.admin, method, path, body, headers);
    if (answer.status >= 300) teller.bad.push(answer);
    return answer;
  };
  const [one, two = one!] = options.agents;
  const { agent, mandate } = (next() < 0.7 ? one : two)!;
  const roll = next();
  if (roll < 0.5) return evaluate(teller, agent);
  const transaction = pick(teller.bought) ?? "none";
  if (roll < 0.58) {
    await tool(organization.spend, "quetra_settle", {
      agent_id: agent,
      transaction_id: transaction,
      amount_charged: Math.floor(next() * 90),
    });
  } else if (roll < 0.63)
    await admin("POST", `/transactions/${transaction}/settle`, { amount_charged: Math.floor(next() * 70) });
  else if (roll < 0.66) await admin("POST", `/transactions/${transaction}/cancel`, {});
  else if (roll < 0.72)
    await admin("POST", `/transactions/${transaction}/refund`, { amount: 1 + Math.floor(next() * 20) });
  else if (roll < 0.9) await decide(teller);
  else if (roll < 0.93) await admin("POST", `/organization/${next() < 0.12 ? "freeze" : "unfreeze"}`, {});
  else if (roll < 0.96) await admin("POST", `/agents/${agent}/${next() < 0.25 ? "suspend" : "resume"}`, {});
  else if (options.edits) await edit(teller, mandate, admin);
}

async function evaluate({ organization, next, pick, bought }: Teller, agent: string): Promise<void> {
  const protocol = pick(["external", "external", "external", "x402"]);
  const category = pick([undefined, "tools", "new", "food"]);
  const answer = await tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    amount: pick([1, 5, 12.5, 20, 33, 61, 75, 90]),
    vendor: pick(["a.example", "b.example", "c.example", "d.example", "bad.example", "api.a.example"]),
    currency: protocol === "external" && next() < 0.06 ? "EUR" : "USD",
    protocol,
    ...(category === undefined ? {} : { category }),
    idempotency_key: crypto.randomUUID(),
  });
  if (answer.transaction_id !== undefined) bought.push(answer.transaction_id);
}

async function decide({ organization, next, pick, bad }: Teller): Promise<void> {
  const waiting = (await api(organization.approve, "GET", "/approvals?limit=100")).body.data as Json[];
  const approval = pick(waiting);
  if (approval === undefined) return;
  const decision = next() < 0.7 ? "approve" : "deny";
  const answer = await api(organization.approve, "POST", `/approvals/${approval.id}/decision`, { decision });
  if (answer.status >= 300) bad.push(answer);
}

async function edit(
  { organization, next, pick }: Teller,
  mandate: string,
  admin: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>,
): Promise<void> {
  const roll = next();
  if (roll < 0.2) {
    await admin("POST", `/mandates/${mandate}/${pick(["pause", "resume", "resume"])}`, {});
  } else if (roll < 0.4) {
    const { version } = (await api(organization.admin, "GET", "/organization")).body;
    const budgets = [{ currency: "USD", period: pick(["hourly", "daily"]), limit: 100 + Math.floor(next() * 200) }];
    await admin("PUT", "/organization/budgets", { budgets }, { "if-match": String(version) });
  } else if (roll < 0.5) {
    await admin("PATCH", "/organization", { timezone: pick(["UTC", "Asia/Tokyo", "America/New_York"]) });
  } else {
    const { terms, version } = (await api(organization.read, "GET", `/mandates/${mandate}`)).body;
    const changed = {
      ...terms,
      timezone: pick(["Europe/Berlin", "UTC", "Asia/Kathmandu"]),
      budgets: terms.budgets.map((budget: Json) => ({
        ...budget,
        limit: Math.ceil(budget.limit * (0.7 + next() * 0.6)),
      })),
      rules: next() < 0.3 ? terms.rules.slice(1) : terms.rules,
    };
    await admin("PUT", `/mandates/${mandate}`, changed, { "if-match": String(version) });
  }
}

/** The same terms under other ids of budgets and rules: nothing of the real books can help to judge by them. */
export async function withoutIds(organization: TestOrganization, mandate: string): Promise<Json> {
  const { terms } = (await api(organization.read, "GET", `/mandates/${mandate}`)).body;
  const bare = ({ id: _id, ...rest }: Json) => rest;
  return { ...terms, budgets: terms.budgets.map(bare), rules: terms.rules.map(bare) };
}

/** How many first decisions of an agent the log holds, and how many further judgements. */
export async function logged(organization: TestOrganization, agent: string) {
  const [row] = await sql<{ first: number; again: number }>(
    organization,
    `SELECT
       SUM(json_extract(body, '$.data.outcome') IS NOT NULL AND json_extract(body, '$.data.request.agent_id') = ?1) AS first,
       SUM(json_extract(body, '$.data.from') IS NOT NULL AND json_extract(body, '$.data.usage') IS NOT NULL
         AND json_extract(body, '$.data.agent_id') = ?1) AS again
     FROM events WHERE type LIKE 'transaction.%'`,
    agent,
  );
  return { first: row?.first ?? 0, again: row?.again ?? 0 };
}

export const simulate = (organization: TestOrganization, mandate: string, body: object = {}): Promise<Answer> =>
  api(organization.read, "POST", `/mandates/${mandate}/simulate`, body);

/** Lets the followers take everything that there is. */
export async function followAll(organization: TestOrganization): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await runDurableObjectAlarm(organization.stub);
    const [row] = await sql<{ n: number }>(
      organization,
      "SELECT (SELECT MAX(seq) FROM events) - (SELECT seq FROM cursors WHERE name = 'shadow') AS n",
    );
    if (row?.n === 0) return;
  }
  throw new Error("the shadow does not follow");
}

export async function draft(organization: TestOrganization, terms: object): Promise<string> {
  const answer = await api(organization.admin, "POST", "/mandates", terms);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.id;
}

/** A Wednesday, for histories that are told step by step. */
export const NOON = Date.UTC(2026, 10, 18, 12);

export const buy = (organization: TestOrganization, agent: string, amount: number, more: object = {}): Promise<Json> =>
  tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    amount,
    vendor: "shop.example",
    idempotency_key: crypto.randomUUID(),
    ...more,
  });

export const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
export const terms = (agent: string, more: object = {}) => ({
  agent_id: agent,
  name: "What if",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: 100,
  budgets: [{ period: "daily", limit: 100 }],
  ...more,
});

/** Four purchases of 20, a minute apart, by an agent that may spend 100 a day. */
export async function fourPurchases() {
  const organization = await newOrganization();
  const { agent, mandate } = await newAgent(organization);
  const ids: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    pass(MINUTE);
    ids.push((await buy(organization, agent, 20, { vendor: `${"abcd"[turn]}.example` })).transaction_id);
  }
  return { organization, agent, mandate, ids };
}

export const draftTerms = (agent: string, more: object = {}) => ({
  agent_id: agent,
  name: "Draft",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: 100,
  budgets: [{ period: "daily", limit: 50 }],
  ...more,
});
export const shadowOf = async (organization: TestOrganization, id: string): Promise<Json> =>
  (await api(organization.read, "GET", `/mandates/${id}/shadow`)).body;
export const follow = (organization: TestOrganization, id: string, on: boolean) =>
  api(organization.admin, "POST", `/mandates/${id}/shadow`, { on });

export async function followed(more: object = {}) {
  const organization = await newOrganization();
  const { agent, mandate } = await newAgent(organization);
  const id = await draft(organization, draftTerms(agent, more));
  const { status } = await follow(organization, id, true);
  if (status !== 200) throw new Error(`the shadow was not started: ${status}`);
  return { organization, agent, mandate, id };
}
