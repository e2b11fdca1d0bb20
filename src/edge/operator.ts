import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import * as z from "zod";
import { type RegionName, regionOf } from "../keys/format.ts";
import { newId } from "../keys/ids.ts";
import { parseSigningSecrets } from "../keys/signing-secrets.ts";
import { isTimeZone } from "../policy/zone.ts";
import { name } from "../schema/resources.ts";
import { bearerToken } from "./credential.ts";
import { problem, problemResponse } from "./errors.ts";
import { log } from "./log.ts";
import type { EdgeEnv, RequestScope } from "./scope.ts";
import { callObject } from "./stub.ts";
import { readJson } from "./validation.ts";

const createOrganizationBody = z.strictObject({
  name,
  mode: z.enum(["test", "live"]),
  timezone: z.string().max(64).refine(isTimeZone, "Use an IANA time zone, for example Europe/Berlin.").default("UTC"),
  region: z.enum(["default", "eu"]).default("default"),
});

/**
 * `POST /operator/organizations`: how an organization comes to be. Guarded by `OPERATOR_TOKEN`; without one the route does
 * not exist. The D1 row is written first: if the object's answer is lost, the sweeper still knows the organization.
 */
export async function operatorRoute(c: Context<EdgeEnv>): Promise<Response> {
  const { env, requestId } = c.env;
  if (env.OPERATOR_TOKEN === undefined || env.OPERATOR_TOKEN === "") return problem({ kind: "not_found" }, requestId);
  if (!tokenMatches(bearerToken(c.req.raw), env.OPERATOR_TOKEN)) {
    return problem({ kind: "operator_token_wrong" }, requestId);
  }
  if (c.req.path !== "/operator/organizations") return problem({ kind: "not_found" }, requestId);
  if (c.req.method !== "POST") return problem({ kind: "method_not_allowed", allow: "POST" }, requestId);

  const body = await readJson(c.req.raw, createOrganizationBody);
  if (!body.ok) return problem(body.error, requestId);
  const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
  if (!signing.ok) {
    log("error", "not_configured", { reason: signing.error });
    // The operator is the one who can change it, so here the reason is shown.
    return problemResponse(503, { code: "not_configured", title: "Not set up", detail: signing.error }, requestId);
  }
  return createOrganization(c.env, body.value);
}

async function createOrganization(
  { env, requestId, getStub, now }: RequestScope,
  { name, mode, timezone, region }: z.infer<typeof createOrganizationBody>,
): Promise<Response> {
  const id = newId("org");
  try {
    getStub(env, id, regionOf(region)!);
  } catch {
    // workerd on its own knows no jurisdictions. Another place for the data than the one asked for is no fallback.
    const detail = `This platform does not offer the region ${region}.`;
    return problemResponse(400, { code: "region_not_available", detail }, requestId);
  }
  await env.DB.prepare(
    "INSERT INTO organizations (id, name, mode, region, timezone, created_at, swept_at) VALUES (?, ?, ?, ?, ?, ?, 0)",
  )
    .bind(id, name, mode, region satisfies RegionName, timezone, now())
    .run();
  const provisioned = await callObject(
    () => getStub(env, id, regionOf(region)!),
    (stub) => stub.provision({ id, name, mode, region, timezone }),
    { read: false, requestId },
  );
  if (!provisioned.ok) return problem(provisioned.error, requestId);
  log("info", "organization_created", { organization_id: id, mode, region, request_id: requestId });
  return Response.json({ id, mode, admin_key: provisioned.value.admin_key }, { status: 201 });
}

/** Both sides are hashed first, so that the comparison is of equal lengths and its time tells nothing. */
function tokenMatches(given: string | null, expected: string): boolean {
  return given !== null && timingSafeEqual(sha256(given), sha256(expected));
}
const sha256 = (text: string) => createHash("sha256").update(text).digest();
