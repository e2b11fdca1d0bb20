import { env } from "cloudflare:workers";
import { prepared } from "../../src/edge/api/prepare.ts";
import type { RouteId } from "../../src/edge/api/routes/index.ts";
import { type CallValues, shapeCall } from "../../src/edge/api/shape.ts";
import type { ApiAnswer, Caller, PersonCaller } from "../../src/organization/api.ts";
import type { PersonRole } from "../../src/people/api.ts";
import { type Ids, routeOf, SAMPLES } from "./samples.ts";
import type { Json, TestOrganization } from "./service.ts";

export const PERSON_ROLES = ["owner", "admin", "approver", "viewer"] as const satisfies readonly PersonRole[];

export const person = (role: PersonRole, more: Partial<PersonCaller> = {}): PersonCaller => ({
  person_id: `person_${role}`,
  role,
  request_id: "req_person",
  country: null,
  ...more,
});

export interface PersonAnswer extends ApiAnswer {
  readonly body: Json;
}

/** One operation as the dashboard asks it: shaped, sealed where there is a secret, and handed to the object. */
export async function callAs(
  organization: TestOrganization,
  caller: Caller | PersonCaller,
  id: RouteId,
  values: CallValues = {},
): Promise<PersonAnswer> {
  const route = routeOf(id);
  const shaped = shapeCall(route, values);
  if (!shaped.ok) throw new Error(JSON.stringify(shaped.error));
  const made = await prepared(route, shaped.value, {
    organization_id: organization.id,
    mode: "test",
    request_id: caller.request_id,
    mayCall: async () => "role" in caller && (caller.role === "owner" || caller.role === "admin"),
    rails: () => env.RAILS,
  });
  if (!made.ok) return { status: 400, body: made.error };
  return organization.stub.api(caller, made.value.call) as Promise<PersonAnswer>;
}

/** The sample of an operation as plain values. */
export function sampleValues(id: RouteId, ids: Ids): CallValues {
  const { body, query, headers = {} } = SAMPLES[id](ids);
  const names = [...routeOf(id).path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const idOf = (name: string) => ids[name.replace(/_(id|name)$/, "") as keyof Ids];
  return {
    body,
    params: Object.fromEntries(names.map((name) => [name, idOf(name)])),
    query: Object.fromEntries(new URLSearchParams(query)),
    if_match: headers["if-match"],
    idempotency_key: crypto.randomUUID(),
  };
}
