import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type Answer,
  api,
  newAgent,
  newOrganization,
  sql,
  type TestOrganization,
  tool,
} from "../../support/service.ts";
import { answered, HOOK, newHook, Post } from "../../support/webhooks.ts";

afterEach(() => vi.useRealTimers());

const admin = (organization: TestOrganization, method: string, path: string, body?: unknown): Promise<Answer> =>
  api(organization.admin, method, path, body);
const happen = (organization: TestOrganization) => admin(organization, "POST", "/keys", { name: "x", role: "read" });

describe("an endpoint", () => {
  it("is made with a secret that is shown once and stored only under seal", async () => {
    const organization = await newOrganization();
    const made = await admin(organization, "POST", "/webhooks", {
      url: HOOK,
      description: "Ours",
      events: ["transaction.*"],
    });
    expect(made.status).toBe(201);
    const { secret, ...endpoint } = made.body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(endpoint).toMatchObject({
      url: HOOK,
      description: "Ours",
      events: ["transaction.*"],
      approval_links: false,
      status: "enabled",
      pending: 0,
    });
    expect((await api(organization.read, "GET", `/webhooks/${endpoint.id}`)).body).toEqual(endpoint);
    expect((await api(organization.read, "GET", "/webhooks")).body.data).toEqual([endpoint]);
    const rows = JSON.stringify(await sql(organization, "SELECT * FROM webhook_endpoints"));
    expect(rows).toContain("v1.s1.");
    expect(rows).not.toContain(secret.slice(6));
    const log = JSON.stringify(await sql(organization, "SELECT type, body FROM events WHERE type LIKE 'webhook.%'"));
    expect(log).toContain("hooks.example.com");
    expect(log).not.toContain("customer-secret");
    expect(log).not.toContain("/in");
  });

  it.each([
    ["http://hooks.example.com/", "/url"],
    ["https://user:hunter2@hooks.example.com/", "/url"],
    ["https://127.0.0.1/", "/url"],
    ["https://10.0.0.1.nip.io/", "/url"],
    ["https://quetra.test/hook", "/url"],
    ["https://hooks.example.com:444/", "/url"],
    ["not a url", "/url"],
  ])("cannot be at %s", async (url, pointer) => {
    const organization = await newOrganization();
    const { id } = await newHook(organization);
    for (const answer of [
      await admin(organization, "POST", "/webhooks", { url }),
      await admin(organization, "PATCH", `/webhooks/${id}`, { url }),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].pointer).toBe(pointer);
      expect(JSON.stringify(answer.body)).not.toContain("hunter2");
    }
    expect((await admin(organization, "GET", `/webhooks/${id}`)).body.url).toBe(HOOK);
  });

  it("refuses filters that no type has", async () => {
    const organization = await newOrganization();
    for (const events of [[], ["transaction.claimed"], ["transaction"], ["*", "nope.*"]]) {
      expect((await admin(organization, "POST", "/webhooks", { url: HOOK, events })).status).toBe(400);
    }
  });

  it("gets what its filters want, and changes of them count from then on", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    const key = (await happen(organization)).body.id;
    await admin(organization, "POST", `/keys/${key}/revoke`);
    await post.settle();
    await admin(organization, "PATCH", `/webhooks/${id}`, { events: ["key.revoked"], url: "https://new.example.com/" });
    const second = (await happen(organization)).body.id;
    await admin(organization, "POST", `/keys/${second}/revoke`);
    await post.settle();
    expect(post.orders.map(({ url, body }) => [new URL(url).host, JSON.parse(body).type])).toEqual([
      ["hooks.example.com", "key.created"],
      ["new.example.com", "key.revoked"],
    ]);
  });

  it("that is deleted gets nothing more, and its deliveries go in steps", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    await happen(organization);
    await post.turn();
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
       INSERT INTO webhook_deliveries (id, endpoint_id, message_id, kind, status, created_at, ended_at)
       SELECT 'whd_' || i, ?, 'evt_gone', 'replay', 'delivered', 0, 0 FROM n`,
      id,
    );
    expect((await admin(organization, "DELETE", `/webhooks/${id}`)).body).toEqual({ id, deleted: true });
    expect((await admin(organization, "GET", `/webhooks/${id}`)).status).toBe(404);
    await post.deliver();
    expect(post.orders).toEqual([]);
    await post.turn();
    expect(await sql(organization, "SELECT COUNT(*) AS n FROM webhook_deliveries")).toEqual([{ n: 151 }]);
    await post.turn();
    await post.turn();
    for (const table of ["webhook_deliveries", "webhook_messages", "webhook_attempts"]) {
      expect(await sql(organization, `SELECT COUNT(*) AS n FROM ${table}`)).toEqual([{ n: 0 }]);
    }
    expect(await sql(organization, "SELECT 1 FROM timers WHERE kind = 'webhook'")).toEqual([]);
  });

  it("belongs to its organization: another one's answers as none", async () => {
    const [one, two] = [await newOrganization(), await newOrganization()];
    const { id } = await newHook(one);
    for (const [method, path] of [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/test"],
      ["POST", "/rotate"],
      ["GET", "/deliveries"],
    ]) {
      const body = method === "PATCH" ? { description: "x" } : undefined;
      const answer = await admin(two, method!, `/webhooks/${id}${path}`, body);
      expect([answer.status, answer.body.code, answer.body.secret]).toEqual([404, "not_found", undefined]);
    }
  });

  it("is managed by administrators only", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization);
    for (const role of ["read", "approve", "spend"] as const) {
      for (const path of ["/webhooks", `/webhooks/${id}/rotate`, `/webhooks/${id}/test`, `/webhooks/${id}/disable`]) {
        const answer = await api(organization[role], "POST", path, path === "/webhooks" ? { url: HOOK } : undefined);
        expect([answer.status, JSON.stringify(answer.body).includes("whsec_")]).toEqual([403, false]);
      }
      const reads = await api(organization[role], "GET", "/webhooks");
      expect(reads.status).toBe(role === "read" ? 200 : 403);
    }
  });
});

describe("a rotation", () => {
  it("has both secrets sign until the overlap ends, and refuses a second one meanwhile unless forced", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21, 8) });
    const organization = await newOrganization();
    const { id, secret } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    const rotate = (body: object = {}) => admin(organization, "POST", `/webhooks/${id}/rotate`, body);
    const sealed = async () => {
      await happen(organization);
      await post.settle();
      return post.orders.at(-1)!.sealed_secrets;
    };
    const [first] = await sealed();
    const rotated = await rotate({ overlap_hours: 2 });
    expect(rotated.status).toBe(201);
    expect(rotated.body.secret).not.toBe(secret);
    expect(rotated.body.old_secret_until).toBe("2026-11-21T10:00:00.000Z");
    const [second, beside] = await sealed();
    expect(beside).toBe(first);
    expect(second).not.toBe(first);
    const refused = await rotate();
    expect(refused).toMatchObject({ status: 409, body: { code: "rotation_in_progress" } });
    expect(refused.body.secret).toBeUndefined();
    vi.setSystemTime(Date.now() + 2 * 3_600_000 - 1);
    expect(await sealed()).toEqual([second, first]);
    vi.setSystemTime(Date.now() + 1);
    expect(await sealed()).toEqual([second]);
    expect((await admin(organization, "GET", `/webhooks/${id}`)).body.old_secret_until).toBeNull();
    expect((await rotate()).status).toBe(201);
    expect((await rotate({ force: true, overlap_hours: 0 })).status).toBe(201);
    const now = await sealed();
    expect(now).toHaveLength(1);
    expect([first, second]).not.toContain(now[0]);
  });

  it("survives a new sealing secret: what Rails sealed again takes the place of what it opened", async () => {
    const organization = await newOrganization();
    const { id } = await newHook(organization, { events: ["key.created"] });
    const post = await new Post(organization).attach();
    post.receive = ({ sealed_secrets }) =>
      answered(200, { resealed: [{ from: sealed_secrets[0]!, to: "v1.s2.again" }] });
    await happen(organization);
    await post.settle();
    expect(await sql(organization, "SELECT sealed_secret FROM webhook_endpoints WHERE id = ?", id)).toEqual([
      { sealed_secret: "v1.s2.again" },
    ]);
  });
});

describe("approval links", () => {
  it("are asked of Rails only for endpoints that want them, only for what waits for approval, and stored nowhere", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules: [{ type: "approval", above: 5 }] });
    const linked = await newHook(organization, {
      url: "https://linked.example.com/",
      approval_links: true,
      events: ["transaction.*"],
    });
    await newHook(organization, { url: "https://plain.example.com/", events: ["transaction.*"] });
    const post = await new Post(organization).attach();
    const buy = (amount: number) => ({ agent_id: agent, amount, vendor: "a.com", idempotency_key: `k${amount}` });
    await tool(organization.spend, "quetra_evaluate", buy(1));
    const { approval_id } = await tool(organization.spend, "quetra_evaluate", buy(10));
    await post.settle();
    const links = post.orders.map(({ url, body, approval_link }) => [
      new URL(url).host,
      JSON.parse(body).type,
      approval_link,
    ]);
    const link = { region: 0, organization_id: organization.id, approval_id, endpoint_id: linked.id };
    expect(links.sort()).toEqual([
      ["linked.example.com", "transaction.approved", null],
      ["linked.example.com", "transaction.pending_approval", link],
      ["plain.example.com", "transaction.approved", null],
      ["plain.example.com", "transaction.pending_approval", null],
    ]);
    expect(JSON.stringify(await sql(organization, "SELECT * FROM webhook_messages"))).not.toContain("approval_link");
  });
});

describe("approval links of before", () => {
  it("are not made once the endpoint was disabled in between, though the event still goes out", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules: [{ type: "approval", above: 5 }] });
    const { id } = await newHook(organization, { approval_links: true, events: ["transaction.*"] });
    const post = await new Post(organization).attach();
    post.receive = () => answered(500);
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 10,
      vendor: "a.com",
      idempotency_key: "k",
    });
    await post.settle();
    expect(post.orders.map(({ approval_link }) => approval_link?.endpoint_id)).toEqual([id]);
    await admin(organization, "POST", `/webhooks/${id}/disable`);
    await admin(organization, "POST", `/webhooks/${id}/enable`);
    await post.turn();
    await post.deliver();
    expect(post.orders.map(({ approval_link }) => approval_link?.endpoint_id)).toEqual([id, undefined]);
  });
});

describe("the catalogue over REST", () => {
  it("lists every type with its schema", async () => {
    const organization = await newOrganization();
    const { body } = await api(organization.read, "GET", "/webhook-events");
    expect(body.data.length).toBeGreaterThan(25);
    expect(body.data[0]).toMatchObject({ schema: { $schema: "https://json-schema.org/draft/2020-12/schema" } });
  });
});
