import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, newAgent, newOrganization, stateOf, type TestOrganization } from "../../support/service.ts";
import { setting } from "../../support/setting.ts";
import { draft, followAll, logged, makeHistory, richTerms, START, simulate, withoutIds } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => vi.useRealTimers());

const RUNS = setting("REHEARSAL_RUNS", 4);
const STEPS = setting("REHEARSAL_STEPS", 150);
const seeds = Array.from({ length: RUNS }, (_, index) => setting("REHEARSAL_SEED", 7) + index * 101);

/** Two agents that share budgets of the organization; the first has the rich terms. */
const twoAgents = async (organization: TestOrganization, terms: Record<string, unknown> = richTerms()) => {
  const one = await newAgent(organization, terms);
  const two = await newAgent(organization);
  const { version } = (await api(organization.admin, "GET", "/organization")).body;
  const budgets = [
    { currency: "USD", period: "daily", limit: 330 },
    { currency: "EUR", period: "daily", limit: 300 },
  ];
  await api(organization.admin, "PUT", "/organization/budgets", { budgets }, { "if-match": String(version) });
  return [one, two] as const;
};

describe("a mandate over its own history", () => {
  it.each(seeds)("comes out the same, whatever was edited (seed %i)", async (seed) => {
    const organization = await newOrganization({ timezone: "Europe/Berlin" });
    const agents = await twoAgents(organization);
    await makeHistory(organization, seed, { steps: STEPS, agents, edits: true });
    await followAll(organization);
    const before = await stateOf(organization);
    for (const { agent, mandate } of agents) {
      const { status, body } = await simulate(organization, mandate);
      expect(status).toBe(200);
      const there = await logged(organization, agent);
      expect(body).toMatchObject({ kind: "as_recorded", differences: { count: 0, first: [] }, first_difference: null });
      expect(body).toMatchObject({ truncated: false, other_reasons: 0, judged_again: there.again });
      expect(body.actual.total).toBe(there.first);
      expect(body.rehearsed).toEqual(body.actual);
      expect((await simulate(organization, mandate)).body).toEqual(body);
    }
    expect(await stateOf(organization)).toBe(before);
  });
});

describe("a draft with the same terms and other ids", () => {
  const seen = new Set<string>();
  let judgedAgain = 0;
  it.each(seeds)("decides the same, out of books of its own (seed %i)", async (seed) => {
    const organization = await newOrganization({ timezone: "Europe/Berlin" });
    const agents = await twoAgents(organization);
    await makeHistory(organization, seed, { steps: STEPS, agents, edits: false });
    const [{ agent, mandate }] = agents;
    const copy = await draft(organization, await withoutIds(organization, mandate));
    const { body } = await simulate(organization, copy);
    const there = await logged(organization, agent);
    expect(body).toMatchObject({ kind: "counterfactual", first_difference: null, other_reasons: 0 });
    expect(body.actual.total).toBe(there.first);
    expect(body.rehearsed).toEqual(body.actual);
    expect(body.judged_again).toBe(there.again);
    for (const { code } of body.per_rule) seen.add(code);
    judgedAgain += body.judged_again;
  });

  it("did so for every kind of reason, and at second judgements", () => {
    expect([...seen]).toEqual(
      expect.arrayContaining([
        "agent_suspended",
        "approval_required",
        "budget_exceeded",
        "currency_mismatch",
        "organization_budget_exceeded",
        "organization_frozen",
        "per_transaction_limit",
        "rate_limit_exceeded",
        "vendor_blocked",
        "vendor_budget_exceeded",
      ]),
    );
    expect(judgedAgain).toBeGreaterThan(5);
  });

  it.each(seeds)("decides the same from the middle of a history on (seed %i)", async (seed) => {
    const organization = await newOrganization({ timezone: "Europe/Berlin" });
    // A lifetime budget of a draft begins with the rehearsal, so it would not be the same.
    const { budgets, ...rest } = richTerms();
    const agents = await twoAgents(organization, { ...rest, budgets: budgets.slice(0, 2) });
    const [{ mandate }] = agents;
    const history = { steps: STEPS / 2, agents, edits: false };
    await makeHistory(organization, seed, history);
    const copy = await draft(organization, await withoutIds(organization, mandate));
    vi.setSystemTime(Date.now() + 1);
    const since = new Date(Date.now()).toISOString();
    await api(organization.admin, "POST", `/mandates/${copy}/shadow`, { on: true });
    await makeHistory(organization, seed + 1, history);
    await followAll(organization);
    const simulated = (await simulate(organization, copy, { since })).body;
    expect(simulated).toMatchObject({ first_difference: null, other_reasons: 0, warm_up: { complete: true } });
    expect(simulated.rehearsed).toEqual(simulated.actual);
    const shadow = (await api(organization.read, "GET", `/mandates/${copy}/shadow`)).body;
    expect(shadow).toMatchObject({ first_difference: null, other_reasons: 0 });
    expect(shadow.rehearsed).toEqual(simulated.rehearsed);
  });

  it.each(seeds)("follows without a difference, and counts what a simulation counts (seed %i)", async (seed) => {
    const organization = await newOrganization({ timezone: "Europe/Berlin" });
    const agents = await twoAgents(organization);
    const [{ agent, mandate }] = agents;
    const copy = await draft(organization, await withoutIds(organization, mandate));

    expect((await api(organization.admin, "POST", `/mandates/${copy}/shadow`, { on: true })).status).toBe(200);
    await makeHistory(organization, seed, { steps: STEPS, agents, edits: false });
    await followAll(organization);
    const shadow = (await api(organization.read, "GET", `/mandates/${copy}/shadow`)).body;
    const simulated = (await simulate(organization, copy)).body;
    expect(shadow).toMatchObject({ on: true, events_behind: 0, differences: { count: 0, newest: [] } });
    const { actual, rehearsed, per_rule, judged_again, other_reasons, repeats, skipped } = simulated;
    expect(shadow).toMatchObject({ actual, rehearsed, per_rule, judged_again, other_reasons, repeats, skipped });
    expect(shadow.actual.total).toBe((await logged(organization, agent)).first);
  });
});
