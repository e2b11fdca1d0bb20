/** A real MCP client, as an agent's program would be. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/**
 * @param {string} url As it is copied from the dashboard.
 * @returns {Promise<{ tool: (name: string, args?: object) => Promise<any>, close: () => Promise<void> }>} `tool`: what a
 *   tool answers, structured.
 */
export async function connect(url) {
  const client = new Client({ name: "browser-check", version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const tool = async (name, args = {}) => {
    const { structuredContent, content, isError } = await client.callTool({ name, arguments: args });
    if (structuredContent === undefined) throw new Error(`${name}: ${isError} ${JSON.stringify(content)}`);
    return structuredContent;
  };
  return { tool, close: () => client.close() };
}
