import { TrieRouter } from "hono/router/trie-router";
import { FloodFilter, throttleFactor } from "../edge/flood-filter.ts";
import { errorFields, log } from "../edge/log.ts";
import { memberNotes } from "../edge/note-member.ts";
import type { RequestScope } from "../edge/scope.ts";
import type { SignedIn } from "../people/api.ts";
import { peopleOf } from "../people/index.ts";
import { redirect, signInPath } from "./answer.tsx";
import { ApiRefused, organizationApi } from "./api.ts";
import { serveAsset } from "./assets.ts";
import { formToken, formTokenMatches, newSeed, readSeed, seedCookie } from "./csrf.ts";
import { forbiddenPage, notFoundPage, refusalPage, troublePage } from "./errors.tsx";
import { DashboardForm, readForm } from "./form.ts";
import type { DashboardRoute, OrganizationVisit, PersonVisit, Visit } from "./route.ts";
import { DASHBOARD_ROUTES } from "./routes.ts";

const BASE = "/dashboard";

/**
 * Serves one request to the dashboard: who is it, are they a member, does their role allow it, is the form ours. Only
 * then does the route's own code run. Whatever fails on the way has one page, which says nothing about what exists.
 */
export async function serveDashboard(request: Request, scope: RequestScope): Promise<Response> {
  const url = new URL(request.url);
  const path = scope.located.path.slice(BASE.length) || "/";
  if (path.startsWith("/assets/"))
    return serveAsset(path.slice("/assets/".length)) ?? new Response(null, { status: 404 });

  const secure = url.protocol === "https:";
  const known = readSeed(request, secure);
  const seed = known ?? newSeed();
  const response = await answer(request, scope, url, path, seed);
  if (known !== null) return response;
  const withSeed = new Response(response.body, response);
  withSeed.headers.append("set-cookie", seedCookie(seed, secure));
  return withSeed;
}

async function answer(request: Request, scope: RequestScope, url: URL, path: string, seed: string): Promise<Response> {
  const people = peopleOf(scope.env, { waitUntil: scope.waitUntil, note: memberNotes(scope, request) });
  const open: Visit = {
    request,
    scope,
    url,
    params: {},
    form: new DashboardForm(),
    people,
    nonce: crypto.randomUUID().replaceAll("-", ""),
    csrf: formToken(secretOf(scope), seed, null),
    now: scope.now(),
    signedIn: null,
  };
  try {
    const wait = throttled(request, scope);
    if (wait !== null) return troublePage(open, 429, wait);
    const found = match(request.method, path);
    // Before anybody is looked up: whoever sends a form slowly would otherwise act with a session or a role that has been
    // taken away meanwhile.
    const posted = found !== null && request.method === "POST" ? await readForm(request) : null;
    const signedIn = await people.signedIn(request);
    const csrf = formToken(secretOf(scope), seed, signedIn?.session_id ?? null);
    const visit: Visit = { ...open, signedIn, csrf, params: found?.params ?? {} };
    if (found === null) return notFoundPage(visit);
    return prolonged(await enter(found.route, visit, posted), visit);
  } catch (error) {
    if (error instanceof ApiRefused) return refusalPage(open, error.refusal);
    log("error", "dashboard_failed", { request_id: scope.requestId, ...errorFields(error) });
    return troublePage(open, 500, null);
  }
}

/** A session that use has prolonged lives as long in the browser. What was posted may have ended it, and sets its own. */
function prolonged(response: Response, { request, signedIn }: Visit): Response {
  if (request.method === "POST" || signedIn?.cookies === undefined) return response;
  const answer = new Response(response.body, response);
  for (const cookie of signedIn.cookies) answer.headers.append("set-cookie", cookie);
  return answer;
}

async function enter(route: DashboardRoute, visit: Visit, posted: Posted): Promise<Response> {
  const { signedIn } = visit;
  if (route.access !== "anyone" && signedIn === null) return redirect(signInPath(visit));
  if (route.access === "anyone" || signedIn === null) {
    const ready = withForm(visit, posted);
    if (ready instanceof Response) return ready;
    return (route as Extract<DashboardRoute, { access: "anyone" }>).handle(ready);
  }
  if (route.access === "person") {
    const ready = withForm(visit, posted);
    return ready instanceof Response ? ready : route.handle({ ...ready, signedIn } satisfies PersonVisit);
  }
  const organization = await organizationOf(visit, signedIn);
  if (organization === null) return notFoundPage(visit);
  if (!route.access.includes(organization.role)) return forbiddenPage(visit, organization);
  const ready = withForm(visit, posted);
  if (ready instanceof Response) return ready;
  const api = organizationApi(visit.scope, visit.request, signedIn, organization);
  const base = `${BASE}/${organization.organization_id}`;
  const inside: OrganizationVisit = { ...ready, signedIn, organization, base, api };
  try {
    return await route.handle(inside);
  } catch (error) {
    if (error instanceof ApiRefused) return refusalPage(inside, error.refusal);
    throw error;
  }
}

/** A member of it, or nothing is there: whether it exists is never told. */
async function organizationOf({ people, params }: Visit, { person }: SignedIn) {
  const id = params.org ?? "";
  return /^org_[0-9A-Za-z]{22}$/.test(id) ? people.membership(person.id, id) : null;
}

/** Null: nothing was. */
type Posted = Awaited<ReturnType<typeof readForm>> | null;

/** What was posted, once it is sure that a page of ours, in this session, has sent it. */
function withForm(visit: Visit, form: Posted): Visit | Response {
  const { request } = visit;
  if (form === null) return visit;
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return troublePage(visit, 403, null);
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== visit.url.origin) return troublePage(visit, 403, null);
  if (!form.ok) return troublePage(visit, 400, form.error);
  if (!formTokenMatches(form.value.raw("csrf"), visit.csrf)) return troublePage(visit, 403, null);
  return { ...visit, form: form.value };
}

const flood = new FloodFilter();

/** In this isolate's memory: it keeps one address from keeping the database busy. What matters is counted in D1. */
function throttled(request: Request, scope: RequestScope): string | null {
  const address = request.headers.get("cf-connecting-ip") ?? "local";
  const verdict = flood.take(address, scope.now(), throttleFactor(scope.env.TEST_THROTTLE_FACTOR));
  return verdict.allowed ? null : `Too many requests. Try again in ${verdict.retryAfterSeconds} seconds.`;
}

const secretOf = ({ env }: RequestScope): string => {
  if (env.AUTH_SECRET === undefined) throw new Error("AUTH_SECRET is not set");
  return env.AUTH_SECRET;
};

let router: TrieRouter<DashboardRoute> | undefined;

function match(method: string, path: string): { route: DashboardRoute; params: Record<string, string> } | null {
  if (router === undefined) {
    router = new TrieRouter();
    for (const route of [...DASHBOARD_ROUTES].sort(fixedBeforeParameter)) router.add(route.method, route.path, route);
  }
  const [found] = router.match(method === "HEAD" ? "GET" : method, path) as [
    [DashboardRoute, Record<string, string>][],
  ];
  const first = found[0];
  if (first === undefined) return null;
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(first[1])) {
    try {
      params[name] = decodeURIComponent(value);
    } catch {
      return null;
    }
  }
  return { route: first[0], params };
}

/** `/:org/agents/new` is found before `/:org/agents/:agent_id`, in whatever order the table lists them. */
function fixedBeforeParameter(a: DashboardRoute, b: DashboardRoute): number {
  const [left, right] = [a.path.split("/"), b.path.split("/")];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = Number(left[at]!.startsWith(":")) - Number(right[at]!.startsWith(":"));
    if (order !== 0) return order;
  }
  return 0;
}
