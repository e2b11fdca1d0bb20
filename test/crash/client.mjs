/**
 * Calls that come to an end. Without a clear answer (connection lost, time-out, 5xx, "internal error") a call is in doubt:
 * it may or may not have happened. It is then repeated, unchanged, with the same idempotency key.
 */
const ATTEMPT_MS = 4_000;
const GIVE_UP_MS = 45_000;

export class GaveUp extends Error {}

export function createClient(origin, mcpOrigin = origin) {
  const counts = { answers: 0, in_doubt: 0, in_doubt_calls: 0 };
  let rpcId = 0;

  /** Answers `{ status, body }` of a definite answer. */
  async function call(url, init, isDefinite, attemptMs = ATTEMPT_MS) {
    const until = Date.now() + GIVE_UP_MS;
    let doubted = false;
    while (Date.now() < until) {
      try {
        const response = await fetch(url, { ...init, signal: AbortSignal.timeout(attemptMs) });
        const body = JSON.parse(await response.text());
        if (response.status < 500 && isDefinite(body)) {
          counts.answers += 1;
          return { status: response.status, body, doubted };
        }
      } catch {
        // No answer, or half of one.
      }
      counts.in_doubt += 1;
      if (!doubted) counts.in_doubt_calls += 1;
      doubted = true;
      await new Promise((resolve) => setTimeout(resolve, 40 + Math.random() * 60));
    }
    throw new GaveUp(`no answer within ${GIVE_UP_MS / 1000} s`);
  }

  return {
    counts,

    /** A read that may take its time. */
    read: (key, path) =>
      call(`${origin}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } }, () => true, GIVE_UP_MS),

    rest(key, method, path, body, idempotencyKey) {
      const headers = {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      };
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      return call(`${origin}/api/v1${path}`, init, () => true);
    },

    /** One tool call over MCP 2026-07-28. */
    async tool(key, name, args) {
      rpcId += 1;
      const init = {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": "tools/call",
          "mcp-name": name,
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: rpcId,
          method: "tools/call",
          params: {
            name,
            arguments: args,
            _meta: {
              "io.modelcontextprotocol/protocolVersion": "2026-07-28",
              "io.modelcontextprotocol/clientCapabilities": {},
              "io.modelcontextprotocol/clientInfo": { name: "crash", version: "1" },
            },
          },
        }),
      };
      const textOf = (body) => body.result?.content?.[0]?.text ?? "";
      const { status, body, doubted } = await call(
        `${mcpOrigin}/${key}/mcp`,
        init,
        (body) => !(body.result?.isError === true && textOf(body).startsWith("internal_error")),
      );
      if (body.result === undefined) return { error: `HTTP ${status}: ${JSON.stringify(body.error)}`, doubted };
      if (body.result.isError === true) return { error: textOf(body), doubted };
      return { value: body.result.structuredContent, doubted };
    },
  };
}
