import { LIMITS } from "../limits.ts";
import type { MemberChange, NoteAnswer, OperatorCaller, PersonCaller } from "./api.ts";
import { type Allowance, allowanceOf, byCaller } from "./callers.ts";
import { isPersonId, personPrincipal, rolesOfPerson } from "./person.ts";
import { first } from "./sql.ts";
import type { By, Work } from "./work.ts";

/** What a note needs of the object that it is written in. */
export interface NoteDesk {
  readonly sql: SqlStorage;
  readonly transact: <T>(by: By, action: (work: Work) => T) => T;
  /** Takes one token of a bucket; answers the milliseconds until there is one, 0 = taken. */
  readonly take: (bucket: string, perMinute: number) => number;
}

/**
 * Puts a change of members on record, in the name of whoever made it. D1 has decided and made it: nothing is decided here,
 * and no money depends on it. Where nothing was founded yet nothing is written either: the first event would fix the clock
 * of an organization that may still be given a past (`play-history.ts`).
 */
export function noteMember(desk: NoteDesk, caller: PersonCaller | OperatorCaller, change: MemberChange): NoteAnswer {
  if (first(desk.sql, "SELECT 1 FROM organization") === undefined) return { noted: false, why: "not_founded" };
  const data = recorded(change);
  if (data === null || !mayNote(caller, change)) return { noted: false, why: "refused" };
  return desk.transact(noterAs(caller), (work) => {
    if (isThere(work, change.type)) return { noted: true };
    const { bucket, perMinute } = allowance(caller);
    if (desk.take(bucket, perMinute) > 0) return { noted: false, why: "throttled" };
    work.log(change.type, "person_id" in change ? change.person_id : change.invitation_id, data);
    return { noted: true };
  });
}

const isOperator = (caller: PersonCaller | OperatorCaller): caller is OperatorCaller => "operator" in caller;

const INVITATION_ID = /^[0-9A-Za-z-]{1,64}$/;
const isRole = (role: unknown): boolean => typeof role === "string" && rolesOfPerson(role).length > 0;

/** What the event says, member by member, so that nothing else can get into the log. Null: something is no id or role. */
function recorded(change: MemberChange): Data | null {
  const data = membersOf(change);
  return Object.entries(data).every(([name, value]) => FITS[name]!(value)) ? data : null;
}

type Data = Readonly<Record<string, string | null>>;

const isInvitation = (id: unknown): boolean => typeof id === "string" && INVITATION_ID.test(id);
const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  person_id: isPersonId,
  invitation_id: isInvitation,
  replaces: (id) => id === null || isInvitation(id),
  role: isRole,
  role_before: isRole,
  how: (how) => how === "founded" || how === "appointed" || how === "invited",
};

function membersOf(change: MemberChange): Data {
  switch (change.type) {
    case "member.joined": {
      const { person_id, role, how } = change;
      return how === "invited"
        ? { person_id, role, how, invitation_id: change.invitation_id }
        : { person_id, role, how };
    }
    case "member.role_changed":
      return { person_id: change.person_id, role_before: change.role_before, role: change.role };
    case "member.removed":
    case "member.left":
      return { person_id: change.person_id, role_before: change.role_before };
    case "member.invited":
      return { invitation_id: change.invitation_id, role: change.role, replaces: change.replaces };
    case "member.invitation_withdrawn":
      return { invitation_id: change.invitation_id, role: change.role };
    default:
      return {};
  }
}

/** Whoever may make the change. To come and to go is everybody's own; owners are the business of owners. */
function mayNote(caller: PersonCaller | OperatorCaller, change: MemberChange): boolean {
  if (isOperator(caller)) {
    if (caller.operator !== true || "person_id" in caller || "key_id" in caller) return false;
    return change.type === "member.joined" ? change.how === "appointed" : change.type === "member.role_changed";
  }
  const principal = personPrincipal(caller);
  if (principal === null) return false;
  switch (change.type) {
    case "member.joined":
      return change.how !== "appointed" && change.person_id === caller.person_id && change.role === caller.role;
    case "member.left":
      return change.person_id === caller.person_id && change.role_before === caller.role;
    case "member.role_changed":
      return manages(principal.roles, caller, [change.role_before, change.role]);
    case "member.removed":
      return manages(principal.roles, caller, [change.role_before]);
    case "member.invited":
    case "member.invitation_withdrawn":
      return manages(principal.roles, caller, [change.role]);
    default:
      return false;
  }
}

const manages = (roles: ReadonlySet<string>, { role }: PersonCaller, touched: readonly string[]): boolean =>
  roles.has("admin") && (role === "owner" || !touched.includes("owner"));

const noterAs = (caller: PersonCaller | OperatorCaller): By =>
  isOperator(caller)
    ? { actor: { type: "operator", id: "members" }, keyId: null, requestId: caller.request_id, country: null }
    : byCaller(caller);

/**
 * As fast as calls of the API, but counted apart: otherwise whoever uses up their calls first could change members
 * without a trace.
 */
function allowance(caller: PersonCaller | OperatorCaller): Allowance {
  if (isOperator(caller)) return { bucket: "note:operator", perMinute: LIMITS.requestsPerPersonPerMinute };
  const { bucket, perMinute } = allowanceOf(caller);
  return { bucket: `note:${bucket}`, perMinute };
}

/** How many of the newest events are looked through for a note that is there: the repetition comes right behind it. */
const LOOKED_THROUGH = 100;

/** A request changes one membership at most, so its id tells a note that is repeated because its answer was lost. */
const isThere = ({ sql, head, requestId }: Work, type: string): boolean =>
  first(
    sql,
    "SELECT 1 FROM events WHERE seq > ? AND type = ? AND body ->> '$.request_id' = ?",
    head.seq - LOOKED_THROUGH,
    type,
    requestId,
  ) !== undefined;
