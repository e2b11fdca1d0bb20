import { send } from "./service.ts";

/** Requests to the MCP endpoint as bytes, for tests that compare or bend them. */

export const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "wire", version: "1" },
};

export const modernHeaders = (method: string, name?: string): Record<string, string> => ({
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": method,
  ...(name !== undefined && { "mcp-name": name }),
});

export const LEGACY_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};

/** A JSON-RPC message of the 2025 era; `modern` adds what 2026-07-28 wants. */
export const message = (method: string, params: object = {}, id: unknown = 7) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});
export const modern = (method: string, params: object = {}, id: unknown = 7) =>
  message(method, { ...params, _meta: ENVELOPE }, id);

export interface Raw {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export async function raw(path: string, init: RequestInit): Promise<Raw> {
  const response = await send(path, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** One tool call in the current revision, answered as it came over the wire. */
export const rawTool = (key: string, name: string, args: unknown): Promise<Raw> =>
  raw(`/${key}/mcp`, {
    method: "POST",
    headers: modernHeaders("tools/call", name),
    body: JSON.stringify(modern("tools/call", { name, arguments: args })),
  });

/** The whole answer as one text, without what must differ: the request's own id, and the id that was asked about. */
export function comparable({ status, text, headers }: Raw, ...ids: readonly string[]): string {
  const lines = [...headers].filter(([name]) => name !== "x-request-id").map(([name, value]) => `${name}: ${value}`);
  const whole = [String(status), ...lines, text].join("\n").replaceAll(/req_[0-9A-Za-z]+/g, "<request>");
  return ids.reduce((clean, id) => clean.replaceAll(id, "<id>"), whole);
}

/** Every JSON-RPC message of an answer, whether JSON, batch or event stream. Throws on anything else. */
export function messagesOf({ text, headers }: Raw): Record<string, unknown>[] {
  if (headers.get("content-type")?.includes("text/event-stream")) {
    const frames = text.split("\n\n").filter((frame) => frame !== "");
    return frames.map(
      (frame) => JSON.parse(frame.replace(/^(?:event: message\n)?data: /, "")) as Record<string, unknown>,
    );
  }
  const body = JSON.parse(text) as Record<string, unknown> | Record<string, unknown>[];
  return Array.isArray(body) ? body : [body];
}
