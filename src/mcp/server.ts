import { McpServer, ProtocolError, ProtocolErrorCode, type ServerContext } from "@modelcontextprotocol/server";
import { askPerson } from "./ask-person.ts";
import { CATALOG, findTool } from "./catalog.ts";
import type { Governance } from "./governance.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { cleanText } from "./text.ts";
import { runTool, type ToolContext, type ToolDefinition } from "./tool.ts";

export const SERVER_NAME = "quetra";
export const SERVER_VERSION = "0.1.0";

const CACHE_HINT = { ttlMs: 300_000, cacheScope: "private" } as const;

export interface McpServerSource {
  readonly governance: Governance;
  readonly context: ToolContext;
  /** Where people manage this service. */
  readonly website_url?: string;
  /** The tools that this exchange needs; all of them unless told. See `toolsFor`. */
  readonly tools?: ToolSelection;
  /** This exchange can ask a person before it is answered: revision 2026-07-28. Earlier ones would wait on the connection. */
  readonly asks?: true;
}

/**
 * Registering a tool costs more than running one, and a server serves a single exchange. `unknown` is the name of a
 * tool that a call asks for and that does not exist.
 */
export interface ToolSelection {
  readonly tools: readonly ToolDefinition[];
  readonly unknown?: string;
}

/** A fresh server for one exchange, or for one stdio connection. Never reused: typescript-sdk#2607. */
export function createMcpServer(source: McpServerSource): McpServer {
  const { tools, unknown } = source.tools ?? { tools: CATALOG };
  const server = new McpServer(
    {
      name: SERVER_NAME,
      title: "Quetra",
      version: SERVER_VERSION,
      ...(source.website_url !== undefined && { websiteUrl: source.website_url }),
    },
    {
      // The list never changes while a client is connected; `true` would make clients open long listens.
      capabilities: { tools: { listChanged: false } },
      instructions: INSTRUCTIONS,
      cacheHints: { "tools/list": CACHE_HINT, "server/discover": CACHE_HINT },
    },
  );
  for (const tool of tools) {
    server.registerTool(tool.name, tool.registered.config, async (input: unknown, context: ServerContext) => {
      const result = await runTool(tool, source.governance, input, source.context);
      return source.asks === true ? askPerson(result, context) : result;
    });
  }
  if (unknown !== undefined) {
    server.server.setRequestHandler("tools/call", () => {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${cleanText(unknown, 128)} not found`);
    });
  }
  return server;
}

const NONE: ToolSelection = { tools: [] };
const ALL: ToolSelection = { tools: CATALOG };

/** The tools that a message can touch: the named one for a call, all for the list and for batches, otherwise none. */
export function toolsFor(message: unknown): ToolSelection {
  if (Array.isArray(message)) return ALL;
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } };
  if (method === "tools/list") return ALL;
  if (method !== "tools/call") return NONE;
  const name = params?.name;
  if (typeof name !== "string") return NONE;
  const tool = findTool(name);
  return tool === undefined ? { tools: [], unknown: name } : { tools: [tool] };
}
