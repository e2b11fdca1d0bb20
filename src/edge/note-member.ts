import { regionOf } from "../keys/format.ts";
import type { NoteAnswer, OperatorCaller, PersonCaller } from "../organization/api.ts";
import type { MemberNote } from "../people/api.ts";
import { countryOf } from "./caller.ts";
import { errorFields, log } from "./log.ts";
import type { RequestScope } from "./scope.ts";
import { callObject } from "./stub.ts";

type Place = Pick<RequestScope, "env" | "requestId" | "getStub">;

/**
 * Puts changes of members on the record of their organization. D1 is the authority on people and has made the change; the
 * log follows it. A note that cannot be written is tried once more, and then it is the operator's log that says so: the
 * change stands all the same, and nobody is told otherwise.
 */
export function memberNotes(place: Place, request: Request): (note: MemberNote) => Promise<void> {
  return async (note) => {
    const { organization_id, by, change } = note;
    const answer = (await written(place, request, note)) ?? (await written(place, request, note));
    // An organization that is not founded yet has no log.
    if (answer?.noted === true || answer?.why === "not_founded") return;
    const why = answer?.why ?? "unavailable";
    log("error", "member_note_failed", { organization_id, by, ...change, why, request_id: place.requestId });
  };
}

/** What the object says; null: it could not be asked. */
async function written(place: Place, request: Request, note: MemberNote): Promise<NoteAnswer | null> {
  try {
    return await write(place, request, note);
  } catch (error) {
    log("error", "member_note_unwritten", { request_id: place.requestId, ...errorFields(error) });
    return null;
  }
}

async function write(place: Place, request: Request, note: MemberNote): Promise<NoteAnswer | null> {
  const { env, requestId, getStub } = place;
  const { organization_id, by, change } = note;
  const caller: PersonCaller | OperatorCaller =
    "operator" in by
      ? { operator: true, request_id: requestId }
      : { ...by, request_id: requestId, country: countryOf(request), origin: new URL(request.url).origin };
  const row = await env.DB.prepare("SELECT region FROM organizations WHERE id = ?")
    .bind(organization_id)
    .first<{ region: string }>();
  const region = regionOf(row?.region ?? "");
  if (region === null) return null;
  const answer = await callObject(
    () => getStub(env, organization_id, region),
    (stub) => stub.noteMember(caller, change),
    { read: false, requestId },
  );
  return answer.ok ? answer.value : null;
}
