import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, newAgent, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { buy, followAll, fourPurchases, MINUTE, NOON, pass, simulate, terms } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => vi.useRealTimers());

describe("while a simulation runs", () => {
  it("a purchase is answered, and another simulation is not begun", async () => {
    const { organization, agent, mandate } = await fourPurchases();
    await manyEvents(organization, 10_000);
    let done = false;
    const running = simulate(organization, mandate, { terms: terms(agent) }).then((answer) => {
      done = true;
      return answer;
    });
    const second = await simulate(organization, mandate);
    const bought = await buy(organization, agent, 20);
    expect(done).toBe(false);
    expect(bought.outcome).toBe("approved");
    expect([second.status, second.body.code]).toEqual([429, "too_many_requests"]);
    // What was bought meanwhile is not in it.
    expect((await running).body).toMatchObject({ truncated: false, actual: { total: 4 } });
    expect((await simulate(organization, mandate)).status).toBe(200);
  });
});

describe("a simulation makes room for other work", () => {
  const custom = (n: number) =>
    Array.from({ length: n }, (_, hour) => ({ type: "custom", expression: `hour != ${hour} || amount < 90.0` }));
  const times = async (action: () => Promise<unknown>): Promise<number> => {
    const wait = vi.spyOn(scheduler, "wait");
    await action();
    const calls = wait.mock.calls.length;
    wait.mockRestore();
    return calls;
  };

  it("after every twenty given purchases, and more often where custom rules judge them", async () => {
    const { organization, agent, mandate } = await fourPurchases();
    const given = Array.from({ length: 200 }, () => ({ at: "2026-11-18T12:00:00Z", amount: 1, vendor: "a" }));
    const rests = (rules: object[]) =>
      times(() => simulate(organization, mandate, { terms: terms(agent, { rules }), purchases: given }));
    expect(await rests([])).toBe(10);
    expect(await rests(custom(20))).toBe(200);
  });

  it("after every few recorded decisions as well", async () => {
    const organization = await newOrganization();
    const rules = custom(20);
    const { agent, mandate } = await newAgent(organization, { rules });
    for (let turn = 0; turn < 10; turn++) await buy(organization, agent, 1);
    expect(await times(() => simulate(organization, mandate))).toBeGreaterThanOrEqual(10);
    expect(
      await times(() => simulate(organization, mandate, { terms: terms(agent, { rules }) })),
    ).toBeGreaterThanOrEqual(10);
  });

  it("and plans nothing while there is no room for it", async () => {
    const { organization, agent, mandate } = await fourPurchases();
    await manyEvents(organization, 10_000);
    const running = simulate(organization, mandate, { terms: terms(agent) });
    // Planned, it would be a version that is not there.
    expect((await simulate(organization, mandate, { version: 9 })).status).toBe(429);
    await running;
    expect((await simulate(organization, mandate, { version: 9 })).status).toBe(404);
    // What was refused gave its room back.
    expect((await simulate(organization, mandate)).status).toBe(200);
  });
});

/** Fills the log up to so many events, of no interest, a second apart, before what is there. */
async function manyEvents(organization: TestOrganization, total: number): Promise<void> {
  // Whoever follows the log has all of it before its rows are moved.
  await followAll(organization);
  const [head] = await sql<{ seq: number }>(organization, "SELECT MAX(seq) AS seq FROM events");
  const more = total - (head?.seq ?? 0);
  await sql(organization, "UPDATE events SET seq = seq + 1000000");
  await sql(organization, "UPDATE events SET seq = seq - 1000000 + ?", more);
  await sql(
    organization,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO events (seq, id, type, at, subject, salt, body, digest, hash)
     SELECT i, 'evt_' || i, 'agent.updated', ? + i, NULL, NULL, NULL, '', '' FROM n`,
    more,
    NOON - 1_000_000,
  );
  await sql(organization, "UPDATE cursors SET seq = ?", total);
  // The object remembers the newest link.
  await evictDurableObject(organization.stub);
}

describe("limits", () => {
  it("rehearsalEvents: N are read, of N + 1 the rest is left for the next call", async () => {
    const { organization, mandate } = await fourPurchases();
    await manyEvents(organization, LIMITS.rehearsalEvents);
    const all = (await simulate(organization, mandate)).body;
    expect(all).toMatchObject({ events_read: LIMITS.rehearsalEvents, truncated: false, next_since: null });
    expect(all.actual.total).toBe(4);
    pass(MINUTE);
    const { id: agent } = (await api(organization.admin, "POST", "/agents", { name: "More", preset: "none" })).body;
    expect(agent).toContain("agt_");
    const cut = (await simulate(organization, mandate)).body;
    expect(cut).toMatchObject({ events_read: LIMITS.rehearsalEvents, truncated: true });
    expect(cut.next_since).toBe(new Date(Date.now()).toISOString());
    const rest = (await simulate(organization, mandate, { since: cut.next_since })).body;
    expect(rest).toMatchObject({ events_read: 1, truncated: false });
  }, 30_000);

  it("rehearsalEvents: comes to an end where one instant has more of them", async () => {
    const { organization, agent, mandate } = await fourPurchases();
    await manyEvents(organization, LIMITS.rehearsalEvents + 30);
    // As after a clock that jumped back, two purchases are in the first thirty, and two in the last.
    const bought = await sql<{ seq: number }>(
      organization,
      "SELECT MAX(seq) AS seq FROM events WHERE type LIKE 'transaction.%' GROUP BY subject ORDER BY seq LIMIT 2",
    );
    for (const [index, { seq }] of bought.entries()) {
      await sql(organization, "UPDATE events SET seq = -1 WHERE seq = ?", index + 5);
      await sql(organization, "UPDATE events SET seq = ? WHERE seq = ?", index + 5, seq);
      await sql(organization, "UPDATE events SET seq = ? WHERE seq = -1", seq);
    }
    await sql(organization, "UPDATE events SET at = ?", NOON + 4 * MINUTE);
    const since = new Date(NOON + 4 * MINUTE).toISOString();
    for (const more of [{}, { terms: terms(agent) }]) {
      const cut = (await simulate(organization, mandate, { since, ...more })).body;
      expect(cut).toMatchObject({ truncated: true, next_since: since, next_after_seq: LIMITS.rehearsalEvents });
      const { next_after_seq: after_seq } = cut;
      const rest = (await simulate(organization, mandate, { since, after_seq, ...more })).body;
      expect(rest).toMatchObject({ truncated: false, next_since: null, next_after_seq: null });
      expect([cut.actual.total, rest.actual.total]).toEqual([2, 2]);
      const over = await simulate(organization, mandate, { since, after_seq: after_seq + 1_000, ...more });
      expect(over.body).toMatchObject({ actual: { total: 0 }, truncated: false });
    }
  }, 30_000);

  it("rehearsalEvents: a half of them at most warms up", async () => {
    const { organization, agent, mandate } = await fourPurchases();
    await manyEvents(organization, LIMITS.rehearsalEvents);
    const since = new Date(NOON + MINUTE).toISOString();
    const monthly = { since, terms: terms(agent, { budgets: [{ period: "monthly", limit: 100 }] }) };
    const { body } = await simulate(organization, mandate, monthly);
    expect(body).toMatchObject({ warm_up: { complete: false }, truncated: false });
    const [{ judged }] = (await sql(
      organization,
      "SELECT COUNT(*) AS judged FROM events WHERE at >= ?",
      NOON + MINUTE,
    )) as [{ judged: number }];
    expect(body.events_read).toBe(LIMITS.rehearsalEvents / 2 + judged);
    expect(judged).toBeGreaterThanOrEqual(5);
  }, 30_000);

  it("rehearsalPurchases", async () => {
    const { organization, mandate } = await fourPurchases();
    const purchases = (n: number) =>
      Array.from({ length: n }, () => ({ at: "2026-11-18T12:00Z".replace("Z", ":00Z"), amount: 1, vendor: "a" }));
    const { status, body } = await simulate(organization, mandate, { purchases: purchases(LIMITS.rehearsalPurchases) });
    expect([status, body.purchases.length]).toEqual([200, LIMITS.rehearsalPurchases]);
    expect(
      (await simulate(organization, mandate, { purchases: purchases(LIMITS.rehearsalPurchases + 1) })).status,
    ).toBe(400);
  });

  it("rehearsalDifferences: all are counted, the first are shown", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { budgets: [{ period: "daily", limit: 1000 }] });
    const low = { terms: terms(agent, { per_transaction_limit: 0.5 }) };
    for (let turn = 0; turn < LIMITS.rehearsalDifferences; turn++) {
      pass(MINUTE);
      await buy(organization, agent, 1);
    }
    const shown = async () => {
      const { count, first } = (await simulate(organization, mandate, low)).body.differences;
      return [count, first.length];
    };
    expect(await shown()).toEqual([LIMITS.rehearsalDifferences, LIMITS.rehearsalDifferences]);
    await buy(organization, agent, 1);
    expect(await shown()).toEqual([LIMITS.rehearsalDifferences + 1, LIMITS.rehearsalDifferences]);
  });

  it("rehearsalDefaultMs: the history of 31 days, to the millisecond", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { budgets: [{ period: "total", limit: 1000 }] });
    await buy(organization, agent, 1);
    // `until` is one millisecond after now.
    vi.setSystemTime(NOON + LIMITS.rehearsalDefaultMs - 1);
    expect((await simulate(organization, mandate)).body.actual.total).toBe(1);
    pass(1);
    expect((await simulate(organization, mandate)).body.actual.total).toBe(0);
  });
});
