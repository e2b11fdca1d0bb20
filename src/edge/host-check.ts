import type { Refusal } from "./errors.ts";

/**
 * Against DNS rebinding: a page in a browser must not reach a local or private deployment under a name of its own.
 * Clients without a browser send no Origin, which is fine; `Origin: null` (sandboxed pages, files) is nobody's.
 */
export function checkHost(request: Request, allowedHosts: string | undefined): Refusal | null {
  const allowed = hostList(allowedHosts);
  const host = request.headers.get("host");
  if (!allowed.has(new URL(request.url).hostname)) return { kind: "host_not_allowed" };
  if (host !== null && !isAllowed(allowed, `http://${host}`)) return { kind: "host_not_allowed" };
  const origin = request.headers.get("origin");
  return origin === null || isAllowed(allowed, origin) ? null : { kind: "origin_not_allowed" };
}

function isAllowed(allowed: ReadonlySet<string>, origin: string): boolean {
  const url = URL.parse(origin);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return false;
  // An origin or host is only that: anything behind it, or credentials before it, is somebody's trick.
  return allowed.has(url.hostname) && url.pathname === "/" && url.search === "" && url.username === "";
}

let memo: { readonly text: string; readonly hosts: ReadonlySet<string> } = { text: "", hosts: new Set() };

/** Without the variable no host is allowed. */
function hostList(text = ""): ReadonlySet<string> {
  if (memo.text !== text) {
    const hosts = text.split(",").map((host) => host.trim().toLowerCase());
    memo = { text, hosts: new Set(hosts.filter((host) => host !== "")) };
  }
  return memo.hosts;
}
