import { hashPassword } from "better-auth/crypto";
import { LIMITS } from "../limits.ts";
import { tooManyOrganizations } from "./answer-invitation.ts";
import type { Outcome, PersonRole } from "./api.ts";
import type { Desk } from "./desk.ts";
import { emailRefusal, normalEmail } from "./email.ts";
import { membership } from "./memberships.ts";
import { type Noted, unchanged } from "./noted.ts";
import { done, refuse, throttled } from "./outcome.ts";
import { passwordRefusal } from "./passwords.ts";
import { take } from "./throttle.ts";

/** The row that members and invitations hang on. It may be there already. */
const organizationRow = ({ db }: Desk, id: string, name: string): D1PreparedStatement =>
  db
    .prepare("INSERT OR IGNORE INTO people_organizations (id, name, slug, createdAt) VALUES (?1, ?2, ?1, ?3)")
    .bind(id, name, new Date().toISOString());

export async function beginFounding(desk: Desk, personId: string): Promise<Outcome<null>> {
  const wait = await take(desk, "founding", personId);
  return wait === null ? done(null) : throttled(wait);
}

const OTHERS = `(SELECT count(*) FROM people_members c WHERE c.userId = ?2 AND c.organizationId <> ?1)`;

/** Throws above the bound of a person: the caller looks at the person's memberships before it creates anything. */
export async function foundOrganization(
  desk: Desk,
  organizationId: string,
  name: string,
  ownerId: string,
): Promise<Noted<void>> {
  const [, founded] = await desk.db.batch([
    organizationRow(desk, organizationId, name),
    desk.db
      .prepare(
        `INSERT OR IGNORE INTO people_members (id, organizationId, userId, role, createdAt)
         SELECT ?3, ?1, ?2, 'owner', ?4 WHERE ${OTHERS} < ${LIMITS.organizationsPerPerson}
           AND NOT EXISTS (SELECT 1 FROM people_members WHERE organizationId = ?1)`,
      )
      .bind(organizationId, ownerId, crypto.randomUUID(), new Date().toISOString()),
  ]);
  const mine = await membership(desk, ownerId, organizationId);
  if (mine?.role !== "owner")
    throw new Error("The organization has no owner: the person is in too many, or it has another.");
  if (founded!.meta.changes === 0) return unchanged(undefined);
  const by = { person_id: ownerId, role: "owner" } as const;
  const change = { type: "member.joined", ...by, how: "founded" } as const;
  return { outcome: undefined, note: { organization_id: organizationId, by, change } };
}

interface Appointment {
  readonly organization_id: string;
  readonly organization_name: string;
  readonly email: string;
  readonly name: string;
  readonly password: string | null;
  readonly role: PersonRole;
}

type Appointed = Outcome<{ readonly person_id: string }>;

/**
 * An account that its owner has confirmed keeps its password and its name. One that nobody has confirmed may have been
 * made by a stranger: it is taken over whole, and whoever was signed in is no more.
 */
export async function appoint(desk: Desk, input: Appointment): Promise<Noted<Appointed>> {
  const email = normalEmail(input.email);
  const refusal =
    emailRefusal(email) ?? (input.password === null ? null : passwordRefusal(input.password, email)) ?? null;
  if (refusal !== null) return unchanged<Appointed>(refusal);
  const personId = await confirmedPerson(desk, { ...input, email });
  const { organization_id: id, role } = input;
  const now = new Date().toISOString();
  const [, then, appointed] = await desk.db.batch<{ role: PersonRole }>([
    organizationRow(desk, id, input.organization_name),
    desk.db.prepare("SELECT role FROM people_members WHERE organizationId = ?1 AND userId = ?2").bind(id, personId),
    desk.db
      .prepare(
        `INSERT INTO people_members (id, organizationId, userId, role, createdAt)
         SELECT ?3, ?1, ?2, ?4, ?5 WHERE ${OTHERS} < ${LIMITS.organizationsPerPerson}
           AND (SELECT count(*) FROM people_members m WHERE m.organizationId = ?1 AND m.userId <> ?2)
             < ${LIMITS.membersPerOrganization}
         ON CONFLICT (organizationId, userId) DO UPDATE SET role = excluded.role
           WHERE role <> 'owner' OR excluded.role = 'owner'
             OR (SELECT count(*) FROM people_members o WHERE o.organizationId = ?1 AND o.role = 'owner') > 1`,
      )
      .bind(id, personId, crypto.randomUUID(), role, now),
  ]);
  if (appointed!.meta.changes === 0) return unchanged<Appointed>(await whyNot(desk, personId, id));
  const outcome = done({ person_id: personId });
  const role_before = then!.results[0]?.role;
  if (role_before === role) return unchanged<Appointed>(outcome);
  const change =
    role_before === undefined
      ? ({ type: "member.joined", person_id: personId, role, how: "appointed" } as const)
      : ({ type: "member.role_changed", person_id: personId, role_before, role } as const);
  return { outcome, note: { organization_id: id, by: { operator: true }, change } };
}

async function whyNot(desk: Desk, personId: string, organizationId: string) {
  if ((await membership(desk, personId, organizationId)) !== null) {
    return refuse("last_owner", "An organization keeps at least one owner.", "role");
  }
  const row = await desk.db
    .prepare("SELECT count(*) AS organizations FROM people_members WHERE userId = ?")
    .bind(personId)
    .first<{ organizations: number }>();
  return row!.organizations >= LIMITS.organizationsPerPerson
    ? tooManyOrganizations()
    : refuse("members_full", `An organization has at most ${LIMITS.membersPerOrganization} members.`);
}

async function confirmedPerson({ db }: Desk, input: { email: string; name: string; password: string | null }) {
  const { email, name } = input;
  const now = new Date().toISOString();
  const hash = input.password === null ? null : await hashPassword(input.password);
  const unconfirmed = "SELECT id FROM people WHERE email = ?1 AND emailVerified = 0";
  await db.batch([
    db
      .prepare(
        `INSERT OR IGNORE INTO people (id, name, email, emailVerified, createdAt, updatedAt, twoFactorEnabled)
         VALUES (?2, ?3, ?1, 0, ?4, ?4, 0)`,
      )
      .bind(email, crypto.randomUUID(), name, now),
    db.prepare(`DELETE FROM people_sessions WHERE userId IN (${unconfirmed})`).bind(email),
    db.prepare(`DELETE FROM people_accounts WHERE userId IN (${unconfirmed})`).bind(email),
    db
      .prepare(
        `INSERT INTO people_accounts (id, accountId, providerId, userId, password, createdAt, updatedAt)
         SELECT ?2, id, 'credential', id, ?3, ?4, ?4 FROM people
         WHERE email = ?1 AND emailVerified = 0 AND ?3 IS NOT NULL`,
      )
      .bind(email, crypto.randomUUID(), hash, now),
    db
      .prepare("UPDATE people SET emailVerified = 1, name = ?2, updatedAt = ?3 WHERE email = ?1 AND emailVerified = 0")
      .bind(email, name, now),
  ]);
  const person = await db.prepare("SELECT id FROM people WHERE email = ?").bind(email).first<{ id: string }>();
  return person!.id;
}
