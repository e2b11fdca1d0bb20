import { ROUTES } from "./edge/api/routes/index.ts";
import { createApp, type EdgeApp } from "./edge/app.ts";
import { errorFields, log } from "./edge/log.ts";
import { consume } from "./edge/queue.ts";
import { organizationStub } from "./edge/stub.ts";
import { sweepOrganizations } from "./edge/sweeper.ts";
import type { Env } from "./env.ts";

export { Organization } from "./organization/organization.ts";
export { Rails } from "./payments/rails.ts";

let app: EdgeApp | undefined;

export default {
  fetch(request, env, ctx) {
    // Built at the first request: the object's isolate evaluates this module too and never needs it.
    app ??= createApp({ getStub: organizationStub, routes: ROUTES, now: Date.now });
    return app.fetch(request, env, (work) => ctx.waitUntil(work));
  },

  async scheduled(controller, env) {
    try {
      const { swept, failed } = await sweepOrganizations(env, organizationStub, controller.scheduledTime);
      log("info", "swept", { swept, failed });
    } catch (error) {
      log("error", "sweep_failed", errorFields(error));
      throw error;
    }
  },

  queue(batch, env, ctx) {
    consume(batch, {
      getStub: (id, region) => organizationStub(env, id, region),
      rails: env.RAILS,
      waitUntil: (work) => ctx.waitUntil(work),
    });
  },
} satisfies ExportedHandler<Env>;
