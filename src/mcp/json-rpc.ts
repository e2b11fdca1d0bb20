/** The id of a JSON-RPC request as it is echoed; null where none could be read. */
export type JsonRpcId = string | number | null;

export const JSON_RPC = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** Transport-level refusals: method, media type, size, host. */
  transport: -32000,
  /** The key in the URL is unknown, revoked or expired. */
  key: -32001,
  /** Too many requests, or not available now. Comes with `Retry-After`. */
  throttled: -32002,
} as const;

/**
 * An HTTP answer whose body is a JSON-RPC error: the only shape whose message MCP clients show to a person. Statuses
 * 401 and 403 are never used for keys, because clients answer them with an OAuth discovery that cannot succeed here.
 */
export function jsonRpcError(
  status: number,
  id: JsonRpcId,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json(
    { jsonrpc: "2.0", error: { code, message }, id },
    { status, headers: { "cache-control": "no-store", ...headers } },
  );
}

/** Everything but POST: there are no sessions to stream or to end. For the edge, so that no object is woken. */
export function methodNotAllowed(method: string): Response {
  const response = jsonRpcError(405, null, JSON_RPC.transport, `${method} is not supported here: send POST.`, {
    allow: "POST",
  });
  return method === "HEAD" ? new Response(null, response) : response;
}

/** Thrown by `makeGovernance` when the whole request is refused; the handler answers it with the id of the request. */
export class McpRefusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export interface PeekedRequest {
  readonly id: JsonRpcId;
  readonly method: string | null;
  /** The parsed body; undefined when it is not JSON. */
  readonly body: unknown;
}

/** Reads id and method of a message (the first of a batch) without judging it. Never throws. */
export function peekRequest(bodyText: string): PeekedRequest {
  let body: unknown;
  try {
    body = JSON.parse(bodyText);
  } catch {
    return { id: null, method: null, body: undefined };
  }
  return { ...peekMessage(body), body };
}

/** `peekRequest` for a body that is already parsed. */
export function peekMessage(body: unknown): { readonly id: JsonRpcId; readonly method: string | null } {
  const message: unknown = Array.isArray(body) ? body[0] : body;
  if (message === null || typeof message !== "object") return { id: null, method: null };
  const { id, method } = message as { id?: unknown; method?: unknown };
  return {
    id: typeof id === "string" || (typeof id === "number" && Number.isFinite(id)) ? id : null,
    method: typeof method === "string" ? method : null,
  };
}
