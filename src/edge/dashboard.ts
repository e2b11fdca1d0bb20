import type { Context } from "hono";
import { peopleProblem } from "../auth-secret.ts";
import { problem } from "./errors.ts";
import { log } from "./log.ts";
import type { EdgeEnv, RequestScope } from "./scope.ts";

/**
 * The door to the dashboard. Pages and accounts are many modules that agents never need, so they are loaded by the first
 * person who asks for one: nothing else in the Worker may import them (`test/dashboard/import-graph.test.ts`).
 */
export async function dashboardRoute(c: Context<EdgeEnv>): Promise<Response> {
  const { env, requestId } = c.env;
  const reason = peopleProblem(env);
  // Without a secret nobody meant to have a dashboard; with one, somebody looks for it.
  if (reason !== null && (env.AUTH_SECRET ?? "") !== "") log("error", "not_configured", { reason });
  if (reason !== null || !isDashboardHost(c.req.raw, env.DASHBOARD_URL)) {
    return problem({ kind: "not_found" }, requestId);
  }
  const { serveDashboard } = await import("../dashboard/serve.tsx");
  return serveDashboard(c.req.raw, c.env);
}

/**
 * A host that was set apart for people serves nothing else: an MCP URL never works there. Not on another port either,
 * because cookies know no ports; and not while the dashboard is not set up, or it would stop working once it is.
 */
export function isElsewhere({ env: { DASHBOARD_URL = "" }, located }: RequestScope, request: Request): boolean {
  if (DASHBOARD_URL === "") return false;
  const ours = located.path === "/dashboard" || located.path.startsWith("/dashboard/") || located.path === "/healthz";
  return !ours && URL.parse(DASHBOARD_URL)?.hostname === new URL(request.url).hostname;
}

function isDashboardHost(request: Request, dashboardUrl: string | undefined): boolean {
  if (dashboardUrl === undefined || dashboardUrl === "") return true;
  return URL.parse(dashboardUrl)?.host === new URL(request.url).host;
}
