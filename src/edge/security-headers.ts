const ALWAYS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  // The URL can carry a key.
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};
/** A page for people brings these two itself: it has a style and a form (`approve/page.tsx`). Nothing else sets them. */
const PAGES_OWN: ReadonlySet<string> = new Set(["content-security-policy", "referrer-policy"]);
const HSTS = "max-age=31536000";

/** The last step of every answer, errors included. Streams pass through untouched. */
export function withSecurityHeaders(response: Response, context: { secure: boolean; requestId: string }): Response {
  // A response that came from the object has immutable headers.
  const answer = new Response(response.body, response);
  // Only what is the same for everybody says so, and may then be kept by caches.
  const shared = response.headers.get("cache-control")?.startsWith("public,") === true;
  for (const [name, value] of Object.entries(ALWAYS)) {
    const own = name === "cache-control" ? shared : PAGES_OWN.has(name) && response.headers.has(name);
    if (!own) answer.headers.set(name, value);
  }
  answer.headers.set("x-request-id", context.requestId);
  if (context.secure) answer.headers.set("strict-transport-security", HSTS);
  return answer;
}
