import type { Context, Hono } from "hono";
import type { ApiAnswer, ApiCall, ApiProblem } from "../../organization/api.ts";
import { err, ok, type Result } from "../../result.ts";
import { idempotencyKey } from "../../schema/common.ts";
import { callerOf } from "../caller.ts";
import { identify } from "../credential.ts";
import { problem, problemResponse, type Refusal } from "../errors.ts";
import { throttleFactor } from "../flood-filter.ts";
import { holdsKey } from "../json-body.ts";
import { jwksRoute } from "../jwks.ts";
import { log } from "../log.ts";
import type { EdgeEnv } from "../scope.ts";
import { callObject } from "../stub.ts";
import { invalid, readJson, validate } from "../validation.ts";
import { openApiDocument } from "./openapi.ts";
import { type PreparedCall, prepared } from "./prepare.ts";
import type { RouteDefinition } from "./route.ts";

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
  const around = { key: key.value, caller, getStub: stubOf, rails: () => env.RAILS };
  const made = await prepared(route, shaped.value, around);
  if (!made.ok) return problem(made.error, requestId);
  const { call, reveal } = made.value;
  const answer = await callObject(stubOf, (stub) => stub.api(caller, call), {
    read: route.method === "GET",
    requestId,
  });
  return answer.ok ? render(answer.value, route, requestId, reveal) : problem(answer.error, requestId);
}

async function readCall(c: Context<EdgeEnv>, route: RouteDefinition): Promise<Result<ApiCall, Refusal>> {
  const idempotency = readIdempotencyKey(c.req.header("idempotency-key"), route);
  if (!idempotency.ok) return idempotency;
  const ifMatch = readIfMatch(c.req.header("if-match"), route);
  if (!ifMatch.ok) return ifMatch;
  const query = readQuery(c.req.queries(), route);
  if (!query.ok) return query;
  const body = route.body === undefined ? ok(undefined) : await readJson(c.req.raw, route.body);
  if (!body.ok) return body;
  return ok({
    route: route.id,
    params: { ...(c.req.param() as Record<string, string>) },
    query: query.value,
    body: body.value ?? null,
    if_match: ifMatch.value,
    idempotency_key: idempotency.value,
  });
}

function readIdempotencyKey(header: string | undefined, route: RouteDefinition): Result<string | null, Refusal> {
  if (header !== undefined) {
    if (holdsKey(header)) return err({ kind: "key_in_field" });
    const parsed = idempotencyKey.safeParse(header);
    if (parsed.success) return ok(parsed.data);
    return invalid("header", "/Idempotency-Key", parsed.error.issues[0]?.message ?? "Invalid.");
  }
  return route.idempotency === "required" ? err({ kind: "idempotency_key_required" }) : ok(null);
}

/** One strong tag, quoted as RFC 9110 wants it or bare. `*` would be an edit of whatever is there: not offered. */
function readIfMatch(header: string | undefined, route: RouteDefinition): Result<string | null, Refusal> {
  if (header === undefined) return route.if_match === "required" ? err({ kind: "if_match_required" }) : ok(null);
  const match = /^(?:"([\x21\x23-\x7e]{1,64})"|([0-9A-Za-z._-]{1,64}))$/.exec(header.trim());
  const tag = match?.[1] ?? match?.[2];
  return tag === undefined ? invalid("header", "/If-Match", 'Send one version, for example "3".') : ok(tag);
}

/** A parameter that is there twice becomes a list, which only a schema that wants a list accepts. */
function readQuery(
  queries: Record<string, string[]>,
  route: RouteDefinition,
): Result<Record<string, unknown>, Refusal> {
  const given = Object.entries(queries);
  if (route.query === undefined) {
    const first = given[0]?.[0];
    return first === undefined ? ok({}) : invalid("query", "", "This operation takes no query parameters.");
  }
  const raw = Object.fromEntries(given.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
  return validate(route.query, raw, "query") as Result<Record<string, unknown>, Refusal>;
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
