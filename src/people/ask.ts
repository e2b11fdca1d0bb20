import type { Outcome } from "./api.ts";
import { AUTH_PATH, authOf } from "./auth.ts";
import { type AuthCall, authCalls, type Desk } from "./desk.ts";
import { refuse, signedOut, throttled } from "./outcome.ts";

export interface AuthAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: Better Auth's JSON, read member by member
  readonly body: any;
  readonly cookies: readonly string[];
  readonly response: Response;
}

export interface Question {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** `none` where an earlier session must not count: Better Auth would take a second factor as proven. */
  readonly cookies?: "browser" | "none" | string;
  readonly signUp?: AuthCall["signUp"];
}

/** One call of Better Auth through its own front door, so that its throttle, its origin check and its hooks apply. */
export async function ask(desk: Desk, browser: Request, question: Question): Promise<AuthAnswer> {
  const { method = "POST", path, body, signUp } = question;
  const auth = await authOf(desk.env);
  const request = new Request(`${desk.base}${AUTH_PATH}${path}`, {
    method,
    headers: headersOf(desk, browser, question),
    ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
  });
  const call: AuthCall = signUp === undefined ? { desk } : { desk, signUp };
  const response = await authCalls.run(call, () => auth.handler(request));
  const text = await response.text();
  return {
    status: response.status,
    body: parseJson(text),
    cookies: response.headers.getSetCookie(),
    response,
  };
}

/** Only what Better Auth shall judge by is handed on; the address of the client is the platform's word. */
function headersOf(desk: Desk, browser: Request, { cookies = "browser" }: Question): Headers {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  for (const name of ["cf-connecting-ip", "user-agent", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"]) {
    const value = browser.headers.get(name);
    if (value !== null) headers.set(name, value.slice(0, 512));
  }
  headers.set("origin", originOf(desk, browser));
  const cookie = cookies === "browser" ? browser.headers.get("cookie") : cookies === "none" ? null : cookies;
  if (cookie !== null) headers.set("cookie", cookie);
  return headers;
}

/**
 * The origin that Better Auth compares with the dashboard's. The host that the browser called was checked at the edge, so
 * a page of that host is our own; a client without any of the headers is no browser, and rides on nobody's cookies.
 */
function originOf({ base }: Desk, browser: Request): string {
  const origin = browser.headers.get("origin");
  const site = browser.headers.get("sec-fetch-site");
  if (origin === new URL(browser.url).origin) return base;
  if (origin !== null && origin !== "null") return origin;
  if (site === "same-origin") return base;
  return origin === null && (site === null || site === "none") ? base : "null";
}

/** What every refusal of Better Auth has in common; `otherwise` says the rest. */
export function refusalOf<T>(
  answer: AuthAnswer,
  otherwise: (code: string) => Extract<Outcome<T>, { ok: false }> | null,
): Extract<Outcome<T>, { ok: false }> {
  if (answer.status === 429) return throttled(Number(answer.response.headers.get("x-retry-after") ?? 60));
  const code = String(answer.body?.code ?? "");
  const own = otherwise(code);
  if (own !== null) return own;
  if (code === "INVALID_ORIGIN" || code === "MISSING_OR_NULL_ORIGIN" || code.startsWith("CROSS_SITE")) {
    return refuse("forbidden", "This request did not come from our own page. Load the page again, then retry.");
  }
  if (answer.status === 401) return signedOut();
  throw new Error(`Better Auth answered ${answer.status} ${code}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
