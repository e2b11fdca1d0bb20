import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { countInWindow } from "../../../src/organization/alerts/memory.ts";
import type { Work } from "../../../src/organization/work.ts";
import { newAgent, sql, type TestOrganization } from "../../support/service.ts";
import { setting } from "../../support/setting.ts";
import { alerts, buy, follow, fresh, MINUTE, NOON, settings, WIDE } from "./support.ts";

/** What the watch keeps is bounded: each bound at N and N + 1. */

afterEach(() => vi.useRealTimers());

const count = async (organization: TestOrganization, table: string) =>
  (await sql<{ n: number }>(organization, `SELECT COUNT(*) AS n FROM ${table}`))[0]!.n;

/** The memory's own functions, inside the object. */
const remembering = <T>(organization: TestOrganization, action: (work: Work) => T): Promise<T> =>
  runInDurableObject(organization.stub, (_object, { storage: { sql } }) =>
    action({ sql, exec: (query: string, ...values: unknown[]) => void sql.exec(query, ...values) } as unknown as Work),
  );

describe("what the watch keeps", () => {
  it("alertsKept: the newest alerts", async () => {
    const { organization, agent } = await fresh();
    const fill = (from: number, to: number) =>
      sql(
        organization,
        `WITH RECURSIVE n(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to})
         INSERT INTO alerts (seq, id, kind, severity, message, figures, at, raised_at)
         SELECT i, 'alr_' || i, 'storage', 'info', '', '{}', 0, 0 FROM n`,
      );
    await fill(1, LIMITS.alertsKept - 1);
    await buy(organization, agent, 1);
    await follow(organization);
    expect(await count(organization, "alerts")).toBe(LIMITS.alertsKept);
    await buy(organization, agent, 1, { vendor: "b.example" });
    await follow(organization);
    expect(await count(organization, "alerts")).toBe(LIMITS.alertsKept);
    expect(await sql(organization, "SELECT MIN(seq) AS seq FROM alerts")).toEqual([{ seq: 2 }]);
  });

  it("alertSample: the agent's last purchases in a currency", async () => {
    const { organization, agent } = await fresh();
    for (let n = 0; n < LIMITS.alertSample; n++) await buy(organization, agent, 1 + n);
    await follow(organization);
    expect(await count(organization, "alert_amounts")).toBe(LIMITS.alertSample);
    await buy(organization, agent, 99);
    await follow(organization);
    const rows = await sql<{ amount: number }>(organization, "SELECT amount FROM alert_amounts ORDER BY seq");
    expect(rows).toHaveLength(LIMITS.alertSample);
    expect([rows[0]!.amount, rows.at(-1)!.amount]).toEqual([2_000_000, 99_000_000]);
  });

  it("alertVendorsPerAgent: the vendors met last; the first is forgotten and new again", async () => {
    const { organization, agent } = await fresh();
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${LIMITS.alertVendorsPerAgent - 1})
       INSERT INTO alert_vendors (agent_id, vendor, n) SELECT '${agent}', 'v' || i || '.example', i FROM n`,
    );
    const buyAt = async (vendor: string) => {
      await buy(organization, agent, 1, { vendor });
      return (await alerts(organization, "kind=new_vendor")).length;
    };
    expect(await buyAt("new.example")).toBe(1);
    expect(await buyAt("v1.example")).toBe(1);
    expect(await count(organization, "alert_vendors")).toBe(LIMITS.alertVendorsPerAgent);
    expect(await buyAt("newer.example")).toBe(2);
    expect(await count(organization, "alert_vendors")).toBe(LIMITS.alertVendorsPerAgent);
    expect(await buyAt("v2.example")).toBe(2);
    expect(await buyAt("v1.example")).toBe(3);
  });

  it("alertBurst: so many new vendors in one cooldown, the others are counted", async () => {
    const { organization, agent } = await fresh();
    for (let n = 0; n <= LIMITS.alertBurst; n++) await buy(organization, agent, 1, { vendor: `v${n}.example` });
    const raised = await alerts(organization, "kind=new_vendor");
    expect(raised).toHaveLength(LIMITS.alertBurst);
    expect(raised[0]).toMatchObject({ suppressed: 1, figures: { vendor: `v${LIMITS.alertBurst - 1}.example` } });
  });

  it("cooldowns only until the longest is over", async () => {
    const { organization, agent } = await fresh();
    await settings(organization, { new_vendor: { enabled: false } });
    await buy(organization, agent, 600);
    await follow(organization);
    const { agent: other } = await newAgent(organization, WIDE);
    const again = async () => {
      await buy(organization, other, 600);
      await follow(organization);
      return (await sql<{ about: string }>(organization, "SELECT about FROM alert_state")).map(({ about }) => about);
    };
    vi.setSystemTime(NOON + LIMITS.alertCooldownMinutesMax * MINUTE);
    expect((await again()).sort()).toEqual([agent, other].sort());
    vi.setSystemTime(Date.now() + 60 * MINUTE);
    expect(await again()).toEqual([other]);
  });
});

describe("a sliding window", () => {
  it("of marks is bounded, and a sum beyond it is still above every threshold", async () => {
    const { organization } = await fresh();
    const sums = await remembering(organization, (work) =>
      Array.from({ length: LIMITS.alertCountMax + 3 }, (_, seq) =>
        countInWindow(work, "purchase", "agt_1", { seq, at: 5 }, 1, MINUTE),
      ),
    );
    const most = LIMITS.alertCountMax;
    expect(sums.slice(-4)).toEqual([most, most + 1, most + 2, most + 2]);
    expect(await count(organization, "alert_marks")).toBe(LIMITS.alertCountMax + 1);
  });

  it("sums what a naive reader sums, and the order within one instant does not matter", async () => {
    const { organization } = await fresh();
    const event = fc.record({ gap: fc.constantFrom(0, 0, 1, 7, 20), weight: fc.integer({ min: 1, max: 90 }) });
    let agent = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 40 }), async (gaps) => {
        let at = 0;
        const events = gaps.map(({ gap, weight }) => {
          at += gap;
          return { at, weight };
        });
        const run = (list: typeof events) => {
          agent += 1;
          return remembering(organization, (work) =>
            list.map((one, seq) => countInWindow(work, "refusal", `agt_${agent}`, { seq, at: one.at }, one.weight, 20)),
          );
        };
        const naive = events.map((one, index) =>
          events
            .slice(0, index + 1)
            .filter((other) => other.at > one.at - 20)
            .reduce((sum, { weight }) => sum + weight, 0),
        );
        expect(await run(events)).toEqual(naive);
        const shuffled = [...events].reverse().sort((a, b) => a.at - b.at);
        const sums = await run(shuffled);
        const lastOf = (list: typeof events, values: number[]) =>
          new Map(list.map((one, index) => [one.at, values[index]]));
        expect(lastOf(shuffled, sums)).toEqual(lastOf(events, naive));
      }),
      { numRuns: setting("FUZZ_RUNS", 60), seed: setting("FC_SEED", 20_261_121) },
    );
  });
});
