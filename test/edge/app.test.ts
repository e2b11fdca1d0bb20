import { describe, expect, it, vi } from "vitest";
import { FloodFilter, throttleFactor } from "../../src/edge/flood-filter.ts";
import { locate } from "../../src/edge/locate.ts";
import { LIMITS } from "../../src/limits.ts";
import { edge, post, problemOf, rpc, testKey } from "./support.ts";

describe("every answer", () => {
  it("carries the security headers", async () => {
    const { send, organization } = edge();
    organization.onFetch = () =>
      new Response("data: x\n\n", { headers: { "cache-control": "public", "content-type": "text/event-stream" } });
    for (const [path, init] of [
      [`/${testKey().key}/mcp`, post(rpc("tools/list"))],
      ["/mcp", {}],
      ["/", {}],
      ["/healthz", {}],
      ["/nothing", {}],
      ["/api/v1/openapi.json", {}],
      ["https://evil.test/", {}],
    ] as const) {
      const { headers } = await send(path, init);
      expect(Object.fromEntries(headers)).toMatchObject({
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "strict-transport-security": expect.stringContaining("max-age="),
        "x-request-id": expect.stringMatching(/^req_/),
      });
    }
  });

  it("has HSTS over https only", async () => {
    const { send } = edge();
    expect((await send("http://localhost/healthz")).headers.has("strict-transport-security")).toBe(false);
  });
});

describe("public pages", () => {
  it("says what this is", async () => {
    const { send } = edge();
    expect(await (await send("/")).json()).toMatchObject({ name: "Quetra", documentation: "/api/v1/openapi.json" });
  });

  it("is healthy only when keys can be checked", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(await (await edge().send("/healthz")).json()).toEqual({ status: "ok" });
    const broken = await edge({ env: { KEY_SIGNING_SECRETS: "x" } }).send("/healthz");
    expect(broken.status).toBe(503);
    expect(JSON.stringify(await problemOf(broken))).not.toContain("KEY_SIGNING_SECRETS");
    vi.restoreAllMocks();
  });
});

describe("locate", () => {
  it.each([
    ["/mcp", "mcp", "/mcp", null],
    ["/mcp/", "mcp", "/mcp", null],
    ["//mcp", "mcp", "/mcp", null],
    ["/k/mcp", "mcp", "/mcp", "k"],
    ["/k/mcp/", "mcp", "/mcp", "k"],
    ["/k/api/v1/agents", "http", "/api/v1/agents", "k"],
    ["/k/api/v1", "http", "/api/v1", "k"],
    ["/k/api/v12", "http", "/k/api/v12", null],
    ["/api/v1/agents", "http", "/api/v1/agents", null],
    ["/api/v1/mcp", "http", "/api/v1/mcp", null],
    ["/.well-known/mcp", "http", "/.well-known/mcp", null],
    ["/k/mcp/x", "http", "/k/mcp/x", null],
    ["/k/MCP", "http", "/k/MCP", null],
    ["/", "http", "/", null],
  ])("%s", (pathname, surface, path, pathKey) => {
    expect(locate(pathname)).toEqual({ surface, path, pathKey, pathToken: null });
  });
});

describe("FloodFilter", () => {
  it("allows exactly the limit", () => {
    const flood = new FloodFilter();
    for (let n = 0; n < LIMITS.requestsPerKeyPerMinute; n++) expect(flood.take("key_a", 0).allowed).toBe(true);
    expect(flood.take("key_a", 59_999)).toEqual({ allowed: false, retryAfterSeconds: 1 });
    expect(flood.take("key_a", 60_000).allowed).toBe(true);
  });

  it("forgets the oldest key rather than grow", () => {
    const flood = new FloodFilter(3);
    for (const key of ["a", "b", "c", "d"]) flood.take(key, 0);
    expect(flood.size).toBe(3);
  });

  it("starts anew when the clock was set back", () => {
    const flood = new FloodFilter();
    for (let n = 0; n <= LIMITS.requestsPerKeyPerMinute; n++) flood.take("a", 1_000_000);
    expect(flood.take("a", 0).allowed).toBe(true);
  });

  it.each([
    [undefined, 1],
    ["", 1],
    ["0", 1],
    ["-5", 1],
    ["NaN", 1],
    ["1000", 1000],
    ["0.5", 0.5],
  ])("factor %j is %d", (text, factor) => {
    expect(throttleFactor(text)).toBe(factor);
  });
});
