import { type RegionName, regionOf } from "../keys/format.ts";
import { newId } from "../keys/ids.ts";
import { err, ok, type Result } from "../result.ts";
import { log } from "./log.ts";
import type { Refusal } from "./refusal.ts";
import type { RequestScope } from "./scope.ts";
import { callObject } from "./stub.ts";

export interface NewOrganization {
  readonly name: string;
  readonly mode: "test" | "live";
  readonly timezone: string;
  readonly region: RegionName;
  /** No first admin key is made: people manage it, and make the keys that they need. */
  readonly keyless?: boolean;
}

export interface CreatedOrganization {
  readonly id: string;
  /** Shown this once; absent where the organization was asked for without keys. */
  readonly admin_key?: string;
}

/** `region_not_available`: another place for the data than the one asked for is no fallback. */
export type CreateRefusal = Refusal | { readonly kind: "region_not_available" };

/**
 * How an organization comes to be. The D1 row is written first: if the object's answer is lost, the sweeper still knows
 * the organization.
 */
export async function createOrganization(
  { env, requestId, getStub, now }: Pick<RequestScope, "env" | "requestId" | "getStub" | "now">,
  { name, mode, timezone, region, keyless = false }: NewOrganization,
): Promise<Result<CreatedOrganization, CreateRefusal>> {
  const id = newId("org");
  try {
    getStub(env, id, regionOf(region)!);
  } catch {
    // workerd on its own knows no jurisdictions.
    return err({ kind: "region_not_available" });
  }
  await env.DB.prepare(
    "INSERT INTO organizations (id, name, mode, region, timezone, created_at, swept_at) VALUES (?, ?, ?, ?, ?, ?, 0)",
  )
    .bind(id, name, mode, region, timezone, now())
    .run();
  const provisioned = await callObject(
    () => getStub(env, id, regionOf(region)!),
    (stub) => stub.provision({ id, name, mode, region, timezone, ...(keyless ? { keyless } : {}) }),
    { read: false, requestId },
  );
  if (!provisioned.ok) return provisioned;
  log("info", "organization_created", { organization_id: id, mode, region, request_id: requestId });
  const { admin_key } = provisioned.value;
  return ok({ id, ...(admin_key === undefined ? {} : { admin_key }) });
}
