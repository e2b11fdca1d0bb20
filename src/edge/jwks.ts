import type { Context } from "hono";
import { organizationIdToBytes } from "../keys/ids.ts";
import { problem } from "./errors.ts";
import { errorFields, log } from "./log.ts";
import type { EdgeEnv } from "./scope.ts";

/** Kept by caches, so that a crowd of verifiers costs one read; a rotation shows after five minutes at the latest. */
const CACHE = "public, max-age=300";

/**
 * `GET /api/v1/organizations/{organization_id}/jwks.json`: the public keys that receipts, mandates and checkpoints verify
 * with. Needs no key and reads D1 only. An unknown organization answers as a path does at which nothing is served, and so
 * does the path below a key: whoever copied it from there would hand the key on.
 */
export async function jwksRoute(c: Context<EdgeEnv>): Promise<Response> {
  const { env, requestId, located } = c.env;
  const id = c.req.param("organization_id") ?? "";
  if (located.pathKey !== null || organizationIdToBytes(id) === null) return problem({ kind: "not_found" }, requestId);
  let row: { jwks: string } | null;
  try {
    row = await env.DB.prepare("SELECT jwks FROM organizations WHERE id = ?").bind(id).first<{ jwks: string }>();
  } catch (error) {
    log("error", "jwks_not_read", { request_id: requestId, ...errorFields(error) });
    return problem({ kind: "unavailable", retryAfterSeconds: 5 }, requestId);
  }
  if (row === null) return problem({ kind: "not_found" }, requestId);
  return new Response(row.jwks, { headers: { "content-type": "application/jwk-set+json", "cache-control": CACHE } });
}
