import type { ApiCall, Caller, OrganizationStub } from "../../organization/api.ts";
import type { RailsApi } from "../../payments/rails-api.ts";
import { err, ok, type Result } from "../../result.ts";
import type { Refusal } from "../errors.ts";
import { keylessErrorFields, log } from "../log.ts";
import { callObject } from "../stub.ts";
import type { PrepareContext, PreparedBody, RouteDefinition } from "./route.ts";

/**
 * The call as it goes on to the object: with the body that the route's `prepare` makes of it, where it has one. Whether
 * the caller may call the route is asked first, so that nobody else reaches Rails. Who may not goes on without a body:
 * the object refuses before it looks at one, in its own words, and the secret stays here.
 */
export async function prepared(
  route: RouteDefinition,
  call: ApiCall,
  { organization_id, mode, request_id, mayCall, rails }: PrepareEnvironment,
): Promise<Result<PreparedCall, Refusal>> {
  if (route.prepare === undefined) return ok({ call });
  const may = await mayCall();
  if (typeof may !== "boolean") return err(may);
  if (!may) return ok({ call: { ...call, body: null } });
  try {
    const made = await route.prepare(rails(), { organization_id, mode }, call.body);
    if (!made.ok) return made;
    const { body, reveal } = made.value;
    return ok({ call: { ...call, body }, reveal });
  } catch (error) {
    log("error", "sealing_failed", { request_id, route: route.id, ...keylessErrorFields(error) });
    return err({ kind: "sealing_unavailable" });
  }
}

/** Asks the object for the role of a key. */
export async function mayKeyCall(
  route: RouteDefinition,
  caller: Caller,
  getStub: () => OrganizationStub,
): Promise<boolean | Refusal> {
  const requestId = caller.request_id;
  const asked = await callObject(getStub, (stub) => stub.authenticate(caller), { read: true, requestId });
  if (!asked.ok) return asked.error;
  return asked.value.ok && route.roles.includes(asked.value.role);
}

export interface PreparedCall {
  readonly call: ApiCall;
  readonly reveal?: PreparedBody["reveal"] | undefined;
}

export interface PrepareEnvironment extends PrepareContext {
  readonly request_id: string;
  /** May this caller call the route? A refusal where that could not be found out. The object asks again in any case. */
  readonly mayCall: () => Promise<boolean | Refusal>;
  /** Read only where it is needed. */
  readonly rails: () => RailsApi;
}
