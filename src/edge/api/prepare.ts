import type { ParsedKey } from "../../keys/format.ts";
import type { ApiCall, Caller, OrganizationStub } from "../../organization/api.ts";
import type { RailsApi } from "../../payments/rails-api.ts";
import { err, ok, type Result } from "../../result.ts";
import type { Refusal } from "../errors.ts";
import { keylessErrorFields, log } from "../log.ts";
import { callObject } from "../stub.ts";
import type { PreparedBody, RouteDefinition } from "./route.ts";

/**
 * The call as it goes on to the object: with the body that the route's `prepare` makes of it, where it has one. The object
 * is asked for the role first, so that no other key reaches Rails. A caller who may not call the route goes on without a
 * body: the object refuses before it looks at one, in its own words, and the secret stays here.
 */
export async function prepared(
  route: RouteDefinition,
  call: ApiCall,
  { key, caller, getStub, rails }: PrepareEnvironment,
): Promise<Result<PreparedCall, Refusal>> {
  if (route.prepare === undefined) return ok({ call });
  const requestId = caller.request_id;
  const asked = await callObject(getStub, (stub) => stub.authenticate(caller), { read: true, requestId });
  if (!asked.ok) return asked;
  if (!asked.value.ok || !route.roles.includes(asked.value.role)) return ok({ call: { ...call, body: null } });
  try {
    const made = await route.prepare(rails(), { organization_id: key.orgId, mode: key.mode }, call.body);
    if (!made.ok) return made;
    const { body, reveal } = made.value;
    return ok({ call: { ...call, body }, reveal });
  } catch (error) {
    log("error", "sealing_failed", { request_id: requestId, route: route.id, ...keylessErrorFields(error) });
    return err({ kind: "sealing_unavailable" });
  }
}

export interface PreparedCall {
  readonly call: ApiCall;
  readonly reveal?: PreparedBody["reveal"] | undefined;
}

export interface PrepareEnvironment {
  readonly key: ParsedKey;
  readonly caller: Caller;
  readonly getStub: () => OrganizationStub;
  /** Read only where it is needed. */
  readonly rails: () => RailsApi;
}
