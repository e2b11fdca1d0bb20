import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { openApiDocument } from "../../../src/edge/api/openapi.ts";
import type { Prepare, RouteDefinition } from "../../../src/edge/api/route.ts";
import { integrationRoutes } from "../../../src/edge/api/routes/integrations.ts";
import type { Env } from "../../../src/env.ts";
import { err, ok } from "../../../src/result.ts";
import { authorization, edge, post, problemOf, testKey } from "../support.ts";

/** Bodies that hold a secret: sealed at the edge, before the object is asked to do anything. */

const SECRET = `0x${"5e".repeat(32)}`;
const order: string[] = [];
const lines: string[] = [];

const prepare = vi.fn<Prepare>();
const route: RouteDefinition = {
  id: "bringSecret",
  method: "POST",
  path: "/secrets",
  tag: "Secrets",
  summary: "Bring a secret",
  roles: ["admin"],
  body: z.strictObject({ secret: z.string().regex(/^0x/) }),
  status: 201,
  response: z.object({}),
  prepare,
};
const plain: RouteDefinition = { ...route, id: "plain", path: "/plain" };
delete (plain as { prepare?: Prepare }).prepare;

beforeEach(() => {
  order.length = 0;
  lines.length = 0;
  prepare.mockReset();
  prepare.mockImplementation(async () => {
    order.push("prepare");
    return ok({ body: { sealed: "v1.s1.x" }, reveal: { secret: "shown-once" } });
  });
  for (const level of ["error", "warn", "info"] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const RAILS = { name: "rails" } as unknown as Env["RAILS"];

function setUp(routes: readonly RouteDefinition[] = [route, plain], env: Partial<Env> = { RAILS }) {
  const key = testKey();
  const made = edge({ routes, env });
  const { organization } = made;
  organization.onAuthenticate = () => {
    order.push("authenticate");
    return { ok: true, role: "admin" };
  };
  organization.onApi = () => {
    order.push("api");
    return { status: 201, body: { done: true } };
  };
  const send = (body: unknown, path = "/secrets") =>
    made.send(`/api/v1${path}`, post(JSON.stringify(body), authorization(key.key)));
  return { organization, key, send };
}

describe("a route with `prepare`", () => {
  it("hands the object what was made of the body, after the key's role was confirmed", async () => {
    const { send, organization, key } = setUp();
    const answer = await send({ secret: SECRET });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ done: true, secret: "shown-once" });
    expect(order).toEqual(["authenticate", "prepare", "api"]);
    expect(prepare).toHaveBeenCalledExactlyOnceWith(
      RAILS,
      { organization_id: key.orgId, mode: "test" },
      { secret: SECRET },
    );
    expect(organization.calls[0]!.call).toMatchObject({ route: "bringSecret", body: { sealed: "v1.s1.x" } });
    expect(JSON.stringify([organization.calls, organization.authenticated])).not.toContain(SECRET.slice(2));
    expect(organization.authenticated[0]).toEqual(organization.calls[0]!.caller);
  });

  it.each([
    ["another role", { ok: true, role: "read" }],
    ["a spend key", { ok: true, role: "spend" }],
    ["an unknown key", { ok: false, status: 404, code: -32001, message: "unknown" }],
    ["a revoked key", { ok: false, status: 410, code: -32001, message: "gone" }],
  ] as const)("leaves the refusal of %s to the object, which gets no body", async (_name, authentication) => {
    const { send, organization } = setUp();
    organization.onAuthenticate = () => authentication;
    organization.onApi = () => ({ status: 403, body: { code: "wrong_role", detail: "Needs admin." } });
    expect(await problemOf(await send({ secret: SECRET }))).toMatchObject({ status: 403, code: "wrong_role" });
    expect(prepare).not.toHaveBeenCalled();
    expect(organization.calls[0]!.call.body).toBeNull();
  });

  it("asks nobody about a body of the wrong shape", async () => {
    const { send, organization } = setUp();
    expect(await problemOf(await send({ secret: "x" }))).toMatchObject({ errors: [{ pointer: "/secret" }] });
    expect([organization.woken, prepare.mock.calls.length]).toEqual([0, 0]);
  });

  it("answers what `prepare` refuses, and the object hears nothing of it", async () => {
    const { send, organization } = setUp();
    const errors = [{ in: "body", pointer: "/secret", message: "No good." }] as const;
    prepare.mockResolvedValue(err({ kind: "invalid_request", errors }));
    expect(await problemOf(await send({ secret: SECRET }))).toMatchObject({ status: 400, errors });
    expect(organization.calls).toEqual([]);
  });

  it("answers 503 when Rails fails, and shows the secret to nobody", async () => {
    const { send, organization } = setUp();
    prepare.mockImplementation(async (_rails, _context, body) => {
      throw new Error(`SEALING_SECRETS is not set; ${JSON.stringify(body)} and ${SECRET.slice(2).toUpperCase()}`);
    });
    const answer = await send({ secret: SECRET });
    const problem = await problemOf(answer);
    expect(problem).toMatchObject({ status: 503, code: "sealing_unavailable" });
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(organization.calls).toEqual([]);
    expect(JSON.stringify(problem)).not.toContain("not set; ");
    expect(lines.join("\n")).toContain("SEALING_SECRETS is not set");
    expect(`${JSON.stringify(problem)}${lines.join("\n")}`.toLowerCase()).not.toContain(SECRET.slice(2));
  });

  it("does not get there when the object is not available", async () => {
    const { send, organization } = setUp();
    organization.onAuthenticate = () => {
      throw Object.assign(new Error("Network connection lost."), { retryable: true });
    };
    expect(await problemOf(await send({ secret: SECRET }))).toMatchObject({ status: 503, code: "unavailable" });
    expect([organization.authenticated.length, organization.calls.length, prepare.mock.calls.length]).toEqual([
      2, 0, 0,
    ]);
  });

  it("is the only kind that costs a second call of the object", async () => {
    const { send, organization } = setUp();
    await send({ secret: SECRET }, "/plain");
    expect(order).toEqual(["api"]);
    expect(organization.calls[0]!.call.body).toEqual({ secret: SECRET });
  });
});

describe("createX402Wallet", () => {
  const ADDRESS = `0x${"a1".repeat(20)}`;
  const sealed = { address: ADDRESS, sealed_key: "v1.s1.iv.text" };
  const rails = () => ({ createWallet: vi.fn(async () => sealed), importWallet: vi.fn(async () => sealed) });
  const path = "/integrations/x402/wallets";
  const using = (made: object | undefined) =>
    setUp(integrationRoutes, made === undefined ? {} : { RAILS: made as Env["RAILS"] });

  it("has Rails make a key", async () => {
    const made = rails();
    const { send, organization, key } = using(made);
    await send({ source: "create", activate: true }, path);
    expect(made.createWallet).toHaveBeenCalledExactlyOnceWith(key.orgId);
    expect(organization.calls[0]!.call.body).toEqual({ source: "create", ...sealed, activate: true });
  });

  it("has Rails seal a key that is brought", async () => {
    const made = rails();
    const { send, organization, key } = using(made);
    await send({ source: "import", private_key: SECRET }, path);
    expect(made.importWallet).toHaveBeenCalledExactlyOnceWith(key.orgId, SECRET);
    expect(organization.calls[0]!.call.body).toEqual({ source: "import", ...sealed, activate: undefined });
    expect(made.createWallet).not.toHaveBeenCalled();
  });

  it("points at a key that Rails does not take, without repeating it", async () => {
    const { send, organization } = using({ importWallet: async () => null });
    const problem = await problemOf(await send({ source: "import", private_key: SECRET }, path));
    expect(problem).toMatchObject({ status: 400, errors: [{ in: "body", pointer: "/private_key" }] });
    expect(JSON.stringify(problem)).not.toContain(SECRET.slice(2));
    expect(organization.calls).toEqual([]);
  });

  it.each([
    ["no binding", undefined],
    ["no sealing secrets", { createWallet: () => Promise.reject(new Error("SEALING_SECRETS is not set.")) }],
  ])("answers 503 with %s", async (_name, made) => {
    const { send, organization } = using(made);
    const answer = await send({ source: "create" }, path);
    expect(await problemOf(answer)).toMatchObject({ status: 503, code: "sealing_unavailable" });
    expect(organization.calls).toEqual([]);
  });

  it("is documented with the body that a client sends", () => {
    const document = openApiDocument(integrationRoutes) as { paths: Record<string, { post: unknown }> };
    const text = JSON.stringify(document.paths[path]!.post);
    expect(text).toContain('"private_key":{"type":"string","pattern":"^0x[0-9a-fA-F]{64}$"');
    expect(text).toContain('"writeOnly":true');
    expect(text).not.toContain("sealed_key");
  });
});
