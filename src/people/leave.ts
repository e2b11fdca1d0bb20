import type { Outcome, PersonRole } from "./api.ts";
import type { Desk } from "./desk.ts";
import { membership } from "./memberships.ts";
import { type Noted, unchanged } from "./noted.ts";
import { done, notFound, refuse, signedOut } from "./outcome.ts";
import { signedIn } from "./session.ts";

/** Everybody may go, whatever their role; the last owner first hands over. */
export async function leave(desk: Desk, request: Request, organizationId: string): Promise<Noted<Outcome<null>>> {
  const me = await signedIn(desk, request);
  if (me === null) return unchanged(signedOut());
  const person_id = me.person.id;
  // The condition stands in the statement itself: two owners who go at the same instant cannot both.
  const left = await desk.db
    .prepare(
      `DELETE FROM people_members WHERE organizationId = ?1 AND userId = ?2 AND (role <> 'owner'
         OR (SELECT count(*) FROM people_members o WHERE o.organizationId = ?1 AND o.role = 'owner') > 1)
       RETURNING role`,
    )
    .bind(organizationId, person_id)
    .first<{ role: PersonRole }>();
  if (left !== null) {
    const change = { type: "member.left", person_id, role_before: left.role } as const;
    return {
      outcome: done(null),
      note: { organization_id: organizationId, by: { person_id, role: left.role }, change },
    };
  }
  if ((await membership(desk, person_id, organizationId)) === null) return unchanged(notFound("organization"));
  return unchanged(refuse("last_owner", "You are its last owner. Make somebody else an owner first."));
}
