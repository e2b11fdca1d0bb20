import type { Context } from "hono";
import { writeCaller } from "../mcp/caller.ts";
import { JSON_RPC, type JsonRpcId, jsonRpcError, peekRequest } from "../mcp/json-rpc.ts";
import { answerListen } from "../mcp/listen.ts";
import type { Caller, OrganizationStub } from "../organization/api.ts";
import { readBody } from "./body-cap.ts";
import { callerOf } from "./caller.ts";
import { MCP_METHODS, preflight, withCors } from "./cors.ts";
import { identify } from "./credential.ts";
import { type Refusal, rpcRefusal } from "./errors.ts";
import { throttleFactor } from "./flood-filter.ts";
import { holdsKey, isJson, nestsTooDeep } from "./json-body.ts";
import { log } from "./log.ts";
import type { EdgeEnv, RequestScope } from "./scope.ts";
import { callObject } from "./stub.ts";

/**
 * The MCP path. Everything that can be answered without the organization is answered here; the rest goes to the object
 * with the key replaced by its id and hash. Statuses follow what MCP clients do with them: 404 for a key that is not known,
 * never 401 or 403, which would start an OAuth discovery that cannot succeed here.
 */
export async function mcpRoute(c: Context<EdgeEnv>): Promise<Response> {
  const request = c.req.raw;
  if (request.method === "OPTIONS") return preflight(request);
  return withCors(request, await answer(request, c.env));
}

async function answer(request: Request, scope: RequestScope): Promise<Response> {
  const { requestId, env } = scope;
  let id: JsonRpcId = null;
  const refuse = (refusal: Refusal) => rpcRefusal(refusal, id, requestId);

  if (request.method !== "POST") return refuse({ kind: "method_not_allowed", allow: MCP_METHODS });
  if (!isJson(request.headers.get("content-type"))) return refuse({ kind: "unsupported_media_type" });
  const text = await readBody(request);
  if (!text.ok) return refuse(text.error);
  if (nestsTooDeep(text.value)) return refuse({ kind: "malformed_json" });
  const message = peekRequest(text.value);
  if (message.body === undefined) return refuse({ kind: "malformed_json" });
  id = message.id;
  if (holdsKey(text.value)) return refuse({ kind: "key_in_field" });

  const key = identify(request, scope.located.pathKey, env);
  if (!key.ok) {
    if (key.error.kind === "not_configured") log("error", "not_configured", { reason: key.error.reason });
    return refuse(key.error);
  }
  const verdict = scope.flood.take(key.value.keyId, scope.now(), throttleFactor(env.TEST_THROTTLE_FACTOR));
  if (!verdict.allowed) return refuse({ kind: "throttled", retryAfterSeconds: verdict.retryAfterSeconds });

  const caller = callerOf(key.value, request, requestId);
  const getStub = () => scope.getStub(env, key.value.orgId, key.value.region);
  const listen = answerListen(request, message.body);
  if (listen !== null) return answerAuthenticated(listen, getStub, caller, id, refuse);

  // A batch counts by its first message; an object that is asked twice for the same purchase answers twice the same.
  const read = !Array.isArray(message.body) && message.method !== "tools/call";
  const forwarded = () => toObject(request, text.value, caller);
  const answered = await callObject(getStub, (stub) => stub.fetch(forwarded()), { read, requestId });
  return answered.ok ? answered.value : refuse(answered.error);
}

/** Gives an answer that was made here, after the object confirmed that the key is a valid spend key. */
async function answerAuthenticated(
  response: Response,
  getStub: () => OrganizationStub,
  caller: Caller,
  id: JsonRpcId,
  refuse: (refusal: Refusal) => Response,
): Promise<Response> {
  const asked = await callObject(getStub, (stub) => stub.authenticate(caller), {
    read: true,
    requestId: caller.request_id,
  });
  if (!asked.ok) return refuse(asked.error);
  const { value } = asked;
  if (!value.ok) return jsonRpcError(value.status, id, value.code, value.message);
  if (value.role !== "spend") {
    return jsonRpcError(404, id, JSON_RPC.key, "An MCP URL needs a spend key; this key has another role.");
  }
  return response;
}

/**
 * Only what the protocol defines goes on. Authorization, cookies, Referer, forwarded addresses and whatever a client calls
 * `x-quetra-*` stay behind because they are not listed; the path loses the key.
 */
const FORWARDED = new Set(["content-type", "accept", "user-agent", "last-event-id", "traceparent", "tracestate"]);

function toObject(request: Request, body: string, caller: Caller): Request {
  const headers = new Headers();
  for (const [name, value] of request.headers) {
    if (FORWARDED.has(name) || name.startsWith("mcp-")) headers.append(name, value);
  }
  writeCaller(headers, caller);
  return new Request(new URL("/mcp", request.url), { method: "POST", headers, body });
}
