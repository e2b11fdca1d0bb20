import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { random } from "../../support/random.ts";
import { api, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { answered, deliveries, newHook, Post } from "../../support/webhooks.ts";

const START = Date.UTC(2026, 10, 21, 8);
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: START }));
afterEach(() => vi.useRealTimers());

const happen = (organization: TestOrganization) =>
  api(organization.admin, "POST", "/keys", { name: "x", role: "read" });

async function prepared(hooks = 1): Promise<{ organization: TestOrganization; ids: string[]; post: Post }> {
  const organization = await newOrganization();
  const ids: string[] = [];
  for (let n = 0; n < hooks; n++) {
    ids.push((await newHook(organization, { url: `https://h${n}.example.com/`, events: ["key.created"] })).id);
  }
  return { organization, ids, post: await new Post(organization).attach() };
}

describe("messages of the queue", () => {
  it("hold no payload, no URL and no secret", async () => {
    const { organization, post } = await prepared();
    await happen(organization);
    await post.turn();
    expect(post.queue).toEqual([
      {
        kind: "webhook",
        organization_id: organization.id,
        region: 0,
        delivery_id: expect.stringMatching(/^whd_/),
        attempt: 1,
      },
    ]);
  });

  it("that are doubled, and doubled again later, send once", async () => {
    const { organization, post } = await prepared();
    await happen(organization);
    await post.turn();
    const messages = post.queue.splice(0);
    await post.deliver([...messages, ...messages, ...messages]);
    await post.deliver(messages);
    expect(post.orders).toHaveLength(1);
  });

  it("with a wrong number, or of a delivery that is not there, do nothing", async () => {
    const { organization, post } = await prepared();
    await happen(organization);
    await post.turn();
    const [message] = post.queue.splice(0);
    const wrong = [0, 2, -1, 11].map((attempt) => ({ ...message!, attempt }));
    await post.deliver([...wrong, { ...message!, delivery_id: "whd_0000000000000000000000" }]);
    expect(post.orders).toHaveLength(0);
    expect(await sql(organization, "SELECT status, attempts FROM webhook_deliveries")).toEqual([
      { status: "queued", attempts: 0 },
    ]);
    await post.deliver([message!]);
    expect(post.orders).toHaveLength(1);
  });

  it("of another organization's delivery do nothing", async () => {
    const one = await prepared();
    const two = await prepared();
    await happen(one.organization);
    await one.post.turn();
    const [message] = one.post.queue;
    await two.post.deliver([message!]);
    expect(two.post.orders).toHaveLength(0);
  });

  it("that are lost are sent again when their lease ends, under the same number", async () => {
    const { organization, post } = await prepared();
    await happen(organization);
    await post.turn();
    const lost = post.queue.splice(0);
    vi.setSystemTime(START + 59_999);
    await post.turn();
    expect(post.queue).toEqual([]);
    vi.setSystemTime(START + 60_000);
    await post.turn();
    expect(post.queue).toEqual(lost);
    // The first one comes after all.
    await post.deliver([...lost, ...post.queue.splice(0)]);
    expect(post.orders).toHaveLength(1);
  });

  it("that the queue does not take stay due, a little later", async () => {
    const { organization, post } = await prepared(2);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    post.broken = true;
    await happen(organization);
    await post.turn();
    expect(await sql(organization, "SELECT DISTINCT status, attempts FROM webhook_deliveries")).toEqual([
      { status: "pending", attempts: 0 },
    ]);
    post.broken = false;
    vi.setSystemTime(START + 2_000);
    await post.settle();
    expect(post.orders).toHaveLength(2);
    vi.restoreAllMocks();
  });

  it("that the queue never answers for stay due too, and hold nothing up", async () => {
    const { organization, post } = await prepared();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const real = setTimeout;
    // Whoever waits for the queue at most so long has waited.
    const hurried = (run: () => void, ms?: number) => real(run, ms === 5_000 ? 1 : ms);
    vi.stubGlobal("setTimeout", hurried);
    post.silent = true;
    await happen(organization);
    await post.turn();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    expect(await sql(organization, "SELECT status, attempts FROM webhook_deliveries")).toEqual([
      { status: "pending", attempts: 0 },
    ]);
    post.silent = false;
    vi.setSystemTime(START + 2_000);
    await post.settle();
    expect(post.orders).toHaveLength(1);
  });

  it("lost, doubled, late and shuffled at random change nothing: every endpoint gets every event, once by one claim", async () => {
    const { organization, ids, post } = await prepared(3);
    const next = random(7);
    for (let n = 0; n < 12; n++) await happen(organization);
    let kept: typeof post.queue = [];
    for (let round = 0; round < 60; round++) {
      await post.turn();
      const sent = post.queue.splice(0).flatMap((message) => {
        const luck = next();
        return luck < 0.3 ? [] : luck < 0.6 ? [message, message] : [message];
      });
      const late = kept.filter(() => next() < 0.5);
      kept = sent.filter(() => next() < 0.3);
      await post.deliver([...sent, ...late].sort(() => next() - 0.5));
      vi.setSystemTime(Date.now() + 30_000);
    }
    expect([...post.received.values()].map((list) => [list.length, new Set(list).size])).toEqual(
      Array(3).fill([12, 12]),
    );
    for (const id of ids) {
      expect((await deliveries(organization, id)).map(({ status, attempts }) => [status, attempts])).toEqual(
        Array(12).fill(["delivered", 1]),
      );
    }
  });
});

it("an endpoint that cannot be dispatched keeps no other from its turn, and is tried again", async () => {
  const { organization, ids, post } = await prepared(2);
  await happen(organization);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await sql(
    organization,
    `CREATE TRIGGER broken BEFORE UPDATE ON webhook_deliveries WHEN NEW.endpoint_id = '${ids[0]}' BEGIN SELECT RAISE(ABORT, 'x'); END`,
  );
  await post.settle();
  expect([...post.received.keys()]).toEqual(["https://h1.example.com/"]);
  await sql(organization, "DROP TRIGGER broken");
  vi.restoreAllMocks();
  vi.setSystemTime(START + 60_000);
  await post.settle();
  expect(post.received.size).toBe(2);
});

describe("an attempt", () => {
  it("that nobody came back from counts as interrupted when its lease ends, and is made again", async () => {
    const { organization, ids, post } = await prepared();
    await happen(organization);
    await post.turn();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    post.receive = () => {
      throw new Error("the consumer dies");
    };
    await post.deliver();
    vi.restoreAllMocks();
    post.receive = () => answered(200);
    vi.setSystemTime(START + 60_000);
    await post.turn();
    vi.setSystemTime(START + 67_000);
    await post.settle();
    const [row] = await deliveries(organization, ids[0]!);
    expect(row).toMatchObject({ status: "delivered", attempts: 2 });
    const detail = (await api(organization.read, "GET", `/webhooks/${ids[0]}/deliveries/${row.id}`)).body;
    expect(detail.attempt_log.map(({ error, status }: { error: string; status: number }) => [status, error])).toEqual([
      [null, "interrupted"],
      [200, null],
    ]);
  });

  it("that is recorded late ends the delivery if it succeeded, and changes nothing otherwise", async () => {
    const { organization, post } = await prepared();
    await happen(organization);
    await post.turn();
    const [message] = post.queue.splice(0);
    const { delivery_id } = message!;
    const row = () => sql(organization, "SELECT status, attempts FROM webhook_deliveries").then((rows) => rows[0]);
    expect(await organization.stub.claimDelivery(delivery_id, 1)).toMatchObject({ url: "https://h0.example.com/" });
    expect(await organization.stub.claimDelivery(delivery_id, 1)).toBeNull();
    vi.setSystemTime(START + 60_000);
    await post.turn();
    await organization.stub.recordAttempt(delivery_id, 1, answered(500));
    expect(await row()).toEqual({ status: "pending", attempts: 1 });
    // An attempt that was never begun says nothing.
    await organization.stub.recordAttempt(delivery_id, 2, answered(200));
    expect(await row()).toEqual({ status: "pending", attempts: 1 });
    await organization.stub.recordAttempt(delivery_id, 1, answered(204));
    await organization.stub.recordAttempt(delivery_id, 1, answered(204));
    expect(await row()).toEqual({ status: "delivered", attempts: 1 });
    expect(await sql(organization, "SELECT open, done FROM webhook_endpoints")).toEqual([{ open: 0, done: 1 }]);
  });
});
