import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { authorization, edge, HOST, post, problemOf, rpc, rpcError, testKey } from "./support.ts";

const list = post(rpc("tools/list"));
const pay = post(rpc("tools/call", { name: "quetra_evaluate", arguments: {} }));

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("keys on the MCP path", () => {
  it("answers through the object, by key in the path and by Bearer", async () => {
    const { send, organization } = edge();
    const key = testKey();
    for (const answer of [
      await send(`/${key.key}/mcp`, list),
      await send(`/${key.key}/mcp/`, list),
      await send("/mcp", post(rpc("tools/list"), authorization(key.key))),
      await send(`/${key.key}/mcp`, post(rpc("tools/list"), authorization(key.key))),
    ]) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
    }
    expect(organization.stubs).toHaveLength(4);
    expect(organization.stubs[0]).toEqual({ orgId: key.orgId, region: 0 });
  });

  it("answers 404 with -32001 and the id of the request to any key that it did not sign, and wakes nothing", async () => {
    const { send, organization } = edge();
    const foreign = testKey(`t1:${"f".repeat(32)}`).key;
    const key = testKey().key;
    const flipped = key.slice(0, -1) + (key.endsWith("A") ? "B" : "A");
    for (const bad of ["x", "%24%7BKEY%7D", "sk_quetra_test_", foreign, flipped, key.replace("_test_", "_live_")]) {
      const answer = await send(`/${bad}/mcp`, list);
      expect(answer.status).toBe(404);
      expect(await rpcError(answer)).toEqual({ code: -32001, id: 7, message: expect.stringContaining("Copy the URL") });
    }
    expect((await send("/mcp", post(rpc("tools/list"), authorization(foreign)))).status).toBe(404);
    expect(organization.woken).toBe(0);
  });

  it("answers 400 without a key, also to the URL that an empty variable makes", async () => {
    const { send, organization } = edge();
    for (const path of ["/mcp", "//mcp"]) {
      const answer = await send(`https://${HOST}${path}`, list);
      expect(answer.status).toBe(400);
      expect(await rpcError(answer)).toMatchObject({
        code: -32001,
        id: 7,
        message: expect.stringContaining("needs a key"),
      });
    }
    expect(organization.woken).toBe(0);
  });

  it("answers 400 when path and header name different keys", async () => {
    const { send, organization } = edge();
    const answer = await send(`/${testKey().key}/mcp`, post(rpc("tools/list"), authorization(testKey().key)));
    expect(answer.status).toBe(400);
    expect((await rpcError(answer)).message).toContain("differ");
    expect(organization.woken).toBe(0);
  });

  it.each([404, 410, 429])("passes on the object's own %i", async (status) => {
    const { send, organization } = edge();
    organization.onFetch = () =>
      Response.json(
        { jsonrpc: "2.0", id: 7, error: { code: -32001, message: "from the object" } },
        { status, headers: { "retry-after": "9" } },
      );
    const answer = await send(`/${testKey().key}/mcp`, list);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("retry-after")).toBe("9");
    expect((await rpcError(answer)).message).toBe("from the object");
  });

  it("fails closed when no signing secret is set, and tells the reason to the log alone", async () => {
    for (const secrets of [undefined, "", "t1:short"]) {
      const { send, organization } = edge({ env: { KEY_SIGNING_SECRETS: secrets as string } });
      const answer = await send(`/${testKey().key}/mcp`, list);
      expect(answer.status).toBe(503);
      expect((await rpcError(answer)).message).not.toContain("KEY_SIGNING_SECRETS");
      expect(organization.woken).toBe(0);
    }
    expect(vi.mocked(console.error).mock.calls.flat().join()).toContain("KEY_SIGNING_SECRETS");
  });

  it("never answers 401 or 403 for a key, whatever is wrong with it", async () => {
    const { send } = edge();
    for (const headers of [
      {},
      authorization("garbage"),
      { authorization: "Basic Zm9vOmJhcg==" },
      { authorization: "Bearer" },
    ]) {
      for (const path of ["/mcp", "/garbage/mcp"]) {
        expect([400, 404]).toContain((await send(path, post(rpc("initialize"), headers))).status);
      }
    }
  });
});

describe("shape of an MCP request", () => {
  it.each(["GET", "DELETE", "PUT", "PATCH", "HEAD"])("answers 405 to %s without waking the object", async (method) => {
    const { send, organization } = edge();
    const answer = await send(`/${testKey().key}/mcp`, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST, OPTIONS");
    if (method !== "HEAD") expect(await rpcError(answer)).toMatchObject({ code: -32000, id: null });
    expect(organization.woken).toBe(0);
  });

  it.each([["text/plain"], ["application/json, text/plain"], ["application/jsonx"], ["multipart/form-data"]])(
    "answers 415 to %s",
    async (type) => {
      const { send, organization } = edge();
      const answer = await send(`/${testKey().key}/mcp`, post(rpc("tools/list"), { "content-type": type }));
      expect(answer.status).toBe(415);
      await rpcError(answer);
      expect(organization.woken).toBe(0);
    },
  );

  it("takes application/json with parameters, in any case", async () => {
    const { send } = edge();
    const answer = await send(
      `/${testKey().key}/mcp`,
      post(rpc("tools/list"), { "content-type": "Application/JSON; charset=utf-8" }),
    );
    expect(answer.status).toBe(200);
  });

  it("answers 400 -32700 to what is no JSON, no UTF-8, or nests too deep", async () => {
    const { send, organization } = edge();
    const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    for (const body of ["", "{", "nul", new Uint8Array([0x22, 0xff, 0x22]), deep(65), deep(30_000)]) {
      const answer = await send(`/${testKey().key}/mcp`, post(body as BodyInit));
      expect(answer.status).toBe(400);
      expect(await rpcError(answer)).toMatchObject({ code: -32700, id: null });
    }
    expect(organization.woken).toBe(0);
    expect((await send(`/${testKey().key}/mcp`, post(deep(64)))).status).toBe(200);
  });

  it("takes a body of exactly the cap and refuses one byte more", async () => {
    const { send, organization } = edge();
    const path = `/${testKey().key}/mcp`;
    const sized = (bytes: number) => {
      const frame = rpc("x", { pad: "" });
      return rpc("x", { pad: "p".repeat(bytes - frame.length) });
    };
    expect((await send(path, post(sized(LIMITS.requestBodyBytes)))).status).toBe(200);
    expect(await organization.requests[0]!.text()).toHaveLength(LIMITS.requestBodyBytes);
    const answer = await send(path, post(sized(LIMITS.requestBodyBytes + 1)));
    expect(answer.status).toBe(413);
    await rpcError(answer);
    expect(organization.woken).toBe(1);
  });

  it("refuses a URL above its limit", async () => {
    const { send } = edge();
    const url = (bytes: number) => {
      const base = `https://${HOST}/x/mcp?`;
      return base + "q".repeat(bytes - base.length);
    };
    expect((await send(url(LIMITS.urlBytes), list)).status).toBe(404);
    expect((await send(url(LIMITS.urlBytes + 1), list)).status).toBe(414);
  });
});

describe("what reaches the object", () => {
  it("is the same body at /mcp, with the caller in our headers and nothing of the client's that could carry a key", async () => {
    const { send, organization } = edge();
    const key = testKey();
    const body = rpc("tools/call", { name: "quetra_evaluate" });
    await send(`/${key.key}/mcp?token=${key.key}`, {
      ...post(body, {
        ...authorization(key.key),
        accept: "application/json",
        cookie: `session=${key.key}`,
        referer: `https://${HOST}/${key.key}/mcp`,
        origin: `https://${HOST}`,
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "quetra_evaluate",
        "x-forwarded-for": "1.2.3.4",
        "x-quetra-key-id": "key_forged",
        "x-quetra-secret-hash": "forged",
        "x-quetra-request-id": "forged",
        "x-quetra-country": "US",
        "X-Quetra-Role": "admin",
      }),
      cf: { country: "DE" },
    });
    const request = organization.requests[0]!;
    expect(request.url).toBe(`https://${HOST}/mcp`);
    expect(request.method).toBe("POST");
    expect(await request.text()).toBe(body);
    expect(Object.fromEntries(request.headers)).toEqual({
      accept: "application/json",
      "content-type": "application/json",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "quetra_evaluate",
      "x-quetra-key-id": key.keyId,
      "x-quetra-secret-hash": key.secretHash,
      "x-quetra-request-id": expect.stringMatching(/^req_[0-9A-Za-z]{17}$/),
      "x-quetra-country": "DE",
      "x-quetra-origin": `https://${HOST}`,
    });
  });

  it.each([undefined, {}, { country: "T1" }, { country: "XX" }, { country: "de" }, { country: 7 }, { country: null }])(
    "names no country when the platform gives %j, whatever the client claims",
    async (cf) => {
      const { send, organization } = edge();
      await send(`/${testKey().key}/mcp`, {
        ...post(rpc("tools/list"), { "x-quetra-country": "US", "cf-ipcountry": "US" }),
        cf,
      });
      expect(organization.requests[0]!.headers.has("x-quetra-country")).toBe(false);
    },
  );
});

describe("when the object fails", () => {
  const failing = (marks: object) => () => {
    throw Object.assign(new Error("storage exploded at sk_quetra_test_abc"), marks);
  };

  it("repeats a read once with a fresh stub, and a spending call never", async () => {
    const { send, organization } = edge();
    organization.onFetch = failing({ retryable: true });
    expect((await send(`/${testKey().key}/mcp`, list)).status).toBe(503);
    expect(organization.woken).toBe(2);

    const answer = await send(`/${testKey().key}/mcp`, pay);
    expect(organization.woken).toBe(3);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await rpcError(answer)).toMatchObject({ id: 7, message: expect.stringContaining("same idempotency_key") });
  });

  it("recovers on the second attempt of a read", async () => {
    const { send, organization } = edge();
    organization.onFetch = () => {
      if (organization.woken === 1) failing({ retryable: true })();
      return Response.json({ fine: true });
    };
    expect((await send(`/${testKey().key}/mcp`, list)).status).toBe(200);
  });

  it("never repeats on overload, nor for a batch", async () => {
    const { send, organization } = edge();
    organization.onFetch = failing({ retryable: true, overloaded: true });
    const answer = await send(`/${testKey().key}/mcp`, list);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(organization.woken).toBe(1);
    organization.onFetch = failing({ retryable: true });
    await send(`/${testKey().key}/mcp`, post(`[${rpc("tools/list")},${rpc("tools/call")}]`));
    expect(organization.woken).toBe(2);
  });

  it("answers 500 with a request id, and neither the message nor a key, when the object threw", async () => {
    const { send, organization } = edge();
    organization.onFetch = failing({});
    const answer = await send(`/${testKey().key}/mcp`, pay);
    expect(answer.status).toBe(500);
    const { message } = await rpcError(answer);
    expect(message).toContain(answer.headers.get("x-request-id"));
    expect(message).not.toContain("exploded");
    expect(vi.mocked(console.error).mock.calls.flat().join()).not.toContain("sk_quetra_test_abc");
  });
});

describe("floods", () => {
  it("throttles a key after its limit, for that minute and that key only", async () => {
    const { send, organization, clock } = edge({ env: { TEST_THROTTLE_FACTOR: "0.01" } });
    const key = testKey();
    const limit = LIMITS.requestsPerKeyPerMinute / 100;
    for (let n = 0; n < limit; n++) expect((await send(`/${key.key}/mcp`, list)).status).toBe(200);
    clock.now += 15_000;
    const answer = await send(`/${key.key}/mcp`, list);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("45");
    expect(await rpcError(answer)).toMatchObject({ code: -32002, id: 7 });
    expect(organization.woken).toBe(limit);
    expect((await send(`/${testKey().key}/mcp`, list)).status).toBe(200);
    clock.now += 45_000;
    expect((await send(`/${key.key}/mcp`, list)).status).toBe(200);
  });
});

describe("subscriptions/listen", () => {
  const META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  };
  const listen = post(rpc("subscriptions/listen", { notifications: {}, _meta: META }, "s1"), {
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "subscriptions/listen",
  });

  it("is answered here with two frames, after the object confirmed the key", async () => {
    const { send, organization } = edge();
    const key = testKey();
    const answer = await send(`/${key.key}/mcp`, listen);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const frames = (await answer.text()).split("\n\n").filter(Boolean);
    expect(frames).toHaveLength(2);
    expect(frames[0]).toContain("notifications/subscriptions/acknowledged");
    expect(frames[1]).toContain('"resultType":"complete"');
    expect(organization.requests).toHaveLength(0);
    expect(organization.authenticated).toEqual([
      expect.objectContaining({ key_id: key.keyId, secret_hash: key.secretHash }),
    ]);
  });

  it("is refused like every other call when the object does not know the key or it is no spend key", async () => {
    const { send, organization } = edge();
    organization.onAuthenticate = () => ({ ok: false, status: 410, code: -32001, message: "revoked" });
    const revoked = await send(`/${testKey().key}/mcp`, listen);
    expect(revoked.status).toBe(410);
    expect(await rpcError(revoked)).toEqual({ code: -32001, id: "s1", message: "revoked" });
    organization.onAuthenticate = () => ({ ok: true, role: "admin" });
    const admin = await send(`/${testKey().key}/mcp`, listen);
    expect(admin.status).toBe(404);
    expect((await rpcError(admin)).message).toContain("spend key");
  });

  it("wakes nothing for garbage", async () => {
    const { send, organization } = edge();
    expect((await send("/garbage/mcp", listen)).status).toBe(404);
    expect(organization.woken).toBe(0);
  });

  it("leaves a malformed listen to the object", async () => {
    const { send, organization } = edge();
    await send(`/${testKey().key}/mcp`, post(rpc("subscriptions/listen")));
    expect(organization.requests).toHaveLength(1);
  });
});

describe("other paths of this host", () => {
  it.each([
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/mcp",
    "/.well-known/oauth-protected-resource/sk_quetra_test_x/mcp",
    "/register",
    "/x",
    "/x/mcp/y",
    "/x/y/mcp",
  ])("answers 404 at %s", async (path) => {
    const { send, organization } = edge();
    for (const init of [{}, { method: "POST" }]) {
      const answer = await send(path, init);
      expect(answer.status).toBe(404);
      expect(await problemOf(answer)).toMatchObject({ code: "not_found" });
    }
    expect(organization.woken).toBe(0);
  });
});
