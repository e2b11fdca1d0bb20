import type { PersonRole } from "../people/api.ts";
import type { Caller, PersonCaller, Role } from "./api.ts";
import type { Principal } from "./principal.ts";

/**
 * What the role of a person lets them do, as roles of keys. Nobody spends: that is an agent's alone, and a person who could
 * would be a way around what its mandate says about agents.
 */
const COUNTS_AS: Readonly<Record<PersonRole, readonly Role[]>> = {
  owner: ["admin", "approve", "read"],
  admin: ["admin", "approve", "read"],
  approver: ["approve", "read"],
  viewer: ["read"],
};

const NOTHING: readonly Role[] = [];

/** The roles of keys that a person's role counts as; none for a role that is not known here. */
export const rolesOfPerson = (role: string): readonly Role[] =>
  Object.hasOwn(COUNTS_AS, role) ? COUNTS_AS[role as PersonRole] : NOTHING;

export const isPerson = (caller: Caller | PersonCaller): caller is PersonCaller => "person_id" in caller;

const PERSON_ID = /^[0-9A-Za-z_-]{1,64}$/;

/** Whether this could be the id of a person. An address is none. */
export const isPersonId = (id: unknown): id is string => typeof id === "string" && PERSON_ID.test(id);

/** A person as a principal; null for whoever is none, or names a key as well: what is not clear is refused. */
export function personPrincipal(caller: PersonCaller): Principal | null {
  const { person_id, role } = caller;
  if (!isPersonId(person_id) || typeof role !== "string") return null;
  if ("key_id" in caller || "secret_hash" in caller) return null;
  const roles = rolesOfPerson(role);
  return roles.length === 0 ? null : { roles: new Set(roles), mayUse: () => false };
}
