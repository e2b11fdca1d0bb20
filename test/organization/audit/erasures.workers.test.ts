import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the verifier is
import { LogVerifier } from "../../../bin/verify/log.mjs";
import { LIMITS } from "../../../src/limits.ts";
import { costOf } from "../../support/cost.ts";
import {
  api,
  eventTypes,
  type Json,
  newAgent,
  newOrganization,
  sql,
  stateOf,
  type TestOrganization,
  tool,
} from "../../support/service.ts";
import { newHook, Post } from "../../support/webhooks.ts";
import { settle } from "./support.ts";

let organization: TestOrganization;
let agent: string;
let mandate: string;

beforeAll(async () => {
  organization = await newOrganization();
  ({ agent, mandate } = await newAgent(organization, { rules: [{ type: "approval", above: 50 }] }));
});

interface Named {
  readonly seq: number;
  readonly id: string;
}
const eventsOf = (subject: string, where = "1") =>
  sql<Named & { type: string }>(
    organization,
    `SELECT seq, id, type FROM events WHERE subject = ? AND ${where} ORDER BY seq`,
    subject,
  );
const erase = (events: readonly Named[], key = organization.admin) =>
  api(key, "POST", "/audit/erasures", { events: events.map(({ seq, id }) => ({ seq, id })), reason: "personal_data" });

/** A purchase with free text that has ended, and its events. */
async function ended(word: string, end = true) {
  const key = crypto.randomUUID();
  const args = { agent_id: agent, amount: 1, vendor: "shop.example", reason: `for ${word}`, metadata: { who: word } };
  const { transaction_id: id } = await tool(organization.spend, "quetra_evaluate", { ...args, idempotency_key: key });
  if (end) await api(organization.admin, "POST", `/transactions/${id}/cancel`, { note: `note on ${word}` });
  await settle(organization);
  return { id: id as string, events: await eventsOf(id) };
}
const projected = async (seq: number) =>
  (
    await env.DB.prepare("SELECT salt, body, digest, hash FROM events WHERE organization_id = ? AND seq = ?")
      .bind(organization.id, seq)
      .all<Json>()
  ).results[0];
const verify = async () => (await api(organization.read, "GET", "/audit/verify")).body;

describe("POST /audit/erasures", () => {
  it("takes bodies and free text out of the object and D1, and the chain stays valid", async () => {
    const { id, events } = await ended("Ada Lovelace");
    expect((await projected(events[0]!.seq)).body).toContain("Ada Lovelace");
    const answer = await erase(events);
    expect(answer).toMatchObject({ status: 200, body: { erased: events } });
    await settle(organization);

    expect(await stateOf(organization)).not.toContain("Ada Lovelace");
    const { results } = await env.DB.prepare("SELECT * FROM events WHERE organization_id = ?")
      .bind(organization.id)
      .all();
    expect(JSON.stringify(results)).not.toContain("Ada Lovelace");
    expect(await projected(events[0]!.seq)).toMatchObject({ salt: null, body: null, digest: expect.any(String) });
    const row = (await api(organization.read, "GET", `/transactions/${id}`)).body;
    expect([row.status, row.reason, row.metadata]).toEqual(["voided", undefined, undefined]);

    const report = await verify();
    expect(report).toMatchObject({ chain: { valid: true, erased: events.length }, ledger: { valid: true } });
    expect(report.erasures).toEqual(
      events.map((event) => ({ ...event, erased_by: { seq: answer.body.seq, id: answer.body.event_id } })),
    );
    const log = new LogVerifier();
    log.read(Buffer.from((await api(organization.read, "GET", "/audit/export")).body as string), "file");
    expect([log.finish(), log.findings]).toEqual([true, []]);
    expect(log.erased.map(({ seq, by }: Json) => [seq, by])).toEqual(events.map(({ seq }) => [seq, answer.body.seq]));
    expect((await api(organization.read, "GET", `/transactions/${id}/receipt`)).status).toBe(200);
  });

  it("empties the message that webhooks got of the event", async () => {
    const { events } = await ended("Hook");
    const { seq, id } = events[0]!;
    const body = JSON.stringify({ id, type: "transaction.approved", data: { vendor: "Ada's shop" } });
    await sql(
      organization,
      "INSERT OR REPLACE INTO webhook_messages (id, seq, type, at, body) VALUES (?, ?, 'transaction.approved', 0, ?)",
      id,
      seq,
      body,
    );
    await erase(events);
    const [message] = await sql<{ body: string }>(organization, "SELECT body FROM webhook_messages WHERE id = ?", id);
    expect(JSON.parse(message!.body)).toEqual({ id, type: "transaction.approved", data: {} });
  });

  it("is found again in D1 when batches are repeated, whatever their order", async () => {
    const { events } = await ended("Charles");
    const seq = events[0]!.seq;
    await erase(events);
    await settle(organization);
    await sql(organization, "UPDATE cursors SET seq = 0 WHERE name = 'projection'");
    await settle(organization);
    expect(await projected(seq)).toMatchObject({ salt: null, body: null });
    // The batch from before the erasure arrives late: the row is there.
    await env.DB.prepare(
      "INSERT INTO events (organization_id, seq, id, type, at, salt, body, digest, hash) VALUES (?, ?, '', '', 0, 's', 'b', '', '') ON CONFLICT (organization_id, seq) DO NOTHING",
    )
      .bind(organization.id, seq)
      .run();
    expect(await projected(seq)).toMatchObject({ salt: null, body: null });
  });

  it("refuses what must stay, and then changes nothing", async () => {
    const good = (await ended("Grace")).events;
    const open = (await ended("Open", false)).events;
    const mandateEvents = await eventsOf(mandate);
    const own = (type: string) => sql<Named>(organization, "SELECT seq, id FROM events WHERE type = ? LIMIT 1", type);
    await erase((await ended("First")).events);
    const erased = await sql<Named>(organization, "SELECT seq, id FROM events WHERE body IS NULL LIMIT 1");
    await settle(organization);
    const before = await stateOf(organization);
    const refused: [string, readonly Named[]][] = [
      ["erasure_refused", open],
      ["erasure_refused", mandateEvents],
      ["erasure_refused", await own("audit.erased")],
      ["erasure_refused", await own("signing_key.created")],
      ["already_erased", erased],
      ["not_found", [{ seq: good[0]!.seq, id: good[1]!.id }]],
      ["not_found", [{ seq: 100_000, id: good[0]!.id }]],
    ];
    for (const [code, events] of refused) {
      const answer = await erase([...good, ...events]);
      expect([code, answer.body.code, answer.status]).toEqual([code, code, code === "not_found" ? 404 : 409]);
    }
    for (const role of ["read", "approve", "spend"] as const) {
      expect((await erase(good, organization[role])).status).toBe(403);
    }
    expect(await stateOf(organization)).toBe(before);
    expect((await erase(good)).status).toBe(200);
  });

  it("lets a mandate's events go once it is revoked, and a pending purchase's once it is decided", async () => {
    const other = (await api(organization.admin, "POST", "/agents", { name: "Other" })).body.mandate_id as string;
    await settle(organization);
    expect((await erase(await eventsOf(other))).status).toBe(409);
    await api(organization.admin, "POST", `/mandates/${other}/revoke`, {});
    await settle(organization);
    expect((await erase(await eventsOf(other))).status).toBe(200);

    const args = { agent_id: agent, amount: 60, vendor: "shop.example", idempotency_key: "pending" };
    const { transaction_id: id } = await tool(organization.spend, "quetra_evaluate", args);
    await settle(organization);
    expect((await erase(await eventsOf(id))).body.detail).toContain("has not ended");
    await api(organization.admin, "POST", `/transactions/${id}/cancel`, {});
    await settle(organization);
    expect((await erase(await eventsOf(id))).status).toBe(200);
  });

  it("waits for whoever has not read the event yet", async () => {
    const { events } = await ended("Late");
    await sql(organization, "UPDATE cursors SET seq = ? WHERE name = 'webhooks'", events[0]!.seq - 1);
    const answer = await erase(events);
    expect(answer).toMatchObject({ status: 409, body: { code: "still_followed" } });
    expect(answer.headers.get("retry-after")).toBe("2");
    await sql(organization, "UPDATE cursors SET seq = (SELECT MAX(seq) FROM events)");
    expect((await erase(events)).status).toBe(200);
  });

  it("waits for every open delivery of the event, also one that a disabled webhook holds, and for no other", async () => {
    const hook = await newHook(organization, { events: ["transaction.approved"] });
    // A queue that is read by hand: nothing goes out before the test says so.
    const post = await new Post(organization).attach();
    const { events } = await ended("Followed");
    const waits = { status: 409, body: { code: "still_followed", seq: events[0]!.seq, webhook_id: hook.id } };
    const statusIs = (status: string) =>
      sql(organization, "UPDATE webhook_deliveries SET status = ?, due_at = 1 WHERE endpoint_id = ?", status, hook.id);
    const before = await stateOf(organization);
    expect(await erase(events)).toMatchObject(waits);
    expect((await erase(events)).headers.get("retry-after")).toBeNull();
    expect(await stateOf(organization)).toBe(before);
    for (const status of ["pending", "queued", "sending"]) {
      await statusIs(status);
      expect(await erase(events)).toMatchObject(waits);
    }
    await api(organization.admin, "POST", `/webhooks/${hook.id}/disable`);
    expect(await erase(events)).toMatchObject(waits);
    // The webhook was not told of the other event, so that one may go.
    expect((await erase(events.slice(1))).status).toBe(200);
    await api(organization.admin, "DELETE", `/webhooks/${hook.id}`);
    expect((await erase(events.slice(0, 1))).status).toBe(200);
    expect(post.orders).toEqual([]);

    const other = await newHook(organization, { events: ["transaction.approved"] });
    const second = (await ended("Delivered")).events;
    expect((await erase(second)).status).toBe(409);
    await post.settle();
    expect(post.orders.map(({ message_id }) => message_id)).toEqual([second[0]!.id]);
    expect((await erase(second)).status).toBe(200);
    await api(organization.admin, "DELETE", `/webhooks/${other.id}`);
  });

  it("goes over the kept answers once, however many transactions it is about", async () => {
    const ends = [await ended("Once"), await ended("Twice"), await ended("Thrice")];
    const kept = 2_000;
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${kept})
       INSERT INTO request_keys (route, key, fingerprint, status, body, at)
         SELECT 'refundTransaction', 'kept' || i, '', 200, '{"id":"txn_other","reason":"stays"}', 0 FROM n`,
    );
    const cost = await costOf(organization, () => erase(ends.flatMap(({ events }) => events)));
    expect(cost.read).toBeGreaterThan(kept);
    expect(cost.read).toBeLessThan(2 * kept);
    const where = "FROM request_keys WHERE json_extract(body, '$.reason') IS NOT NULL AND key LIKE 'kept%'";
    expect(await sql(organization, `SELECT COUNT(*) AS n ${where}`)).toEqual([{ n: kept }]);
    const state = await stateOf(organization);
    for (const word of ["Once", "Twice", "Thrice"]) expect(state).not.toContain(word);
  });

  it("erasedPerCall: so many events in a call, and the same one twice counts once", async () => {
    const { events } = await ended("Bulk");
    const seq = events[0]!.seq;
    const many = Array.from({ length: LIMITS.erasedPerCall }, () => events[0]!);
    expect((await erase([...many, events[0]!])).status).toBe(400);
    expect((await erase([])).status).toBe(400);
    expect((await erase(many)).body.erased.map((one: Json) => one.seq)).toEqual([seq]);
  });

  it("finds a body that is gone without an event that says so", async () => {
    const { events } = await ended("Quiet");
    await sql(organization, "UPDATE events SET salt = NULL, body = NULL WHERE seq = ?", events[0]!.seq);
    const finding = { valid: false, broken_at: events[0]!.seq, problem: "erased_without_event" };
    expect((await verify()).chain).toMatchObject(finding);
    // A row in the table alone convinces nobody: the event must name it.
    const [{ by }] = (await sql<{ by: number }>(
      organization,
      "SELECT MAX(seq) AS by FROM events WHERE type = 'audit.erased'",
    )) as [{ by: number }];
    await sql(
      organization,
      "INSERT INTO erasures (seq, by_seq) VALUES (?, ?)",
      events[0]!.seq,
      by > events[0]!.seq ? by : events[0]!.seq + 1,
    );
    expect((await verify()).chain).toMatchObject(finding);
    expect(await eventTypes(organization)).toContain("audit.erased");
  });
});
