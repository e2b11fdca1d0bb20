import { JSON_RPC, type JsonRpcId, jsonRpcError } from "../mcp/json-rpc.ts";
import { JSON_DEPTH_MAX } from "./json-body.ts";
import type { Surface } from "./locate.ts";
import { redact } from "./log.ts";
import type { FieldError, Refusal } from "./refusal.ts";

export type { FieldError, Refusal };

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

type Words = { readonly [K in Refusal["kind"]]: (refusal: Extract<Refusal, { kind: K }>, mcp: boolean) => Described };

const TRANSPORT = { rpcCode: JSON_RPC.transport } as const;

/** The one place that turns refusals into public words, one entry for every kind. Internal reasons stay out. */
const WORDS: Words = {
  host_not_allowed: () => ({
    ...TRANSPORT,
    status: 403,
    title: "Host not allowed",
    detail: "This service does not answer for that Host.",
  }),
  origin_not_allowed: () => ({
    ...TRANSPORT,
    status: 403,
    title: "Origin not allowed",
    detail: "Pages of that Origin may not call this service.",
  }),
  url_too_long: ({ maxBytes }) => ({
    ...TRANSPORT,
    status: 414,
    title: "URL too long",
    detail: `A URL has at most ${maxBytes} bytes.`,
  }),
  body_too_large: ({ maxBytes }) => ({
    ...TRANSPORT,
    status: 413,
    title: "Body too large",
    detail: `A body has at most ${maxBytes} bytes.`,
  }),
  invalid_utf8: () => ({
    status: 400,
    rpcCode: JSON_RPC.parseError,
    title: "Not UTF-8",
    detail: "The body must be UTF-8.",
  }),
  malformed_json: () => ({
    status: 400,
    rpcCode: JSON_RPC.parseError,
    title: "Malformed JSON",
    detail: `The body must be one JSON document, nested at most ${JSON_DEPTH_MAX} deep.`,
  }),
  key_in_field: () => ({
    status: 400,
    rpcCode: JSON_RPC.invalidParams,
    title: "Key in a field",
    detail: "A field holds a Quetra key. Leave it out: a key belongs only in the URL or the Authorization header.",
  }),
  unsupported_media_type: () => ({
    ...TRANSPORT,
    status: 415,
    title: "Unsupported media type",
    detail: "Send the body with exactly one Content-Type: application/json.",
  }),
  method_not_allowed: ({ allow }, mcp) => ({
    ...TRANSPORT,
    status: 405,
    title: "Method not allowed",
    detail: mcp
      ? "This is an MCP endpoint: give its URL to an MCP client, which sends POST."
      : `Allowed here: ${allow}.`,
    headers: { allow },
  }),
  not_found: () => ({ ...TRANSPORT, status: 404, title: "Not found", detail: "Nothing is served at this path." }),
  key_missing: (_, mcp) => ({
    status: mcp ? 400 : 401,
    rpcCode: JSON_RPC.key,
    title: "No key",
    detail: mcp
      ? "This MCP endpoint needs a key. Use the URL https://<host>/<key>/mcp, or send Authorization: Bearer <key>."
      : "Send Authorization: Bearer <key>.",
    headers: mcp ? {} : { "www-authenticate": "Bearer" },
  }),
  key_conflict: () => ({
    status: 400,
    rpcCode: JSON_RPC.key,
    title: "Two different keys",
    detail: "The key in the URL and the one in the Authorization header differ. Send one of them.",
  }),
  key_unknown: (_, mcp) => ({
    status: mcp ? 404 : 401,
    rpcCode: JSON_RPC.key,
    title: "Unknown key",
    detail: mcp ? `The key in this MCP URL is not known. ${KEY_HELP}` : "This key is not known.",
    headers: mcp ? {} : { "www-authenticate": 'Bearer error="invalid_token"' },
  }),
  operator_token_wrong: () => ({
    ...TRANSPORT,
    status: 401,
    title: "Operator token required",
    detail: "Send Authorization: Bearer <the OPERATOR_TOKEN of this deployment>.",
    headers: { "www-authenticate": "Bearer" },
  }),
  throttled: ({ retryAfterSeconds }) => ({
    status: 429,
    rpcCode: JSON_RPC.throttled,
    title: "Too many requests",
    detail: `Too many requests with this key. Wait ${retryAfterSeconds} seconds, then go on more slowly.`,
    headers: { "retry-after": String(retryAfterSeconds) },
  }),
  invalid_request: ({ errors }) => ({
    status: 400,
    rpcCode: JSON_RPC.invalidParams,
    title: "Invalid request",
    detail: "Some fields are missing or wrong; see errors.",
    errors,
  }),
  idempotency_key_required: () => ({
    ...TRANSPORT,
    status: 400,
    title: "Idempotency-Key required",
    detail: "This call moves money: send an Idempotency-Key header, and the same one when you repeat the call.",
  }),
  if_match_required: () => ({
    ...TRANSPORT,
    status: 428,
    title: "If-Match required",
    detail: 'Send If-Match with the version that your edit is based on, for example If-Match: "3".',
  }),
  unavailable: ({ retryAfterSeconds }) => ({
    status: 503,
    rpcCode: JSON_RPC.throttled,
    title: "Not available now",
    detail: `Quetra could not finish this call now. ${REPEAT}`,
    headers: { "retry-after": String(retryAfterSeconds) },
  }),
  not_configured: () => ({
    status: 503,
    rpcCode: JSON_RPC.throttled,
    title: "Not set up",
    detail: "This deployment of Quetra is not set up yet. Its operator finds the reason in the log.",
    headers: { "retry-after": "60" },
  }),
  sealing_unavailable: () => ({
    status: 503,
    rpcCode: JSON_RPC.throttled,
    title: "Keys cannot be sealed now",
    detail:
      "Quetra could not seal the key, so nothing was stored. Try again in a minute; if it stays so, SEALING_SECRETS may not " +
      "be set up, and the operator of this deployment finds the reason in the log.",
    headers: { "retry-after": "60" },
  }),
  provider_unavailable: () => ({
    status: 503,
    rpcCode: JSON_RPC.throttled,
    title: "The provider did not answer",
    detail: "The other side could not be asked whether this works, so nothing was stored. Try again in a minute.",
    headers: { "retry-after": "60" },
  }),
  hook_refused: () => ({
    ...TRANSPORT,
    status: 400,
    title: "Message refused",
    detail:
      "This is no message that was signed for this address. Compare the address and the signing secret at the sender with " +
      "those that an administrator of the organization has set.",
  }),
  internal: () => ({
    status: 500,
    rpcCode: JSON_RPC.internalError,
    title: "Internal error",
    detail: `Something failed on our side. ${REPEAT}`,
  }),
};

function describe(refusal: Refusal, surface: Surface): Described {
  const words = WORDS[refusal.kind] as (refusal: Refusal, mcp: boolean) => Described;
  return words(refusal, surface === "mcp");
}

/** The public words of a refusal, for whoever shows them otherwise than as problem JSON. */
export const wordsOf = (refusal: Refusal): Pick<Described, "status" | "title" | "detail" | "errors"> =>
  describe(refusal, "http");

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
