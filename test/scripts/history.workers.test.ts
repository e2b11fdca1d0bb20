import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
// @ts-expect-error: plain JavaScript, as all of npm start is
import { beginningOf, demoHistory } from "../../scripts/start/history.mjs";
import type { HistoryStep } from "../../src/organization/api.ts";
import { HOUR, step, unborn } from "../support/history.ts";
import { callAs, person } from "../support/person.ts";
import { type Json, sql, type TestOrganization } from "../support/service.ts";

/** The demo's month, played by the ledger on days of every kind. */

afterEach(() => vi.useRealTimers());

interface Told {
  readonly steps: readonly (Omit<HistoryStep, "at" | "call"> & { at: string; operation: string } & Record<
      string,
      Json
    >)[];
  readonly places: ReadonlyMap<string, number>;
}
const PEOPLE = { owner: "person-ana", approver: "person-marko" };

async function live(now: number) {
  vi.useFakeTimers({ toFake: ["Date"], now });
  const { steps, places }: Told = demoHistory({ now, people: PEOPLE });
  const shaped = steps.map(({ at, by, operation, params, query, body, if_match }) =>
    step(Date.parse(at), by, operation, { params, query, body, if_match }),
  );
  const at = await unborn();
  const played = await at.play({ created_at: beginningOf(now), steps: shaped });
  if (!played.ok) throw new Error(played.detail);
  const organization = at as unknown as TestOrganization;
  const rows = <T>(query: string) => sql<T>(organization, query);
  return { ...at, organization, steps, places, answers: played.answers, rows };
}

/** How much of each agent's longest budget is used, in percent. */
async function shares({ organization, places, answers }: Awaited<ReturnType<typeof live>>) {
  const used: Record<string, number> = {};
  for (const name of ["research", "content", "infrastructure"]) {
    const mandate_id = answers[places.get(`mandate-${name}`)!]!.body.id;
    const { body } = await callAs(organization, person("viewer"), "getMandate", { params: { mandate_id } });
    const [{ settled, held, limit }] = body.budgets;
    used[name] = (100 * (settled + held)) / limit;
  }
  return used;
}

const DAYS = [
  ["on a Saturday late in the month", Date.UTC(2026, 10, 21, 16, 25)],
  ["on a Monday morning", Date.UTC(2026, 10, 9, 9, 5)],
  ["at midnight on a Wednesday", Date.UTC(2026, 8, 16)],
  ["on the third of a month", Date.UTC(2027, 1, 3, 11)],
  ["on the last evening of a year", Date.UTC(2026, 11, 31, 23, 59)],
  ["on the evening of a second", Date.UTC(2026, 11, 2, 20, 3)],
  ["on a leap day", Date.UTC(2028, 1, 29, 14, 30)],
] as const;

describe.each(DAYS)("the demo's month %s", (_name, now) => {
  it("is taken step by step, leaves the ledger sound, and its budgets well used", { timeout: 60_000 }, async () => {
    const world = await live(now);
    const refused = world.answers.flatMap(({ status, body }, place) =>
      status < 400 ? [] : [{ place, operation: world.steps[place]!.operation, code: body.code, detail: body.detail }],
    );
    expect(refused).toEqual([]);
    const { body } = await callAs(world.organization, person("viewer"), "verifyAudit", { query: { limit: 10_000 } });
    expect(body).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
    const waiting = await world.rows("SELECT 1 FROM approvals WHERE status = 'pending'");
    expect(waiting).toHaveLength(1);
    const tooMuch = await world.rows("SELECT codes FROM transactions WHERE codes = '[\"budget_exceeded\"]'");
    expect(tooMuch).toEqual([]);
    for (const [name, share] of Object.entries(await shares(world))) {
      expect([name, share > 30 && share < 90, share]).toEqual([name, true, share]);
    }
  });
});

describe("the demo's month", () => {
  it.each([
    ["in the first hour", 34],
    ["in the third hour", 160],
  ])("leaves room to try things out %s of a month", { timeout: 60_000 }, async (_name, minutes) => {
    const world = await live(Date.UTC(2026, 11, 1) + minutes * 60_000);
    const mandate_id = world.answers[world.places.get("mandate-research")!]!.body.id;
    const { body } = await callAs(world.organization, person("viewer"), "getMandate", { params: { mandate_id } });
    const hourly = body.budgets.find(({ period }: { period: string }) => period === "hourly");
    expect(hourly.limit - hourly.settled - hourly.held).toBeGreaterThanOrEqual(35);
  });

  it("shows what a newcomer should see once", { timeout: 60_000 }, async () => {
    const world = await live(DAYS[0][1]);
    const count = async (query: string) =>
      (await world.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${query}`))[0]!.n;
    const statuses = await world.rows<{ status: string; n: number }>(
      "SELECT status, COUNT(*) AS n FROM transactions GROUP BY status",
    );
    const of = Object.fromEntries(statuses.map(({ status, n }) => [status, n]));
    expect(of.completed).toBeGreaterThan(100);
    expect(of.rejected).toBeGreaterThanOrEqual(8);
    expect(of).toMatchObject({ pending_approval: 1, denied: 2, expired: 1, refunded: 1 });
    expect(await count("transactions WHERE overdraft = 1")).toBe(1);
    expect(await count("transactions WHERE presumed = 1")).toBe(1);
    expect(await count("transactions WHERE status = 'completed' AND refunded > 0")).toBe(1);
    expect(await count("transactions WHERE status = 'completed' AND held > 0")).toBeGreaterThan(0);
    expect(await count("mandate_versions WHERE version = 2")).toBe(1);
    expect(await count("events WHERE type IN ('agent.suspended', 'agent.resumed')")).toBe(2);
    expect(await count("alerts WHERE kind = 'overdraft' AND acknowledged_at IS NOT NULL")).toBe(1);
    expect(await count("alerts WHERE kind = 'repeated_rejections'")).toBe(1);
    const codes = await world.rows<{ codes: string }>(
      "SELECT DISTINCT codes FROM transactions WHERE codes IS NOT NULL",
    );
    for (const code of [
      "category_missing",
      "vendor_blocked",
      "vendor_not_allowed",
      "max_amount",
      "per_transaction_limit",
      "custom",
      "agent_suspended",
    ]) {
      expect(codes.map((row) => row.codes).join(), code).toContain(code);
    }
    const deciders = await world.rows<{ decided_by: string }>(
      "SELECT DISTINCT decided_by FROM approvals WHERE decided_by IS NOT NULL ORDER BY decided_by",
    );
    expect(deciders.map((row) => row.decided_by)).toEqual(["person:person-ana", "person:person-marko", "system:timer"]);
    const [pending] = await world.rows<{ expires_at: number }>(
      "SELECT expires_at FROM approvals WHERE status = 'pending'",
    );
    expect(pending!.expires_at - Date.now()).toBeGreaterThan(7 * HOUR);
  });

  it("reaches D1 whole", { timeout: 60_000 }, async () => {
    const world = await live(DAYS[0][1]);
    for (let turn = 0; turn < 20; turn++) await runDurableObjectAlarm(world.stub);
    const [here] = await world.rows("SELECT COUNT(*) AS n, SUM(settled) AS settled FROM transactions");
    const there = await env.DB.prepare(
      "SELECT COUNT(*) AS n, SUM(settled) AS settled FROM transactions WHERE organization_id = ?",
    )
      .bind(world.id)
      .first();
    expect(there).toEqual(here);
  });
});
