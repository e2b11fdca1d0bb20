import { LIMITS } from "../limits.ts";
import type { Outcome, PersonRole, SignedIn } from "./api.ts";
import type { Desk } from "./desk.ts";
import { GOOD_INVITATION } from "./invitation-sql.ts";
import { type Noted, unchanged } from "./noted.ts";
import { done, notFound, refuse, signedOut } from "./outcome.ts";
import { signedIn } from "./session.ts";

/** For the person whose verified address was invited; to anybody else there is no such invitation. */
export async function answerInvitation(
  desk: Desk,
  request: Request,
  invitationId: string,
  accept: boolean,
): Promise<Noted<Outcome<{ readonly organization_id: string }>>> {
  const me = await signedIn(desk, request);
  if (me === null) return unchanged(signedOut());
  const found = await desk.db
    .prepare(
      `SELECT i.organizationId FROM people_invitations i WHERE i.id = ?2 AND i.email = ?3 AND ${GOOD_INVITATION}`,
    )
    .bind(new Date().toISOString(), invitationId, me.person.email)
    .first<{ organizationId: string }>();
  if (found === null) return unchanged(notFound("invitation"));
  const organization_id = found.organizationId;
  const answered = accept ? await join(desk, me, invitationId) : await decline(desk, me, invitationId);
  if (answered === null) return unchanged((await whyNot(desk, me, organization_id)) ?? notFound("invitation"));
  const outcome = done({ organization_id });
  if (answered.joined_as === null) return unchanged(outcome);
  const by = { person_id: me.person.id, role: answered.joined_as };
  const change = { type: "member.joined", ...by, how: "invited", invitation_id: invitationId } as const;
  return { outcome, note: { organization_id, by, change } };
}

interface Answered {
  /** Null: the person declined, or was a member already. */
  readonly joined_as: PersonRole | null;
}

async function join({ db }: Desk, { person }: SignedIn, invitationId: string): Promise<Answered | null> {
  const now = new Date().toISOString();
  const count = (column: string) => `(SELECT count(*) FROM people_members c WHERE c.${column} = `;
  // The member's row and the end of the invitation are one transaction: it brings one person in, once.
  const [joined, ended] = await db.batch<{ role: PersonRole }>([
    db
      .prepare(
        `INSERT INTO people_members (id, organizationId, userId, role, createdAt)
         SELECT ?4, i.organizationId, ?5, i.role, ?1 FROM people_invitations i
         WHERE i.id = ?2 AND i.email = ?3 AND ${GOOD_INVITATION}
           AND ${count("organizationId")} i.organizationId) < ${LIMITS.membersPerOrganization}
           AND ${count("userId")} ?5) < ${LIMITS.organizationsPerPerson}
         ON CONFLICT (organizationId, userId) DO NOTHING RETURNING role`,
      )
      .bind(now, invitationId, person.email, crypto.randomUUID(), person.id),
    db
      .prepare(
        `UPDATE people_invitations AS i SET status = 'accepted'
         WHERE i.id = ?2 AND i.email = ?3 AND ${GOOD_INVITATION}
           AND EXISTS (SELECT 1 FROM people_members m WHERE m.organizationId = i.organizationId AND m.userId = ?4)`,
      )
      .bind(now, invitationId, person.email, person.id),
  ]);
  return ended!.meta.changes > 0 ? { joined_as: joined!.results[0]?.role ?? null } : null;
}

async function decline({ db }: Desk, { person }: SignedIn, invitationId: string): Promise<Answered | null> {
  const { meta } = await db
    .prepare("UPDATE people_invitations SET status = 'rejected' WHERE id = ? AND email = ? AND status = 'pending'")
    .bind(invitationId, person.email)
    .run();
  return meta.changes > 0 ? { joined_as: null } : null;
}

async function whyNot(desk: Desk, { person }: SignedIn, organizationId: string) {
  const row = await desk.db
    .prepare(
      `SELECT (SELECT count(*) FROM people_members WHERE organizationId = ?1) AS members,
              (SELECT count(*) FROM people_members WHERE userId = ?2) AS organizations`,
    )
    .bind(organizationId, person.id)
    .first<{ members: number; organizations: number }>();
  if (row!.members >= LIMITS.membersPerOrganization) {
    return refuse("members_full", `An organization has at most ${LIMITS.membersPerOrganization} members.`);
  }
  if (row!.organizations >= LIMITS.organizationsPerPerson) return tooManyOrganizations();
  return null;
}

export const tooManyOrganizations = () =>
  refuse(
    "organizations_full",
    `A person belongs to at most ${LIMITS.organizationsPerPerson} organizations. Leave one first.`,
  );
