import { describe, expect, it } from "vitest";
import { edge, HOST, post, problemOf, rpc, rpcError, testKey } from "./support.ts";

describe("host and origin", () => {
  const path = () => `/${testKey().key}/mcp`;

  it.each([
    [`https://${HOST}`, undefined, 200],
    [`https://${HOST}`, HOST, 200],
    [`https://${HOST}`, HOST.toUpperCase(), 200],
    [`https://${HOST}:8443`, `${HOST}:8443`, 200],
    ["http://localhost:8787", "localhost:8787", 200],
    ["http://127.0.0.1:8787", "127.0.0.1:8787", 200],
    ["http://evil.test", undefined, 403],
    ["http://localhost", "evil.test", 403],
    ["http://localhost", `${HOST}.evil.test`, 403],
    ["http://localhost", `evil.test@${HOST}`, 403],
    ["http://localhost", `${HOST}/evil`, 403],
    ["http://localhost", "", 403],
    ["http://localhost", `sub.${HOST}`, 403],
  ])("%s with Host %j: %i", async (origin, host, status) => {
    const { send, organization } = edge();
    const answer = await send(origin + path(), post(rpc("tools/list"), host === undefined ? {} : { host }));
    expect(answer.status).toBe(status);
    if (status === 403) {
      await rpcError(answer);
      expect(organization.woken).toBe(0);
    }
  });

  it.each([
    [`https://${HOST}`, 200],
    ["http://localhost:6274", 200],
    ["null", 403],
    ["", 403],
    ["https://evil.test", 403],
    [`https://${HOST}.evil.test`, 403],
    [`https://sub.${HOST}`, 403],
    [`file://${HOST}`, 403],
    [`chrome-extension://${HOST}`, 403],
    [`https://user@${HOST}`, 403],
    [`https://${HOST}/path`, 403],
    [HOST, 403],
  ])("Origin %j: %i", async (origin, status) => {
    const { send, organization } = edge();
    const answer = await send(path(), post(rpc("tools/list"), { origin }));
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(status === 200 ? origin : null);
    if (status === 403) {
      await rpcError(answer);
      expect(organization.woken).toBe(0);
    }
  });

  it("answers problem JSON away from the MCP path", async () => {
    const { send } = edge();
    const answer = await send("http://evil.test/api/v1/agents");
    expect(answer.status).toBe(403);
    expect(await problemOf(answer)).toMatchObject({ code: "host_not_allowed" });
    expect(await problemOf(await send("/healthz", { headers: { origin: "null" } }))).toMatchObject({
      code: "origin_not_allowed",
    });
  });

  it("answers no host at all when the list is empty", async () => {
    const { send } = edge({ env: { ALLOWED_HOSTS: " , " } });
    expect((await send("/healthz")).status).toBe(403);
  });
});

describe("preflight", () => {
  it("names the methods and headers to an allowed origin", async () => {
    const { send, organization } = edge();
    const answer = await send(`/${testKey().key}/mcp`, {
      method: "OPTIONS",
      headers: { origin: "http://localhost:6274" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:6274");
    expect(answer.headers.get("access-control-allow-methods")).toBe("POST, OPTIONS");
    const allowed = answer.headers.get("access-control-allow-headers");
    for (const name of "content-type accept authorization mcp-protocol-version mcp-method mcp-name mcp-session-id".split(
      " ",
    )) {
      expect(allowed).toContain(name);
    }
    expect(answer.headers.get("vary")).toContain("Origin");
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
    expect(organization.woken).toBe(0);
  });

  it("grants nothing to a foreign origin, nor without one", async () => {
    const { send } = edge();
    const foreign = await send("/x/mcp", { method: "OPTIONS", headers: { origin: "https://evil.test" } });
    expect(foreign.status).toBe(403);
    const plain = await send("/x/mcp", { method: "OPTIONS" });
    expect(plain.status).toBe(204);
    for (const answer of [foreign, plain]) expect(answer.headers.has("access-control-allow-headers")).toBe(false);
  });
});
