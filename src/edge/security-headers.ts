const ALWAYS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  // The URL can carry a key.
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};
const HSTS = "max-age=31536000";

/** The last step of every answer, errors included. Streams pass through untouched. */
export function withSecurityHeaders(response: Response, context: { secure: boolean; requestId: string }): Response {
  // A response that came from the object has immutable headers.
  const answer = new Response(response.body, response);
  for (const [name, value] of Object.entries(ALWAYS)) answer.headers.set(name, value);
  answer.headers.set("x-request-id", context.requestId);
  if (context.secure) answer.headers.set("strict-transport-security", HSTS);
  return answer;
}
