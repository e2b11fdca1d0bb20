import {
  isJsonContentType,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { createMcpHandler } from "agents/mcp/server";
import { LIMITS } from "../limits.ts";
import type { Caller } from "../organization/api.ts";
import { readCaller } from "./caller.ts";
import type { Governance } from "./governance.ts";
import { JSON_RPC, jsonRpcError, McpRefusal, methodNotAllowed, peekMessage } from "./json-rpc.ts";
import { createMcpServer, type McpServerSource, toolsFor } from "./server.ts";

export interface McpHandlerOptions {
  /** Failures that are ours. Gets no key and no argument of a tool. */
  readonly onerror?: (error: unknown, request_id: string) => void;
}

/** Messages in one 2025-era batch. Later revisions have no batches. */
export const MAX_BATCH = 20;

/**
 * Serves one organization's MCP endpoint inside its Durable Object, both eras on one URL.
 *
 * `makeGovernance` gets the caller that the edge has put on the request. It throws `McpRefusal` to refuse the request as
 * a whole (revoked key, throttled), which is answered as a JSON-RPC error with the id of the request.
 *
 * The edge has already checked Host, Origin, size and the shape of the key. The checks repeated here cost nothing and
 * keep the object safe from a mistake there. `parsed` spares a second parse where the body has been read already.
 */
export function createOrganizationMcpHandler(
  makeGovernance: (caller: Caller, request: Request) => Governance,
  options: McpHandlerOptions = {},
): (request: Request, parsed?: unknown) => Promise<Response> {
  const onerror = options.onerror ?? logError;
  const modern = createMcpHandler((context) => createMcpServer(sourceOf(context.authInfo)), {
    route: ROUTE,
    corsOptions: false,
    allowedOriginHostnames: "*", // Checked at the edge.
    legacy: "reject", // Served below, with any Accept header.
    keepAliveMs: 0,
  });

  return async function handleMcp(request, parsed) {
    if (request.method !== "POST") return methodNotAllowed(request.method);
    if (!isJsonContentType(request.headers.get("content-type"))) {
      return jsonRpcError(415, null, JSON_RPC.transport, "Content-Type must be application/json.");
    }
    const body = parsed === undefined ? await readBody(request) : parsed;
    if (body instanceof Response) return body;
    const { id } = peekMessage(body);
    let request_id = "unknown";
    try {
      const caller = readCaller(request);
      request_id = caller.request_id;
      const source: McpServerSource = {
        governance: makeGovernance(caller, request),
        context: { request_id, onerror },
        website_url: caller.origin ?? new URL(request.url).origin,
        tools: toolsFor(body),
      };
      const inner = innerRequest(request);
      if (!isPlainlyModern(request, body) && (await isLegacyRequest(inner, body))) {
        return await serveLegacy(request, inner, body, source);
      }
      return await modern.fetch(inner, { parsedBody: body, authInfo: authInfoOf({ ...source, asks: true }) });
    } catch (error) {
      if (error instanceof McpRefusal) return jsonRpcError(error.status, id, error.code, error.message, error.headers);
      onerror(error, request_id);
      return jsonRpcError(500, id, JSON_RPC.internalError, `Internal error (request ${request_id}).`);
    }
  };
}

const MODERN = "2026-07-28";

/**
 * A request whose header and envelope both name the current revision is never one of the former era. Asking the SDK means
 * validating the whole message, which its handler does anyway; whatever is not this plain is left for the SDK to judge.
 */
function isPlainlyModern(request: Request, body: unknown): boolean {
  if (request.headers.get("mcp-protocol-version") !== MODERN) return false;
  if (body === null || typeof body !== "object" || Array.isArray(body)) return false;
  const { jsonrpc, id, method, params } = body as Record<string, unknown>;
  if (jsonrpc !== "2.0" || (typeof id !== "string" && typeof id !== "number") || typeof method !== "string")
    return false;
  if ("result" in body || "error" in body) return false;
  const meta = (params as { _meta?: Record<string, unknown> } | null | undefined)?._meta;
  return meta?.["io.modelcontextprotocol/protocolVersion"] === MODERN;
}

const ROUTE = "/mcp";
const INNER_URL = `http://organization${ROUTE}`;

/** Same headers under a fixed address, so that neither path nor host of the public URL can matter further in. */
function innerRequest(request: Request): Request {
  const headers = new Headers(request.headers);
  // The SDK refuses 2025-era requests that do not accept both types. Real connectors send all kinds (mcp.md 3.4).
  headers.set("accept", "application/json, text/event-stream");
  return new Request(INNER_URL, { method: "POST", headers, signal: request.signal });
}

/** The SDK hands a factory nothing but the principal, so the exchange's source travels there. It never reaches the wire. */
const authInfoOf = (source: McpServerSource) => ({ token: "", clientId: "", scopes: [], extra: { source } });
const sourceOf = (authInfo: { extra?: Record<string, unknown> } | undefined) =>
  authInfo?.extra?.source as McpServerSource;

/** The edge has capped the body while it streamed; here one that is too large can only be a mistake of ours. */
async function readBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text.length > LIMITS.requestBodyBytes) {
    return jsonRpcError(413, null, JSON_RPC.transport, `The body must not exceed ${LIMITS.requestBodyBytes} bytes.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return jsonRpcError(400, null, JSON_RPC.parseError, "Parse error: the body is not valid JSON.");
  }
}

/** One 2025-era exchange on a server and transport of its own, both closed before the answer leaves. */
async function serveLegacy(
  request: Request,
  inner: Request,
  body: unknown,
  source: McpServerSource,
): Promise<Response> {
  const messages = Array.isArray(body) ? acceptableBatch(body) : body;
  if (messages instanceof Response) return messages;
  const server = createMcpServer(source);
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: !acceptsOnlyEventStream(request),
    keepAliveMs: 0,
  });
  try {
    await server.connect(transport);
    const response = await untilAborted(request.signal, transport.handleRequest(inner, { parsedBody: messages }));
    // Tools send nothing before their answer, so an event stream is collected and sent as a whole:
    // an object with an open response could not go to sleep.
    if (!response.headers.get("content-type")?.includes("text/event-stream")) return response;
    return new Response(await untilAborted(request.signal, response.text()), response);
  } finally {
    await transport.close();
    await server.close();
  }
}

/** JSON is preferred: it costs less, and the protocol obliges clients to take either. */
function acceptsOnlyEventStream(request: Request): boolean {
  const accept = request.headers.get("accept")?.toLowerCase() ?? "";
  return accept.includes("text/event-stream") && !/application\/(?:json|\*)|\*\/\*/.test(accept);
}

/**
 * A cancellation in the batch of the request it cancels would leave that request without an answer, and the batch
 * waiting for it for ever; across exchanges it has no meaning without sessions. So it is dropped.
 */
function acceptableBatch(batch: readonly unknown[]): unknown[] | Response {
  const refuse = (message: string) => jsonRpcError(400, null, JSON_RPC.invalidRequest, message);
  if (batch.length > MAX_BATCH) return refuse(`A batch must not exceed ${MAX_BATCH} messages.`);
  const ids = batch.map((message) => peekMessage(message)).filter(({ id, method }) => id !== null && method !== null);
  if (new Set(ids.map(({ id }) => id)).size < ids.length) return refuse("The ids in a batch must differ.");
  // Its answers are large, and those of a batch are all held until the last one has come.
  if (batch.filter(isFetch).length > 1) return refuse("A batch must not hold more than one quetra_fetch.");
  const kept = batch.filter((message) => peekMessage(message).method !== "notifications/cancelled");
  return kept.length > 0 ? kept : new Response(null, { status: 202 });
}

const isFetch = (message: unknown): boolean =>
  (message as { params?: { name?: unknown } } | null)?.params?.name === "quetra_fetch";

/** A client that has gone gets nothing, but its exchange must end, or the object could not go to sleep. */
function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(gone());
  return new Promise((resolve, reject) => {
    const stop = () => reject(gone());
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

const gone = () => new McpRefusal(499, JSON_RPC.transport, "The client has gone.");

function logError(error: unknown, request_id: string): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  console.error(JSON.stringify({ level: "error", at: "mcp", request_id, name, message, stack }));
}
