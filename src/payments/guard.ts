/**
 * The guard of everything that leaves: quetra_fetch, x402, Stripe, ACP, webhooks. Pure judgements; the caller does the I/O:
 *
 *   1. `guardMethod`, `guardUrl`, `guardHeaders` before anything is sent;
 *   2. `fetch(url, { redirect: "manual", signal: deadline(), … })`;
 *   3. `guardResponseHeaders`; on a redirect that is followed, `judgeRedirect` and again from 2 with the same signal;
 *   4. `readCapped` with the same signal, never `response.text()` or `.json()`.
 *
 * What it cannot do: a Worker has no DNS call that is tied to a later fetch and cannot pin an address, so a public name
 * whose record points to a private address, or changes between two look-ups, passes here. What stands against that is
 * the platform: Cloudflare's edge has no route to private, link-local or metadata networks and refuses IP literals, and
 * `global_fetch_strictly_public` keeps fetches to our own zone on the public way in. Nothing of this holds for a local
 * `wrangler dev`, which reaches the developer's network: there, this guard is all there is.
 */
import { ok, type Result } from "../result.ts";
import { type GuardedMethod, type GuardRefusal, METHODS, refuse } from "./guard-reasons.ts";

export { guardHeaders, guardResponseHeaders, isPaymentHeader } from "./guard-headers.ts";
export { type CappedBody, deadline, readCapped } from "./guard-read.ts";
export {
  GUARD_LIMITS,
  GUARD_REASONS,
  type GuardedMethod,
  type GuardReason,
  type GuardRefusal,
} from "./guard-reasons.ts";
export { judgeRedirect, type NextHop, type RedirectHop } from "./guard-redirect.ts";
export { type GuardPolicy, guardUrl } from "./guard-url.ts";

/**
 * Judges a method; the value is in upper case, which `fetch` does not do for PATCH by itself. GET and HEAD with a body
 * are refused here, because `fetch` would throw.
 */
export function guardMethod(method: string, hasBody = false): Result<GuardedMethod, GuardRefusal> {
  // ASCII only: "poſt" becomes "POST" in upper case.
  const upper = /^[A-Za-z]+$/.test(method) ? method.toUpperCase() : "";
  const found = METHODS.find((allowed) => allowed === upper);
  if (found === undefined) return refuse("method_not_allowed");
  return hasBody && (found === "GET" || found === "HEAD") ? refuse("method_without_body") : ok(found);
}
