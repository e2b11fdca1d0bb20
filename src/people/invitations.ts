import { LIMITS } from "../limits.ts";
import type { Invitation, Outcome, PersonRole } from "./api.ts";
import type { Desk } from "./desk.ts";
import { emailRefusal, normalEmail } from "./email.ts";
import { GOOD_INVITATION } from "./invitation-sql.ts";
import { manager, type Refused } from "./members.ts";
import { membership } from "./memberships.ts";
import { type Noted, unchanged } from "./noted.ts";
import { done, notFound, refuse } from "./outcome.ts";
import { post } from "./post.ts";
import { isRole, managersOf } from "./roles.ts";
import { signedIn } from "./session.ts";
import { take } from "./throttle.ts";

interface Row {
  readonly id: string;
  readonly organizationId: string;
  readonly organizationName: string;
  readonly email: string;
  readonly role: PersonRole;
  readonly inviterName: string;
  readonly expiresAt: string;
}

const SELECT = `SELECT i.id, i.organizationId, o.name AS organizationName, i.email, i.role, p.name AS inviterName, i.expiresAt
  FROM people_invitations i JOIN organizations o ON o.id = i.organizationId JOIN people p ON p.id = i.inviterId
  WHERE ${GOOD_INVITATION}`;

const nowText = (): string => new Date().toISOString();

export async function invitations({ db }: Desk, organizationId: string): Promise<readonly Invitation[]> {
  const { results } = await db
    .prepare(`${SELECT} AND i.organizationId = ?2 ORDER BY i.createdAt, i.id`)
    .bind(nowText(), organizationId)
    .all<Row>();
  return results.map(toInvitation);
}

export async function invitationsFor(desk: Desk, request: Request): Promise<readonly Invitation[]> {
  const me = await signedIn(desk, request);
  if (me === null) return [];
  const { results } = await desk.db
    .prepare(`${SELECT} AND i.email = ?2 ORDER BY i.createdAt, i.id LIMIT ${LIMITS.listMax}`)
    .bind(nowText(), me.person.email)
    .all<Row>();
  return results.map(toInvitation);
}

const toInvitation = (row: Row): Invitation => ({
  id: row.id,
  organization_id: row.organizationId,
  organization_name: row.organizationName,
  email: row.email,
  role: row.role,
  inviter_name: row.inviterName,
  expires_at: Date.parse(row.expiresAt),
});

/** An address waits once per organization: inviting it again makes a new link, and the one before is dead. */
export async function invite(
  desk: Desk,
  request: Request,
  organizationId: string,
  input: { email: string; role: string },
): Promise<Noted<Outcome<null>>> {
  const { role } = input;
  if (!isRole(role)) return unchanged(refuse("role_invalid", "Choose one of the four roles.", "role"));
  const asked = await manager(desk, request, organizationId, role);
  if (!("me" in asked)) return unchanged(asked);
  const email = normalEmail(input.email);
  const refusal = emailRefusal(email) ?? (await whyNot(desk, organizationId, email, role));
  if (refusal !== null) return unchanged(refusal);
  if ((await take(desk, "invitation", asked.me.person.id)) !== null) {
    return unchanged(
      refuse("invitations_throttled", "You have invited many people in the last hour. Go on in an hour."),
    );
  }
  if ((await take(desk, "invitation_mail", email)) !== null) {
    const words = "This address was sent enough mail for now. Invite it again in an hour.";
    return unchanged(refuse("mail_throttled", words, "email"));
  }
  const id = crypto.randomUUID();
  const person_id = asked.me.person.id;
  const written = await write(desk, { id, organizationId, email, role, inviterId: person_id });
  if (written === null) {
    return unchanged((await whyNot(desk, organizationId, email, role)) ?? notFound("organization"));
  }
  const there = await membership(desk, person_id, organizationId);
  post(desk, email, {
    kind: "invitation",
    inviter: asked.me.person.name,
    organization: there?.organization_name ?? "",
    role,
    link: `${desk.base}/dashboard/invitations/${id}`,
  });
  const by = { person_id, role: written.mine };
  const change = { type: "member.invited", invitation_id: id, role, replaces: written.replaces } as const;
  return { outcome: done(null), note: { organization_id: organizationId, by, change } };
}

interface NewInvitation {
  readonly id: string;
  readonly organizationId: string;
  readonly email: string;
  readonly role: PersonRole;
  readonly inviterId: string;
}

const WAITING = "(SELECT count(*) FROM people_invitations w WHERE w.organizationId = ?1 AND w.status = 'pending')";

interface Written {
  /** The role of whoever invites, as the statement met it. */
  readonly mine: PersonRole;
  /** Id of the invitation that is dead now. */
  readonly replaces: string | null;
}

/** Every condition stands in the statements themselves, which are one transaction. Null: nothing was written. */
async function write(
  { db }: Desk,
  { id, organizationId, email, role, inviterId }: NewInvitation,
): Promise<Written | null> {
  const now = Date.now();
  const may = managersOf(role).map((name) => `'${name}'`);
  const [, replaced, inserted] = await db.batch<{ id: string; mine: PersonRole }>([
    db
      .prepare("DELETE FROM people_invitations WHERE organizationId = ?1 AND (status <> 'pending' OR expiresAt <= ?2)")
      .bind(organizationId, new Date(now).toISOString()),
    // Only an owner replaces an owner's invitation; the unique index then refuses the new row.
    db
      .prepare(
        `DELETE FROM people_invitations WHERE organizationId = ?1 AND status = 'pending' AND email = ?2
           AND (role <> 'owner' OR EXISTS (SELECT 1 FROM people_members
             WHERE organizationId = ?1 AND userId = ?3 AND role = 'owner')) RETURNING id`,
      )
      .bind(organizationId, email, inviterId),
    db
      .prepare(
        `INSERT OR IGNORE INTO people_invitations (id, organizationId, email, role, status, expiresAt, createdAt, inviterId)
         SELECT ?3, ?1, ?2, ?4, 'pending', ?5, ?6, ?7
         WHERE ${WAITING} < ${LIMITS.invitationsPerOrganization}
           AND EXISTS (SELECT 1 FROM people_members WHERE organizationId = ?1 AND userId = ?7 AND role IN (${may.join(", ")}))
           AND NOT EXISTS (SELECT 1 FROM people_members m JOIN people p ON p.id = m.userId
             WHERE m.organizationId = ?1 AND p.email = ?2)
         RETURNING id, (SELECT role FROM people_members WHERE organizationId = ?1 AND userId = ?7) AS mine`,
      )
      .bind(
        organizationId,
        email,
        id,
        role,
        new Date(now + LIMITS.invitationMs).toISOString(),
        new Date(now).toISOString(),
        inviterId,
      ),
  ]);
  const [row] = inserted!.results;
  return row === undefined ? null : { mine: row.mine, replaces: replaced!.results[0]?.id ?? null };
}

/** The reason that the person can do something about. */
async function whyNot({ db }: Desk, organizationId: string, email: string, role: PersonRole): Promise<Refused | null> {
  const row = await db
    .prepare(
      `SELECT
         (SELECT count(*) FROM people_members m JOIN people p ON p.id = m.userId
          WHERE m.organizationId = ?1 AND p.email = ?2) AS member,
         (SELECT count(*) FROM people_members m WHERE m.organizationId = ?1) AS members,
         (SELECT count(*) FROM people_invitations i WHERE i.organizationId = ?1 AND i.email <> ?2
            AND i.status = 'pending' AND i.expiresAt > ?3) AS others,
         (SELECT count(*) FROM people_invitations i WHERE i.organizationId = ?1 AND i.email = ?2
            AND i.status = 'pending' AND i.role = 'owner' AND i.expiresAt > ?3) AS as_owner`,
    )
    .bind(organizationId, email, nowText())
    .first<{ member: number; members: number; others: number; as_owner: number }>();
  const { member, members, others, as_owner } = row!;
  if (member > 0) return refuse("already_member", "This address belongs to a member already.", "email");
  if (members >= LIMITS.membersPerOrganization) {
    return refuse("members_full", `An organization has at most ${LIMITS.membersPerOrganization} members.`);
  }
  if (others >= LIMITS.invitationsPerOrganization) {
    return refuse(
      "invitations_full",
      `At most ${LIMITS.invitationsPerOrganization} invitations wait at once. Withdraw one first.`,
    );
  }
  if (as_owner > 0 && role !== "owner") {
    return refuse(
      "invited_as_owner",
      "An owner invited this address as an owner. Only an owner can change that.",
      "email",
    );
  }
  return null;
}

export async function withdrawInvitation(
  desk: Desk,
  request: Request,
  organizationId: string,
  invitationId: string,
): Promise<Noted<Outcome<null>>> {
  const asked = await manager(desk, request, organizationId, "viewer");
  if (!("me" in asked)) return unchanged(asked);
  const person_id = asked.me.person.id;
  const ended = await desk.db
    .prepare(
      `UPDATE people_invitations SET status = 'canceled'
       WHERE id = ?1 AND organizationId = ?2 AND status = 'pending' AND EXISTS (SELECT 1 FROM people_members actor
         WHERE actor.organizationId = ?2 AND actor.userId = ?3
           AND (actor.role = 'owner' OR (actor.role = 'admin' AND people_invitations.role <> 'owner')))
       RETURNING role, (SELECT role FROM people_members WHERE organizationId = ?2 AND userId = ?3) AS mine`,
    )
    .bind(invitationId, organizationId, person_id)
    .first<{ role: PersonRole; mine: PersonRole }>();
  if (ended === null) return unchanged(notFound("invitation"));
  const by = { person_id, role: ended.mine };
  const change = { type: "member.invitation_withdrawn", invitation_id: invitationId, role: ended.role } as const;
  return { outcome: done(null), note: { organization_id: organizationId, by, change } };
}
