import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { costOf } from "../../support/cost.ts";
import { api, eventTypes, newAgent, newOrganization, sql, type TestOrganization, tool } from "../../support/service.ts";
import { answered, HOOK, newHook, Post } from "../../support/webhooks.ts";

/** Each limit of webhooks at N and N + 1. Those of the way out stand in test/payments/webhooks, the lease in queue.workers. */

const START = Date.UTC(2026, 10, 21, 8);
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: START }));
afterEach(() => vi.useRealTimers());

const post = (organization: TestOrganization, path: string, body?: unknown) =>
  api(organization.admin, "POST", path, body);
const happen = (organization: TestOrganization) => post(organization, "/keys", { name: "x", role: "read" });
const count = async (organization: TestOrganization, from: string) =>
  (await sql<{ n: number }>(organization, `SELECT COUNT(*) AS n FROM ${from}`))[0]!.n;

/** Ended deliveries, the oldest first, made at `at`. */
const history = (organization: TestOrganization, hook: string, rows: number, at: number, status = "delivered") =>
  sql(
    organization,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO webhook_deliveries (id, endpoint_id, message_id, kind, status, created_at, ended_at)
     SELECT 'whd_' || ? || i, ?, 'evt_' || i, 'replay', ?, ?, ? FROM n`,
    rows,
    status,
    hook,
    status,
    at,
    at,
  );

describe("requests", () => {
  it("webhookEndpoints", async () => {
    const organization = await newOrganization();
    for (let n = 0; n < LIMITS.webhookEndpoints; n++) await newHook(organization);
    expect(await post(organization, "/webhooks", { url: HOOK })).toMatchObject({
      status: 409,
      body: { code: "limit_reached" },
    });
    expect(await count(organization, "webhook_endpoints")).toBe(LIMITS.webhookEndpoints);
  });

  it("webhookUrlChars, webhookFilters and webhookOverlapHours", async () => {
    const organization = await newOrganization();
    const status = async (body: object) => (await post(organization, "/webhooks", body)).status;
    const url = (chars: number) => HOOK + "x".repeat(chars - HOOK.length);
    expect([
      await status({ url: url(LIMITS.webhookUrlChars) }),
      await status({ url: url(LIMITS.webhookUrlChars + 1) }),
    ]).toEqual([201, 400]);
    const events = (entries: number) => Array.from({ length: entries }, () => "key.created");
    expect([
      await status({ url: HOOK, events: events(LIMITS.webhookFilters) }),
      await status({ url: HOOK, events: events(LIMITS.webhookFilters + 1) }),
    ]).toEqual([201, 400]);
    const { id } = await newHook(organization);
    const rotate = async (overlap_hours: number) =>
      (await post(organization, `/webhooks/${id}/rotate`, { overlap_hours })).status;
    expect([
      await rotate(LIMITS.webhookOverlapHours + 1),
      await rotate(-1),
      await rotate(LIMITS.webhookOverlapHours),
    ]).toEqual([400, 400, 201]);
  });

  it("webhookReplayEvents", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    await (await new Post(organization).attach()).settle();
    vi.setSystemTime(START + 3_600_000);
    await happen(organization);
    const [{ seq }] = (await sql<{ seq: number }>(organization, "SELECT MAX(seq) AS seq FROM events")) as [
      { seq: number },
    ];
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO events (seq, id, type, at, subject, salt, body, digest, hash)
       SELECT e.seq + i, 'evt_copy' || i, e.type, e.at, e.subject, e.salt, e.body, e.digest, e.hash FROM n, events e WHERE e.seq = ?`,
      LIMITS.webhookReplayEvents,
      seq,
    );
    // Behind the follower: what it has not come to, it sends itself.
    await sql(organization, "UPDATE cursors SET seq = (SELECT MAX(seq) FROM events) WHERE name = 'webhooks'");
    const replay = async (after_seq = 0) =>
      (await post(organization, `/webhooks/${id}/replay`, { since: "2026-11-21T09:00:00Z", after_seq })).body;
    const next_after_seq = seq + LIMITS.webhookReplayEvents - 1;
    expect(await replay()).toEqual({ replayed: LIMITS.webhookReplayEvents, next_after_seq });
    expect(await replay(next_after_seq)).toEqual({ replayed: 1, next_after_seq: null });
    expect(await replay(seq)).toEqual({ replayed: 0, next_after_seq: null });
  });
});

describe("what is under way", () => {
  it("webhookInFlight, and every endpoint's together fit one batch of the queue", async () => {
    expect(LIMITS.webhookInFlight * LIMITS.webhookEndpoints).toBeLessThanOrEqual(100);
    const organization = await newOrganization();
    await newHook(organization, { events: ["key.created"] });
    const office = await new Post(organization).attach();
    for (let n = 0; n < LIMITS.webhookInFlight + 1; n++) await happen(organization);
    await office.turn();
    await office.turn();
    expect(office.queue).toHaveLength(LIMITS.webhookInFlight);
    await office.deliver();
    await office.turn();
    expect(office.queue).toHaveLength(1);
  });

  it("webhookProbeAfter", async () => {
    for (const [failures, sent] of [
      [LIMITS.webhookProbeAfter - 1, 3],
      [LIMITS.webhookProbeAfter, 1],
    ]) {
      const organization = await newOrganization();
      await newHook(organization, { events: ["key.created"] });
      const office = await new Post(organization).attach();
      for (let n = 0; n < 3; n++) await happen(organization);
      await sql(organization, "UPDATE webhook_endpoints SET failures = ?", failures);
      await office.turn();
      expect(office.queue).toHaveLength(sent!);
    }
  });

  it("webhookDisableAfterMs, webhookDisableFailures and webhookFailingGapMs", async () => {
    const enough = LIMITS.webhookDisableFailures - 1;
    const long = LIMITS.webhookDisableAfterMs;
    const gap = LIMITS.webhookFailingGapMs;
    for (const [ago, last, failures, status] of [
      [long - 1, 0, enough, "enabled"],
      [long, 0, enough - 1, "enabled"],
      [long, gap + 1, enough, "enabled"],
      [long, gap, enough, "disabled"],
    ] as const) {
      const organization = await newOrganization();
      await newHook(organization, { events: ["key.created"] });
      const office = await new Post(organization).attach();
      office.receive = () => answered(500);
      await happen(organization);
      await sql(
        organization,
        "UPDATE webhook_endpoints SET failures = ?, failing_since = ?, last_failure_at = ?",
        failures,
        Date.now() - ago,
        Date.now() - last,
      );
      await office.settle();
      expect(await sql(organization, "SELECT status FROM webhook_endpoints")).toEqual([{ status }]);
    }
  });

  it("webhookBacklog: at it the endpoint is disabled, the others are told, and nothing more is made for it", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    await newHook(organization, { url: "https://other.example.com/", events: ["webhook.*"] });
    const office = await new Post(organization).attach();
    await sql(organization, "UPDATE webhook_endpoints SET open = ? WHERE id = ?", LIMITS.webhookBacklog - 1, id);
    await happen(organization);
    await happen(organization);
    expect((await post(organization, `/webhooks/${id}/test`)).status).toBe(201);
    await sql(organization, "UPDATE webhook_endpoints SET open = open - 1 WHERE id = ?", id);
    await office.turn();
    expect(
      await sql(organization, "SELECT status, disabled_reason, open FROM webhook_endpoints WHERE id = ?", id),
    ).toEqual([{ status: "disabled", disabled_reason: "backlog", open: LIMITS.webhookBacklog }]);
    expect(await count(organization, "webhook_deliveries WHERE kind = 'event'")).toBe(1);
    await office.settle();
    expect(office.orders.map(({ url }) => url)).toContain("https://other.example.com/");
    expect(await eventTypes(organization)).toContain("webhook.endpoint.disabled");
    await post(organization, `/webhooks/${id}/enable`);
    await sql(organization, "UPDATE webhook_endpoints SET open = ? WHERE id = ?", LIMITS.webhookBacklog, id);
    for (const path of ["test", "replay"]) {
      const body = path === "test" ? undefined : { since: "2026-11-21" };
      expect((await post(organization, `/webhooks/${id}/${path}`, body)).body.code).toBe("limit_reached");
    }
  });
});

it("webhookBacklogRoom: enabled at the backlog, an endpoint takes so many more before it is disabled again", async () => {
  const organization = await newOrganization();
  const { id } = await newHook(organization, { events: ["key.created"] });
  const office = await new Post(organization).attach();
  await sql(organization, "UPDATE webhook_endpoints SET open = ?", LIMITS.webhookBacklog);
  const status = async () => {
    await happen(organization);
    await office.turn();
    return (await sql<{ status: string }>(organization, "SELECT status FROM webhook_endpoints"))[0]!.status;
  };
  expect(await status()).toBe("disabled");
  await post(organization, `/webhooks/${id}/enable`);
  expect(await status()).toBe("enabled");
  const full = LIMITS.webhookBacklog + LIMITS.webhookBacklogRoom;
  await sql(organization, "UPDATE webhook_endpoints SET open = ?", full - 1);
  expect([await status(), await status()]).toEqual(["enabled", "disabled"]);
  expect(await sql(organization, "SELECT open FROM webhook_endpoints")).toEqual([{ open: full }]);
});

describe("what is kept", () => {
  const turnWith = async (rows: number, at: number, status = "delivered") => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const office = await new Post(organization).attach();
    await history(organization, id, rows, at, status);
    await sql(organization, "UPDATE webhook_endpoints SET done = ?", rows);
    await happen(organization);
    await office.turn();
    return { organization, left: await count(organization, `webhook_deliveries WHERE status = '${status}'`), office };
  };

  it("webhookDeliveriesKept: the newest, and messages only as long as a delivery needs them", async () => {
    expect((await turnWith(LIMITS.webhookDeliveriesKept, START)).left).toBe(LIMITS.webhookDeliveriesKept);
    const { left, organization } = await turnWith(LIMITS.webhookDeliveriesKept + 1, START, "failed");
    expect(left).toBe(LIMITS.webhookDeliveriesKept);
    expect(await count(organization, "webhook_deliveries WHERE id = 'whd_failed1'")).toBe(0);
    expect(await sql(organization, "SELECT done FROM webhook_endpoints")).toEqual([
      { done: LIMITS.webhookDeliveriesKept },
    ]);
  });

  it("webhookKeptMs and webhookPruneBatch: what is older goes, a step per turn", async () => {
    expect((await turnWith(5, START - LIMITS.webhookKeptMs)).left).toBe(5);
    expect((await turnWith(5, START - LIMITS.webhookKeptMs - 1)).left).toBe(0);
    expect((await turnWith(LIMITS.webhookPruneBatch, 0)).left).toBe(0);
    const { left, office, organization } = await turnWith(LIMITS.webhookPruneBatch + 1, 0);
    expect(left).toBe(1);
    await happen(organization);
    await office.turn();
    expect(await count(organization, "webhook_deliveries WHERE created_at = 0")).toBe(0);
  });

  it("is looked through only where there is something to take", async () => {
    const reads = async (rows: number, excess = 0) => {
      const organization = await newOrganization();
      const { id } = await newHook(organization, { events: ["key.created"] });
      const office = await new Post(organization).attach();
      for (const status of ["delivered", "failed"]) await history(organization, id, rows, START, status);
      await sql(organization, "UPDATE webhook_endpoints SET done = ?", LIMITS.webhookDeliveriesKept + excess);
      await happen(organization);
      return (await costOf(organization, () => office.turn())).read;
    };
    const few = await reads(1);
    expect((await reads(LIMITS.webhookPruneBatch)) - few).toBe(0);
    expect((await reads(LIMITS.webhookPruneBatch, 1)) - few).toBeLessThan(20);
  });

  it("takes messages that nothing refers to, and never what has not ended", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const office = await new Post(organization).attach();
    await happen(organization);
    await office.settle();
    expect(await count(organization, "webhook_messages")).toBe(1);
    await post(organization, `/webhooks/${id}/disable`);
    await sql(
      organization,
      `INSERT INTO webhook_deliveries (id, endpoint_id, message_id, kind, status, due_at, created_at)
       VALUES ('whd_old', ?, 'evt_old', 'replay', 'pending', 1, 0)`,
      id,
    );
    vi.setSystemTime(START + LIMITS.webhookKeptMs + 1);
    await post(organization, `/webhooks/${id}/enable`);
    await office.turn();
    expect(await count(organization, "webhook_messages")).toBe(0);
    expect(await count(organization, "webhook_attempts")).toBe(0);
    expect(await count(organization, "webhook_deliveries WHERE id = 'whd_old'")).toBe(1);
  });
});

it("an evaluate reads and writes not one row more with endpoints than without", async () => {
  const cost = async (hooks: number) => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    for (let n = 0; n < hooks; n++) await newHook(organization);
    await (await new Post(organization).attach()).settle();
    const buy = (idempotency_key: string) =>
      tool(organization.spend, "quetra_evaluate", { agent_id: agent, amount: 1, vendor: "a.com", idempotency_key });
    await buy("first");
    return costOf(organization, () => buy("second"));
  };
  expect(await cost(10)).toEqual(await cost(0));
});
