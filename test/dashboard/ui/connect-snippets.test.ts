import { describe, expect, it } from "vitest";
import { connectSnippets, KEY_PLACEHOLDER } from "../../../src/dashboard/ui/connect-snippets.ts";

const ORIGIN = "https://pay.example.com";
const KEY = "sk_quetra_test_0123456789";
const snippet = (id: string, key: string | null = KEY) => connectSnippets(ORIGIN, key).find((one) => one.id === id)!;

describe("snippets", () => {
  it("are what each client reads", () => {
    const url = `${ORIGIN}/${KEY}/mcp`;
    expect(snippet("claude-code").text).toBe(`claude mcp add --transport http quetra ${url}`);
    expect(snippet("claude").text).toBe(url);
    expect(JSON.parse(snippet("project").text)).toEqual({
      mcpServers: { quetra: { type: "http", url: `${ORIGIN}/\${QUETRA_KEY}/mcp` } },
    });
    expect(JSON.parse(snippet("cursor").text)).toEqual({ mcpServers: { quetra: { url } } });
    expect(JSON.parse(snippet("vscode").text)).toEqual({
      servers: { quetra: { type: "http", url: `${ORIGIN}/\${input:quetra_key}/mcp` } },
      inputs: [{ id: "quetra_key", type: "promptString", password: true, description: "Quetra key" }],
    });
    const openClaw = /^openclaw mcp set quetra '(.*)'$/.exec(snippet("openclaw").text)?.[1] ?? "";
    expect(JSON.parse(openClaw)).toEqual({ url, transport: "streamable-http" });
    expect(snippet("headers").text).toBe(`${ORIGIN}/mcp\nAuthorization: Bearer ${KEY}`);
  });

  it("put the key of a project into its environment", () => {
    expect(snippet("project").second?.text).toBe(`export QUETRA_KEY=${KEY}`);
  });

  it("keep the key out of what teams commit", () => {
    for (const id of ["project", "vscode"]) expect(snippet(id).text).not.toContain(KEY);
  });

  it("open Cursor with the same entry as its file holds, only where there is a key", () => {
    const link = new URL(snippet("cursor").link!.href);
    expect(`${link.protocol}//${link.host}${link.pathname}`).toBe("cursor://anysphere.cursor-deeplink/mcp/install");
    expect(link.searchParams.get("name")).toBe("quetra");
    expect(JSON.parse(atob(link.searchParams.get("config")!))).toEqual({ url: `${ORIGIN}/${KEY}/mcp` });
    expect(snippet("cursor", null).link).toBeUndefined();
  });

  it("have a placeholder where the key is not known", () => {
    const texts = connectSnippets(ORIGIN, null).map(({ text, second }) => text + (second?.text ?? ""));
    expect(texts.filter((text) => !text.includes(KEY_PLACEHOLDER) && !text.includes("input:quetra_key"))).toEqual([]);
  });
});
