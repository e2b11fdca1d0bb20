import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { RouteDefinition } from "../../../src/edge/api/route.ts";
import { type CallValues, shapeCall } from "../../../src/edge/api/shape.ts";
import { problem } from "../../../src/edge/errors.ts";
import { JSON_DEPTH_MAX } from "../../../src/edge/json-body.ts";
import { LIMITS } from "../../../src/limits.ts";
import { authorization, edge, ROUTES_FOR_TESTS, testKey } from "../support.ts";

/** A call as plain values, for whoever asks an operation inside the Worker: nothing that HTTP refuses gets through. */

const route = (id: string): RouteDefinition => ROUTES_FOR_TESTS.find((each) => each.id === id)!;
const OPEN: RouteDefinition = { ...route("createAgent"), id: "open", path: "/open", body: z.json() };
const ROUTES = [...ROUTES_FOR_TESTS, OPEN];

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));
const ofBytes = (bytes: number) => "é".repeat((bytes - 2) / 2);

/** The same call over HTTP: its refusal's code, or what reached the object. */
async function overHttp(of: RouteDefinition, { params = {}, query = {}, body, if_match, idempotency_key }: CallValues) {
  const { send, organization } = edge({ routes: ROUTES });
  const path = of.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) search.append(name, `${one}`);
  const answer = await send(`/api/v1${path}?${search}`, {
    method: of.method,
    headers: {
      ...authorization(testKey().key),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(if_match === undefined ? {} : { "if-match": if_match }),
      ...(idempotency_key === undefined ? {} : { "idempotency-key": idempotency_key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return organization.calls[0]?.call ?? told(answer);
}

/** What a client is told, without the id of the request. */
async function told(answer: Response): Promise<unknown> {
  const { request_id: _, ...rest } = (await answer.json()) as Record<string, unknown>;
  return rest;
}

const CASES: readonly [string, CallValues][] = [
  ["createAgent", { body: { name: "Buyer", tags: ["a"] } }],
  ["createAgent", { body: { name: "Buyer", tags: undefined } }],
  ["createAgent", { body: { name: "" } }],
  ["createAgent", { body: { name: "Buyer", other: 1 } }],
  ["createAgent", { body: { name: Number.NaN } }],
  ["createAgent", {}],
  ["createAgent", { body: { name: "x" }, query: { limit: 1 } }],
  ["createAgent", { body: { name: testKey().key } }],
  ["getAgent", { params: { agent_id: "agt_1" } }],
  ["getAgent", { params: { agent_id: "ä/b" } }],
  ["listAgents", {}],
  ["listAgents", { query: { limit: 7, status: "active" } }],
  ["listAgents", { query: { limit: 101 } }],
  ["listAgents", { query: { limit: 1, status: ["active", "suspended"] } }],
  ["listAgents", { query: { wrong: true } }],
  ["suspendAgent", { params: { agent_id: "agt_1" } }],
  ["editMandate", { params: { mandate_id: "mdt_1" }, body: { name: "x" } }],
  ["editMandate", { params: { mandate_id: "mdt_1" }, body: { name: "x" }, if_match: "3" }],
  ["editMandate", { params: { mandate_id: "mdt_1" }, body: { name: "x" }, if_match: '"3"' }],
  ["editMandate", { params: { mandate_id: "mdt_1" }, body: { name: "x" }, if_match: "*" }],
  ["evaluate", { body: { amount: 1 } }],
  ["evaluate", { body: { amount: 1 }, idempotency_key: "k-1" }],
  ["evaluate", { body: { amount: 1 }, idempotency_key: "k 1" }],
  ["evaluate", { body: { amount: 1 }, idempotency_key: testKey().key }],
  ["evaluate", { body: { amount: 1 }, idempotency_key: "k".repeat(LIMITS.idempotencyKeyChars) }],
  ["evaluate", { body: { amount: 1 }, idempotency_key: "k".repeat(LIMITS.idempotencyKeyChars + 1) }],
];

describe("a call as plain values", () => {
  it.each(CASES)("%s, case %#, is answered as over HTTP", async (id, values) => {
    const http = await overHttp(route(id), values);
    const shaped = shapeCall(route(id), values);
    expect(shaped.ok ? shaped.value : await told(problem(shaped.error, "req_1"))).toEqual(http);
  });

  it.each([
    ["nested as deep as allowed", nested(JSON_DEPTH_MAX), null],
    ["nested one deeper", nested(JSON_DEPTH_MAX + 1), "malformed_json"],
    ["as long as allowed", ofBytes(LIMITS.requestBodyBytes), null],
    ["two bytes longer", ofBytes(LIMITS.requestBodyBytes + 2), "body_too_large"],
  ])("a body %s", async (_name, body, refused) => {
    const shaped = shapeCall(OPEN, { body });
    const http = await overHttp(OPEN, { body });
    expect(shaped.ok ? null : shaped.error.kind).toBe(refused);
    expect(shaped.ok ? shaped.value : await told(problem(shaped.error, "req_1"))).toEqual(http);
  });

  it("refuses what has no JSON", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const body of [circle, { amount: 1n }]) {
      expect(shapeCall(OPEN, { body })).toEqual({ ok: false, error: { kind: "malformed_json" } });
    }
  });

  it("takes exactly the parameters that the path names, and none of them empty", () => {
    const get = route("getAgent");
    const found = shapeCall(get, { params: { agent_id: "agt_1", mandate_id: "mdt_1" } });
    expect(found.ok && found.value.params).toEqual({ agent_id: "agt_1" });
    for (const params of [{}, { agent_id: "" }, { agent_id: 7 }, undefined] as CallValues["params"][]) {
      expect(shapeCall(get, { params })).toEqual({ ok: false, error: { kind: "not_found" } });
    }
    const long = (chars: number) => shapeCall(get, { params: { agent_id: "a".repeat(chars) } });
    expect(long(LIMITS.urlBytes).ok).toBe(true);
    expect(long(LIMITS.urlBytes + 1)).toMatchObject({ ok: false, error: { kind: "url_too_long" } });
  });
});
