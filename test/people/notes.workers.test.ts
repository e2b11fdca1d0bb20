import { beforeAll, expect, it, vi } from "vitest";
import type { MemberNote, People, PersonRole } from "../../src/people/api.ts";
import { expectOk, House, newEmail, newMember, newOrganizationOf, PASSWORD, type Visitor } from "./support.ts";

// Passwords are hashed slowly on purpose, and most of these need a few.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const house = new House();
const { people } = house;

let owner: Visitor;
let acme: string;
beforeAll(async () => {
  owner = await house.newPerson();
  acme = await newOrganizationOf(owner);
});

/** The notes that something has left, each with its organization. */
async function notesOf(what: () => Promise<unknown>): Promise<MemberNote[]> {
  const before = house.notes.length;
  await what();
  return house.notes.slice(before);
}

const noted = (by: MemberNote["by"], change: MemberNote["change"], organization_id = acme) => [
  { organization_id, by, change },
];
const me = (visitor: Visitor, role: PersonRole) => ({ person_id: visitor.id, role });
const operator = { operator: true } as const;
const asOwner = () => me(owner, "owner");

const appointment = (email: string, role: PersonRole) => ({
  organization_id: acme,
  organization_name: "Acme",
  email,
  name: "Bob",
  password: PASSWORD,
  role,
});

const invited = async (email: string, role: PersonRole): Promise<string> => {
  expectOk(await people.invite(owner.request(), acme, { email, role }));
  return house.tokenTo(email);
};

/** Every method of People that can change who belongs where, and the note of the change. The others have none to leave. */
const CHANGES = {
  async foundOrganization() {
    const notes = await notesOf(() => newOrganizationOf(owner));
    const { organization_id } = notes[0]!;
    const change = { type: "member.joined", person_id: owner.id, role: "owner", how: "founded" } as const;
    expect(notes).toEqual(noted(asOwner(), change, organization_id));
    expect(await notesOf(() => people.foundOrganization(organization_id, "Acme", owner.id))).toEqual([]);
  },
  async appoint() {
    const email = newEmail();
    const appointed: string[] = [];
    const appoint = (role: PersonRole) =>
      notesOf(async () => appointed.push(expectOk(await people.appoint(appointment(email, role))).person_id));
    const joined = await appoint("viewer");
    const person_id = appointed[0]!;
    expect(joined).toEqual(
      noted(operator, { type: "member.joined", person_id, role: "viewer", how: "appointed" } as const),
    );
    expect(await appoint("viewer")).toEqual([]);
    expect(await appoint("admin")).toEqual(
      noted(operator, { type: "member.role_changed", person_id, role_before: "viewer", role: "admin" }),
    );
    expect(await notesOf(() => people.appoint(appointment(owner.email, "viewer")))).toEqual([]);
  },
  async invite() {
    const email = newEmail();
    const first = await notesOf(() => invited(email, "admin"));
    const replaced = await house.tokenTo(email);
    const change = { type: "member.invited", invitation_id: replaced, role: "admin", replaces: null } as const;
    expect(first).toEqual(noted(asOwner(), change));
    const again = await notesOf(() => invited(email, "viewer"));
    const invitation_id = await house.tokenTo(email);
    expect(again).toEqual(
      noted(asOwner(), { type: "member.invited", invitation_id, role: "viewer", replaces: replaced }),
    );
    expect(invitation_id).not.toBe(replaced);
    expect(JSON.stringify([...first, ...again])).not.toContain(email);
    expect(await notesOf(() => people.invite(owner.request(), acme, { email: owner.email, role: "viewer" }))).toEqual(
      [],
    );
  },
  async withdrawInvitation() {
    const admin = await newMember(owner, acme, "admin");
    const invitation_id = await invited(newEmail(), "approver");
    const withdraw = () => people.withdrawInvitation(admin.request(), acme, invitation_id);
    const change = { type: "member.invitation_withdrawn", invitation_id, role: "approver" } as const;
    expect(await notesOf(withdraw)).toEqual(noted(me(admin, "admin"), change));
    expect(await notesOf(withdraw)).toEqual([]);
  },
  async answerInvitation() {
    const bob = await house.newPerson("Bob");
    const invitation_id = await invited(bob.email, "approver");
    const accept = () => people.answerInvitation(bob.request(), invitation_id, true);
    const by = me(bob, "approver");
    const change = { type: "member.joined", ...by, how: "invited", invitation_id } as const;
    expect(await notesOf(accept)).toEqual(noted(by, change));
    expect(await notesOf(accept)).toEqual([]);
    const eve = await house.newPerson("Eve");
    const other = await invited(eve.email, "viewer");
    expect(await notesOf(() => people.answerInvitation(eve.request(), other, false))).toEqual([]);
  },
  async changeRole() {
    const [admin, viewer] = [await newMember(owner, acme, "admin"), await newMember(owner, acme, "viewer")];
    const change = (by: Visitor, role: PersonRole, whom = viewer) =>
      notesOf(() => people.changeRole(by.request(), acme, whom.id, role));
    expect(await change(admin, "approver")).toEqual(
      noted(me(admin, "admin"), {
        type: "member.role_changed",
        person_id: viewer.id,
        role_before: "viewer",
        role: "approver",
      }),
    );
    expect(await change(admin, "approver")).toEqual([]);
    expect(await change(admin, "owner")).toEqual([]);
    expect(await change(viewer, "admin")).toEqual([]);
    // In the role in which it was done, which the change itself has ended.
    expect(await change(admin, "viewer", admin)).toEqual(
      noted(me(admin, "admin"), {
        type: "member.role_changed",
        person_id: admin.id,
        role_before: "admin",
        role: "viewer",
      }),
    );
  },
  async removeMember() {
    const [admin, viewer] = [await newMember(owner, acme, "admin"), await newMember(owner, acme, "viewer")];
    const remove = (by: Visitor, whom: Visitor) => notesOf(() => people.removeMember(by.request(), acme, whom.id));
    expect(await remove(viewer, admin)).toEqual([]);
    expect(await remove(admin, owner)).toEqual([]);
    expect(await remove(admin, viewer)).toEqual(
      noted(me(admin, "admin"), { type: "member.removed", person_id: viewer.id, role_before: "viewer" }),
    );
    expect(await remove(admin, viewer)).toEqual([]);
    expect(await remove(admin, admin)).toEqual(
      noted(me(admin, "admin"), { type: "member.removed", person_id: admin.id, role_before: "admin" }),
    );
  },
  async leave() {
    const viewer = await newMember(owner, acme, "viewer");
    const leave = (who: Visitor) => notesOf(() => people.leave(who.request(), acme));
    const change = { type: "member.left", person_id: viewer.id, role_before: "viewer" } as const;
    expect(await leave(viewer)).toEqual(noted(me(viewer, "viewer"), change));
    expect(await leave(viewer)).toEqual([]);
    expect(await leave(owner)).toEqual([]);
  },
} satisfies Partial<Record<keyof People, () => Promise<void>>>;

/** A new method has to be put on one of the two lists. */
const CHANGES_NO_MEMBER = {
  signedIn: true,
  memberships: true,
  membership: true,
  names: true,
  signUp: true,
  signIn: true,
  secondFactor: true,
  signOut: true,
  verifyEmail: true,
  resendVerification: true,
  requestReset: true,
  resetPassword: true,
  changeName: true,
  changePassword: true,
  beginTwoFactor: true,
  confirmTwoFactor: true,
  endTwoFactor: true,
  sessions: true,
  endSession: true,
  endOtherSessions: true,
  social: true,
  socialStart: true,
  socialCallback: true,
  members: true,
  invitations: true,
  invitationsFor: true,
  beginFounding: true,
} satisfies Record<Exclude<keyof People, keyof typeof CHANGES>, true>;

it("knows every method", () => {
  expect([...Object.keys(CHANGES), ...Object.keys(CHANGES_NO_MEMBER)].sort()).toEqual(Object.keys(people).sort());
});

it.each(Object.entries(CHANGES))("%s leaves a note of what it has changed, and of nothing else", (_method, check) =>
  check(),
);
