import type { Member, Outcome, PersonRole, SignedIn } from "./api.ts";
import type { Desk } from "./desk.ts";
import { membership } from "./memberships.ts";
import { type Noted, unchanged } from "./noted.ts";
import { done, notFound, refuse, signedOut, throttled } from "./outcome.ts";
import { isRole, managersOf } from "./roles.ts";
import { signedIn } from "./session.ts";
import { take } from "./throttle.ts";

export async function members({ db }: Desk, organizationId: string): Promise<readonly Member[]> {
  const { results } = await db
    .prepare(
      `SELECT p.id, p.name, p.email, p.twoFactorEnabled, m.role, m.createdAt
       FROM people_members m JOIN people p ON p.id = m.userId
       WHERE m.organizationId = ? ORDER BY p.name COLLATE NOCASE, p.id`,
    )
    .bind(organizationId)
    .all<{ id: string; name: string; email: string; twoFactorEnabled: number; role: PersonRole; createdAt: string }>();
  return results.map((row) => ({
    person_id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    two_factor: row.twoFactorEnabled === 1,
    joined_at: Date.parse(row.createdAt),
  }));
}

export type Refused = Extract<Outcome<never>, { ok: false }>;

/** Who asks, if that person manages members of `role` there. To everybody else the organization does not exist. */
export async function manager(
  desk: Desk,
  request: Request,
  organizationId: string,
  role: PersonRole,
): Promise<{ readonly me: SignedIn } | Refused> {
  const me = await signedIn(desk, request);
  if (me === null) return signedOut();
  const mine = await membership(desk, me.person.id, organizationId);
  if (mine === null) return notFound("organization");
  if (managersOf(role).includes(mine.role)) return { me };
  return managersOf("viewer").includes(mine.role) ? ownersOnly() : managersOnly();
}

const managersOnly = (): Refused => refuse("forbidden", "Only owners and admins manage members.");
const ownersOnly = (): Refused => refuse("forbidden", "Only owners make, change or remove owners.");
const lastOwner = (): Refused =>
  refuse("last_owner", "An organization keeps at least one owner. Make somebody else an owner first.");

/**
 * Conditions of a change, read in the statement that makes it: what was looked up before may have changed since. `?1`
 * organization, `?2` who asks, `?3` whom it is about.
 */
const ACTOR = (roles: string) =>
  `EXISTS (SELECT 1 FROM people_members actor
     WHERE actor.organizationId = ?1 AND actor.userId = ?2 AND actor.role IN (${roles}))`;
const OWNER_STAYS = `(SELECT count(*) FROM people_members o WHERE o.organizationId = ?1 AND o.role = 'owner') > 1`;
const listed = (role: PersonRole): string =>
  managersOf(role)
    .map((name) => `'${name}'`)
    .join(", ");
const MAY_TOUCH = `(CASE people_members.role WHEN 'owner' THEN ${ACTOR(listed("owner"))} ELSE ${ACTOR(listed("viewer"))} END)`;

interface RolesThen {
  readonly mine: PersonRole;
  readonly theirs: PersonRole;
}

/** One transaction with the change behind it: what is noted is what the change has met. */
const rolesThen = ({ db }: Desk, organizationId: string, me: string, personId: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT mine.role AS mine, theirs.role AS theirs FROM people_members mine, people_members theirs
       WHERE mine.organizationId = ?1 AND mine.userId = ?2 AND theirs.organizationId = ?1 AND theirs.userId = ?3`,
    )
    .bind(organizationId, me, personId);

export async function changeRole(
  desk: Desk,
  request: Request,
  organizationId: string,
  personId: string,
  role: string,
): Promise<Noted<Outcome<null>>> {
  if (!isRole(role)) return unchanged(refuse("role_invalid", "Choose one of the four roles.", "role"));
  const asked = await manager(desk, request, organizationId, role);
  if (!("me" in asked)) return unchanged(asked);
  const me = asked.me.person.id;
  const wait = await take(desk, "member_change", me);
  if (wait !== null) return unchanged(throttled(wait));
  const update = desk.db
    .prepare(
      `UPDATE people_members SET role = ?4 WHERE organizationId = ?1 AND userId = ?3 AND ${MAY_TOUCH}
         AND ${ACTOR(listed(role))} AND (role <> 'owner' OR ?4 = 'owner' OR ${OWNER_STAYS})`,
    )
    .bind(organizationId, me, personId, role);
  const [then, changed] = await desk.db.batch<RolesThen>([rolesThen(desk, organizationId, me, personId), update]);
  if (changed!.meta.changes === 0) return unchanged(await whyNot(desk, request, organizationId, personId));
  const { mine, theirs } = then!.results[0]!;
  if (theirs === role) return unchanged(done(null));
  const by = { person_id: me, role: mine };
  const change = { type: "member.role_changed", person_id: personId, role_before: theirs, role } as const;
  return { outcome: done(null), note: { organization_id: organizationId, by, change } };
}

export async function removeMember(
  desk: Desk,
  request: Request,
  organizationId: string,
  personId: string,
): Promise<Noted<Outcome<null>>> {
  const asked = await manager(desk, request, organizationId, "viewer");
  if (!("me" in asked)) return unchanged(asked);
  const me = asked.me.person.id;
  const wait = await take(desk, "member_change", me);
  if (wait !== null) return unchanged(throttled(wait));
  const removal = desk.db
    .prepare(
      `DELETE FROM people_members WHERE organizationId = ?1 AND userId = ?3 AND ${MAY_TOUCH}
         AND (role <> 'owner' OR ${OWNER_STAYS})`,
    )
    .bind(organizationId, me, personId);
  const [then, removed] = await desk.db.batch<RolesThen>([rolesThen(desk, organizationId, me, personId), removal]);
  if (removed!.meta.changes === 0) return unchanged(await whyNot(desk, request, organizationId, personId));
  const { mine, theirs } = then!.results[0]!;
  const change = { type: "member.removed", person_id: personId, role_before: theirs } as const;
  return { outcome: done(null), note: { organization_id: organizationId, by: { person_id: me, role: mine }, change } };
}

/** Why a statement changed nothing. The roles are read anew: the reason shall fit what stands there now. */
async function whyNot(desk: Desk, request: Request, organizationId: string, personId: string): Promise<Refused> {
  const theirs = await membership(desk, personId, organizationId);
  if (theirs === null) return notFound("member");
  const asked = await manager(desk, request, organizationId, theirs.role);
  return "me" in asked ? lastOwner() : asked;
}
