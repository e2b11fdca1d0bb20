import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import * as z from "zod";
import { parseSigningSecrets } from "../keys/signing-secrets.ts";
import { isTimeZone } from "../policy/zone.ts";
import { name } from "../schema/resources.ts";
import { createOrganization } from "./create-organization.ts";
import { bearerToken } from "./credential.ts";
import { problem, problemResponse } from "./errors.ts";
import { historyRoute } from "./history.ts";
import { log } from "./log.ts";
import { appointRoute } from "./operator-members.ts";
import type { EdgeEnv, RequestScope } from "./scope.ts";
import { readJson } from "./validation.ts";

/** Also what people are asked for who make one in the dashboard. */
export const createOrganizationBody = z.strictObject({
  name,
  mode: z.enum(["test", "live"]),
  timezone: z.string().max(64).refine(isTimeZone, "Use an IANA time zone, for example Europe/Berlin.").default("UTC"),
  region: z.enum(["default", "eu"]).default("default"),
});

const OPERATIONS: Readonly<Record<string, (scope: RequestScope, request: Request) => Promise<Response>>> = {
  "/operator/organizations": createRoute,
  "/operator/members": appointRoute,
};

/** Everything under `/operator`. Guarded by `OPERATOR_TOKEN`; without one these routes do not exist. */
export async function operatorRoute(c: Context<EdgeEnv>): Promise<Response> {
  const { env, requestId } = c.env;
  if (env.OPERATOR_TOKEN === undefined || env.OPERATOR_TOKEN === "") return problem({ kind: "not_found" }, requestId);
  if (!tokenMatches(bearerToken(c.req.raw), env.OPERATOR_TOKEN)) {
    return problem({ kind: "operator_token_wrong" }, requestId);
  }
  const history = await historyRoute(c);
  if (history !== null) return history;
  const operation = Object.hasOwn(OPERATIONS, c.req.path) ? OPERATIONS[c.req.path] : undefined;
  if (operation === undefined) return problem({ kind: "not_found" }, requestId);
  if (c.req.method !== "POST") return problem({ kind: "method_not_allowed", allow: "POST" }, requestId);
  return operation(c.env, c.req.raw);
}

/** `POST /operator/organizations` */
async function createRoute(scope: RequestScope, request: Request): Promise<Response> {
  const { env, requestId } = scope;
  const body = await readJson(request, createOrganizationBody);
  if (!body.ok) return problem(body.error, requestId);
  const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
  if (!signing.ok) {
    log("error", "not_configured", { reason: signing.error });
    // The operator is the one who can change it, so here the reason is shown.
    return problemResponse(503, { code: "not_configured", title: "Not set up", detail: signing.error }, requestId);
  }
  const created = await createOrganization(scope, body.value);
  if (created.ok) {
    const { id, admin_key } = created.value;
    return Response.json({ id, mode: body.value.mode, admin_key }, { status: 201 });
  }
  if (created.error.kind !== "region_not_available") return problem(created.error, requestId);
  const detail = `This platform does not offer the region ${body.value.region}.`;
  return problemResponse(400, { code: "region_not_available", detail }, requestId);
}

/** Both sides are hashed first, so that the comparison is of equal lengths and its time tells nothing. */
function tokenMatches(given: string | null, expected: string): boolean {
  return given !== null && timingSafeEqual(sha256(given), sha256(expected));
}
const sha256 = (text: string) => createHash("sha256").update(text).digest();
