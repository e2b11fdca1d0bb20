import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/edge/api/routes/index.ts";
import type { Env } from "../../../src/env.ts";
import { LIMITS } from "../../../src/limits.ts";
import type { HistoryStep } from "../../../src/organization/api.ts";
import { AGENT, beginning, buy, DAY, HOUR, OWNER, rawStep, settleStep, step, unborn } from "../../support/history.ts";
import { callAs, person } from "../../support/person.ts";
import { newOrganization, sql, type TestOrganization } from "../../support/service.ts";

type Unborn = Awaited<ReturnType<typeof unborn>>;
const asOrganization = (at: Unborn) => at as unknown as TestOrganization;
/** One now for all, so that steps of one test stand in a fixed order. */
const NOW = Date.now();
const ago = (days: number) => NOW - days * DAY;

interface Happened {
  readonly type: string;
  readonly at: number;
  readonly subject: string | null;
  readonly body: string;
}
const events = (at: Unborn, like = "%") =>
  sql<Happened>(asOrganization(at), "SELECT type, at, subject, body FROM events WHERE type LIKE ? ORDER BY seq", like);

async function lived(steps: readonly HistoryStep[], created_at: number) {
  const at = await unborn();
  const played = await at.play({ created_at, steps });
  if (!played.ok) throw new Error(played.detail);
  return { ...at, answers: played.answers, admin_key: played.admin_key };
}

describe("a history", () => {
  it.each([
    ["DEMO_HISTORY is not set", {}, {}],
    ["DEMO_HISTORY is off", { DEMO_HISTORY: "off" }, {}],
    ["DEMO_HISTORY is nearly on", { DEMO_HISTORY: "ON" }, {}],
    ["the organization is live", undefined, { mode: "live" }],
    ["it begins in the future", undefined, { created_at: Date.now() + DAY }],
    ["it begins between two milliseconds", undefined, { created_at: ago(3) + 0.5 }],
    ["it begins at no instant", undefined, { created_at: Number.NaN }],
    ["a step is before its beginning", undefined, { steps: beginning(ago(31)) }],
    ["a step is in the future", undefined, { steps: beginning(Date.now() + DAY) }],
    ["a step is before the one before it", undefined, { steps: [...beginning(ago(2)), ...beginning(ago(2) - 1)] }],
    ["a step is no operation", undefined, { steps: [step(ago(1), OWNER, "dropEverything")] }],
  ] as const)("is refused whole when %s", async (_name, variables, more) => {
    const at = await unborn();
    const input = { created_at: ago(30), steps: beginning(ago(29)), ...more };
    const played = await at.play(input, variables as Partial<Env> | undefined);
    expect(played.ok).toBe(false);
    expect(await sql(asOrganization(at), "SELECT 1 FROM organization UNION ALL SELECT 1 FROM events")).toEqual([]);
  });

  it("is refused by the object that serves, whatever it is asked", async () => {
    const at = await unborn();
    const organization = { id: at.id, name: "Demo", mode: "test", region: "default", timezone: "UTC" } as const;
    const played = await at.stub.playHistory({ organization: { ...organization, created_at: ago(3) }, steps: [] });
    expect(played).toMatchObject({ ok: false, code: "not_found" });
  });

  it("is never added to: an organization that is there keeps its past", async () => {
    const { id, stub } = await newOrganization();
    const at = { ...(await unborn()), id, stub } as Unborn;
    const before = await events(at);
    const mine = await unborn();
    await mine.play({ created_at: ago(3), steps: [] });
    const again = await mine.play({ created_at: ago(2), steps: beginning(ago(2)) });
    expect(again).toMatchObject({ ok: false, code: "already_exists" });
    expect(await events(at)).toEqual(before);
    expect((await events(mine)).map(({ type }) => type)).toEqual(["organization.created", "key.created"]);
  });

  it("has no operation with a secret, none that waits for the network, and none of the record itself", async () => {
    const at = await unborn();
    const open: string[] = [];
    for (const { id } of ROUTES) {
      const fresh = { created_at: ago(3), steps: [rawStep(ago(2), OWNER, id), rawStep(ago(4), OWNER, id)] };
      const played = await at.play(fresh);
      if (!played.ok && played.code === "wrong_order") open.push(id);
      else expect(played).toMatchObject({ ok: false, code: "not_played" });
    }
    for (const id of open) {
      const route = ROUTES.find((each) => each.id === id)!;
      expect("prepare" in route, id).toBe(false);
      expect(id).not.toMatch(/wallet|stripe|merchant|webhook|profile|erase|sign|export|simulate|decommission/i);
    }
    expect(open).toContain("evaluate");
  });

  it("takes demoHistorySteps, and not one more", { timeout: 60_000 }, async () => {
    const { demoHistorySteps: most } = LIMITS;
    const steps = Array.from({ length: most + 1 }, () => step(ago(1), OWNER, "listAlerts", { query: { limit: 1 } }));
    const at = await unborn();
    expect(await at.play({ created_at: ago(2), steps })).toMatchObject({ ok: false, code: "too_many_steps" });
    // As many as the throttle of a person lets through in a minute, and then the throttle itself.
    const played = await at.play({ created_at: ago(2), steps: steps.slice(1) });
    expect(played.ok && played.answers.length).toBe(most);
    expect(played.ok && played.answers[LIMITS.requestsPerPersonPerMinute]!.status).toBe(429);
  });
});

describe("what has been lived", () => {
  it("stands in the log in its order, at its instants, in the names of those who did it", async () => {
    const t = ago(20);
    const at = await lived([...beginning(t + HOUR), buy(t + 2 * HOUR, 12.5), settleStep(t + 3 * HOUR, 4, 12.5)], t);
    expect(at.answers.map(({ status }) => status)).toEqual([201, 201, 200, 201, 200, 200]);
    expect(at.answers[4]!.body).toMatchObject({ outcome: "approved" });
    const log = await events(at, "transaction.%");
    expect(log.map(({ type, at: when }) => [type, when - t])).toEqual([
      ["transaction.approved", 2 * HOUR],
      ["transaction.completed", 3 * HOUR],
    ]);
    const [founded, , made] = await events(at);
    expect(founded).toMatchObject({ type: "organization.created", at: t });
    expect(JSON.parse(made!.body).actor).toEqual({ type: "person", id: "ana" });
    expect(JSON.parse(log[0]!.body).key_id).toBe(at.answers[3]!.body.id);
  });

  it("has had its timers at their own instants, whenever the next step is", async () => {
    const t = ago(20);
    const rules = [{ type: "approval", above: 50, timeout_minutes: 90 }];
    const at = await lived(
      [
        ...beginning(t, { rules, valid_until: new Date(t + 10 * DAY).toISOString() }),
        buy(t + HOUR, 30),
        buy(t + 2 * HOUR, 60),
        buy(t + 15 * DAY, 1),
      ],
      t,
    );
    const log = await events(at);
    const when = (type: string) => log.filter((event) => event.type === type).map((event) => event.at - t);
    expect(when("transaction.completed")).toEqual([HOUR + LIMITS.settleByMs]);
    expect(when("transaction.expired")).toEqual([2 * HOUR + 90 * 60_000]);
    expect(when("mandate.expired")).toEqual([10 * DAY]);
    expect(at.answers[6]!.body).toMatchObject({ outcome: "rejected" });
    expect(JSON.parse(log.find(({ type }) => type === "transaction.completed")!.body)).toMatchObject({
      actor: { type: "system", id: "timer" },
      data: { presumed: true },
    });
    for (const [index, event] of log.entries()) expect(event.at).toBeGreaterThanOrEqual(log[index - 1]?.at ?? 0);
  });

  it("has what was due after the last step behind it as well", async () => {
    const t = ago(5);
    const at = await lived([...beginning(t), buy(t + HOUR, 30)], t);
    expect((await events(at, "transaction.completed")).map((event) => event.at - t)).toEqual([
      HOUR + LIMITS.settleByMs,
    ]);
  });

  it("raises its alerts when they were due", async () => {
    const t = ago(20);
    const at = await lived([...beginning(t), buy(t + HOUR, 30), settleStep(t + 2 * HOUR, 4, 33.3)], t);
    const alerts = await sql<{ kind: string; at: number; raised_at: number }>(
      asOrganization(at),
      "SELECT kind, at, raised_at FROM alerts ORDER BY seq",
    );
    expect(alerts.map(({ kind, raised_at }) => [kind, raised_at - t])).toEqual([
      ["new_vendor", HOUR],
      ["overdraft", 2 * HOUR],
    ]);
  });

  it("was judged: roles, limits, decisions and throttles hold as ever", async () => {
    const t = ago(20);
    const viewer = { person_id: "eva", role: "viewer" } as const;
    const approver = { person_id: "marko", role: "approver" } as const;
    const body = { decision: "approve", note: "fine" };
    const params = { approval_id: "$4.approval_id" };
    const at = await lived(
      [
        ...beginning(t, { rules: [{ type: "approval", above: 50, timeout_minutes: 90 }] }),
        buy(t + 1, 60),
        step(t + 2, viewer, "decideApproval", { params, body }),
        step(t + 3, AGENT, "decideApproval", { params, body }),
        step(t + 4, approver, "decideApproval", { params, body }),
        step(t + 5, OWNER, "evaluate", { body: buy(t, 1).call.body }),
        settleStep(t + 6, 4, 55, OWNER),
        buy(t + 7, 101),
        step(t + 8, { key: "key_unknown" }, "evaluate", { body: buy(t, 1).call.body }),
        step(t + 9, { person_id: "x y", role: "owner" }, "freezeOrganization"),
        settleStep(t + 10, 4, 60),
      ],
      t,
    );
    expect(at.answers.slice(4).map(({ status, body }) => [status, body.outcome ?? body.code ?? body.status])).toEqual([
      [200, "pending_approval"],
      [403, "wrong_role"],
      [403, "wrong_role"],
      [200, "approved"],
      [403, "wrong_role"],
      [401, "key_unknown"],
      [200, "rejected"],
      [401, "key_unknown"],
      [401, "person_unknown"],
      [200, undefined],
    ]);
    expect(at.answers[7]!.body).toMatchObject({ decided_by: "person:marko", note: "fine" });
    const { spendCallsPerMinute: most } = LIMITS;
    const often = await lived(
      [...beginning(t), ...Array.from({ length: most + 1 }, () => buy(t + HOUR, 0.01)), buy(t + 2 * HOUR, 0.01)],
      t,
    );
    expect(often.answers.slice(4).map(({ status }) => status)).toEqual([...Array(most).fill(200), 429, 200]);
  });

  it("knows of answers what is in them, and stops at nothing that is not", async () => {
    const t = ago(3);
    const at = await lived(
      [
        ...beginning(t),
        settleStep(t, 9, 1),
        step(t, { key: "$0.nothing" }, "evaluate", { body: buy(t, 1).call.body }),
        step(t, OWNER, "updateAgent", { params: { agent_id: "$0.id" }, body: { description: "$7 is a price" } }),
        step(t, OWNER, "updateAgent", { params: { agent_id: "$0.constructor" }, body: {} }),
      ],
      t,
    );
    expect(at.answers.slice(4).map(({ status, body }) => [status, body.code ?? body.description])).toEqual([
      [400, "no_such_reference"],
      [400, "no_such_reference"],
      [200, "$7 is a price"],
      [400, "no_such_reference"],
    ]);
  });

  it("adds up, verifies, goes on today, and reaches D1", async () => {
    const t = ago(20);
    const days = Array.from({ length: 19 }, (_, day) => t + (day + 1) * DAY);
    const bought = days.flatMap((when, index) => [buy(when, 10 + index), settleStep(when + HOUR, 4 + 2 * index, 10)]);
    const at = await lived([...beginning(t, { agent_may_release: true }), ...bought], t);
    const organization = asOrganization(at);
    const verify = () => callAs(organization, person("owner"), "verifyAudit", { query: { limit: 10_000 } });
    expect((await verify()).body).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
    const renamed = await callAs(organization, person("owner"), "updateOrganization", { body: { name: "Today" } });
    expect(Date.now() - Date.parse(renamed.body.updated_at)).toBeLessThan(DAY);
    expect((await verify()).body).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });

    for (let turn = 0; turn < 10; turn++) await runDurableObjectAlarm(at.stub);
    const inD1 = await env.DB.prepare(
      "SELECT COUNT(*) AS n, SUM(settled) AS settled, MIN(created_at) AS first FROM transactions WHERE organization_id = ?",
    )
      .bind(at.id)
      .first();
    expect(inD1).toEqual({ n: 19, settled: 190_000_000, first: days[0] });
    const [{ n }] = (await sql<{ n: number }>(organization, "SELECT COUNT(*) AS n FROM events")) as [{ n: number }];
    const followed = await env.DB.prepare("SELECT COUNT(*) AS n FROM events WHERE organization_id = ?")
      .bind(at.id)
      .first();
    expect(followed).toEqual({ n });
  });
});
