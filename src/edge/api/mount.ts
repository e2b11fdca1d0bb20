import type { Context, Hono } from "hono";
import type { ApiAnswer, ApiCall, ApiProblem } from "../../organization/api.ts";
import { ok, type Result } from "../../result.ts";
import { callerOf } from "../caller.ts";
import { identify } from "../credential.ts";
import { problem, problemResponse, type Refusal } from "../errors.ts";
import { throttleFactor } from "../flood-filter.ts";
import { jwksRoute } from "../jwks.ts";
import { log } from "../log.ts";
import type { EdgeEnv } from "../scope.ts";
import { callObject } from "../stub.ts";
import { readJson } from "../validation.ts";
import { openApiDocument } from "./openapi.ts";
import { mayKeyCall, type PreparedCall, prepared } from "./prepare.ts";
import type { RouteDefinition } from "./route.ts";
import { shapeAround } from "./shape.ts";

const BASE = "/api/v1";

/**
 * REST v1. The edge checks what needs no organization: the key's tag and the shape of the request. Whether the key is
 * still valid, and its role, is the object's to decide, in the transaction that does the work.
 */
export function mountApi(app: Hono<EdgeEnv>, routes: readonly RouteDefinition[]): void {
  let document: string | undefined;
  app.get(`${BASE}/openapi.json`, () => {
    document ??= JSON.stringify(openApiDocument(routes));
    return new Response(document, { headers: { "content-type": "application/json" } });
  });
  app.get(`${BASE}/organizations/:organization_id/jwks.json`, jwksRoute);
  for (const route of [...routes].sort(fixedBeforeParameter)) {
    app.on(route.method, honoPath(route.path), (c) => serve(c, route));
  }
  // After all routes: whatever still arrives at one of their paths has the wrong method.
  const allowed = Map.groupBy(routes, ({ path }) => honoPath(path));
  for (const [path, here] of allowed) {
    const allow = [...new Set(here.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(
      ", ",
    );
    app.all(path, (c) => problem({ kind: "method_not_allowed", allow }, c.env.requestId));
  }
}

const honoPath = (path: string) => BASE + path.replaceAll(/\{(\w+)\}/g, ":$1");

/** `/agents/export` must be matched before `/agents/{agent_id}`, in whatever order the tables list them. */
function fixedBeforeParameter(a: RouteDefinition, b: RouteDefinition): number {
  const [left, right] = [a.path.split("/"), b.path.split("/")];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = Number(left[at]!.startsWith("{")) - Number(right[at]!.startsWith("{"));
    if (order !== 0) return order;
  }
  return 0;
}

async function serve(c: Context<EdgeEnv>, route: RouteDefinition): Promise<Response> {
  const { env, requestId, located, flood, now, getStub } = c.env;
  const request = c.req.raw;
  const key = identify(request, located.pathKey, env);
  if (!key.ok) {
    if (key.error.kind === "not_configured") log("error", "not_configured", { reason: key.error.reason });
    return problem(key.error, requestId);
  }
  const { keyId, orgId, region } = key.value;
  const verdict = flood.take(keyId, now(), throttleFactor(env.TEST_THROTTLE_FACTOR));
  if (!verdict.allowed) return problem({ kind: "throttled", retryAfterSeconds: verdict.retryAfterSeconds }, requestId);

  const shaped = await readCall(c, route);
  if (!shaped.ok) return problem(shaped.error, requestId);
  const caller = callerOf(key.value, request, requestId);
  const stubOf = () => getStub(env, orgId, region);
  const made = await prepared(route, shaped.value, {
    organization_id: orgId,
    mode: key.value.mode,
    request_id: requestId,
    mayCall: () => mayKeyCall(route, caller, stubOf),
    rails: () => env.RAILS,
  });
  if (!made.ok) return problem(made.error, requestId);
  const { call, reveal } = made.value;
  const answer = await callObject(stubOf, (stub) => stub.api(caller, call), {
    read: route.method === "GET",
    requestId,
  });
  return answer.ok ? render(answer.value, route, requestId, reveal) : problem(answer.error, requestId);
}

async function readCall(c: Context<EdgeEnv>, route: RouteDefinition): Promise<Result<ApiCall, Refusal>> {
  const around = shapeAround(route, {
    idempotency_key: c.req.header("idempotency-key"),
    if_match: c.req.header("if-match"),
    query: c.req.queries(),
  });
  if (!around.ok) return around;
  const body = route.body === undefined ? ok(undefined) : await readJson(c.req.raw, route.body);
  if (!body.ok) return body;
  const params = { ...(c.req.param() as Record<string, string>) };
  return ok({ route: route.id, params, ...around.value, body: body.value ?? null });
}

function render(
  { status, body, headers = {} }: ApiAnswer,
  route: RouteDefinition,
  requestId: string,
  reveal?: PreparedCall["reveal"],
): Response {
  if (status >= 400) {
    const challenge = status === 401 ? { "www-authenticate": 'Bearer error="invalid_token"' } : {};
    return problemResponse(status, { ...(body as ApiProblem) }, requestId, { ...headers, ...challenge });
  }
  if (typeof body === "string" && route.content_type !== undefined) {
    return new Response(body, { status, headers: { "content-type": route.content_type, ...headers } });
  }
  return Response.json(reveal === undefined ? (body ?? null) : { ...(body as object), ...reveal }, { status, headers });
}
