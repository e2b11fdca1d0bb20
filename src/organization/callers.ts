import { LIMITS } from "../limits.ts";
import type { Caller, PersonCaller } from "./api.ts";
import { isPerson } from "./person.ts";
import type { By } from "./work.ts";

/** In whose name a call is recorded: the key, by its id, or the person. */
export const byCaller = (caller: Caller | PersonCaller): By => ({
  actor: isPerson(caller) ? { type: "person", id: caller.person_id } : { type: "key", id: caller.key_id },
  keyId: isPerson(caller) ? null : caller.key_id,
  requestId: caller.request_id,
  country: caller.country,
  origin: caller.origin ?? null,
});

/** A bucket of the throttle, and how much it holds. */
export interface Allowance {
  readonly bucket: string;
  readonly perMinute: number;
}

export const allowanceOf = (caller: Caller | PersonCaller): Allowance =>
  isPerson(caller)
    ? { bucket: `person:${caller.person_id}`, perMinute: LIMITS.requestsPerPersonPerMinute }
    : { bucket: `key:${caller.key_id}`, perMinute: LIMITS.requestsPerKeyPerMinute };
