import { createExecutionContext, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { parseKey } from "../../src/keys/format.ts";
import { parseSigningSecrets } from "../../src/keys/signing-secrets.ts";
import { writeCaller } from "../../src/mcp/caller.ts";
import { Organization } from "../../src/organization/organization.ts";
import {
  type ConnectedClient,
  connectAuto,
  connectLegacyV1,
  connectLegacyV2,
  connectModern,
  type FetchLike,
} from "../support/mcp-clients.ts";
import { purchase, TOOL_NAMES } from "../support/samples.ts";
import { api, newAgent, newOrganization, ORIGIN, type TestOrganization } from "../support/service.ts";
import { comparable, LEGACY_HEADERS, message, messagesOf, modern, modernHeaders, raw } from "../support/wire.ts";

/** Real clients against the real Worker and the real object. */

const CLIENTS = [
  ["SDK 2, 2026-07-28", connectModern, "modern"],
  ["SDK 2, negotiating", connectAuto, "modern"],
  ["SDK 2, initialize", connectLegacyV2, "legacy"],
  ["SDK 1", connectLegacyV1, "legacy"],
] as const;

const reach: FetchLike = (input, init) => exports.default.fetch(new Request(input, init));
const urlOf = (key: string) => `${ORIGIN}/${key}/mcp`;

let organization: TestOrganization;
let agent: string;
beforeAll(async () => {
  organization = await newOrganization();
  ({ agent } = await newAgent(organization, { budgets: [{ period: "daily", limit: 100_000 }] }));
});

const post = (path: string, body: unknown, headers: Record<string, string> = LEGACY_HEADERS) =>
  raw(path, { method: "POST", headers, body: JSON.stringify(body) });
const list = modern("tools/list");
const listHeaders = modernHeaders("tools/list");
const listen = modern("subscriptions/listen", { notifications: {} });
const listenHeaders = modernHeaders("subscriptions/listen");

const newKey = async (role: string): Promise<{ id: string; key: string }> =>
  (await api(organization.admin, "POST", "/keys", { name: role, role })).body;

describe.each(CLIENTS)("client %s", (_name, connect, era) => {
  let open: ConnectedClient | undefined;
  afterEach(() => open?.close());

  it("makes a purchase from the first look to the history, with the object evicted in between", async () => {
    const client = await connect(urlOf(organization.spend), reach);
    open = client;
    expect(client.era).toBe(era);
    expect((await client.listTools()).map(({ name }) => name)).toEqual([...TOOL_NAMES]);
    const call = async (name: string, args: Record<string, unknown>) => {
      const answer = await client.callTool(name, args);
      expect(answer.isError, answer.text).toBe(false);
      expect(answer.text).toBe(JSON.stringify(answer.structured));
      // biome-ignore lint/suspicious/noExplicitAny: JSON of every shape
      return answer.structured as any;
    };
    const { agents } = await call("quetra_list_agents", {});
    expect(agents[0]).toMatchObject({ id: agent, mandate: { currency: "USD" } });
    expect(await call("quetra_can_spend", purchase(agent))).toMatchObject({ outcome: "approved" });
    const args = { ...purchase(agent), idempotency_key: crypto.randomUUID() };
    const held = await call("quetra_evaluate", args);
    expect(held).toMatchObject({ outcome: "approved", replayed: false });
    await evictDurableObject(organization.stub);
    expect(await call("quetra_evaluate", args)).toMatchObject({ transaction_id: held.transaction_id, replayed: true });
    const settled = { agent_id: agent, transaction_id: held.transaction_id, amount_charged: 1 };
    expect((await call("quetra_settle", settled)).transaction.status).toBe("completed");
    const history = await call("quetra_transactions", { agent_id: agent, limit: 1 });
    expect(history.transactions[0]).toMatchObject({ id: held.transaction_id, amount_settled: 1 });
    expect(await call("quetra_evaluate", { ...args, amount: 500, idempotency_key: "no" })).toMatchObject({
      outcome: "rejected",
    });
    const unknown = await client.callTool("quetra_check_budget", { agent_id: "agt_no" });
    expect([unknown.isError, unknown.text.split(":")[0]]).toEqual([true, "agent_not_found"]);
  });

  it("shows a person what is wrong with the key", async () => {
    const revoked = await newKey("spend");
    await api(organization.admin, "POST", `/keys/${revoked.id}/revoke`, {});
    // A client pinned to one revision reports only that it could not agree on it.
    const says = (text: RegExp) => (connect === connectModern ? /negotiation failed/ : text);
    await expect(connect(urlOf(revoked.key), reach)).rejects.toThrow(says(/revoked or has expired/));
    await expect(connect(urlOf(`${organization.spend.slice(0, -1)}-`), reach)).rejects.toThrow(says(/not known/));
    await expect(connect(urlOf(organization.read), reach)).rejects.toThrow(says(/needs a spend key/));
  });

  it("finds out within a session that its key was revoked", async () => {
    const { id, key } = await newKey("spend");
    open = await connect(urlOf(key), reach);
    await api(organization.admin, "POST", `/keys/${id}/revoke`, {});
    await expect(open.callTool("quetra_list_agents", {})).rejects.toThrow(/revoked or has expired/);
  });
});

describe("the tool list as served", () => {
  it.each([
    ["2026-07-28", list, listHeaders],
    ["2025-11-25", message("tools/list"), LEGACY_HEADERS],
  ])("fits into 16,384 bytes with all descriptions under 2 KB (%s)", async (_era, body, headers) => {
    const answer = await post(`/${organization.spend}/mcp`, body, headers);
    expect(new TextEncoder().encode(answer.text).length).toBeLessThanOrEqual(16_384);
    const { tools } = messagesOf(answer)[0]!.result as { tools: { name: string; description: string }[] };
    expect(tools).toHaveLength(TOOL_NAMES.length);
    for (const { description } of tools) expect(new TextEncoder().encode(description).length).toBeLessThan(2_048);
  });
});

describe("keys on the wire", () => {
  it("404 unknown, 410 revoked, 404 of another role, each as a JSON-RPC error with the id of the request", async () => {
    const revoked = await newKey("spend");
    await api(organization.admin, "POST", `/keys/${revoked.id}/revoke`, {});
    const cut = `${organization.spend.slice(0, -1)}${organization.spend.endsWith("A") ? "B" : "A"}`;
    for (const [key, status] of [
      [cut, 404],
      ["$\u007bQUETRA_KEY}", 404],
      [revoked.key, 410],
      [organization.admin, 404],
    ] as const) {
      for (const answer of [
        await post(`/${encodeURIComponent(key)}/mcp`, list, listHeaders),
        await post("/mcp", list, { ...listHeaders, authorization: `Bearer ${key}` }),
        await post(`/${encodeURIComponent(key)}/mcp`, message("initialize", {}, 7)),
        await post(`/${encodeURIComponent(key)}/mcp`, listen, listenHeaders),
      ]) {
        expect(answer.status, answer.text).toBe(status);
        expect(JSON.parse(answer.text)).toEqual({
          jsonrpc: "2.0",
          id: 7,
          error: { code: -32001, message: expect.any(String) },
        });
        expect(answer.headers.has("www-authenticate")).toBe(false);
        expect(answer.text).not.toContain(key);
      }
    }
  });

  it("by Bearer are the same as in the path; both may be there if they agree, 400 if not", async () => {
    const { spend } = organization;
    const bearer = { authorization: `Bearer ${spend}` };
    const evaluate = modern("tools/call", {
      name: "quetra_evaluate",
      arguments: { ...purchase(agent), idempotency_key: "wire" },
    });
    const evaluateHeaders = modernHeaders("tools/call", "quetra_evaluate");
    await post(`/${spend}/mcp`, evaluate, evaluateHeaders);
    for (const [body, headers] of [
      [list, listHeaders],
      [evaluate, evaluateHeaders],
      [message("tools/list"), LEGACY_HEADERS],
    ] as const) {
      const inPath = comparable(await post(`/${spend}/mcp`, body, headers));
      expect(comparable(await post("/mcp", body, { ...headers, ...bearer }))).toBe(inPath);
      expect(comparable(await post(`/${spend}/mcp`, body, { ...headers, ...bearer }))).toBe(inPath);
    }
    const other = (await newKey("spend")).key;
    const differ = await post(`/${spend}/mcp`, list, { ...listHeaders, authorization: `Bearer ${other}` });
    expect([differ.status, JSON.parse(differ.text).error.code]).toEqual([400, -32001]);
    expect((await post("/mcp", list, listHeaders)).status).toBe(400);
  });

  it("lead no client into an OAuth discovery", async () => {
    const paths = [
      "/.well-known/oauth-protected-resource",
      "/.well-known/oauth-authorization-server",
      "/.well-known/openid-configuration",
      "/register",
      "/authorize",
      "/token",
    ];
    for (const path of paths.flatMap((one) => [one, `${one}/x`, `/${organization.spend}${one}`, `/mcp${one}`])) {
      for (const method of ["GET", "POST"]) {
        const answer = await raw(path, { method });
        expect([path, answer.status]).toEqual([path, 404]);
        expect(answer.headers.has("www-authenticate")).toBe(false);
      }
    }
  });
});

describe("throttled", () => {
  it("by the edge: 429 with Retry-After and a JSON-RPC error", async () => {
    const { key } = await newKey("spend");
    const slow = { ...env, TEST_THROTTLE_FACTOR: "0.001" } as unknown as Env;
    const ask = () =>
      worker.fetch(
        new Request(urlOf(key), { method: "POST", headers: listHeaders, body: JSON.stringify(list) }) as never,
        slow,
        createExecutionContext(),
      );
    await ask();
    await ask();
    const answer = await ask();
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ jsonrpc: "2.0", id: 7, error: { code: -32002 } });
  });

  it("by the object: the same for a key, and an answer that a model can read for an agent", async () => {
    const separate = await newOrganization();
    const { agent: slowed } = await newAgent(separate);
    const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
    const parsed = signing.ok ? parseKey(separate.spend, signing.value) : signing;
    if (!parsed.ok) throw new Error(parsed.error);
    const { keyId: key_id, secretHash: secret_hash } = parsed.value;
    const args = { ...purchase(slowed), idempotency_key: "slow" };
    const call = () => {
      const headers = new Headers(modernHeaders("tools/call", "quetra_evaluate"));
      writeCaller(headers, { key_id, secret_hash, request_id: "req_slow", country: null });
      const body = JSON.stringify(modern("tools/call", { name: "quetra_evaluate", arguments: args }));
      return new Request(`${ORIGIN}/mcp`, { method: "POST", headers, body });
    };
    // A second instance over the same storage, with throttles so small that the key's third call is one too many.
    const answers = await runInDurableObject(separate.stub, async (_instance, state) => {
      const slow = new Organization(state, { ...env, TEST_THROTTLE_FACTOR: "0.0025" } as unknown as Env);
      const given: { status: number; retry: string | null; body: Record<string, never> }[] = [];
      for (let index = 0; index < 4; index++) {
        const answer = await slow.fetch(call());
        given.push({ status: answer.status, retry: answer.headers.get("retry-after"), body: await answer.json() });
      }
      return given;
    });
    expect(answers[0]).toMatchObject({
      status: 200,
      body: {
        result: { isError: true, content: [{ text: expect.stringMatching(/^too_many_requests: .*can be repeated/) }] },
      },
    });
    expect(answers[3]).toMatchObject({
      status: 429,
      retry: expect.stringMatching(/^\d+$/),
      body: { id: 7, error: { code: -32002 } },
    });
  });
});

describe("what clients accept", () => {
  const variants = [
    "*/*",
    "application/json",
    "text/event-stream",
    "application/json, text/event-stream",
    "text/html",
    undefined,
  ];
  it.each(variants)("Accept: %s is answered in both eras", async (accept) => {
    const initialize = message("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "a", version: "1" },
    });
    for (const [body, headers] of [
      [list, listHeaders],
      [message("tools/list"), LEGACY_HEADERS],
      [initialize, LEGACY_HEADERS],
    ] as const) {
      const { accept: _, ...rest } = headers;
      const answer = await post(`/${organization.spend}/mcp`, body, accept === undefined ? rest : { ...rest, accept });
      expect(answer.status).toBe(200);
      expect(messagesOf(answer)[0]).toMatchObject({ jsonrpc: "2.0", id: 7, result: expect.any(Object) });
      const streams = accept === "text/event-stream" && body !== list;
      expect(answer.headers.get("content-type")).toContain(streams ? "text/event-stream" : "application/json");
    }
  });

  it.each(["GET", "DELETE", "PUT", "PATCH"])("%s gets 405 with a JSON-RPC error", async (method) => {
    const answer = await raw(`/${organization.spend}/mcp`, { method });
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([405, -32000]);
  });
});

describe("subscriptions/listen", () => {
  it("is acknowledged and closed, and leaves the object free to go", async () => {
    const { spend, stub } = await newOrganization();
    const served = vi.spyOn(Organization.prototype, "fetch");
    const init = { method: "POST", headers: listenHeaders, body: JSON.stringify(listen) };
    const open = await Promise.all(Array.from({ length: 20 }, () => reach(urlOf(spend), init)));
    // Nobody has read these answers yet. An object that still served them could not be evicted at once.
    const started = performance.now();
    await evictDurableObject(stub);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(served).not.toHaveBeenCalled();
    for (const { status, headers, body } of open) {
      const frames = messagesOf({ status, headers, text: await new Response(body).text() });
      const kinds = frames.map(({ method, result }) => method ?? (result as { resultType: string }).resultType);
      expect(kinds).toEqual(["notifications/subscriptions/acknowledged", "complete"]);
    }
    await post(`/${spend}/mcp`, list, listHeaders);
    expect(served).toHaveBeenCalledOnce();
    served.mockRestore();
  });
});
