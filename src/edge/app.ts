import { Hono } from "hono";
import type { Env } from "../env.ts";
import { parseSigningSecrets } from "../keys/signing-secrets.ts";
import { LIMITS } from "../limits.ts";
import { mountApi } from "./api/mount.ts";
import { mountApprovalPages } from "./approve/route.ts";
import { dashboardRoute, isElsewhere } from "./dashboard.ts";
import { problem, refuse } from "./errors.ts";
import { FloodFilter } from "./flood-filter.ts";
import { mountHooks } from "./hooks.ts";
import { checkHost } from "./host-check.ts";
import { locate } from "./locate.ts";
import { errorFields, log } from "./log.ts";
import { mcpRoute } from "./mcp-route.ts";
import { operatorRoute } from "./operator.ts";
import { type EdgeDependencies, type EdgeEnv, newRequestId, type RequestScope } from "./scope.ts";
import { withSecurityHeaders } from "./security-headers.ts";

export interface EdgeApp {
  /** @param waitUntil Keeps the isolate alive for work that goes on behind the answer. */
  fetch(request: Request, env: Env, waitUntil?: RequestScope["waitUntil"]): Promise<Response>;
}

/** Everything that the Worker serves over HTTP. Built once per isolate. */
export function createApp(dependencies: EdgeDependencies): EdgeApp {
  const flood = new FloodFilter();
  const app = routes(dependencies);
  return {
    async fetch(request, env, waitUntil = () => {}) {
      const url = new URL(request.url);
      const scope: RequestScope = {
        env,
        flood,
        requestId: newRequestId(),
        located: locate(url.pathname),
        getStub: dependencies.getStub,
        now: dependencies.now,
        waitUntil,
      };
      const response = await app.fetch(request, scope);
      return withSecurityHeaders(response, { secure: url.protocol === "https:", requestId: scope.requestId });
    },
  };
}

function routes({ routes }: EdgeDependencies): Hono<EdgeEnv> {
  const app = new Hono<EdgeEnv>({
    // Routing sees the path without the key; nothing below may read the URL's own path.
    getPath: (_request, options) => (options as { env: RequestScope }).env.located.path,
  });
  app.onError((error, c) => {
    log("error", "request_failed", { request_id: c.env.requestId, ...errorFields(error) });
    return refuse({ kind: "internal" }, c.env.located.surface, c.env.requestId);
  });
  app.notFound((c) => problem({ kind: "not_found" }, c.env.requestId));

  app.use(async function guard(c, next) {
    const { env, located, requestId } = c.env;
    const refusal =
      c.req.raw.url.length > LIMITS.urlBytes
        ? ({ kind: "url_too_long", maxBytes: LIMITS.urlBytes } as const)
        : checkHost(c.req.raw, env.ALLOWED_HOSTS);
    if (refusal !== null) return refuse(refusal, located.surface, requestId);
    if (isElsewhere(c.env, c.req.raw)) return refuse({ kind: "not_found" }, located.surface, requestId);
    await next();
  });
  app.all("/mcp", mcpRoute);
  mountApi(app, routes);
  mountApprovalPages(app);
  mountHooks(app);
  app.all("/dashboard", dashboardRoute);
  app.all("/dashboard/*", dashboardRoute);
  app.all("/operator/*", operatorRoute);
  app.get("/healthz", (c) => {
    const configured = parseSigningSecrets(c.env.env.KEY_SIGNING_SECRETS);
    if (!configured.ok) log("error", "not_configured", { reason: configured.error });
    if (!configured.ok) return problem({ kind: "not_configured", reason: configured.error }, c.env.requestId);
    return c.json({ status: "ok" });
  });
  app.get("/", (c) => c.json(ABOUT));
  return app;
}

const ABOUT = {
  name: "Quetra",
  description: "Spending governance for AI agents: mandates, budgets and approvals over MCP and REST.",
  mcp: "/<key>/mcp",
  api: "/api/v1",
  documentation: "/api/v1/openapi.json",
};
