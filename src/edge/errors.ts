import { JSON_RPC, type JsonRpcId, jsonRpcError } from "../mcp/json-rpc.ts";
import type { Surface } from "./locate.ts";
import { redact } from "./log.ts";

/** Everything that the edge refuses by itself. */
export type Refusal =
  | { readonly kind: "host_not_allowed" }
  | { readonly kind: "origin_not_allowed" }
  | { readonly kind: "url_too_long"; readonly maxBytes: number }
  | { readonly kind: "body_too_large"; readonly maxBytes: number }
  | { readonly kind: "invalid_utf8" }
  | { readonly kind: "malformed_json" }
  | { readonly kind: "unsupported_media_type" }
  | { readonly kind: "method_not_allowed"; readonly allow: string }
  | { readonly kind: "not_found" }
  | { readonly kind: "key_missing" }
  | { readonly kind: "key_conflict" }
  | { readonly kind: "key_unknown" }
  | { readonly kind: "operator_token_wrong" }
  | { readonly kind: "throttled"; readonly retryAfterSeconds: number }
  | { readonly kind: "invalid_request"; readonly errors: readonly FieldError[] }
  | { readonly kind: "idempotency_key_required" }
  | { readonly kind: "if_match_required" }
  /** The object could not be reached, or gave up; the call may or may not have happened. */
  | { readonly kind: "unavailable"; readonly retryAfterSeconds: number }
  /** The operator has not finished the set-up; `reason` is for the log and the operator, never for a client. */
  | { readonly kind: "not_configured"; readonly reason: string }
  | { readonly kind: "internal" };

export interface FieldError {
  readonly in: "body" | "query" | "path" | "header";
  /** JSON pointer into the body; `/name` of a query parameter or header. */
  readonly pointer: string;
  readonly message: string;
}

interface Described {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Of the JSON-RPC error on the MCP path. */
  readonly rpcCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errors?: readonly FieldError[];
}

const REPEAT =
  "If it was a call that spends, repeat the same call with the same idempotency_key: it cannot be counted twice.";

/** Texts of an MCP refusal are read by a person in front of a client, or by a model: they say what to do next. */
const KEY_HELP =
  "Copy the URL again from where the key was created (https://<host>/<key>/mcp) and check that no unexpanded variable is " +
  "left in it. If the key is lost, ask an administrator of your organization for a new spend key.";

/** The one place that turns refusals into public words. Internal reasons stay out. */
function describe(refusal: Refusal, surface: Surface): Described {
  const mcp = surface === "mcp";
  const rpcCode: number = JSON_RPC.transport;
  switch (refusal.kind) {
    case "host_not_allowed":
      return { status: 403, rpcCode, title: "Host not allowed", detail: "This service does not answer for that Host." };
    case "origin_not_allowed":
      return {
        status: 403,
        rpcCode,
        title: "Origin not allowed",
        detail: "Pages of that Origin may not call this service.",
      };
    case "url_too_long":
      return { status: 414, rpcCode, title: "URL too long", detail: `A URL has at most ${refusal.maxBytes} bytes.` };
    case "body_too_large":
      return { status: 413, rpcCode, title: "Body too large", detail: `A body has at most ${refusal.maxBytes} bytes.` };
    case "invalid_utf8":
      return { status: 400, rpcCode: JSON_RPC.parseError, title: "Not UTF-8", detail: "The body must be UTF-8." };
    case "malformed_json":
      return {
        status: 400,
        rpcCode: JSON_RPC.parseError,
        title: "Malformed JSON",
        detail: "The body must be one JSON document, nested at most 64 deep.",
      };
    case "unsupported_media_type":
      return {
        status: 415,
        rpcCode,
        title: "Unsupported media type",
        detail: "Send the body with exactly one Content-Type: application/json.",
      };
    case "method_not_allowed":
      return {
        status: 405,
        rpcCode,
        title: "Method not allowed",
        detail: `Allowed here: ${refusal.allow}.`,
        headers: { allow: refusal.allow },
      };
    case "not_found":
      return { status: 404, rpcCode, title: "Not found", detail: "Nothing is served at this path." };
    case "key_missing":
      return {
        status: mcp ? 400 : 401,
        rpcCode: JSON_RPC.key,
        title: "No key",
        detail: mcp
          ? "This MCP endpoint needs a key. Use the URL https://<host>/<key>/mcp, or send Authorization: Bearer <key>."
          : "Send Authorization: Bearer <key>.",
        ...(mcp ? {} : { headers: { "www-authenticate": "Bearer" } }),
      };
    case "key_conflict":
      return {
        status: 400,
        rpcCode: JSON_RPC.key,
        title: "Two different keys",
        detail: "The key in the URL and the one in the Authorization header differ. Send one of them.",
      };
    case "key_unknown":
      return {
        status: mcp ? 404 : 401,
        rpcCode: JSON_RPC.key,
        title: "Unknown key",
        detail: mcp ? `The key in this MCP URL is not known. ${KEY_HELP}` : "This key is not known.",
        ...(mcp ? {} : { headers: { "www-authenticate": 'Bearer error="invalid_token"' } }),
      };
    case "operator_token_wrong":
      return {
        status: 401,
        rpcCode,
        title: "Operator token required",
        detail: "Send Authorization: Bearer <the OPERATOR_TOKEN of this deployment>.",
        headers: { "www-authenticate": "Bearer" },
      };
    case "throttled":
      return {
        status: 429,
        rpcCode: JSON_RPC.throttled,
        title: "Too many requests",
        detail: `Too many requests with this key. Wait ${refusal.retryAfterSeconds} seconds, then go on more slowly.`,
        headers: { "retry-after": String(refusal.retryAfterSeconds) },
      };
    case "invalid_request":
      return {
        status: 400,
        rpcCode: JSON_RPC.invalidParams,
        title: "Invalid request",
        detail: "Some fields are missing or wrong; see errors.",
        errors: refusal.errors,
      };
    case "idempotency_key_required":
      return {
        status: 400,
        rpcCode,
        title: "Idempotency-Key required",
        detail: "This call moves money: send an Idempotency-Key header, and the same one when you repeat the call.",
      };
    case "if_match_required":
      return {
        status: 428,
        rpcCode,
        title: "If-Match required",
        detail: 'Send If-Match with the version that your edit is based on, for example If-Match: "3".',
      };
    case "unavailable":
      return {
        status: 503,
        rpcCode: JSON_RPC.throttled,
        title: "Not available now",
        detail: `Quetra could not finish this call now. ${REPEAT}`,
        headers: { "retry-after": String(refusal.retryAfterSeconds) },
      };
    case "not_configured":
      return {
        status: 503,
        rpcCode: JSON_RPC.throttled,
        title: "Not set up",
        detail: "This deployment of Quetra is not set up yet. Its operator finds the reason in the log.",
        headers: { "retry-after": "60" },
      };
    case "internal":
      return {
        status: 500,
        rpcCode: JSON_RPC.internalError,
        title: "Internal error",
        detail: `Something failed on our side. ${REPEAT}`,
      };
    default:
      return refusal satisfies never;
  }
}

/** `/api/v1`, `/operator` and everything else that is not MCP: RFC 9457. */
export function problem(refusal: Refusal, requestId: string): Response {
  const { status, title, detail, headers, errors } = describe(refusal, "http");
  return problemResponse(
    status,
    { code: refusal.kind, title, detail, ...(errors === undefined ? {} : { errors }) },
    requestId,
    headers,
  );
}

/** Also for the refusals of the object, which come as a body without the members that the edge adds. */
export function problemResponse(
  status: number,
  body: Readonly<Record<string, unknown>> & { readonly code: string },
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const document = {
    type: `urn:quetra:problem:${body.code}`,
    title: title(body.code),
    status,
    ...body,
    request_id: requestId,
  };
  return new Response(redact(JSON.stringify({ ...document, status })), {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}

/** `budget_exceeded` → `Budget exceeded`. */
const title = (code: string) => (code.charAt(0).toUpperCase() + code.slice(1)).replaceAll("_", " ");

/** The MCP path: the only shape whose text MCP clients show. */
export function rpcRefusal(refusal: Refusal, id: JsonRpcId, requestId: string): Response {
  const { status, rpcCode, detail, headers } = describe(refusal, "mcp");
  const text = status >= 500 ? `${detail} Request id: ${requestId}.` : detail;
  return jsonRpcError(status, id, rpcCode, text, headers);
}

export function refuse(refusal: Refusal, surface: Surface, requestId: string): Response {
  return surface === "mcp" ? rpcRefusal(refusal, null, requestId) : problem(refusal, requestId);
}
