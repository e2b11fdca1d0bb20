import { runInDurableObject } from "cloudflare:test";
import { ROUTES } from "../../src/edge/api/routes/index.ts";
import { random } from "./random.ts";
import { callRoute, type Ids, populated, TOOL_NAMES } from "./samples.ts";
import { api, type Json, newAgent, newOrganization, type TestOrganization, tool } from "./service.ts";
import { writes } from "./snapshot.ts";

/** What stands around the agent under attack: others of its organization, and another organization, with canaries. */
export interface Arena {
  readonly organization: TestOrganization;
  /** Ids that an attacker may have picked up elsewhere: of other agents, of another organization, and made up. */
  readonly foreign: readonly string[];
  /** Texts and ids that no answer may hold unless the question held them. */
  readonly secrets: readonly string[];
}

const CANARY = "canary-7f3a";

export async function newArena(): Promise<Arena> {
  const organization = await newOrganization();
  const other = await populated(organization);
  await api(organization.admin, "PATCH", `/agents/${other.ids.agent}`, { name: CANARY, description: CANARY });
  const marked = { agent_id: other.ids.agent, amount: 2, vendor: `${CANARY}.example`, reason: CANARY };
  await tool(organization.spend, "quetra_evaluate", { ...marked, idempotency_key: CANARY });
  const elsewhere = await populated();
  const own = Object.values(other.ids).filter((id) => id !== other.ids.budget);
  const theirs = Object.values(elsewhere.ids);
  const made = ["agt", "mdt", "txn", "apr", "key", "bud"].map((prefix) => `${prefix}_0000000000000000000000`);
  return { organization, foreign: [...own, ...theirs, ...made], secrets: [CANARY, ...own, ...theirs] };
}

/** What the ledger says, read in one go. */
interface Ledger {
  readonly counters: ReadonlyMap<string, { owner: string; ref: string; used: number }>;
  readonly transactions: ReadonlyMap<string, { agent_id: string; status: string; held: number; codes: string | null }>;
  /** Everything that this key has no business with. */
  readonly others: string;
}

const PROTECTED =
  "organization agents mandates mandate_versions keys request_keys merchants profiles hooks stripe_keys provider_settings".split(
    " ",
  );
const OF_AGENTS = "transactions approvals known_vendors".split(" ");

function readLedger(
  organization: TestOrganization,
  agents: readonly string[],
  owners: readonly string[],
): Promise<Ledger> {
  return runInDurableObject(organization.stub, (_instance, { storage: { sql } }) => {
    const rows = (query: string, ...values: string[]): Json[] => sql.exec(query, ...values).toArray();
    const marks = (list: readonly string[]) => list.map(() => "?").join(", ");
    const others = [
      ...PROTECTED.map((table) => rows(`SELECT * FROM ${table}`)),
      ...OF_AGENTS.map((table) => rows(`SELECT * FROM ${table} WHERE agent_id NOT IN (${marks(agents)})`, ...agents)),
      rows(`SELECT * FROM counters WHERE owner NOT IN (${marks(owners)})`, ...owners),
      rows("SELECT * FROM approvals WHERE status <> 'pending' OR decided_by IS NOT NULL"),
      // Without the balance, which a look at the budget may refresh.
      rows("SELECT seq, id, address, sealed_key, active FROM wallets"),
    ];
    return {
      counters: new Map(
        rows("SELECT id, owner, ref, held + settled AS used FROM counters").map((row) => [String(row.id), row]),
      ),
      transactions: new Map(
        rows(`SELECT * FROM transactions WHERE agent_id IN (${marks(agents)}) ORDER BY seq`, ...agents).map((row) => [
          row.id,
          row,
        ]),
      ),
      others: JSON.stringify(others),
    };
  });
}

const FAIR = [0.000001, 0.5, 1, 5, 10, 24.999999, 25, 25.000001, 30, 40];
const UNFAIR: readonly unknown[] = [40.000001, 60, 99_999_999, 0, -1, -40, 1e9, "10", null, true, 2 ** 53];
const SHOPS = ["shop.example", "https://shop.example/x?y=1", "SHOP.EXAMPLE", "A Shop"];
const NO_SHOPS = ["blocked.example", "api.blocked.example", ""];

const BUDGET = 45;
const SHARED = 70;

export interface Adversary {
  /** Makes one call and answers what was gained by it that must not be. */
  step(): Promise<string[]>;
  readonly reached: Record<string, number>;
}

/**
 * An agent that tries everything with everything it has ever seen. Its key names two agents: one that may not release
 * budget and one that may. Limits: 40 a purchase, 45 a day, approval above 25; both together may spend 70.
 */
export async function adversary({ organization, foreign, secrets }: Arena, seed: number): Promise<Adversary> {
  const { admin } = organization;
  const rules = [
    { type: "approval", above: 25 },
    { type: "vendor_blocklist", vendors: ["blocked.example"] },
  ];
  // Charges are simulated here, and count like all others.
  const desk = `desk-${crypto.randomUUID().slice(0, 8)}`;
  const profile = { name: desk, kind: "stripe", vendor: SHOPS[0] };
  await api(admin, "POST", "/integrations/profiles", profile);
  const budgetsOfAgent = [{ period: "daily", limit: BUDGET }];
  const limits = { per_transaction_limit: 40, budgets: budgetsOfAgent, rules, profiles: [desk] };
  const strict = await newAgent(organization, limits);
  const releasing = await newAgent(organization, { ...limits, agent_may_release: true });
  const agents = [strict.agent, releasing.agent];
  const { key } = (await api(admin, "POST", "/keys", { name: "attacker", role: "spend", agents })).body;
  const now = (await api(admin, "GET", "/organization")).body;
  const [shared] = now.budgets;
  const limit = shared.held + shared.settled + SHARED;
  const budgets = [{ id: shared.id, currency: "USD", period: "daily", limit }];
  await api(admin, "PUT", "/organization/budgets", { budgets }, { "if-match": `"${now.version}"` });

  const owners = [strict.mandate, releasing.mandate, "organization"];
  const limitOf = (owner: string) => (owner === "organization" ? limit : BUDGET) * 1e6;
  const next = random(seed);
  const chance = (share: number) => next() < share;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const seen = new Set<string>([...foreign, ...agents, strict.mandate, releasing.mandate]);
  const keys: string[] = [];
  const calls: { name: string; sent: Record<string, unknown> }[] = [];
  const reached: Record<string, number> = {};
  const count = (what: string) => {
    reached[what] = (reached[what] ?? 0) + 1;
  };

  const amountOf = () => (chance(0.8) ? pick(FAIR) : pick(UNFAIR));
  const id = (prefix: string): string => {
    const fitting = [...seen].filter((known) => known.startsWith(prefix));
    return fitting.length > 0 && chance(0.9) ? pick(fitting.slice(chance(0.8) ? -4 : 0)) : pick([...seen]);
  };
  const agent = () => (chance(0.92) ? pick(agents) : id("agt_"));
  const idempotencyKey = () => {
    if (keys.length > 0 && chance(0.1)) return pick(keys);
    keys.push(`k${seed}-${keys.length}`);
    return keys.at(-1)!;
  };

  function argumentsOf(name: (typeof TOOL_NAMES)[number]): Record<string, unknown> {
    const amount = amountOf();
    const vendor = chance(0.85) ? pick(SHOPS) : pick(NO_SHOPS);
    switch (name) {
      case "quetra_list_agents":
        return chance(0.5) ? {} : { limit: pick([1, 2, 100]), cursor: pick(["c0", "c1", "c3", "czzz"]) };
      case "quetra_check_budget":
        return { agent_id: agent() };
      case "quetra_can_spend":
        return { agent_id: agent(), amount, vendor, currency: pick(["USD", "USD", "EUR"]) };
      case "quetra_evaluate": {
        const which = chance(0.9) ? { idempotency_key: idempotencyKey() } : { transaction_id: id("txn_") };
        const protocol = chance(0.85) ? "external" : pick(["x402", "stripe"]);
        return { agent_id: agent(), amount, vendor, protocol, ...which };
      }
      case "quetra_settle": {
        const own = [...before.transactions.entries()].filter(([, { held }]) => held > 0);
        if (own.length === 0 || chance(0.2)) {
          return { agent_id: agent(), transaction_id: id("txn_"), amount_charged: amount };
        }
        const [transaction_id, { agent_id, held }] = pick(own);
        const about = [amount, held / 1e6, held / 1e6, held / 2e6, 0, (held / 1e6) * 3];
        return { agent_id, transaction_id, amount_charged: pick(about) };
      }
      case "quetra_transactions":
        return { agent_id: agent(), ...(chance(0.5) && { transaction_id: id("txn_") }) };
      case "quetra_fetch": {
        // Nothing answers under these names: what an agent can do with the ids of others is the question here.
        const which = chance(0.5) ? { transaction_id: id("txn_") } : { idempotency_key: idempotencyKey() };
        return {
          agent_id: agent(),
          url: pick(["https://shop.invalid/", "https://127.0.0.1/", "https://a/"]),
          ...which,
        };
      }
      case "quetra_stripe_charge": {
        const which = chance(0.8) ? { idempotency_key: idempotencyKey() } : { transaction_id: id("txn_") };
        const named = chance(0.8) ? {} : { profile: chance(0.5) ? desk : id("prf_") };
        return { agent_id: agent(), amount, currency: pick(["USD", "USD", "EUR"]), ...named, ...which };
      }
      case "quetra_acp_checkout":
        return {
          agent_id: agent(),
          merchant_url: pick(["https://shop.example.com", "https://127.0.0.1/", "https://a/"]),
          items: [{ id: id("txn_"), quantity: 1 }],
          max_amount: amount,
          idempotency_key: idempotencyKey(),
        };
    }
  }

  async function call(): Promise<{ what: string; sent: unknown; answer: Json }> {
    if (chance(0.12)) {
      const route = pick(ROUTES);
      const ids = Object.fromEntries(
        ["agent", "mandate", "key", "transaction", "approval", "budget", "wallet", "merchant", "profile"].map(
          (name) => [name, id(`${name.slice(0, 3)}_`)],
        ),
      ) as unknown as Ids;
      const answer = await callRoute(key, route, ids);
      if (answer.status === 403) count("forbidden");
      return { what: route.id, sent: ids, answer };
    }
    const name = chance(0.4) ? "quetra_evaluate" : chance(0.5) ? "quetra_settle" : pick(TOOL_NAMES);
    const earlier = calls.filter((one) => one.name === name);
    const sent = earlier.length > 0 && chance(0.25) ? pick(earlier).sent : argumentsOf(name);
    calls.push({ name, sent });
    const answer = await tool(key, name, sent);
    if (typeof answer.outcome === "string") count(answer.outcome);
    if (answer.transaction !== undefined) count(answer.transaction.overdraft ? "overdraft" : "settled");
    return { what: name, sent, answer };
  }

  let before = await readLedger(organization, agents, owners);
  let written = await writes(organization);
  return {
    reached,
    async step() {
      const { what, sent, answer } = await call();
      const now = await writes(organization);
      const after = now === written ? before : await readLedger(organization, agents, owners);
      written = now;
      const gains = [...gained(before, after, what, limitOf, releasing.agent), ...leaked(secrets, sent, answer)];
      if (what in { evaluate: 1, canSpend: 1 } === false && answer.status < 400) gains.push(`${what} was allowed`);
      for (const found of JSON.stringify(answer).match(/\b(?:agt|mdt|txn|apr|key|bud|rul|org)_[0-9A-Za-z]+/g) ?? [])
        seen.add(found);
      before = after;
      return gains.map((gain) => `${gain}: ${what} ${JSON.stringify(sent)} → ${JSON.stringify(answer).slice(0, 500)}`);
    },
  };
}

/** What the ledger shows after one call that no call of a spend key may do. */
function gained(
  before: Ledger,
  after: Ledger,
  what: string,
  limitOf: (owner: string) => number,
  mayRelease: string,
): string[] {
  const gains: string[] = [];
  if (after.others !== before.others) gains.push("something that is none of this key's business changed");
  // What the mandate lets the agent give back in this call.
  let released = 0;
  for (const [id, { agent_id, status, held }] of after.transactions) {
    const was = before.transactions.get(id);
    if (was?.status === "pending_approval" && status !== was.status) gains.push(`${id} left pending_approval`);
    if (was !== undefined && held < was.held && what === "quetra_settle" && agent_id === mayRelease)
      released += was.held;
    if (was !== undefined && ["rejected", "completed", "voided"].includes(was.status) && status !== was.status) {
      gains.push(`${id} came back from ${was.status}`);
    }
  }
  for (const [id, { owner, used }] of after.counters) {
    const was = before.counters.get(id)?.used ?? 0;
    if (used > was && used > limitOf(owner) && what !== "quetra_settle") gains.push(`counter ${id} is over its limit`);
    if (was - used > released) gains.push(`counter ${id} was freed by ${was - used}`);
  }
  return gains;
}

/** Ids and canaries of others that the answer holds although the question did not. */
function leaked(secrets: readonly string[], sent: unknown, answer: Json): string[] {
  const [question, text] = [JSON.stringify(sent), JSON.stringify(answer)];
  return secrets
    .filter((secret) => text.includes(secret) && !question.includes(secret))
    .map((secret) => `leaked ${secret}`);
}
