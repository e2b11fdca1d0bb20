/** Browser clients of the MCP path. By the time these run, `checkHost` has refused every foreign origin. */
const ALLOWED_HEADERS =
  "content-type, accept, authorization, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id";
const EXPOSED_HEADERS = "mcp-protocol-version, retry-after, x-request-id";

export const MCP_METHODS = "POST, OPTIONS";

export function preflight(request: Request): Response {
  const response = new Response(null, { status: 204, headers: { allow: MCP_METHODS } });
  if (!request.headers.has("origin")) return response;
  response.headers.set("access-control-allow-methods", MCP_METHODS);
  response.headers.set("access-control-allow-headers", ALLOWED_HEADERS);
  response.headers.set("access-control-max-age", "7200");
  return withCors(request, response);
}

/** No wildcard and no credentials: the key is in the URL or a header, never a cookie. */
export function withCors(request: Request, response: Response): Response {
  const origin = request.headers.get("origin");
  if (origin === null) return response;
  const answer = new Response(response.body, response);
  answer.headers.set("access-control-allow-origin", origin);
  answer.headers.set("access-control-expose-headers", EXPOSED_HEADERS);
  answer.headers.append("vary", "Origin");
  return answer;
}
