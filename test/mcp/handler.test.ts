import { describe, expect, it, vi } from "vitest";
import { writeCaller } from "../../src/mcp/caller.ts";
import { createOrganizationMcpHandler } from "../../src/mcp/handler.ts";
import { JSON_RPC, McpRefusal } from "../../src/mcp/json-rpc.ts";
import { FakeGovernance } from "./fixture/fake-governance.ts";

const CALL = {
  jsonrpc: "2.0",
  id: 7,
  method: "tools/call",
  params: { name: "quetra_check_budget", arguments: { agent_id: "agt_1" } },
};
const CALLER = { key_id: "key_1", secret_hash: "ab", request_id: "req_9", country: "DE", origin: "https://q.test" };

function request(init: RequestInit = {}, caller: typeof CALLER | null = CALLER): Request {
  const headers = new Headers({ "content-type": "application/json" });
  if (caller !== null) writeCaller(headers, caller);
  return new Request("http://internal.test/anything", { method: "POST", headers, body: JSON.stringify(CALL), ...init });
}
const json = async (response: Response) => (await response.json()) as Record<string, unknown>;

describe("createOrganizationMcpHandler", () => {
  it("gives the caller and the request to makeGovernance, once per request", async () => {
    const make = vi.fn(() => new FakeGovernance());
    const handle = createOrganizationMcpHandler(make);
    const first = request();
    await handle(first);
    await handle(request());
    expect(make).toHaveBeenCalledTimes(2);
    expect(make).toHaveBeenCalledWith(CALLER, first);
  });

  it("takes a parsed body in place of reading one", async () => {
    const handle = createOrganizationMcpHandler(() => new FakeGovernance());
    const read = request();
    await read.text();
    expect(await json(await handle(read, CALL))).toMatchObject({
      id: 7,
      result: { structuredContent: { agent_id: "agt_1" } },
    });
  });

  it("never serves a request without a caller", async () => {
    const onerror = vi.fn();
    const make = vi.fn(() => new FakeGovernance());
    const response = await createOrganizationMcpHandler(make, { onerror })(request({}, null));
    expect([response.status, make.mock.calls.length]).toEqual([500, 0]);
    expect(onerror).toHaveBeenCalledOnce();
    expect(await json(response)).toEqual({
      jsonrpc: "2.0",
      id: 7,
      error: { code: -32603, message: "Internal error (request unknown)." },
    });
  });

  it("keeps the words of an internal failure inside", async () => {
    const onerror = vi.fn();
    const failure = new Error("SQLITE_CORRUPT secret_hash");
    const handle = createOrganizationMcpHandler(
      () => {
        throw failure;
      },
      { onerror },
    );
    const response = await handle(request());
    expect(response.status).toBe(500);
    expect(await json(response)).toMatchObject({ id: 7, error: { message: "Internal error (request req_9)." } });
    expect(onerror).toHaveBeenCalledWith(failure, "req_9");
  });

  it("answers a refusal with its status, code and headers, and reports nothing", async () => {
    const onerror = vi.fn();
    const handle = createOrganizationMcpHandler(
      () => {
        throw new McpRefusal(429, JSON_RPC.throttled, "Too many requests.", { "retry-after": "9" });
      },
      { onerror },
    );
    const response = await handle(request());
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "9"]);
    expect(await json(response)).toMatchObject({ id: 7, error: { code: -32002, message: "Too many requests." } });
    expect(onerror).not.toHaveBeenCalled();
  });

  it("ends the exchange of a client that has gone", async () => {
    const never = new FakeGovernance();
    never.checkBudget = () => new Promise(() => {}) as never;
    const handle = createOrganizationMcpHandler(() => never);
    const client = new AbortController();
    const answer = handle(request({ signal: client.signal }));
    setTimeout(() => client.abort(), 10);
    expect((await answer).status).toBe(499);
  });

  it("reports a failing tool with the request's id", async () => {
    const onerror = vi.fn();
    const failing = new FakeGovernance();
    failing.checkBudget = () => {
      throw new TypeError("x is undefined");
    };
    const response = await createOrganizationMcpHandler(() => failing, { onerror })(request());
    expect(await json(response)).toMatchObject({ result: { isError: true } });
    expect(onerror).toHaveBeenCalledWith(expect.any(TypeError), "req_9");
  });
});
