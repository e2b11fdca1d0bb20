import { afterEach, describe, expect, it, vi } from "vitest";
import { costOf } from "../../support/cost.ts";
import { type Answer, api, type Json, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { answered, deliveries, HOOK, newHook, Post } from "../../support/webhooks.ts";

afterEach(() => vi.useRealTimers());

const admin = (organization: TestOrganization, method: string, path: string, body?: unknown): Promise<Answer> =>
  api(organization.admin, method, path, body);
const happen = (organization: TestOrganization) => admin(organization, "POST", "/keys", { name: "x", role: "read" });

describe("a test", () => {
  it("goes to the one endpoint whatever its filters, once, and into no log", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    await newHook(organization, { url: "https://other.example.com/" });
    const post = await new Post(organization).attach();
    await post.settle();
    post.receive = () => answered(500);
    post.orders.length = 0;
    const made = await admin(organization, "POST", `/webhooks/${id}/test`);
    expect(made).toMatchObject({ status: 201, body: { kind: "test", status: "pending", event_type: "webhook.test" } });
    await post.settle();
    expect(post.orders.map(({ url, body }) => [url, JSON.parse(body).type, JSON.parse(body).data.endpoint_id])).toEqual(
      [[HOOK, "webhook.test", id]],
    );
    expect((await admin(organization, "GET", `/webhooks/${id}/deliveries/${made.body.id}`)).body).toMatchObject({
      status: "failed",
      attempts: 1,
    });
    expect(await sql(organization, "SELECT 1 FROM events WHERE type = 'webhook.test'")).toEqual([]);
    await admin(organization, "POST", `/webhooks/${id}/disable`);
    expect((await admin(organization, "POST", `/webhooks/${id}/test`)).body.code).toBe("webhook_disabled");
  });
});

describe("replays", () => {
  const setUp = async (events: number) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21, 8) });
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    for (let n = 0; n < events; n++) {
      vi.setSystemTime(Date.now() + 60_000);
      await happen(organization);
      await post.settle();
    }
    const first = post.orders.map(({ message_id, body }) => [message_id, body]);
    post.orders.length = 0;
    const sent = () => post.orders.map(({ message_id, body }) => [message_id, body]);
    return { organization, id, post, first, sent };
  };

  it("of one delivery send the same event and text again, as a delivery of its own", async () => {
    const { organization, id, post, first, sent } = await setUp(1);
    const [original] = await deliveries(organization, id);
    const path = `/webhooks/${id}/deliveries/${original.id}/replay`;
    const again = await admin(organization, "POST", path);
    expect(again).toMatchObject({ status: 201, body: { kind: "replay", event_id: original.event_id } });
    expect(again.body.id).not.toBe(original.id);
    expect((await admin(organization, "POST", path)).body.code).toBe("delivery_pending");
    await post.settle();
    expect(sent()).toEqual(first);
    expect(await deliveries(organization, id)).toHaveLength(2);
  });

  it("of a time send its events from the log, also where their deliveries were forgotten", async () => {
    const { organization, id, post, first, sent } = await setUp(4);
    for (const table of ["webhook_deliveries", "webhook_messages"]) await sql(organization, `DELETE FROM ${table}`);
    const body = { since: "2026-11-21T08:02:00Z", until: "2026-11-21T08:04:00Z" };
    const answer = await admin(organization, "POST", `/webhooks/${id}/replay`, body);
    expect(answer.body).toEqual({ replayed: 2, next_after_seq: null });
    // The same call again finds them pending.
    expect((await admin(organization, "POST", `/webhooks/${id}/replay`, body)).body.replayed).toBe(0);
    await post.settle();
    expect(sent().sort()).toEqual(first.slice(1, 3).sort());
    for (const wrong of [{}, { since: "yesterday" }, { since: "2026-01-01", until: 5 }]) {
      expect((await admin(organization, "POST", `/webhooks/${id}/replay`, wrong)).status).toBe(400);
    }
  });

  it("of what failed send that and nothing else, once", async () => {
    const { organization, id, post, first, sent } = await setUp(3);
    await sql(organization, "UPDATE webhook_deliveries SET status = 'failed' WHERE message_id = ?", first[1]![0]);
    const replay = () =>
      admin(organization, "POST", `/webhooks/${id}/replay`, { since: "2026-11-21", only_failed: true });
    expect((await replay()).body).toEqual({ replayed: 1, next_after_seq: null });
    await post.settle();
    expect(sent()).toEqual([first[1]]);
    expect((await replay()).body.replayed).toBe(0);
  });

  it("leave to the follower what it has not come to, and take what it never will", async () => {
    const { organization, id, post, sent } = await setUp(0);
    await post.settle();
    // Behind the keys that the organization began with.
    vi.setSystemTime(Date.now() + 3_600_000);
    const replay = () => admin(organization, "POST", `/webhooks/${id}/replay`, { since: "2026-11-21T09:00:00Z" });
    await happen(organization);
    expect((await replay()).body).toEqual({ replayed: 0, next_after_seq: null });
    await post.settle();
    expect(sent()).toHaveLength(1);
    // It happened while the endpoint was disabled, and the endpoint is enabled before the follower comes to it.
    await admin(organization, "POST", `/webhooks/${id}/disable`);
    await happen(organization);
    await admin(organization, "POST", `/webhooks/${id}/enable`);
    expect((await replay()).body.replayed).toBe(2);
    await post.settle();
    expect(new Set(sent().map(([event]) => event)).size).toBe(2);
    expect(sent()).toHaveLength(3);
  });

  it("and retries of an event that was erased meanwhile send nothing, and say so", async () => {
    const { organization, id, post, sent } = await setUp(0);
    vi.setSystemTime(Date.now() + 3_600_000);
    post.receive = () => answered(500);
    await happen(organization);
    await post.settle();
    const [event] = await sql<{ seq: number; id: string }>(
      organization,
      "SELECT seq, id FROM events WHERE type = 'key.created' ORDER BY seq DESC LIMIT 1",
    );
    const erasure = await admin(organization, "POST", "/audit/erasures", { events: [event], reason: "personal_data" });
    // While a delivery waits, it is refused; what was erased all the same must not go out under a signature.
    expect([erasure.status, erasure.body.code]).toEqual([409, "still_followed"]);
    await sql(organization, "UPDATE events SET body = NULL, salt = NULL WHERE seq = ?", event!.seq);
    await sql(
      organization,
      "UPDATE webhook_messages SET body = json_set(body, '$.data', json('{}')) WHERE id = ?",
      event!.id,
    );
    vi.setSystemTime(Date.now() + 60_000);
    await post.settle();
    expect(sent()).toHaveLength(1);
    const [row] = await deliveries(organization, id);
    expect(row).toMatchObject({ status: "failed", attempts: 1, last_status: null, last_error: "erased" });
    expect(await sql(organization, "SELECT open, done FROM webhook_endpoints")).toEqual([{ open: 0, done: 1 }]);
    const body = { since: "2026-11-21T09:00:00Z" };
    for (const more of [{}, { only_failed: true }]) {
      const answer = await admin(organization, "POST", `/webhooks/${id}/replay`, { ...body, ...more });
      expect(answer.body.replayed).toBe(0);
    }
    // A test bears the seq of the newest event, and is none.
    await sql(organization, "UPDATE events SET body = NULL, salt = NULL WHERE seq = (SELECT MAX(seq) FROM events)");
    await admin(organization, "POST", `/webhooks/${id}/test`);
    await post.settle();
    expect(sent()).toHaveLength(2);
  });

  it("of what failed read a few rows per failure, however much was delivered", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const each = 200;
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${2 * each})`;
    await sql(
      organization,
      `${numbers} INSERT INTO webhook_messages (id, seq, type, at, body)
       SELECT 'evt_' || i, 1000 + i, 'key.created', 0, '{}' FROM n`,
    );
    await sql(
      organization,
      `${numbers} INSERT INTO webhook_deliveries (id, endpoint_id, message_id, kind, status, created_at, ended_at)
       SELECT 'whd_' || i, ?, 'evt_' || i, 'event', iif(i % 2, 'failed', 'delivered'), 0, 0 FROM n`,
      id,
    );
    await sql(organization, "UPDATE webhook_endpoints SET done = ?", 2 * each);
    const replay = () =>
      admin(organization, "POST", `/webhooks/${id}/replay`, { since: "1970-01-01", only_failed: true });
    let answer: Answer | undefined;
    const { read } = await costOf(organization, async () => {
      answer = await replay();
    });
    expect(answer?.body.replayed).toBe(each);
    expect(read).toBeLessThan(20 * each);
  });
});

describe("the list of deliveries", () => {
  it("is filtered by status and paged, newest first", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    for (let n = 0; n < 5; n++) await happen(organization);
    await post.turn();
    await post.deliver(post.queue.splice(0, 2));
    expect(await deliveries(organization, id, "&status=delivered")).toHaveLength(2);
    expect(await deliveries(organization, id, "&status=pending")).toHaveLength(3);
    expect(await deliveries(organization, id, "&status=failed")).toEqual([]);
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = (await api(organization.read, "GET", `/webhooks/${id}/deliveries?limit=2${cursor}`)).body;
      seen.push(...page.data.map((row: Json) => row.id));
      cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (cursor !== "");
    expect(seen).toEqual((await deliveries(organization, id)).map((row: Json) => row.id));
    expect((await api(organization.read, "GET", `/webhooks/${id}/deliveries?status=sending`)).status).toBe(400);
  });
});
