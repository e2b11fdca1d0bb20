import { expect } from "vitest";
import * as z from "zod";
import type { ApprovalVisit, VisitAnswer } from "../../src/approvals/visit.ts";
import type { RouteDefinition } from "../../src/edge/api/route.ts";
import { createApp } from "../../src/edge/app.ts";
import type { EdgeDependencies } from "../../src/edge/scope.ts";
import type { Env } from "../../src/env.ts";
import { type MintedKey, mintKey } from "../../src/keys/format.ts";
import { newId } from "../../src/keys/ids.ts";
import { parseSigningSecrets } from "../../src/keys/signing-secrets.ts";
import type {
  ApiAnswer,
  ApiCall,
  Authentication,
  Caller,
  HookAnswer,
  HookCall,
  OrganizationStub,
  PersonCaller,
} from "../../src/organization/api.ts";

export const SIGNING = "t1:0123456789abcdef0123456789abcdef";
export const HOST = "quetra.test";

export interface TestKey extends MintedKey {
  readonly orgId: string;
  readonly keyId: string;
}

export function testKey(signing: string = SIGNING): TestKey {
  const secrets = parseSigningSecrets(signing);
  if (!secrets.ok) throw new Error(secrets.error);
  const orgId = newId("org");
  const keyId = newId("key");
  return { orgId, keyId, ...mintKey({ mode: "test", region: 0, orgId, keyId, signing: secrets.value }) };
}

/** A stand-in for the object, which records what reaches it. */
export class FakeOrganization {
  readonly requests: Request[] = [];
  readonly calls: { caller: Caller | PersonCaller; call: ApiCall }[] = [];
  readonly authenticated: Caller[] = [];
  readonly stubs: { orgId: string; region: number }[] = [];
  onFetch: (request: Request) => Response | Promise<Response> = () =>
    Response.json({ jsonrpc: "2.0", id: 1, result: {} });
  onApi: (call: ApiCall) => ApiAnswer | Promise<ApiAnswer> = () => ({ status: 200, body: { done: true } });
  onAuthenticate: () => Authentication = () => ({ ok: true, role: "spend" });
  readonly visits: ApprovalVisit[] = [];
  onVisit: (visit: ApprovalVisit) => VisitAnswer = () => ({ state: "refused" });
  readonly hooks: HookCall[] = [];
  onHook: (call: HookCall) => HookAnswer | Promise<HookAnswer> = () => ({ outcome: "taken" });
  onProvision: OrganizationStub["provision"] = async () => ({ created: true, admin_key: "made-by-the-object" });
  onHistory: OrganizationStub["playHistory"] = async () => ({ ok: true, admin_key: "made-by-the-object", answers: [] });
  onNote: OrganizationStub["noteMember"] = async () => ({ noted: true });
  onSweep: () => Promise<void> = async () => undefined;

  get woken(): number {
    return this.stubs.length;
  }

  readonly getStub: EdgeDependencies["getStub"] = (_env, orgId, region) => {
    this.stubs.push({ orgId, region });
    return {
      fetch: async (request) => {
        this.requests.push(request);
        return this.onFetch(request);
      },
      api: async (caller, call) => {
        this.calls.push({ caller, call });
        return this.onApi(call);
      },
      authenticate: async (caller) => {
        this.authenticated.push(caller);
        return this.onAuthenticate();
      },
      visit: async (visit) => {
        this.visits.push(visit);
        return this.onVisit(visit);
      },
      hook: async (call) => {
        this.hooks.push(call);
        return this.onHook(call);
      },
      provision: (input) => this.onProvision(input),
      sweep: () => this.onSweep(),
      playHistory: (input) => this.onHistory(input),
      noteMember: (caller, change) => this.onNote(caller, change),
      claimDelivery: async () => null,
      recordAttempt: async () => undefined,
    };
  };
}

/** `now` stands still unless a test moves it. */
export function edge(options: { env?: Partial<Env>; routes?: readonly RouteDefinition[] } = {}) {
  const organization = new FakeOrganization();
  const clock = { now: 1_800_000_000_000 };
  const app = createApp({ getStub: organization.getStub, routes: options.routes ?? [], now: () => clock.now });
  const env = {
    KEY_SIGNING_SECRETS: SIGNING,
    ALLOWED_HOSTS: `localhost,127.0.0.1,${HOST}`,
    ...options.env,
  } as Env;
  const send = (path: string, init: Omit<RequestInit, "cf"> & { cf?: unknown } = {}) => {
    const request = new Request(path.startsWith("http") ? path : `https://${HOST}${path}`, {
      ...init,
      duplex: "half",
    } as RequestInit);
    if (init.cf !== undefined) Object.defineProperty(request, "cf", { value: init.cf });
    return app.fetch(request, env);
  };
  return { organization, clock, env, send };
}

export const rpc = (method: string, params: unknown = {}, id: unknown = 7) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

export function post(body: BodyInit, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
}

/** Reads a JSON-RPC error and checks its envelope. */
export async function rpcError(response: Response): Promise<{ code: number; message: string; id: unknown }> {
  expect(response.headers.get("content-type")).toContain("application/json");
  const body = (await response.json()) as { jsonrpc: string; id: unknown; error: { code: number; message: string } };
  expect(body.jsonrpc).toBe("2.0");
  return { ...body.error, id: body.id };
}

export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({
    type: `urn:quetra:problem:${body.code}`,
    status: response.status,
    title: expect.any(String),
    detail: expect.any(String),
    request_id: response.headers.get("x-request-id"),
  });
  return body;
}

export const authorization = (key: string) => ({ authorization: `Bearer ${key}` });

/** A few operations of every shape. */
export const ROUTES_FOR_TESTS: readonly RouteDefinition[] = [
  {
    id: "getAgent",
    method: "GET",
    path: "/agents/{agent_id}",
    tag: "Agents",
    summary: "One agent",
    roles: ["read", "admin"],
    status: 200,
    response: z.object({ id: z.string() }),
  },
  {
    id: "exportAgents",
    method: "GET",
    path: "/agents/export",
    tag: "Agents",
    summary: "All agents as CSV",
    roles: ["read"],
    status: 200,
    response: z.string(),
    content_type: "text/csv",
  },
  {
    id: "listAgents",
    method: "GET",
    path: "/agents",
    tag: "Agents",
    summary: "Agents",
    roles: ["read", "admin"],
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: "Page size" }),
      status: z.enum(["active", "suspended"]).optional(),
    }),
    status: 200,
    response: z.object({ agents: z.array(z.object({ id: z.string() })) }),
  },
  {
    id: "createAgent",
    method: "POST",
    path: "/agents",
    tag: "Agents",
    summary: "Create an agent",
    description: "Starts with the standard preset.",
    roles: ["admin"],
    body: z.strictObject({ name: z.string().min(1).max(100), tags: z.array(z.string().max(5)).optional() }),
    status: 201,
    response: z.object({ id: z.string() }),
  },
  {
    id: "suspendAgent",
    method: "POST",
    path: "/agents/{agent_id}/suspend",
    tag: "Agents",
    summary: "Suspend",
    roles: ["admin"],
    body: z.strictObject({ reason: z.string().optional() }),
    status: 200,
    response: z.object({}),
  },
  {
    id: "editMandate",
    method: "PATCH",
    path: "/mandates/{mandate_id}",
    tag: "Mandates",
    summary: "Edit",
    roles: ["admin"],
    body: z.strictObject({ name: z.string() }),
    status: 200,
    response: z.object({}),
    if_match: "required",
  },
  {
    id: "evaluate",
    method: "POST",
    path: "/evaluate",
    tag: "Spending",
    summary: "Authorize",
    roles: ["spend"],
    body: z.strictObject({ amount: z.number() }),
    status: 200,
    response: z.object({}),
    idempotency: "required",
  },
];
