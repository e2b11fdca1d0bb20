import { beforeAll, describe, expect, it } from "vitest";
import { ROUTES, type RouteId } from "../../src/edge/api/routes/index.ts";
import { newId } from "../../src/keys/ids.ts";
import {
  type Ids,
  pathOf,
  populated,
  purchase,
  routeOf,
  SAMPLES,
  TOOL_NAMES,
  TOOL_SAMPLES,
  terms,
} from "../support/samples.ts";
import { api, type TestOrganization } from "../support/service.ts";
import { everything, snapshot } from "../support/snapshot.ts";
import { comparable, type Raw, raw, rawTool } from "../support/wire.ts";

/** What a key cannot reach answers exactly as what does not exist: bytes, status and headers. */

let organization: TestOrganization;
let foreignOrganization: TestOrganization;
/** Of the key's own agent, of an agent of the same organization outside the key's list, of another organization. */
let own: Ids;
let unlisted: Ids;
let foreign: Ids;
/** A spend key that names `own.agent` only. */
let limited: string;

const ID_BYTES_ALIKE = {
  agent: "agt",
  mandate: "mdt",
  key: "key",
  transaction: "txn",
  approval: "apr",
  budget: "bud",
  wallet: "wal",
  webhook: "whk",
  delivery: "whd",
  alert: "alr",
  merchant: "mer",
} as const;
type Kind = keyof typeof ID_BYTES_ALIKE;
const KINDS = Object.keys(ID_BYTES_ALIKE) as Kind[];
const unknown = (kind: Kind) => newId(ID_BYTES_ALIKE[kind]);

const state = async () => [everything(await snapshot(organization)), everything(await snapshot(foreignOrganization))];

beforeAll(async () => {
  ({ organization, ids: own } = await populated());
  ({ ids: unlisted } = await populated(organization));
  ({ organization: foreignOrganization, ids: foreign } = await populated());
  const key = { name: "limited", role: "spend", agents: [own.agent] };
  limited = (await api(organization.admin, "POST", "/keys", key)).body.key;
});

/** Asks about each id; all answers must be the same but for the id, and nothing may have changed. */
async function expectAlike(ask: (id: string) => Promise<Raw>, ids: readonly string[], unknownId: string): Promise<Raw> {
  const before = await state();
  const reference = await ask(unknownId);
  for (const id of ids) expect(comparable(await ask(id), id)).toBe(comparable(reference, unknownId));
  expect(await state()).toEqual(before);
  return reference;
}

describe.each(TOOL_NAMES.slice(1))("%s", (name) => {
  const call = (args: object) => rawTool(limited, name, args);
  const sample = (ids: Ids) => TOOL_SAMPLES[name](ids);

  it("does not tell foreign, unlisted and unknown agents apart", async () => {
    const ask = (agent: string) =>
      call({ ...sample(own), agent_id: agent, ...(name === "quetra_evaluate" && { idempotency_key: "t" }) });
    const answer = await expectAlike(ask, [foreign.agent, unlisted.agent], unknown("agent"));
    expect(answer.text).toContain("agent_not_found");
    expect(JSON.parse((await ask(own.agent)).text).result.isError).not.toBe(true);
  });

  it("takes an id of another kind for an unknown agent", async () => {
    const others = KINDS.filter((kind) => kind !== "agent").flatMap((kind) => [own[kind], foreign[kind]]);
    await expectAlike((agent) => call({ ...sample(own), agent_id: agent }), others, unknown("agent"));
  });

  it.runIf(["quetra_settle", "quetra_transactions", "quetra_evaluate"].includes(name))(
    "does not tell foreign, unlisted and unknown transactions apart, nor another agent's",
    async () => {
      const args = name === "quetra_evaluate" ? purchase(own.agent) : sample(own);
      const ask = (id: string) => call({ ...args, transaction_id: id });
      const ids = [foreign.transaction, unlisted.transaction, own.approval, own.agent, foreign.approval];
      const answer = await expectAlike(ask, ids, unknown("transaction"));
      expect(answer.text).toContain("transaction_not_found");
      expect((await ask(own.transaction)).text).not.toContain("transaction_not_found");
      // A key that may use both agents still cannot mix them.
      const wide = (id: string) => rawTool(organization.spend, name, { ...args, transaction_id: id });
      await expectAlike(wide, [unlisted.transaction], unknown("transaction"));
    },
  );
});

it("an idempotency key of another agent means nothing", async () => {
  const args = { ...purchase(own.agent), amount: 2, idempotency_key: "bought" };
  expect((await rawTool(limited, "quetra_evaluate", args)).text).toContain("idempotency_conflict");
  const fresh = (await api(organization.admin, "POST", "/agents", { name: "Fresh" })).body.id;
  const answer = await rawTool(organization.spend, "quetra_evaluate", { ...args, agent_id: fresh });
  expect(JSON.parse(answer.text).result.structuredContent).toMatchObject({ outcome: "approved", replayed: false });
});

const ROLE_ORDER = ["admin", "read", "approve", "spend"] as const;

/** One REST call as it came over the wire. */
function rest(id: RouteId, ids: Ids, change: { body?: unknown; query?: string } = {}, key?: string): Promise<Raw> {
  const route = routeOf(id);
  const role = ROLE_ORDER.find((candidate) => route.roles.includes(candidate))!;
  const { body, query, headers } = { ...SAMPLES[id](ids), ...change };
  return raw(`/api/v1${pathOf(route, ids)}${query === undefined ? "" : `?${query}`}`, {
    method: route.method,
    headers: {
      authorization: `Bearer ${key ?? organization[role]}`,
      "idempotency-key": crypto.randomUUID(),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe("REST, ids in the path", () => {
  const cases = ROUTES.flatMap((route) =>
    KINDS.filter((kind) => route.path.includes(`{${kind}_id}`)).map((kind) => [route.id as RouteId, kind] as const),
  );
  it.each(cases)("%s: a foreign %s is an unknown one", async (id, kind) => {
    // The body stays the own agent's, so that only the id in the path differs.
    const ask = (value: string) => rest(id, { ...own, [kind]: value }, { ...SAMPLES[id](own) });
    const others = KINDS.filter((other) => other !== kind).map((other) => own[other]);
    const answer = await expectAlike(ask, [foreign[kind], ...others], unknown(kind));
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, "not_found"]);
  });

  const named = ROUTES.filter(({ path }) => path.includes("{profile_name}")).map(({ id }) => id as RouteId);
  it.each(named)("%s: a foreign profile's name is an unknown one", async (id) => {
    const ask = (profile: string) => rest(id, { ...own, profile }, { ...SAMPLES[id](own) });
    const answer = await expectAlike(ask, [foreign.profile, own.agent, own.merchant], "sample-that-nobody-has");
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([404, "not_found"]);
  });

  it("covers every route that has an id in its path", () => {
    expect(cases.length + named.length).toBe(ROUTES.flatMap(({ path }) => path.match(/\{/g) ?? []).length);
    expect(cases.length).toBeGreaterThan(15);
  });
});

describe("REST, ids in the body and in the query", () => {
  const budgets = (id: string) => ({ budgets: [{ id, currency: "USD", period: "daily", limit: 1 }] });
  const BODIES: readonly (readonly [RouteId, Kind, (id: string) => unknown])[] = [
    ["createMandate", "agent", (agent) => terms(agent)],
    ["editMandate", "agent", (agent) => terms(agent)],
    ["createKey", "agent", (agent) => ({ name: "x", role: "spend", agents: [own.agent, agent] })],
    ["evaluate", "agent", (agent) => purchase(agent, { idempotency_key: "t" })],
    ["evaluate", "transaction", (id) => purchase(own.agent, { transaction_id: id })],
    ["canSpend", "agent", (agent) => purchase(agent)],
    [
      "createProfile",
      "merchant",
      (merchant) => ({
        name: "foreign",
        kind: "acp",
        merchants: [own.merchant, merchant],
        payment_method: "pm_sample",
        buyer: { first_name: "A", last_name: "B", email: "a@example.com" },
      }),
    ],
  ];
  it.each(BODIES)("%s: a foreign %s is an unknown one", async (id, kind, body) => {
    const answer = await expectAlike((value) => rest(id, own, { body: body(value) }), [foreign[kind]], unknown(kind));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    if (!routeOf(id).roles.includes("spend")) return;
    const ask = (value: string) => rest(id, own, { body: body(value) }, limited);
    expect((await expectAlike(ask, [foreign[kind], unlisted[kind]], unknown(kind))).status).toBe(404);
  });

  it("setOrganizationBudgets: a foreign budget is an unknown one", async () => {
    const { version } = (await api(organization.admin, "GET", "/organization")).body;
    const put = (id: string) =>
      raw("/api/v1/organization/budgets", {
        method: "PUT",
        headers: {
          authorization: `Bearer ${organization.admin}`,
          "content-type": "application/json",
          "if-match": `"${version}"`,
        },
        body: JSON.stringify(budgets(id)),
      });
    expect((await expectAlike(put, [foreign.budget, own.agent], unknown("budget"))).status).toBe(400);
  });

  it.each(["listMandates", "listTransactions", "exportTransactions"] as const)(
    "%s: a foreign agent has nothing",
    async (id) => {
      const ask = (agent: string) => rest(id, own, { query: `agent_id=${agent}` });
      const answer = await expectAlike(ask, [foreign.agent], unknown("agent"));
      expect(answer.status).toBe(200);
      for (const value of Object.values(foreign)) expect(answer.text).not.toContain(value);
      expect((await ask(own.agent)).text).toContain(own.agent);
    },
  );

  it("no list, log or export of one organization names anything of the other", async () => {
    const { hash } = (await api(foreignOrganization.read, "GET", "/audit/head")).body;
    for (const { id, method, path } of ROUTES.filter(({ path, method }) => method === "GET" && !path.includes("{"))) {
      const query = { listEvents: "limit=100", listApprovals: "status=all" }[id as string];
      const answer = await rest(id as RouteId, own, { query: query ?? "" });
      expect(answer.status, `${method} ${path}`).toBe(200);
      for (const value of [...Object.values(foreign), foreignOrganization.id, hash])
        expect(answer.text).not.toContain(value);
    }
  });
});

it("the other organization has noticed nothing of all this", async () => {
  expect((await api(foreignOrganization.read, "GET", "/audit/verify")).body).toMatchObject({
    chain: { valid: true },
    ledger: { valid: true },
  });
  expect((await api(foreignOrganization.admin, "GET", `/agents/${foreign.agent}`)).body.status).toBe("active");
});
