import { ok, type Result } from "../result.ts";
import { isPaymentHeader, survivesOriginChange } from "./guard-headers.ts";
import { GUARD_LIMITS, type GuardedMethod, type GuardRefusal, refuse } from "./guard-reasons.ts";
import { type GuardPolicy, guardUrl, hasForbiddenCharacters } from "./guard-url.ts";

/** The redirect as it happened: which one it is, and the request that it answered. */
export interface RedirectHop {
  /** 1 for the first redirect of a request. */
  readonly number: number;
  /** Status of the answer. */
  readonly status: number;
  readonly method: GuardedMethod;
  readonly hasBody: boolean;
  /** Every header that was sent, the service's own included. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The request to make next. */
export interface NextHop {
  readonly url: URL;
  readonly method: GuardedMethod;
  readonly keepBody: boolean;
  readonly crossOrigin: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Lower-case names of the headers that were taken away, for the record. */
  readonly dropped: readonly string[];
}

const FOLLOWED = [301, 302, 303, 307, 308];

/** The fetch standard's request-body-header names, and those that describe a body on the wire. */
const BODY_HEADERS = /^(?:content-.*|transfer-encoding|digest|repr-digest)$/i;

/** Fetch standard, "HTTP-redirect fetch": 303 turns everything but HEAD into GET, 301 and 302 only POST. */
function nextMethod(status: number, method: GuardedMethod): GuardedMethod {
  if (status === 303) return method === "HEAD" ? "HEAD" : "GET";
  return (status === 301 || status === 302) && method === "POST" ? "GET" : method;
}

/** Resolves a Location, judging the text and the outcome: a relative one can still change the host (`//host`). */
function resolve(from: URL, location: string, policy: GuardPolicy): Result<URL, GuardRefusal> {
  if (location.length > GUARD_LIMITS.urlBytes) return refuse("url_too_long");
  if (hasForbiddenCharacters(location)) return refuse("url_characters");
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return guardUrl(location, policy);
  if (location.startsWith("//")) return guardUrl(from.protocol + location, policy);
  return URL.canParse(location, from.href)
    ? guardUrl(new URL(location, from.href).href, policy)
    : refuse("url_malformed");
}

/**
 * Judges one redirect; the caller fetches with `redirect: "manual"` and asks here for every hop. Needed because workerd,
 * when it follows by itself, forwards cookie, x-api-key and x-payment to the other origin (measured).
 *
 * Payment headers follow no redirect at all, not even on the same origin: a signature pays for the resource it was made
 * for. To another origin only harmless headers go, and only GET and HEAD: a body or a side effect meant for one party
 * is never handed to another.
 */
export function judgeRedirect(
  from: URL,
  location: string | null,
  policy: GuardPolicy,
  hop: RedirectHop,
): Result<NextHop, GuardRefusal> {
  if (!FOLLOWED.includes(hop.status)) return refuse("redirect_status");
  // Written so that NaN is refused too.
  if (!(hop.number >= 1 && hop.number <= GUARD_LIMITS.redirectHops)) return refuse("redirect_too_many");
  if (location === null || location === "") return refuse("redirect_location");
  if (from.protocol === "https:" && /^http:/i.test(location)) return refuse("redirect_downgrade");
  const judged = resolve(from, location, policy);
  if (!judged.ok) return judged;
  const url = judged.value;
  if (from.protocol === "https:" && url.protocol !== "https:") return refuse("redirect_downgrade");

  const method = nextMethod(hop.status, hop.method);
  const keepBody = hop.hasBody && method === hop.method && method !== "GET" && method !== "HEAD";
  const crossOrigin = url.origin !== from.origin;
  if (crossOrigin && method !== "GET" && method !== "HEAD") return refuse("redirect_method_cross_origin");

  const headers = new Map<string, string>();
  const dropped: string[] = [];
  for (const [written, value] of Object.entries(hop.headers)) {
    const name = written.toLowerCase();
    const keep =
      !isPaymentHeader(name) &&
      (keepBody || !BODY_HEADERS.test(name)) &&
      (!crossOrigin || survivesOriginChange(name)) &&
      name !== "host";
    if (keep) headers.set(name, value);
    else dropped.push(name);
  }
  return ok({ url, method, keepBody, crossOrigin, headers: Object.fromEntries(headers), dropped });
}
