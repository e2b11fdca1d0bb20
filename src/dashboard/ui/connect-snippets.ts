/** How clients are told about the service: one ready text each. Pure. */

export interface Snippet {
  readonly id: string;
  readonly client: string;
  /** Where the text goes. */
  readonly where: string;
  readonly text: string;
  /** What else there is to know. */
  readonly note?: string;
  /** A second text that belongs to it. */
  readonly second?: { readonly where: string; readonly text: string };
  /** Opens the client, which asks before it adds the server. Only where there is a key to put in. */
  readonly link?: { readonly label: string; readonly href: string };
}

/** Stands where the key goes, in texts of pages that do not know it. */
export const KEY_PLACEHOLDER = "YOUR_KEY";

export const mcpUrl = (origin: string, key: string): string => `${origin}/${key}/mcp`;

/**
 * The formats are those of the README. What teams commit (`.mcp.json`, `.vscode/mcp.json`) never holds the key itself.
 *
 * @param origin Scheme and host that agents reach the service by.
 * @param key Null: it is shown once, and not here.
 */
export function connectSnippets(origin: string, key: string | null): readonly Snippet[] {
  const shown = key ?? KEY_PLACEHOLDER;
  const url = mcpUrl(origin, shown);
  return [
    {
      id: "claude-code",
      client: "Claude Code",
      where: "Run this in a terminal.",
      text: `claude mcp add --transport http quetra ${url}`,
    },
    {
      id: "claude",
      client: "Claude (web, desktop, phone)",
      where: "Settings → Connectors → Add custom connector. Paste this URL.",
      text: url,
      note: "Claude calls from the internet, so the URL must be reachable from there.",
    },
    {
      id: "project",
      client: "A project (.mcp.json)",
      where: "Put this into .mcp.json. The key stays outside of it, in the environment variable QUETRA_KEY.",
      text: json({ mcpServers: { quetra: { type: "http", url: mcpUrl(origin, `\${QUETRA_KEY}`) } } }),
      second: { where: "In the shell that starts the agent:", text: `export QUETRA_KEY=${shown}` },
    },
    {
      id: "cursor",
      client: "Cursor",
      where: "Put this into .cursor/mcp.json, of the project or of your home folder.",
      text: json({ mcpServers: { quetra: { url } } }),
      ...(key === null ? {} : { link: { label: "Open in Cursor", href: cursorLink(url) } }),
    },
    {
      id: "vscode",
      client: "VS Code",
      where: "Put this into .vscode/mcp.json. VS Code asks for the key once and keeps it.",
      text: json({
        servers: { quetra: { type: "http", url: mcpUrl(origin, `\${input:quetra_key}`) } },
        inputs: [{ id: "quetra_key", type: "promptString", password: true, description: "Quetra key" }],
      }),
    },
    {
      id: "openclaw",
      client: "OpenClaw",
      where: "Run this in a terminal.",
      text: `openclaw mcp set quetra '${JSON.stringify({ url, transport: "streamable-http" })}'`,
    },
    {
      id: "headers",
      client: "Anything that sends headers",
      where: "Server URL and header. This keeps the key out of URLs, and so out of logs.",
      text: `${origin}/mcp\nAuthorization: Bearer ${shown}`,
    },
  ];
}

/** The server's own entry of `mcp.json`, in base64, as Cursor documents it. */
const cursorLink = (url: string): string =>
  `cursor://anysphere.cursor-deeplink/mcp/install?name=quetra&config=${encodeURIComponent(btoa(JSON.stringify({ url })))}`;

const json = (value: unknown): string => JSON.stringify(value, null, 2);
