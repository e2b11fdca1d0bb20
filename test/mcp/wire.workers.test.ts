import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { MAX_BATCH } from "../../src/mcp/handler.ts";
import { AGENT } from "./fixture/fake-governance.ts";
import { BASE } from "./fixture/fixture.ts";
import { reach } from "./fixture/reach.ts";

/** Raw HTTP: what real connectors send and what a hostile client can send. */

const LEGACY = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const modernHeaders = (method: string, name?: string): Record<string, string> => ({
  "content-type": "application/json",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": method,
  ...(name !== undefined && { "mcp-name": name }),
});
const message = (method: string, params: object = {}, id: unknown = 7) => ({ jsonrpc: "2.0", id, method, params });
const modern = (method: string, params: object = {}, id: unknown = 7) =>
  message(method, { ...params, _meta: ENVELOPE }, id);

const post = (body: unknown, headers: Record<string, string> = LEGACY, url = BASE) =>
  reach(url, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });

interface Wire {
  id?: unknown;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: unknown };
}
const json = async (response: Response) => (await response.json()) as Wire;
const frames = async (response: Response) =>
  (await response.text())
    .split("\n\n")
    .filter(Boolean)
    .map((frame) => JSON.parse(frame.replace(/^event: message\ndata: /, "")));

const CALL = message("tools/call", { name: "quetra_check_budget", arguments: { agent_id: AGENT } });
const INITIALIZE = (protocolVersion: string) =>
  message("initialize", { protocolVersion, capabilities: {}, clientInfo: { name: "raw", version: "1" } });

describe("2025 era: any Accept header", () => {
  it.each([
    ["both", "application/json, text/event-stream", "application/json"],
    ["both, reversed", "text/event-stream, application/json", "application/json"],
    ["anything", "*/*", "application/json"],
    ["JSON only", "application/json", "application/json"],
    ["application/*", "application/*", "application/json"],
    ["something else", "text/html", "application/json"],
    ["SSE only", "text/event-stream", "text/event-stream"],
    ["SSE only, upper case", "Text/Event-Stream;q=0.9", "text/event-stream"],
    ["none", undefined, "application/json"],
  ])("%s", async (_, accept, type) => {
    const headers = { "content-type": "application/json", ...(accept !== undefined && { accept }) };
    for (const body of [INITIALIZE("2025-11-25"), message("tools/list"), CALL]) {
      const response = await post(body, headers);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toContain(type);
      const [answer] = type === "text/event-stream" ? await frames(response) : [await json(response)];
      expect(answer).toMatchObject({ jsonrpc: "2.0", id: 7, result: {} });
    }
  });

  it.each(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"])("negotiates %s", async (version) => {
    const { result } = await json(await post(INITIALIZE(version)));
    expect(result).toMatchObject({ protocolVersion: version, capabilities: { tools: { listChanged: false } } });
    expect((await json(await post(CALL, { ...LEGACY, "mcp-protocol-version": version }))).result).toBeDefined();
  });

  it("offers the newest it knows when asked for an unknown revision", async () => {
    expect((await json(await post(INITIALIZE("1999-01-01")))).result).toMatchObject({ protocolVersion: "2025-11-25" });
  });

  it("accepts notifications, posted responses, pings, a stale session id, and no version header", async () => {
    expect((await post({ jsonrpc: "2.0", method: "notifications/initialized" })).status).toBe(202);
    expect((await post({ jsonrpc: "2.0", id: 1, result: {} })).status).toBe(202);
    expect((await json(await post(message("ping")))).result).toEqual({});
    expect((await json(await post(CALL, { ...LEGACY, "mcp-session-id": "stale" }))).result).toBeDefined();
  });

  it("answers a batch, and refuses one that is too long or repeats an id", async () => {
    const calls = (count: number) => Array.from({ length: count }, (_, id) => ({ ...CALL, id }));
    const full = await post(calls(MAX_BATCH));
    expect(((await full.json()) as Wire[]).map(({ id }) => id)).toEqual(calls(MAX_BATCH).map(({ id }) => id));
    const over = await post(calls(MAX_BATCH + 1));
    expect([over.status, (await json(over)).error?.code]).toEqual([400, -32600]);
    const same = await post([CALL, CALL]);
    expect([same.status, (await json(same)).error?.code]).toEqual([400, -32600]);
  });

  it("is not left waiting by a cancellation inside the batch it cancels", async () => {
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
    expect((await json(await post([cancel, CALL]))).result).toBeDefined();
    expect((await json(await post([CALL, cancel]))).result).toBeDefined();
    expect((await post([cancel])).status).toBe(202);
    expect((await post(cancel)).status).toBe(202);
  });
});

describe("2026-07-28", () => {
  it("discovers, with cache hints and instructions", async () => {
    const { result } = await json(await post(modern("server/discover"), modernHeaders("server/discover")));
    expect(result).toMatchObject({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      capabilities: { tools: { listChanged: false } },
      ttlMs: 300_000,
      cacheScope: "private",
    });
    expect(result?.instructions).toContain("major units");
  });

  it("gives the tool list its cache hints", async () => {
    const { result } = await json(await post(modern("tools/list"), modernHeaders("tools/list")));
    expect(result).toMatchObject({ resultType: "complete", ttlMs: 300_000, cacheScope: "private" });
  });

  it.each(["*/*", "text/event-stream", "application/json", undefined])(
    "answers JSON whatever is accepted: %s",
    async (accept) => {
      const name = "quetra_check_budget";
      const response = await post(modern("tools/call", CALL.params), {
        ...modernHeaders("tools/call", name),
        ...(accept !== undefined && { accept }),
      });
      expect(response.headers.get("content-type")).toContain("application/json");
      expect((await json(response)).result).toMatchObject({
        resultType: "complete",
        structuredContent: { agent_id: AGENT },
      });
    },
  );

  it.each([
    ["another method in the header", modern("tools/list"), modernHeaders("tools/call"), 400, -32020],
    ["no method header", modern("tools/list"), { ...LEGACY, "mcp-protocol-version": "2026-07-28" }, 400, -32020],
    [
      "another tool in the header",
      modern("tools/call", CALL.params),
      modernHeaders("tools/call", "quetra_settle"),
      400,
      -32020,
    ],
    ["a version header without envelope", message("tools/list"), modernHeaders("tools/list"), 400, -32602],
    ["an unknown method", modern("quetra/steal"), modernHeaders("quetra/steal"), 404, -32601],
    ["a removed method", modern("ping"), modernHeaders("ping"), 404, -32601],
    ["an undeclared capability", modern("prompts/list"), modernHeaders("prompts/list"), 404, -32601],
  ])("refuses %s", async (_, body, headers, status, code) => {
    const response = await post(body, headers);
    const answer = await json(response);
    expect([response.status, answer.error?.code, answer.id]).toEqual([status, code, 7]);
  });

  it("names the supported revisions for one it does not serve", async () => {
    const meta = { ...ENVELOPE, "io.modelcontextprotocol/protocolVersion": "2027-01-01" };
    const response = await post(message("tools/list", { _meta: meta }), {
      ...modernHeaders("tools/list"),
      "mcp-protocol-version": "2027-01-01",
    });
    expect(response.status).toBe(400);
    expect((await json(response)).error).toMatchObject({ code: -32022, data: { supported: ["2026-07-28"] } });
  });

  it("refuses a version header from the future without envelope", async () => {
    const response = await post(message("tools/list"), { ...LEGACY, "mcp-protocol-version": "2099-01-01" });
    expect([response.status, (await json(response)).error?.code]).toEqual([400, -32602]);
  });
});

describe("subscriptions/listen", () => {
  const listen = modern("subscriptions/listen", { notifications: { toolsListChanged: true } }, "s-1");
  const headers = modernHeaders("subscriptions/listen");
  const id = { "io.modelcontextprotocol/subscriptionId": "s-1" };

  it("is acknowledged with nothing to notify, and complete at once", async () => {
    const response = await post(listen, headers);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await frames(response)).toEqual([
      {
        jsonrpc: "2.0",
        method: "notifications/subscriptions/acknowledged",
        params: { _meta: id, notifications: {} },
      },
      { jsonrpc: "2.0", id: "s-1", result: { resultType: "complete", _meta: id } },
    ]);
  });

  it("is left to the object when it is malformed", async () => {
    const mismatch = await post(listen, modernHeaders("tools/list"));
    expect([mismatch.status, (await json(mismatch)).error?.code]).toEqual([400, -32020]);
    const empty = await json(await post(modern("subscriptions/listen"), headers));
    expect(empty.error?.code).toBe(-32602);
    const legacy = await json(await post(message("subscriptions/listen", listen.params), LEGACY));
    expect(legacy.error).toBeDefined();
  });
});

describe("requests that are no MCP", () => {
  it.each(["GET", "DELETE", "PUT", "OPTIONS"])("%s gets 405", async (method) => {
    const response = await reach(BASE, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    expect((await json(response)).error?.code).toBe(-32000);
  });

  it("HEAD gets 405 without a body", async () => {
    const response = await reach(BASE, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([405, ""]);
  });

  it.each(["text/plain", "text/plain; a=application/json", "application/jsonx"])("415 for %s", async (type) => {
    const response = await post(CALL, { ...LEGACY, "content-type": type });
    expect([response.status, (await json(response)).error?.code]).toEqual([415, -32000]);
  });

  it.each([
    ["no JSON", "{", -32700],
    ["nothing", "", -32700],
    ["a number", "5", -32600],
    ["null", "null", -32600],
    ["no message", "{}", -32600],
    ["an empty batch", "[]", -32600],
    ["a batch of nonsense", "[1]", -32600],
    ["an id that is an object", '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
    ["a modern message in a batch", JSON.stringify([modern("tools/list")]), -32600],
  ])("400 for %s", async (_, body, code) => {
    const response = await post(body);
    expect([response.status, (await json(response)).error?.code]).toEqual([400, code]);
  });

  it("413 above the limit, and not at it", async () => {
    const padded = (bytes: number) => {
      const empty = JSON.stringify(message("tools/list", { x: "" }));
      return empty.replace('"x":""', `"x":"${"a".repeat(bytes - empty.length)}"`);
    };
    expect((await post(padded(LIMITS.requestBodyBytes))).status).toBe(200);
    const over = await post(padded(LIMITS.requestBodyBytes + 1));
    expect([over.status, (await json(over)).error?.code]).toEqual([413, -32000]);
  });

  it("survives deep nesting and prototype keys in arguments", async () => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    const body = JSON.stringify(CALL).replace('"agt_1"', deep);
    expect((await json(await post(body))).result).toMatchObject({ isError: true });
    const proto = JSON.stringify(CALL).replace('"agent_id":', '"__proto__":{"agent_id":"agt_1"},"x":');
    expect((await json(await post(proto))).result).toMatchObject({ isError: true });
  });

  it("refuses a whole request with the id of the request", async () => {
    const response = await post(CALL, LEGACY, BASE.replace("sk_fixture", "sk_revoked"));
    expect(response.status).toBe(410);
    expect(await json(response)).toMatchObject({
      id: 7,
      error: { code: -32001, message: expect.stringMatching(/revoked/) },
    });
  });
});
