import { build } from "esbuild";
import { describe, expect, it } from "vitest";

/**
 * What the Worker evaluates before anybody asks for a page: everything that the entry reaches by static imports. The
 * bundler's own graph is asked, with dynamic imports as chunks of their own.
 */
async function evaluatedAtStart(): Promise<{
  readonly start: ReadonlySet<string>;
  readonly later: ReadonlySet<string>;
}> {
  const { metafile } = await build({
    entryPoints: ["src/index.ts"],
    bundle: true,
    splitting: true,
    metafile: true,
    write: false,
    format: "esm",
    outdir: "unused",
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["module", "main"],
    external: ["cloudflare:*", "node:*"],
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    loader: { ".css": "text", ".client.js": "text" },
    logLevel: "error",
  });
  const entry = Object.keys(metafile.outputs).find((name) => metafile.outputs[name]!.entryPoint === "src/index.ts")!;
  const chunks = new Set<string>();
  const open = [entry];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (chunks.has(name)) continue;
    chunks.add(name);
    for (const { path, kind } of metafile.outputs[name]!.imports) {
      if (kind === "import-statement" && metafile.outputs[path] !== undefined) open.push(path);
    }
  }
  const inputs = (names: Iterable<string>) =>
    new Set([...names].flatMap((name) => Object.keys(metafile.outputs[name]?.inputs ?? {})));
  return {
    start: inputs(chunks),
    later: inputs(Object.keys(metafile.outputs).filter((name) => !chunks.has(name))),
  };
}

describe("what the dashboard costs an agent", async () => {
  const { start, later } = await evaluatedAtStart();
  const isForPeople = (file: string) =>
    /^src\/(?:dashboard|people)\//.test(file) || /node_modules\/(?:better-auth|@better-auth|kysely|uplot)\//.test(file);

  it("evaluates nothing of it on the MCP path", () => {
    expect([...start].filter(isForPeople)).toEqual([]);
  });

  it("evaluates the MCP path there, and the dashboard behind its door", () => {
    expect(start).toContain("src/mcp/handler.ts");
    expect(start).toContain("src/edge/dashboard.ts");
    expect(later).toContain("src/dashboard/serve.tsx");
    expect(later).toContain("src/people/index.ts");
    expect([...later].some((file) => /node_modules\/better-auth\//.test(file))).toBe(true);
  });
});
