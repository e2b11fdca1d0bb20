import { JSON_RPC, McpRefusal } from "../mcp/json-rpc.ts";
import type { Authentication } from "./api.ts";

/** How a key that is not known, or no longer valid, is refused: one wording for all ways in. */
const UNKNOWN_KEY = "This key is not known. Check the URL, or ask an administrator for a new key.";
const GONE_KEY = "This key was revoked or has expired. Ask an administrator for a new one.";

/** For the edge, which asks whether a key is good. */
export const refusal = (why: "unknown" | "gone"): Authentication =>
  why === "gone"
    ? { ok: false, status: 410, code: JSON_RPC.key, message: GONE_KEY }
    : { ok: false, status: 404, code: JSON_RPC.key, message: UNKNOWN_KEY };

/** The same, for a whole MCP request. */
export const mcpRefusal = (why: "unknown" | "gone"): McpRefusal =>
  new McpRefusal(why === "gone" ? 410 : 404, JSON_RPC.key, why === "gone" ? GONE_KEY : UNKNOWN_KEY);
