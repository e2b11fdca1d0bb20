import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { authorization, edge, HOST, post, problemOf, ROUTES_FOR_TESTS, testKey } from "../support.ts";

const api = () => {
  const key = testKey();
  const it = edge({ routes: ROUTES_FOR_TESTS });
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    it.send(`/api/v1${path}`, {
      method,
      headers: {
        ...authorization(key.key),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return { ...it, key, call };
};

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a REST call", () => {
  it("reaches the object validated, with the caller", async () => {
    const { send, organization, key } = api();
    organization.onApi = () => ({
      status: 201,
      body: { id: "agt_1" },
      headers: { etag: '"1"', location: "/api/v1/agents/agt_1" },
    });
    const answer = await send("/api/v1/agents", {
      ...post(JSON.stringify({ name: "Buyer" }), {
        ...authorization(key.key),
        "idempotency-key": "k-1",
        "x-quetra-country": "US",
      }),
      cf: { country: "FR" },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(await answer.json()).toEqual({ id: "agt_1" });
    expect(organization.calls).toEqual([
      {
        caller: {
          key_id: key.keyId,
          secret_hash: key.secretHash,
          request_id: answer.headers.get("x-request-id"),
          country: "FR",
          origin: `https://${HOST}`,
        },
        call: {
          route: "createAgent",
          params: {},
          query: {},
          body: { name: "Buyer" },
          if_match: null,
          idempotency_key: "k-1",
        },
      },
    ]);
  });

  it("takes the key as the first path segment too, and refuses two that differ", async () => {
    const { send, key } = api();
    expect((await send(`/${key.key}/api/v1/agents`)).status).toBe(200);
    expect((await send(`/${key.key}/api/v1/agents`, { headers: authorization(key.key) })).status).toBe(200);
    const two = await send(`/${key.key}/api/v1/agents`, { headers: authorization(testKey().key) });
    expect(two.status).toBe(400);
    expect(await problemOf(two)).toMatchObject({ code: "key_conflict" });
  });

  it("answers 401 with a challenge to no key, a garbage key and a key that the object refuses", async () => {
    const { send, call, organization } = api();
    for (const headers of [{}, authorization("garbage"), authorization(testKey(`t1:${"f".repeat(32)}`).key)]) {
      const answer = await send("/api/v1/agents", { headers: headers as Record<string, string> });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
      await problemOf(answer);
    }
    expect(organization.woken).toBe(0);
    organization.onApi = () => ({ status: 401, body: { code: "key_unknown", detail: "This key is not known." } });
    const refused = await call("GET", "/agents");
    expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer/);
    await problemOf(refused);
  });

  it("reads parameters of path and query through the schema", async () => {
    const { call, organization } = api();
    await call("GET", "/agents?limit=5&status=active");
    await call("GET", "/agents");
    await call("GET", "/agents/agt_%C3%A9");
    expect(organization.calls.map(({ call }) => [call.route, call.params, call.query, call.body])).toEqual([
      ["listAgents", {}, { limit: 5, status: "active" }, null],
      ["listAgents", {}, { limit: 20 }, null],
      ["getAgent", { agent_id: "agt_é" }, {}, null],
    ]);
  });

  it.each([
    ["/agents?limit=0", "/limit"],
    ["/agents?limit=101", "/limit"],
    ["/agents?status=gone", "/status"],
    ["/agents?status=active&status=suspended", "/status"],
    ["/agents?statsu=active", "/statsu"],
    ["/agents/agt_1?verbose=1", ""],
  ])("answers 400 to %s", async (path, pointer) => {
    const { call, organization } = api();
    const answer = await call("GET", path);
    expect(answer.status).toBe(400);
    expect(await problemOf(answer)).toMatchObject({ code: "invalid_request", errors: [{ in: "query", pointer }] });
    expect(organization.woken).toBe(0);
  });

  it("points at the field that is wrong", async () => {
    const { call } = api();
    const answer = await call("POST", "/agents", { name: "", tags: ["ok", "too long"], extra: 1 });
    expect(answer.status).toBe(400);
    const { errors } = (await problemOf(answer)) as { errors: { pointer: string; message: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(["/extra", "/name", "/tags/1"]);
    for (const { message } of errors) expect(message).not.toBe("");
  });

  it("refuses what is no JSON, has no or another media type, or is too large", async () => {
    const { call, send, key, organization } = api();
    expect(await problemOf(await call("POST", "/agents", "{"))).toMatchObject({ status: 400, code: "malformed_json" });
    expect(await problemOf(await call("POST", "/agents", "[".repeat(100)))).toMatchObject({
      status: 400,
      code: "malformed_json",
    });
    for (const type of ["text/plain", "application/json, application/json"]) {
      const answer = await call("POST", "/agents", { name: "x" }, { "content-type": type });
      expect(await problemOf(answer)).toMatchObject({ status: 415 });
    }
    const untyped = await send("/api/v1/agents", {
      method: "POST",
      headers: authorization(key.key),
      body: new TextEncoder().encode('{"name":"x"}'),
    });
    expect(untyped.status).toBe(415);
    expect(await problemOf(await call("POST", "/agents", `"${"x".repeat(LIMITS.requestBodyBytes)}"`))).toMatchObject({
      status: 413,
    });
    expect(organization.woken).toBe(0);
  });

  it("does not take __proto__ for a field", async () => {
    const { call, organization } = api();
    const answer = await call("POST", "/agents", '{"name":"x","__proto__":{"admin":true}}');
    if (answer.status === 200) expect(Object.getPrototypeOf(organization.calls[0]!.call.body)).toBe(Object.prototype);
    else expect(answer.status).toBe(400);
  });

  it("takes no body for an empty object", async () => {
    const { call, organization } = api();
    expect((await call("POST", "/agents/agt_1/suspend")).status).toBe(200);
    expect(organization.calls[0]!.call).toMatchObject({
      route: "suspendAgent",
      params: { agent_id: "agt_1" },
      body: {},
    });
    expect((await call("POST", "/agents")).status).toBe(400);
  });

  it("wants an Idempotency-Key where money moves", async () => {
    const { call, organization } = api();
    expect(await problemOf(await call("POST", "/evaluate", { amount: 1 }))).toMatchObject({
      status: 400,
      code: "idempotency_key_required",
    });
    for (const bad of ["", "a b", "x".repeat(LIMITS.idempotencyKeyChars + 1)]) {
      const answer = await call("POST", "/evaluate", { amount: 1 }, { "idempotency-key": bad });
      expect(await problemOf(answer)).toMatchObject({
        status: 400,
        errors: [{ in: "header", pointer: "/Idempotency-Key" }],
      });
    }
    expect(organization.woken).toBe(0);
    const key = "x".repeat(LIMITS.idempotencyKeyChars);
    expect((await call("POST", "/evaluate", { amount: 1 }, { "idempotency-key": key })).status).toBe(200);
    expect(organization.calls[0]!.call.idempotency_key).toBe(key);
  });

  it("wants If-Match for an edit, and hands over the version without quotes", async () => {
    const { call, organization } = api();
    expect(await problemOf(await call("PATCH", "/mandates/m", { name: "x" }))).toMatchObject({
      status: 428,
      code: "if_match_required",
    });
    for (const bad of ["*", 'W/"3"', '"3", "4"', '"', ""]) {
      const answer = await call("PATCH", "/mandates/m", { name: "x" }, { "if-match": bad });
      expect(await problemOf(answer)).toMatchObject({ status: 400, errors: [{ in: "header", pointer: "/If-Match" }] });
    }
    expect(organization.woken).toBe(0);
    await call("PATCH", "/mandates/m", { name: "x" }, { "if-match": '"3"' });
    await call("PATCH", "/mandates/m", { name: "x" }, { "if-match": "3" });
    expect(organization.calls.map(({ call }) => call.if_match)).toEqual(["3", "3"]);
  });
});

describe("routing", () => {
  it("prefers a fixed segment to a parameter, whatever the order of the table", async () => {
    const { call, organization } = api();
    organization.onApi = () => ({ status: 200, body: "id,name\r\n", headers: { "content-disposition": "attachment" } });
    const answer = await call("GET", "/agents/export");
    expect(organization.calls[0]!.call.route).toBe("exportAgents");
    expect(answer.headers.get("content-type")).toBe("text/csv");
    expect(answer.headers.get("content-disposition")).toBe("attachment");
    expect(await answer.text()).toBe("id,name\r\n");
  });

  it("answers 405 with Allow to a wrong method and 404 to an unknown path", async () => {
    const { call, organization } = api();
    const wrong = await call("DELETE", "/agents");
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("GET, HEAD, POST");
    await problemOf(wrong);
    expect((await call("PUT", "/mandates/m", {})).headers.get("allow")).toBe("PATCH");
    for (const path of ["/nothing", "/agents/a/b/c", ""]) {
      expect(await problemOf(await call("GET", path))).toMatchObject({ status: 404, code: "not_found" });
    }
    expect(organization.woken).toBe(0);
  });
});

describe("answers of the object", () => {
  it("become problem documents", async () => {
    const { call, organization } = api();
    organization.onApi = () => ({
      status: 409,
      body: { code: "conflict", detail: "Taken.", version: 4, errors: [{ pointer: "/name", message: "Taken." }] },
      headers: { etag: '"4"' },
    });
    const answer = await call("POST", "/agents", { name: "x" });
    expect(answer.headers.get("etag")).toBe('"4"');
    expect(await problemOf(answer)).toMatchObject({
      title: "Conflict",
      code: "conflict",
      version: 4,
      errors: [{ pointer: "/name", message: "Taken." }],
    });
  });

  it("are repeated once for a read that the platform calls retryable, never for a write", async () => {
    const { call, organization } = api();
    organization.onApi = () => {
      throw Object.assign(new Error("Network connection lost."), { retryable: true });
    };
    const read = await call("GET", "/agents");
    expect(organization.woken).toBe(2);
    expect(await problemOf(read)).toMatchObject({ status: 503, code: "unavailable" });
    expect(read.headers.get("retry-after")).toBe("1");
    await call("POST", "/agents", { name: "x" });
    expect(organization.woken).toBe(3);
  });

  it("are generic when the object threw", async () => {
    const { call, organization } = api();
    organization.onApi = () => {
      throw new Error("SELECT secret");
    };
    const problem = await problemOf(await call("GET", "/agents"));
    expect(problem).toMatchObject({ status: 500, code: "internal" });
    expect(JSON.stringify(problem)).not.toContain("SELECT");
  });
});

describe("floods", () => {
  it("share one count with the MCP path", async () => {
    const { send } = edge({
      routes: ROUTES_FOR_TESTS,
      env: { TEST_THROTTLE_FACTOR: String(1 / LIMITS.requestsPerKeyPerMinute) },
    });
    const { key } = testKey();
    expect((await send("/api/v1/agents", { headers: authorization(key) })).status).toBe(200);
    const answer = await send(`/${key}/api/v1/agents`);
    expect(await problemOf(answer)).toMatchObject({ status: 429, code: "throttled" });
    expect(answer.headers.get("retry-after")).toBe("60");
  });
});
