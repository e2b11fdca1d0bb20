import { err, ok, type Result } from "../result.ts";
import {
  type CappedBody,
  type GuardedMethod,
  type GuardPolicy,
  guardHeaders,
  guardMethod,
  guardResponseHeaders,
  guardUrl,
  readCapped,
} from "./guard.ts";
import type { HttpRequest, RequestRefusal } from "./rails-api.ts";

/** The way out. `fetch` is an argument so that tests can stand in for the world. */
export interface Outbound {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly policy: GuardPolicy;
}

/** A request that the guard let pass. Only `prepare` and `judgeRedirect` make what goes in here; our own headers may be added. */
export interface Prepared {
  readonly url: URL;
  readonly method: GuardedMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface Received {
  readonly status: number;
  readonly headers: Headers;
  /** To be read once, or dropped; `cap` in decoded bytes. */
  read(cap: number): Promise<CappedBody>;
  drop(): void;
}

/** Judges a request as a whole; what fails first is the refusal. */
export function prepare(request: HttpRequest, policy: GuardPolicy): Result<Prepared, RequestRefusal> {
  const method = guardMethod(request.method, request.body !== null);
  if (!method.ok) return refused(method.error);
  const url = guardUrl(request.url, policy);
  if (!url.ok) return refused(url.error);
  const headers = guardHeaders(request.headers);
  if (!headers.ok) return refused(headers.error);
  return ok({ url: url.value, method: method.value, headers: headers.value, body: request.body });
}

const refused = (refusal: { readonly reason: string; readonly message: string }) =>
  err({ code: refusal.reason, message: refusal.message });

/**
 * Sends one request and follows nothing. `no-store`, because what one tenant paid for must not stand in a cache that
 * serves another (arXiv 2605.11781, III). The signal bounds headers and body. Never throws for what a server does, and
 * no text of the server or of the runtime is in a refusal.
 */
export async function send(
  outbound: Outbound,
  request: Prepared,
  signal: AbortSignal,
): Promise<Result<Received, RequestRefusal>> {
  let response: Response;
  try {
    response = await outbound.fetch(request.url.href, {
      method: request.method,
      headers: { "user-agent": USER_AGENT, ...request.headers, "cache-control": "no-store" },
      body: request.body,
      redirect: "manual",
      // The header is for caches on the way, this for the platform's own, which a Worker's fetch reads through.
      cache: "no-store",
      signal,
    });
  } catch {
    return signal.aborted ? err(TIMEOUT) : err(NO_ANSWER);
  }
  const drop = (): void => void response.body?.cancel().catch(() => {});
  const size = guardResponseHeaders(response.headers);
  if (!size.ok) {
    drop();
    return refused(size.error);
  }
  const { status, headers } = response;
  return ok({ status, headers, read: (cap) => readCapped(response, cap, signal), drop });
}

/** workerd sends none by itself, and many APIs refuse a request without one. */
const USER_AGENT = "quetra";

const TIMEOUT: RequestRefusal = {
  code: "timeout",
  message: "The server did not answer in time. Try again later, or use another service.",
};
const NO_ANSWER: RequestRefusal = {
  code: "no_answer",
  message: "The server could not be reached, or broke the connection before it answered. Check the host name.",
};
