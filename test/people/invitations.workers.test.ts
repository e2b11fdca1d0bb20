import { env } from "cloudflare:workers";
import { beforeAll, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { codeOf, expectOk, House, newEmail, newMember, newOrganizationOf, PASSWORD, Visitor } from "./support.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
const house = new House();
const { people } = house;
let owner: Visitor;
let acme = "";

beforeAll(async () => {
  owner = await house.newPerson("Ada");
  acme = await newOrganizationOf(owner);
});

async function invited(email: string, role: "owner" | "admin" | "approver" | "viewer" = "viewer", by = owner) {
  expectOk(await people.invite(by.request(), acme, { email, role }));
  return house.tokenTo(email);
}
const end = (id: string, ms: number) =>
  env.DB.prepare("UPDATE people_invitations SET expiresAt = ? WHERE id = ?")
    .bind(new Date(Date.now() + ms).toISOString(), id)
    .run();

it("reaches the mailbox, and waits for that person", async () => {
  const bob = await house.newPerson("Bob");
  expectOk(await people.invite(owner.request(), acme, { email: ` ${bob.email.toUpperCase()}`, role: "approver" }));
  const id = await house.tokenTo(bob.email);
  const mail = (await house.mailTo(bob.email))!;
  expect(mail.text).toContain(`Organization: Acme\nInvited by: Ada\nRole: approver`);
  expect(mail.text).toContain(`https://localhost/dashboard/invitations/${id}`);
  const waiting = {
    id,
    organization_id: acme,
    organization_name: "Acme",
    email: bob.email,
    role: "approver",
    inviter_name: "Ada",
    expires_at: expect.any(Number),
  };
  expect(await people.invitationsFor(bob.request())).toEqual([waiting]);
  expect(await people.invitations(acme)).toContainEqual(waiting);
  expect(await people.membership(bob.id, acme)).toBeNull();
  expect(expectOk(await people.answerInvitation(bob.request(), id, true))).toEqual({ organization_id: acme });
  expect((await people.membership(bob.id, acme))!.role).toBe("approver");
  expect(await people.invitationsFor(bob.request())).toEqual([]);
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("not_found");
});

it("is declined once, and then gone", async () => {
  const bob = await house.newPerson("Bob");
  const id = await invited(bob.email);
  expectOk(await people.answerInvitation(bob.request(), id, false));
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("not_found");
  expect(await people.membership(bob.id, acme)).toBeNull();
});

it("is for nobody with another address, and answers as if it were not there", async () => {
  const eve = await house.newPerson("Eve");
  const id = await invited(newEmail());
  for (const accept of [true, false]) {
    const foreign = await people.answerInvitation(eve.request(), id, accept);
    expect(foreign).toEqual(await people.answerInvitation(eve.request(), "unknown", accept));
    expect(codeOf(foreign)).toBe("not_found");
  }
  expect(await people.invitationsFor(eve.request())).toEqual([]);
  expect(await people.membership(eve.id, acme)).toBeNull();
  expect((await people.invitations(acme)).some((invitation) => invitation.id === id)).toBe(true);
});

it("ends after invitationMs", async () => {
  const bob = await house.newPerson("Bob");
  const id = await invited(bob.email);
  const row = (await env.DB.prepare("SELECT createdAt, expiresAt FROM people_invitations WHERE id = ?")
    .bind(id)
    .first())!;
  expect(Date.parse(row.expiresAt as string) - Date.parse(row.createdAt as string)).toBe(LIMITS.invitationMs);
  await end(id, -1);
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("not_found");
  expect(await people.invitationsFor(bob.request())).toEqual([]);
  await end(id, 60_000);
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("ok");
});

it("is replaced when the address is invited again: the earlier link is dead", async () => {
  const bob = await house.newPerson("Bob");
  const first = await invited(bob.email, "admin");
  const second = await invited(bob.email, "viewer");
  expect(second).not.toBe(first);
  expect(codeOf(await people.answerInvitation(bob.request(), first, true))).toBe("not_found");
  expectOk(await people.answerInvitation(bob.request(), second, true));
  expect((await people.membership(bob.id, acme))!.role).toBe("viewer");
  expect(await people.invite(owner.request(), acme, { email: bob.email, role: "admin" })).toMatchObject({
    ok: false,
    code: "already_member",
    field: "email",
  });
});

it("an admin does not replace an owner's invitation of an owner", async () => {
  const admin = await newMember(owner, acme, "admin");
  const email = newEmail();
  const id = await invited(email, "owner");
  expect(codeOf(await people.invite(admin.request(), acme, { email, role: "viewer" }))).toBe("invited_as_owner");
  expect((await people.invitations(acme)).find((invitation) => invitation.email === email)).toMatchObject({ id });
});

it("is worth nothing once whoever invited may no longer", async () => {
  const admin = await newMember(owner, acme, "admin");
  const bob = await house.newPerson("Bob");
  const id = await invited(bob.email, "admin", admin);
  expectOk(await people.changeRole(owner.request(), acme, admin.id, "viewer"));
  expect(await people.invitationsFor(bob.request())).toEqual([]);
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("not_found");
  expectOk(await people.removeMember(owner.request(), acme, admin.id));
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("not_found");
});

it("is withdrawn in its own organization only", async () => {
  const other = await newOrganizationOf(owner, "Other");
  const bob = await house.newPerson("Bob");
  const id = await invited(bob.email);
  expect(codeOf(await people.withdrawInvitation(owner.request(), other, id))).toBe("not_found");
  expectOk(await people.withdrawInvitation(owner.request(), acme, id));
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("not_found");
});

it("lets an invited person sign up where sign-up is closed", async () => {
  const closed = new House({ SIGN_UP: "closed" });
  const email = newEmail();
  await invited(email);
  const bob = new Visitor(closed, email);
  expectOk(await closed.people.signUp(bob.request(), { name: "Bob", email, password: PASSWORD }));
  bob.take(await closed.people.verifyEmail(bob.request(), await closed.tokenTo(email)));
  expect(await people.invitationsFor(bob.request())).toHaveLength(1);
});

it("an address that is not confirmed accepts nothing", async () => {
  const bob = await house.newPerson("Bob");
  const id = await invited(bob.email);
  await env.DB.prepare("UPDATE people SET emailVerified = 0 WHERE id = ?").bind(bob.id).run();
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("signed_out");
  expect(await people.membership(bob.id, acme)).toBeNull();
});

async function fill(organizationId: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, () => crypto.randomUUID());
  await env.DB.batch([
    ...rows.map((id) =>
      env.DB.prepare(
        "INSERT INTO people (id, name, email, emailVerified, createdAt, updatedAt) VALUES (?1, 'Crowd', ?1, 1, '', '')",
      ).bind(id),
    ),
    ...rows.map((id) =>
      env.DB.prepare("INSERT INTO people_members VALUES (?1, ?2, ?1, 'viewer', '')").bind(id, organizationId),
    ),
  ]);
}

it("membersPerOrganization: one more can neither be invited nor accept", async () => {
  const full = await newOrganizationOf(owner, "Full");
  const [bob, eve] = [await house.newPerson("Bob"), await house.newPerson("Eve")];
  for (const { email } of [bob, eve]) expectOk(await people.invite(owner.request(), full, { email, role: "viewer" }));
  await fill(full, LIMITS.membersPerOrganization - 2);
  expectOk(await people.answerInvitation(bob.request(), await house.tokenTo(bob.email), true));
  expect(await people.members(full)).toHaveLength(LIMITS.membersPerOrganization);
  const late = await people.answerInvitation(eve.request(), await house.tokenTo(eve.email), true);
  expect(codeOf(late)).toBe("members_full");
  expect(codeOf(await people.invite(owner.request(), full, { email: newEmail(), role: "viewer" }))).toBe(
    "members_full",
  );
  expect(await people.members(full)).toHaveLength(LIMITS.membersPerOrganization);
});

it("organizationsPerPerson: one more can be neither joined nor founded", async () => {
  const bob = await house.newPerson("Bob");
  const id = await invited(bob.email);
  for (let count = 0; count < LIMITS.organizationsPerPerson - 1; count++) await newOrganizationOf(bob);
  await newOrganizationOf(bob);
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("organizations_full");
  await expect(newOrganizationOf(bob)).rejects.toThrow();
  const mine = await people.memberships(bob.id);
  expect(mine).toHaveLength(LIMITS.organizationsPerPerson);
  await env.DB.prepare("DELETE FROM people_members WHERE organizationId = ? AND userId = ?")
    .bind(mine[0]!.organization_id, bob.id)
    .run();
  expect(codeOf(await people.answerInvitation(bob.request(), id, true))).toBe("ok");
});

it("invitationsPerOrganization wait at once; those that have ended do not count", async () => {
  const busy = await newOrganizationOf(owner, "Busy");
  const invite = () => people.invite(owner.request(), busy, { email: newEmail(), role: "viewer" });
  const all = await Promise.all(Array.from({ length: LIMITS.invitationsPerOrganization + 3 }, invite));
  expect(all.filter(({ ok }) => ok)).toHaveLength(LIMITS.invitationsPerOrganization);
  expect(codeOf(await invite())).toBe("invitations_full");
  await end((await people.invitations(busy))[0]!.id, -1);
  expect(codeOf(await invite())).toBe("ok");
});

it("mailsPerAddressPerHour invitations reach one address, from whomever", async () => {
  const strict = new House({ TEST_THROTTLE_FACTOR: "1" });
  const email = newEmail();
  // Who has invited nobody yet: that is counted too.
  const inviter = await house.newPerson();
  const theirs = await newOrganizationOf(inviter);
  const codes = [];
  for (let count = 0; count <= LIMITS.mailsPerAddressPerHour; count++) {
    codes.push(codeOf(await strict.people.invite(inviter.request(), theirs, { email, role: "viewer" })));
  }
  expect(codes).toEqual([...Array(LIMITS.mailsPerAddressPerHour).fill("ok"), "mail_throttled"]);
  expect(await strict.mailsTo(email)).toHaveLength(LIMITS.mailsPerAddressPerHour);
});
