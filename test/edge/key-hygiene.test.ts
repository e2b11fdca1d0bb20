import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errorFields, log, redact } from "../../src/edge/log.ts";
import { authorization, edge, HOST, post, ROUTES_FOR_TESTS, rpc, testKey } from "./support.ts";

const LEVELS = ["log", "info", "warn", "error", "debug"] as const;

beforeEach(() => {
  for (const level of LEVELS) vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});
const consoleText = () => LEVELS.flatMap((level) => vi.mocked(console[level]).mock.calls.flat()).join("\n");

describe("a key", () => {
  it("is in no answer and no log line, whatever is sent and whatever fails", async () => {
    const { send, organization } = edge({
      routes: ROUTES_FOR_TESTS,
      env: { OPERATOR_TOKEN: "operator-token-operator-token-0001" },
    });
    const good = testKey();
    const foreign = testKey(`t1:${"f".repeat(32)}`);
    const seen: string[] = [];
    const bodies = [
      rpc("tools/list"),
      rpc("tools/call"),
      "{",
      good.key,
      JSON.stringify({ [good.key]: good.key, name: good.key }),
    ];
    const modes = [
      () => undefined,
      () => {
        throw new Error(`cannot serve ${good.key} of ${foreign.key} at https://${HOST}/${good.key}/mcp`);
      },
    ];
    for (const fail of modes) {
      organization.onFetch = () => {
        fail();
        return Response.json({});
      };
      organization.onApi = () => {
        fail();
        return { status: 409, body: { code: "conflict", detail: `about ${good.key}` } };
      };
      for (const { key } of [good, foreign]) {
        for (const body of bodies) {
          for (const method of ["POST", "GET", "PATCH"]) {
            for (const path of [
              `/${key}/mcp`,
              `/${key}`,
              `/${key}/other`,
              `/mcp/${key}`,
              `/${key}/api/v1/agents`,
              `/${key}/api/v1/agents/${key}`,
              `/${key}/api/v1/agents?${key}=${key}`,
              `/${key}/api/v1/nothing/${key}`,
              `/operator/${key}`,
              `/.well-known/${key}`,
            ]) {
              const init = method === "GET" ? { method } : { ...post(body, authorization(key)), method };
              const answer = await send(path, init);
              seen.push(await answer.text(), JSON.stringify([...answer.headers]));
            }
          }
        }
      }
    }
    const text = seen.join("\n") + consoleText();
    for (const { key, secretHash } of [good, foreign]) {
      for (const secret of [key, key.slice(15), secretHash]) expect(text.includes(secret)).toBe(false);
    }
    expect(consoleText().includes("object_call_failed")).toBe(true);
  });
});

describe("log", () => {
  it("takes out what looks like a credential", () => {
    const { key } = testKey();
    expect(redact(`GET /${key}/mcp`)).toBe("GET /sk_quetra_[redacted]/mcp");
    expect(redact(key.replaceAll("_", "%5F"))).toBe("sk_quetra_[redacted]");
    const link = "https://quetra.test/dashboard/reset?token=0123456789abcdef.x-y_z";
    expect(redact(`at ${link}`)).toBe("at https://quetra.test/dashboard/reset?token=[redacted]");
    expect(redact("__Host-quetra.session_token=abcdefgh%2Bi.j%3D; x=y")).toBe(
      "__Host-quetra.session_token=[redacted]; x=y",
    );
    expect(redact("Authorization: Bearer abc.def-0123")).toBe("Authorization: Bearer [redacted]");
    expect(redact("whsec_c2VjcmV0 and sk_live_abcdefghijklmnop")).toBe("whsec_[redacted] and [redacted]");
    expect(redact("rk_test_org_sandbox bought with spt_1Pa_x")).toBe("[redacted] bought with spt_[redacted]");
    expect(redact("nothing to hide")).toBe("nothing to hide");
  });

  it("writes one JSON line", () => {
    log("warn", "happened", { at: 1, text: testKey().key });
    expect(JSON.parse(vi.mocked(console.warn).mock.calls[0]![0])).toEqual({
      level: "warn",
      event: "happened",
      at: 1,
      text: "sk_quetra_[redacted]",
    });
  });

  it("keeps name, message and stack of an error, and nothing of other values", () => {
    const error = Object.assign(new TypeError("no"), { request: { url: "https://secret" } });
    expect(errorFields(error)).toEqual({ error: "TypeError", message: "no", stack: expect.any(String) });
    expect(errorFields({ url: "https://secret" })).toEqual({ error: "object" });
  });
});
