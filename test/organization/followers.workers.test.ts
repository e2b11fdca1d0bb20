import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { type Follower, runFollowers } from "../../src/organization/followers.ts";
import { MandateCache } from "../../src/organization/judge.ts";
import { shadowFollower } from "../../src/organization/rehearsal/follow.ts";
import { Work } from "../../src/organization/work.ts";
import { api, newAgent, newOrganization, sql, type TestOrganization } from "../support/service.ts";

afterEach(() => vi.restoreAllMocks());

const BY = { actor: { type: "system", id: "test" } as const, keyId: null, requestId: null, country: null };

/** One turn with a follower of the test's own in place of the alerts. */
const turn = (
  organization: TestOrganization,
  follow: Follower["follow"],
  now = Date.now(),
  batch: () => number = () => LIMITS.followBatch,
): Promise<boolean> =>
  runInDurableObject(organization.stub, (_object, { storage }) => {
    const transact = (action: (work: Work) => void) =>
      storage.transactionSync(() => action(new Work(storage.sql, now, BY, false, () => {})));
    const desk = { sql: storage.sql, env, cache: new MandateCache(), now: () => now, transact };
    return runFollowers(desk, [{ name: "alerts", follow, batch }]);
  });

const cursor = async (organization: TestOrganization) =>
  (await sql<{ seq: number }>(organization, "SELECT seq FROM cursors WHERE name = 'alerts'"))[0]!.seq;

const retryAt = async (organization: TestOrganization) =>
  (await sql<{ retry_at: number }>(organization, "SELECT retry_at FROM cursors WHERE name = 'alerts'"))[0]!.retry_at;

/** An organization whose log the follower has not begun to read. */
async function unread(): Promise<{ organization: TestOrganization; last: number }> {
  const organization = await newOrganization();
  await sql(organization, "UPDATE cursors SET seq = 0 WHERE name = 'alerts'");
  const [{ last }] = (await sql<{ last: number }>(organization, "SELECT MAX(seq) AS last FROM events")) as [
    { last: number },
  ];
  return { organization, last };
}

describe("a follower of the log", () => {
  it("takes every event once, in order", async () => {
    const { organization, last } = await unread();
    const seen: number[] = [];
    await turn(organization, (_work, _cache, { seq }) => void seen.push(seq));
    await turn(organization, (_work, _cache, { seq }) => void seen.push(seq));
    expect(seen).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  });

  it("takes no more at once than its batch, and says that there is more", async () => {
    const { organization, last } = await unread();
    const seen: number[] = [];
    const small = (size: number) =>
      turn(
        organization,
        (_work, _cache, { seq }) => void seen.push(seq),
        Date.now(),
        () => size,
      );
    expect(await small(last - 1)).toBe(true);
    expect(seen).toHaveLength(last - 1);
    expect(await small(last)).toBe(false);
    expect(seen).toHaveLength(last);
  });

  it("takes twenty at once while a draft follows, and a hundred otherwise", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const batch = () =>
      runInDurableObject(organization.stub, (_object, { storage }) => shadowFollower.batch!(storage.sql));
    expect(await batch()).toBe(LIMITS.followBatch);
    const draft = { schema: 1, agent_id: agent, name: "Draft", currency: "USD", per_transaction_limit: 1 };
    const terms = { ...draft, budgets: [{ period: "daily", limit: 1 }] };
    const { id } = (await api(organization.admin, "POST", "/mandates", terms)).body;
    await api(organization.admin, "POST", `/mandates/${id}/shadow`, { on: true });
    expect(await batch()).toBe(LIMITS.followBatchShadow);
  });

  it("loses nothing to a failure that passes, and repeats nothing that was committed", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { organization, last } = await unread();
    let broken = true;
    const follow: Follower["follow"] = (work, _cache, { seq }) => {
      if (broken && seq === 2) throw new Error("the disk is away");
      work.exec(
        "INSERT INTO request_keys (route, key, fingerprint, status, body, at) VALUES ('test', ?, '', 200, '', 0)",
        `${seq}`,
      );
    };
    expect(await turn(organization, follow)).toBe(false);
    expect(await cursor(organization)).toBe(1);
    broken = false;
    // Not before its time: one second after the first failure.
    const now = await retryAt(organization);
    await turn(organization, follow, now - 1);
    expect(await cursor(organization)).toBe(1);
    await turn(organization, follow, now);
    expect(await cursor(organization)).toBe(last);
    expect(await sql(organization, "SELECT COUNT(*) AS n FROM request_keys WHERE route = 'test'")).toEqual([
      { n: last },
    ]);
  });

  it("leaves out an event after followAttempts tries over a quarter of an hour, not one earlier, and the log says so", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
    const { organization, last } = await unread();
    const seen: number[] = [];
    const follow: Follower["follow"] = (_work, _cache, { seq }) => {
      if (seq === 2) throw new Error("never");
      seen.push(seq);
    };
    const began = Date.now();
    let now = began;
    for (let n = 1; n < LIMITS.followAttempts; n++) {
      await turn(organization, follow, now);
      now = await retryAt(organization);
    }
    expect(now - began).toBeGreaterThan(14 * 60_000);
    expect(await cursor(organization)).toBe(1);
    expect(lines.at(-1)).toContain('"given_up":false');
    await turn(organization, follow, now);
    expect(lines.at(-1)).toContain('"given_up":true');
    expect(await cursor(organization)).toBe(last);
    expect(seen.filter((seq) => seq > 2)).toHaveLength(last - 2);
    const [left] = await sql<{ body: string }>(
      organization,
      "SELECT body FROM events WHERE type = 'log.event_left_out'",
    );
    expect(JSON.parse(left!.body).data).toMatchObject({ follower: "alerts", seq: 2, type: "key.created" });
  });
});
