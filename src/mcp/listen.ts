import { classifyInboundRequest, isJsonContentType, SUBSCRIPTION_ID_META_KEY } from "@modelcontextprotocol/server";

const METHOD = "subscriptions/listen";
const REVISION = "2026-07-28";

/**
 * Answers a well-formed `subscriptions/listen` at the edge: acknowledged with nothing to notify, and complete at once.
 * The tool list never changes within a connection, and an open stream would keep the Durable Object awake for nothing.
 *
 * Everything else, malformed listens included, gives null and is for the object, whose answer names what is wrong.
 */
export function answerListen(request: Request, body: unknown): Response | null {
  if (request.method !== "POST" || !isListen(body)) return null;
  if (!isJsonContentType(request.headers.get("content-type"))) return null;
  if (request.headers.get("mcp-protocol-version")?.trim() !== REVISION) return null;
  if (request.headers.get("mcp-method")?.trim() !== METHOD) return null;
  const route = classifyInboundRequest({
    httpMethod: "POST",
    protocolVersionHeader: REVISION,
    mcpMethodHeader: METHOD,
    body,
  });
  if (route.kind !== "modern" || route.messageKind !== "request") return null;

  const id = body.id;
  const _meta = { [SUBSCRIPTION_ID_META_KEY]: id };
  const acknowledged = {
    jsonrpc: "2.0",
    method: "notifications/subscriptions/acknowledged",
    params: { _meta, notifications: {} },
  };
  const complete = { jsonrpc: "2.0", id, result: { resultType: "complete", _meta } };
  return new Response([acknowledged, complete].map(frame).join(""), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" },
  });
}

const frame = (message: unknown) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

function isListen(body: unknown): body is { id: string | number; params: { notifications: object } } {
  if (body === null || typeof body !== "object" || (body as { method?: unknown }).method !== METHOD) return false;
  const notifications = (body as { params?: { notifications?: unknown } }).params?.notifications;
  return notifications !== null && typeof notifications === "object" && !Array.isArray(notifications);
}
