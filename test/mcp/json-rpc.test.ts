import { describe, expect, it } from "vitest";
import { readCaller, writeCaller } from "../../src/mcp/caller.ts";
import { JSON_RPC, jsonRpcError, peekRequest } from "../../src/mcp/json-rpc.ts";

describe("peekRequest", () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 1, "tools/list"],
    ['{"id":"a","method":"x"}', "a", "x"],
    ['{"id":0}', 0, null],
    ['[{"id":5,"method":"m"},{"id":6}]', 5, "m"],
    ['{"id":null,"method":7}', null, null],
    ['{"id":{"$ne":1}}', null, null],
    ['{"id":1e400}', null, null],
    ['{"id":true}', null, null],
    ["[]", null, null],
    ["[[1]]", null, null],
    ["null", null, null],
    ["5", null, null],
    ["", null, null],
    ["{", null, null],
  ])("%s", (text, id, method) => {
    expect(peekRequest(text)).toMatchObject({ id, method });
  });

  it("hands over the parsed body, undefined where there is none", () => {
    expect(peekRequest('{"id":1}').body).toEqual({ id: 1 });
    expect(peekRequest("{").body).toBeUndefined();
  });
});

it("jsonRpcError builds a JSON-RPC error that is not cached", async () => {
  const response = jsonRpcError(429, "a", JSON_RPC.throttled, "Slow down.", { "retry-after": "5" });
  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("content-type")).toContain("application/json");
  expect(await response.json()).toEqual({ jsonrpc: "2.0", id: "a", error: { code: -32002, message: "Slow down." } });
});

describe("the caller's headers", () => {
  const caller = { key_id: "key_1", secret_hash: "ab", request_id: "req_1", country: "DE", origin: "https://q.test" };
  const request = (headers: Headers) => new Request("http://q.test/mcp", { headers });

  it("arrive as they were sent", () => {
    const headers = new Headers();
    writeCaller(headers, caller);
    expect(readCaller(request(headers))).toEqual(caller);
  });

  it("cannot be sent by a client", () => {
    const headers = new Headers({
      "X-Quetra-Country": "US",
      "x-quetra-origin": "https://evil.test",
      "x-quetra-new": "1",
    });
    writeCaller(headers, { key_id: "key_1", secret_hash: "ab", request_id: "req_1", country: null });
    expect(readCaller(request(headers))).toEqual({
      key_id: "key_1",
      secret_hash: "ab",
      request_id: "req_1",
      country: null,
    });
    expect(headers.has("x-quetra-new")).toBe(false);
  });

  it.each(["x-quetra-key-id", "x-quetra-secret-hash", "x-quetra-request-id"])("must be there: %s", (name) => {
    const headers = new Headers();
    writeCaller(headers, caller);
    headers.delete(name);
    expect(() => readCaller(request(headers))).toThrow(name);
  });
});
