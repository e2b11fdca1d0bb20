import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { PersonRole } from "../../src/people/api.ts";
import { codeOf, expectOk, House, newEmail, newMember, newOrganizationOf, Visitor } from "./support.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
const house = new House();
const { people } = house;
const ALL: readonly PersonRole[] = ["owner", "admin", "approver", "viewer"];

let acme = "";
const staff = {} as Record<PersonRole | "stranger", Visitor>;
const roleOf = async (visitor: Visitor) => (await people.membership(visitor.id, acme))?.role ?? null;
const restore = () =>
  env.DB.batch(
    ALL.map((role) =>
      env.DB.prepare(
        `INSERT INTO people_members (id, organizationId, userId, role, createdAt) VALUES (?3, ?1, ?2, ?4, ?5)
         ON CONFLICT (organizationId, userId) DO UPDATE SET role = excluded.role`,
      ).bind(acme, staff[role].id, crypto.randomUUID(), role, new Date().toISOString()),
    ),
  );

beforeAll(async () => {
  staff.owner = await house.newPerson("An owner");
  acme = await newOrganizationOf(staff.owner);
  for (const role of ["admin", "approver", "viewer"] as const) staff[role] = await newMember(staff.owner, acme, role);
  staff.stranger = await house.newPerson("A stranger");
  await newOrganizationOf(staff.stranger, "Elsewhere");
});

it("lists the members with their roles", async () => {
  expect((await people.members(acme)).map(({ name, role }) => [name, role])).toEqual(
    [
      ["A viewer", "viewer"],
      ["An owner", "owner"],
      ["A approver", "approver"],
      ["A admin", "admin"],
    ].sort(([one], [two]) => (one! < two! ? -1 : 1)),
  );
  expect((await people.members(acme))[0]).toEqual({
    person_id: expect.any(String),
    name: expect.any(String),
    email: expect.stringContaining("@example.com"),
    role: expect.any(String),
    two_factor: false,
    joined_at: expect.any(Number),
  });
});

/** Who may, of whom: owners everything, admins everything about those that are no owners. */
const may = (actor: PersonRole | "stranger", ...touched: PersonRole[]): boolean =>
  actor === "owner" || (actor === "admin" && !touched.includes("owner"));
const refusalFor = (actor: PersonRole | "stranger") => (actor === "stranger" ? "not_found" : "forbidden");

describe.each([...ALL, "stranger"] as const)("as %s", (actor) => {
  it("changes roles only as the role allows", async () => {
    for (const target of ["admin", "approver", "viewer"] as const) {
      for (const role of ALL) {
        await restore();
        const outcome = await people.changeRole(staff[actor].request(), acme, staff[target].id, role);
        const allowed = may(actor, target, role);
        expect([target, role, codeOf(outcome)]).toEqual([target, role, allowed ? "ok" : refusalFor(actor)]);
        expect(await roleOf(staff[target])).toBe(allowed ? role : target);
      }
    }
  });

  it("removes members only as the role allows, and it counts at once", async () => {
    for (const target of ["admin", "approver", "viewer"] as const) {
      await restore();
      const outcome = await people.removeMember(staff[actor].request(), acme, staff[target].id);
      const allowed = may(actor, target);
      expect([target, codeOf(outcome)]).toEqual([target, allowed ? "ok" : refusalFor(actor)]);
      expect(await roleOf(staff[target])).toBe(allowed ? null : target);
    }
    await restore();
  });

  it("invites only as the role allows", async () => {
    for (const role of ALL) {
      const email = newEmail();
      const outcome = await people.invite(staff[actor].request(), acme, { email, role });
      expect([role, codeOf(outcome)]).toEqual([role, may(actor, role) ? "ok" : refusalFor(actor)]);
      expect(await house.mailsTo(email)).toHaveLength(may(actor, role) ? 1 : 0);
    }
  });

  it("withdraws invitations only as the role allows", async () => {
    for (const role of ["owner", "viewer"] as const) {
      const email = newEmail();
      expectOk(await people.invite(staff.owner.request(), acme, { email, role }));
      const id = await house.tokenTo(email);
      const outcome = await people.withdrawInvitation(staff[actor].request(), acme, id);
      const allowed = may(actor, role);
      expect(outcome.ok).toBe(allowed);
      const waiting = (await people.invitations(acme)).some((invitation) => invitation.id === id);
      expect(waiting).toBe(!allowed);
    }
  });

  it("touches the owner only as an owner", async () => {
    if (actor === "owner") return;
    for (const outcome of [
      await people.changeRole(staff[actor].request(), acme, staff.owner.id, "viewer"),
      await people.removeMember(staff[actor].request(), acme, staff.owner.id),
    ]) {
      expect(codeOf(outcome)).toBe(refusalFor(actor));
    }
    expect(await roleOf(staff.owner)).toBe("owner");
  });
});

it("keeps the last owner", async () => {
  await restore();
  const { owner, admin } = staff;
  expect(codeOf(await people.removeMember(owner.request(), acme, owner.id))).toBe("last_owner");
  for (const role of ["admin", "approver", "viewer"] as const) {
    expect(codeOf(await people.changeRole(owner.request(), acme, owner.id, role))).toBe("last_owner");
  }
  expectOk(await people.changeRole(owner.request(), acme, owner.id, "owner"));
  expectOk(await people.changeRole(owner.request(), acme, admin.id, "owner"));
  expectOk(await people.removeMember(owner.request(), acme, owner.id));
  expect(codeOf(await people.removeMember(admin.request(), acme, admin.id))).toBe("last_owner");
  await restore();
});

it("keeps one of two owners who remove each other at the same instant", async () => {
  const [one, two] = [await house.newPerson(), await house.newPerson()];
  const id = await newOrganizationOf(one);
  for (let round = 0; round < 3; round++) {
    await env.DB.prepare("DELETE FROM people_members WHERE organizationId = ?").bind(id).run();
    for (const person of [one, two]) {
      await env.DB.prepare("INSERT INTO people_members VALUES (?, ?, ?, 'owner', '')")
        .bind(crypto.randomUUID(), id, person.id)
        .run();
    }
    await Promise.all([
      people.removeMember(one.request(), id, two.id),
      round === 0
        ? people.removeMember(two.request(), id, one.id)
        : people.changeRole(two.request(), id, two.id, "viewer"),
    ]);
    expect((await people.members(id)).filter(({ role }) => role === "owner")).toHaveLength(1);
  }
});

it("answers alike for foreign and unknown organizations and people", async () => {
  const { owner, stranger } = staff;
  const ask = (organizationId: string) => [
    people.changeRole(stranger.request(), organizationId, owner.id, "viewer"),
    people.removeMember(stranger.request(), organizationId, owner.id),
    people.invite(stranger.request(), organizationId, { email: newEmail(), role: "viewer" }),
    people.withdrawInvitation(stranger.request(), organizationId, "x"),
  ];
  expect(await Promise.all(ask(acme))).toEqual(await Promise.all(ask("org_unknown")));
  expect(await people.removeMember(owner.request(), acme, stranger.id)).toEqual(
    await people.removeMember(owner.request(), acme, "nobody"),
  );
  expect(await people.changeRole(owner.request(), acme, stranger.id, "viewer")).toEqual(
    await people.changeRole(owner.request(), acme, "nobody", "viewer"),
  );
});

it("asks for a session, and for one of the four roles", async () => {
  const nobody = new Visitor(house, "").request();
  for (const outcome of [
    await people.changeRole(nobody, acme, staff.viewer.id, "admin"),
    await people.removeMember(nobody, acme, staff.viewer.id),
    await people.invite(nobody, acme, { email: newEmail(), role: "viewer" }),
    await people.withdrawInvitation(nobody, acme, "x"),
    await people.answerInvitation(nobody, "x", true),
  ]) {
    expect(codeOf(outcome)).toBe("signed_out");
  }
  expect(await people.invitationsFor(nobody)).toEqual([]);
  for (const role of ["member", "owner,admin", "toString", ""] as string[] as PersonRole[]) {
    const input = { email: newEmail(), role };
    expect(await people.invite(staff.owner.request(), acme, input)).toMatchObject({ ok: false, field: "role" });
    const changed = await people.changeRole(staff.owner.request(), acme, staff.viewer.id, role);
    expect(changed).toMatchObject({ ok: false, field: "role" });
  }
});
