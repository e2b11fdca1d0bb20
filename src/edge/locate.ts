export type Surface = "mcp" | "http";

export interface Located {
  /** Decides the shape of errors: JSON-RPC on the MCP path, problem JSON elsewhere. */
  readonly surface: Surface;
  /** The path without the key: the only one that routing sees. */
  readonly path: string;
  /** The key as it stands in the path, unchecked. */
  readonly pathKey: string | null;
  /** The token of a one-time link or of a hook as it stands in the path, unchecked: taken out like a key. */
  readonly pathToken: string | null;
}

/** A key never starts with a dot, so `/.well-known/mcp` is no keyed path. */
const KEYED = /^\/((?!\.)[^/]*)(\/mcp\/?|\/api\/v1(?:\/.*)?)$/;

/** Everything below counts as the token, so that none is left over in a path that is nearly right. */
const LINK = /^(\/approve|\/hooks)\/(.+?)\/?$/;

/** Takes the key or token out of the path. `//mcp`, which a client makes of an empty variable, is the MCP path without a key. */
export function locate(pathname: string): Located {
  const keyed = KEYED.exec(pathname);
  const link = keyed === null ? LINK.exec(pathname) : null;
  const path = link?.[1] ?? withoutSlash(keyed?.[2] ?? pathname);
  return {
    surface: path === "/mcp" ? "mcp" : "http",
    path,
    pathKey: keyed?.[1] || null,
    pathToken: link?.[2] ?? null,
  };
}

const withoutSlash = (path: string) => (path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path);
