import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { organizationStub } from "../../src/edge/stub.ts";
import worker from "../../src/index.ts";
import { type ParsedKey, parseKey } from "../../src/keys/format.ts";
import { parseSigningSecrets } from "../../src/keys/signing-secrets.ts";
import { LIMITS } from "../../src/limits.ts";
import { authorization, post, problemOf, rpc, rpcError, testKey } from "./support.ts";

/** The edge with the real object, in workerd: what stand-ins cannot show. */
const BASE = "https://quetra.test";
const main = (exports as unknown as { default: Fetcher }).default;
const send = (path: string, init?: RequestInit) => main.fetch(new Request(BASE + path, init));

async function createOrganization(body: object = {}): Promise<{ id: string; mode: string; admin_key: string }> {
  const init = post(JSON.stringify({ name: "Acme", mode: "test", ...body }), authorization(env.OPERATOR_TOKEN!));
  const answer = await send("/operator/organizations", init);
  expect(answer.status).toBe(201);
  return answer.json();
}

async function createKey(adminKey: string, role: string): Promise<{ id: string; key: string }> {
  const answer = await send("/api/v1/keys", post(JSON.stringify({ name: role, role }), authorization(adminKey)));
  expect(answer.status).toBe(201);
  return answer.json();
}

function parsed(key: string): ParsedKey {
  const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
  const result = signing.ok ? parseKey(key, signing.value) : signing;
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const initialize = rpc("initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "test", version: "1" },
});
const mcp = (path: string, body = initialize, headers: Record<string, string> = {}) =>
  send(path, post(body, { accept: "application/json, text/event-stream", ...headers }));

let admin: string;
let organizationId: string;
beforeAll(async () => {
  ({ admin_key: admin, id: organizationId } = await createOrganization());
});

describe("from an organization to an answer", () => {
  it("writes the organization's row and an admin key of its mode and region", async () => {
    const row = await env.DB.prepare("SELECT * FROM organizations WHERE id = ?").bind(organizationId).first();
    expect(row).toMatchObject({ name: "Acme", mode: "test", region: "default", timezone: "UTC", swept_at: 0 });
    expect(parsed(admin)).toMatchObject({ mode: "test", region: 0, orgId: organizationId });
  });

  it("serves MCP at a spend key's URL and by Bearer", async () => {
    const { key } = await createKey(admin, "spend");
    for (const answer of [await mcp(`/${key}/mcp`), await mcp("/mcp", initialize, authorization(key))]) {
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('"serverInfo"');
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  it("makes no organization in a region that the platform does not offer", async () => {
    // Only Cloudflare has jurisdictions; workerd refuses them, and nothing else may hold that organization's data.
    const init = post(JSON.stringify({ name: "EU", mode: "live", region: "eu" }), authorization(env.OPERATOR_TOKEN!));
    const answer = await send("/operator/organizations", init);
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: "region_not_available" });
    expect(await env.DB.prepare("SELECT id FROM organizations WHERE name = 'EU'").first()).toBeNull();
  });
});

describe("keys that the object refuses", () => {
  it("answers 404, 410 and never 401 or 403 on the MCP path; 401 and 403 on REST", async () => {
    const { id, key } = await createKey(admin, "spend");
    const read = await createKey(admin, "read");
    const unknown = testKey(env.KEY_SIGNING_SECRETS).key;

    const wrongRole = await mcp(`/${read.key}/mcp`);
    expect(wrongRole.status).toBe(404);
    expect(await rpcError(wrongRole)).toMatchObject({
      code: -32001,
      id: 7,
      message: expect.stringContaining("spend key"),
    });
    expect(await problemOf(await send("/api/v1/keys", { headers: authorization(key) }))).toMatchObject({ status: 403 });

    expect((await send(`/api/v1/keys/${id}/revoke`, { method: "POST", headers: authorization(admin) })).status).toBe(
      200,
    );
    const revoked = await mcp(`/${key}/mcp`);
    expect(revoked.status).toBe(410);
    expect(await rpcError(revoked)).toMatchObject({ code: -32001, id: 7 });
    const onRest = await send("/api/v1/keys", { headers: authorization(key) });
    expect(await problemOf(onRest)).toMatchObject({ status: 401 });
    expect(onRest.headers.get("www-authenticate")).toMatch(/^Bearer/);

    // A tag that verifies for an organization that was never provisioned.
    expect((await mcp(`/${unknown}/mcp`)).status).toBe(404);
    expect(await problemOf(await send("/api/v1/keys", { headers: authorization(unknown) }))).toMatchObject({
      status: 401,
    });
  });

  it("answers a listen only for a spend key that is valid now", async () => {
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const listen = (path: string) =>
      mcp(path, rpc("subscriptions/listen", { notifications: {}, _meta }), {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "subscriptions/listen",
      });
    const { id, key } = await createKey(admin, "spend");
    const answer = await listen(`/${key}/mcp`);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(await answer.text()).toContain("acknowledged");
    expect((await listen(`/${admin}/mcp`)).status).toBe(404);
    await send(`/api/v1/keys/${id}/revoke`, { method: "POST", headers: authorization(admin) });
    expect((await listen(`/${key}/mcp`)).status).toBe(410);
  });
});

describe("limits of the platform's own request", () => {
  it("counts a body in workerd too, at the cap and one byte above", async () => {
    const { key } = await createKey(admin, "spend");
    const sized = (bytes: number) => {
      const frame = rpc("ping", { pad: "" });
      return rpc("ping", { pad: "p".repeat(bytes - frame.length) });
    };
    expect((await mcp(`/${key}/mcp`, sized(LIMITS.requestBodyBytes))).status).toBe(200);
    expect((await mcp(`/${key}/mcp`, sized(LIMITS.requestBodyBytes + 1))).status).toBe(413);
  });

  it("checks the Host that was called", async () => {
    const answer = await main.fetch(new Request("https://evil.test/healthz"));
    expect(answer.status).toBe(403);
    expect((await send("/healthz", { headers: { origin: "https://evil.test" } })).status).toBe(403);
    expect((await send("/healthz")).status).toBe(200);
  });
});

describe("the other handlers", () => {
  it("sweeps the organizations that waited the longest, and survives one that was never provisioned", async () => {
    await env.DB.prepare(
      "INSERT INTO organizations (id, name, mode, region, timezone, created_at) VALUES ('org_broken', 'x', 'test', 'mars', 'UTC', 0)",
    ).run();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const context = createExecutionContext();
    const scheduledTime = new Date(1_900_000_000_000);
    await worker.scheduled(createScheduledController({ scheduledTime, cron: "*/5 * * * *" }), env);
    await waitOnExecutionContext(context);
    vi.restoreAllMocks();
    const { results } = await env.DB.prepare("SELECT DISTINCT swept_at FROM organizations").all();
    expect(results).toEqual([{ swept_at: 1_900_000_000_000 }]);
  });

  it("retries queue messages of an unknown kind", async () => {
    const batch = createMessageBatch("quetra-webhooks", [
      { id: "m1", timestamp: new Date(), attempts: 1, body: { kind: "new" } },
    ]);
    const context = createExecutionContext();
    worker.queue(batch, env, context);
    const result = await getQueueResult(batch, context);
    expect(result.retryMessages.map(({ msgId }) => msgId)).toEqual(["m1"]);
    expect(result.explicitAcks).toEqual([]);
  });

  it("has an object that a stub reaches by the organization's id", async () => {
    const id = env.ORGANIZATION.idFromName(organizationId);
    expect(id.name).toBe(organizationId);
    await expect(organizationStub(env, organizationId, 0).sweep()).resolves.toBeUndefined();
  });
});
