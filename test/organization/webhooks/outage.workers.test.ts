import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WebhookOutcome } from "../../../src/payments/rails-api.ts";
import { api, eventTypes, type Json, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { answered, deliveries, newHook, nextTimerAt, Post, unreachable } from "../../support/webhooks.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 21, 8);

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: START }));
afterEach(() => vi.useRealTimers());

/** Makes an event that endpoints want, and answers its id. */
async function happen(organization: TestOrganization): Promise<string> {
  await api(organization.admin, "POST", "/keys", { name: "x", role: "read" });
  const [row] = await sql<{ id: string }>(
    organization,
    "SELECT id FROM events WHERE type = 'key.created' ORDER BY seq DESC LIMIT 1",
  );
  return row!.id;
}

/** Turns the clock from timer to timer, up to an instant; answers when something was sent. */
async function passTime(post: Post, to: number): Promise<number[]> {
  const sentAt: number[] = [];
  const seen = () => post.orders.length;
  for (let step = 0; step < 500; step++) {
    await post.turn();
    const before = seen();
    await post.deliver();
    if (seen() > before) {
      sentAt.push(Date.now());
      continue;
    }
    const next = await nextTimerAt(post.organization);
    if (next === null || next > to) break;
    vi.setSystemTime(Math.max(next, Date.now()));
  }
  vi.setSystemTime(to);
  return sentAt;
}

const FAILURES: Readonly<Record<string, () => WebhookOutcome>> = {
  "answers 500": () => answered(500),
  "answers 429 with Retry-After": () => answered(429, { retry_after_ms: 2 * HOUR }),
  "answers 503 with a far Retry-After": () => answered(503, { retry_after_ms: 48 * HOUR }),
  redirects: () => answered(302, { error: "redirect" }),
  "does not answer in time": () => unreachable("timeout"),
  "breaks the connection": () => unreachable("no_answer"),
  "answers 404": () => answered(404),
};

describe.each(Object.keys(FAILURES))("a receiver that %s for 72 hours", (kind) => {
  it("gets every event afterwards, each once, in at most ten attempts", async () => {
    const organization = await newOrganization();
    await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = FAILURES[kind]!;
    const events: string[] = [];
    for (const hour of [0, 1, 24, 60]) {
      await passTime(post, START + hour * HOUR);
      events.push(await happen(organization));
    }
    await passTime(post, START + 72 * HOUR);
    expect(post.received.size).toBe(0);
    post.receive = () => answered(200);
    await passTime(post, START + 72 * HOUR + 3 * DAY);
    expect([...post.received.values()][0]?.sort()).toEqual(events.sort());
    const rows = await sql<{ attempts: number; status: string }>(
      organization,
      "SELECT attempts, status FROM webhook_deliveries",
    );
    expect(rows.map(({ status }) => status)).toEqual(Array(4).fill("delivered"));
    expect(Math.max(...rows.map(({ attempts }) => attempts))).toBeLessThanOrEqual(10);
    expect(await nextTimerAt(organization)).toBeNull();
  });
});

describe("the schedule", () => {
  it("is kept: ten attempts, never early, none more than a second behind its time, and then failed", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = () => answered(500, { excerpt: "sorry" });
    await happen(organization);
    const sentAt = await passTime(post, START + 5 * DAY);
    expect(sentAt).toHaveLength(10);
    const gaps = sentAt.slice(1).map((at, index) => at - sentAt[index]!);
    const wanted = [5_000, 300_000, 1_800_000, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR)];
    for (const [index, gap] of gaps.entries()) {
      expect(gap).toBeGreaterThanOrEqual(wanted[index]!);
      expect(gap).toBeLessThanOrEqual(wanted[index]! * 1.2 + 1_000);
    }
    const [delivery] = await deliveries(organization, id, "&status=failed");
    const detail = (await api(organization.read, "GET", `/webhooks/${id}/deliveries/${delivery.id}`)).body;
    expect(detail).toMatchObject({ status: "failed", attempts: 10, last_status: 500, next_attempt_at: null });
    expect(detail.attempt_log.map(({ n }: Json) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    // Of what the receiver said only the newest is kept.
    expect(detail.attempt_log.map(({ excerpt }: Json) => excerpt)).toEqual([...Array(9).fill(null), "sorry"]);
    expect(await nextTimerAt(organization)).toBeNull();
  });

  it("begins anew when the endpoint is enabled, so that looking whether it is back spends no attempt", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = () => answered(500);
    await happen(organization);
    await post.settle();
    const times = 12;
    for (let n = 0; n < times; n++) {
      await api(organization.admin, "POST", `/webhooks/${id}/disable`);
      await api(organization.admin, "POST", `/webhooks/${id}/enable`);
      await post.settle();
    }
    const row = async () => (await deliveries(organization, id))[0]!;
    expect(await row()).toMatchObject({ status: "pending", attempts: 1 + times });
    const from = Date.now();
    const sentAt = await passTime(post, from + 5 * DAY);
    expect(sentAt).toHaveLength(9);
    expect(sentAt.at(-1)! - from).toBeGreaterThanOrEqual(75 * HOUR);
    expect(await row()).toMatchObject({ status: "failed", attempts: 10 + times });
  });

  it("waits as long as Retry-After asks, at most a day", async () => {
    const organization = await newOrganization();
    await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    const asked = [HOUR, 48 * HOUR];
    post.receive = () => answered(429, { retry_after_ms: asked.shift() ?? 0 });
    await happen(organization);
    const sentAt = await passTime(post, START + 2 * DAY);
    expect(sentAt[1]! - sentAt[0]!).toBe(HOUR);
    expect(sentAt[2]! - sentAt[1]!).toBe(DAY);
  });
});

describe("an endpoint", () => {
  it("that answers 410 is disabled at once, the others are told, and enabling sends what waited", async () => {
    const organization = await newOrganization();
    const gone = await newHook(organization, { url: "https://gone.example.com/secret-path", events: ["key.created"] });
    await newHook(organization, { url: "https://other.example.com/", events: ["webhook.*"] });
    const post = await new Post(organization).attach();
    const bodies: Json[] = [];
    post.receive = ({ url, body }) => {
      bodies.push(JSON.parse(body));
      return answered(url.includes("gone") ? 410 : 200);
    };
    const event = await happen(organization);
    await post.settle();
    await post.settle();
    expect((await api(organization.read, "GET", `/webhooks/${gone.id}`)).body).toMatchObject({
      status: "disabled",
      disabled_reason: "gone",
      pending: 1,
    });
    expect(post.orders.filter(({ url }) => url.includes("gone"))).toHaveLength(1);
    const told = bodies.find(({ type }) => type === "webhook.endpoint.disabled");
    expect(told.data).toEqual({ endpoint_id: gone.id, host: "gone.example.com", reason: "gone" });
    // While disabled nothing is sent, and what happens makes no delivery.
    const missed = await happen(organization);
    await passTime(post, START + 2 * DAY);
    expect(post.orders.filter(({ url }) => url.includes("gone"))).toHaveLength(1);
    post.receive = () => answered(200);
    await api(organization.admin, "POST", `/webhooks/${gone.id}/enable`);
    await post.settle();
    const got = [...post.received].find(([url]) => url.includes("gone"))![1];
    expect(got).toEqual([event]);
    // A replay brings what it missed.
    const since = new Date(START).toISOString();
    const replay = await api(organization.admin, "POST", `/webhooks/${gone.id}/replay`, { since });
    expect(replay.status).toBe(200);
    await post.settle();
    expect([...post.received].find(([url]) => url.includes("gone"))![1]).toContain(missed);
  });

  it("with nothing but failures for five days is disabled, and one success in between keeps it", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = () => answered(500);
    const status = async () => (await api(organization.read, "GET", `/webhooks/${id}`)).body;
    await happen(organization);
    await passTime(post, START + 4 * DAY);
    post.receive = () => answered(200);
    await happen(organization);
    await passTime(post, START + 4 * DAY + HOUR);
    expect((await status()).failing_since).toBeNull();
    post.receive = () => answered(500);
    for (const day of [5, 7, 9]) {
      await passTime(post, START + day * DAY);
      await happen(organization);
    }
    await passTime(post, START + 10 * DAY - 1_000);
    expect((await status()).status).toBe("enabled");
    await happen(organization);
    await passTime(post, START + 10 * DAY + HOUR);
    expect(await status()).toMatchObject({ status: "disabled", disabled_reason: "failing" });
    expect(await eventTypes(organization)).toContain("webhook.endpoint.disabled");
    expect(await nextTimerAt(organization)).toBeNull();
  });

  it("that is dead is asked one at a time after twenty failures, and delays no other", async () => {
    const organization = await newOrganization();
    const dead = await newHook(organization, { url: "https://dead.example.com/", events: ["key.created"] });
    await newHook(organization, { url: "https://alive.example.com/", events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = ({ url }) => (url.includes("dead") ? unreachable("timeout") : answered(200));
    for (let n = 0; n < 30; n++) await happen(organization);
    let most = 0;
    const toDead = () => post.orders.filter(({ url }) => url.includes("dead")).length;
    const failures = async () =>
      (
        await sql<{ failures: number }>(organization, "SELECT failures FROM webhook_endpoints WHERE id = ?", dead.id)
      )[0]!.failures;
    const round = async () => {
      const [before, probing] = [toDead(), (await failures()) >= 20];
      await post.turn();
      await post.deliver();
      const count = toDead() - before;
      most = Math.max(most, count);
      expect(count).toBeLessThanOrEqual(probing ? 1 : 8);
    };
    for (let n = 0; n < 10; n++) await round();
    // No time has passed for the one that works; the dead one is left alone meanwhile.
    expect(post.received.get("https://alive.example.com/")).toHaveLength(30);
    expect(toDead()).toBe(24);
    for (let n = 0; n < 20; n++) {
      vi.setSystemTime(Math.max(Date.now(), (await nextTimerAt(organization))!));
      await round();
    }
    expect(most).toBe(8);
    expect(toDead()).toBeGreaterThan(30);
  });

  it("that is dead with much waiting is asked about once a minute, and gets all of it after its first answer", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = () => unreachable("timeout");
    await happen(organization);
    await post.settle();
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
       INSERT INTO webhook_deliveries (id, endpoint_id, message_id, kind, status, due_at, created_at)
       SELECT 'whd_' || i, d.endpoint_id, d.message_id, 'replay', 'pending', d.due_at, d.created_at FROM n, webhook_deliveries d`,
    );
    await sql(organization, "UPDATE webhook_endpoints SET open = 301 WHERE id = ?", id);
    await passTime(post, START + HOUR);
    expect(post.orders.length).toBeGreaterThan(60);
    expect(post.orders.length).toBeLessThan(100);
    const before = post.orders.length;
    post.receive = () => answered(200);
    vi.setSystemTime(Math.max(Date.now(), (await nextTimerAt(organization))!));
    await post.turn();
    expect(post.queue).toHaveLength(1);
    await post.deliver();
    await post.turn();
    expect(post.queue).toHaveLength(8);
    await post.settle();
    expect(post.orders.length - before).toBeGreaterThan(100);
  });

  it("is not disabled for a failed test, nor for one failure long ago and another now", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = () => answered(503);
    const record = async () =>
      (await sql(organization, "SELECT status, failures, failing_since FROM webhook_endpoints"))[0];
    for (let n = 0; n < 6; n++) {
      await api(organization.admin, "POST", `/webhooks/${id}/test`);
      await post.settle();
    }
    expect(post.orders).toHaveLength(6);
    expect(await record()).toEqual({ status: "enabled", failures: 0, failing_since: null });
    await happen(organization);
    await passTime(post, START + 4 * DAY);
    expect(await record()).toEqual({ status: "enabled", failures: 10, failing_since: START });
    vi.setSystemTime(START + 6 * DAY);
    await happen(organization);
    await post.settle();
    expect(await record()).toEqual({ status: "enabled", failures: 1, failing_since: START + 6 * DAY });
  });

  it("that has moved is not judged by what the old address answers late", async () => {
    for (const status of [410, 500, 200]) {
      const organization = await newOrganization();
      const { id } = await newHook(organization, { events: ["key.created"] });
      const post = await new Post(organization).attach();
      post.receive = () => answered(500);
      await happen(organization);
      await post.settle();
      post.receive = async () => {
        await api(organization.admin, "PATCH", `/webhooks/${id}`, { url: "https://new.example.com/" });
        if (status === 200) await sql(organization, "UPDATE webhook_endpoints SET failures = 3");
        return answered(status);
      };
      await happen(organization);
      await post.turn();
      await post.deliver();
      const failures = status === 200 ? 3 : 0;
      expect(await sql(organization, "SELECT status, failures FROM webhook_endpoints")).toEqual([
        { status: "enabled", failures },
      ]);
    }
  });
});

describe("the object", () => {
  it("may be evicted between any two steps", async () => {
    const organization = await newOrganization();
    await newHook(organization, { events: ["key.created"] });
    const post = new Post(organization);
    const event = await happen(organization);
    for (let round = 0; round < 4; round++) {
      await evictDurableObject(organization.stub);
      await (await post.attach()).turn();
    }
    await evictDurableObject(organization.stub);
    await post.deliver();
    expect([...post.received.values()]).toEqual([[event]]);
  });
});
