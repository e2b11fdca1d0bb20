import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { createOrganization } from "../../src/edge/create-organization.ts";
import { organizationStub } from "../../src/edge/stub.ts";
import type { Env } from "../../src/env.ts";
import { codeOf, expectOk, House, newEmail, newOrganizationOf, PASSWORD, Visitor } from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });
const house = new House();
const { people } = house;
const scope = { env: env as unknown as Env, requestId: "req_test", getStub: organizationStub, now: Date.now };
const terms = { name: "Acme", mode: "test", timezone: "Europe/Berlin", region: "default" } as const;

const keysOf = (id: string) =>
  runInDurableObject(env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)), (_object, state) =>
    state.storage.sql.exec("SELECT role FROM keys").toArray(),
  );

it("an organization that people found has no key until somebody makes one", async () => {
  const created = await createOrganization(scope, { ...terms, keyless: true });
  if (!created.ok) throw new Error(created.error.kind);
  expect(created.value).toEqual({ id: expect.stringMatching(/^org_/) });
  expect(await keysOf(created.value.id)).toEqual([]);
  const ada = await house.newPerson();
  await people.foundOrganization(created.value.id, "Acme", ada.id);
  expect(await people.membership(ada.id, created.value.id)).toMatchObject({
    organization_name: "Acme",
    timezone: "Europe/Berlin",
    role: "owner",
  });
});

it("any other has its first admin key", async () => {
  const created = await createOrganization(scope, terms);
  expect(created).toMatchObject({ ok: true, value: { admin_key: expect.stringMatching(/^sk_quetra_test_/) } });
  expect(await keysOf(created.ok ? created.value.id : "")).toEqual([{ role: "admin" }]);
});

it("says where a region is not offered, and writes nothing", async () => {
  const count = () => env.DB.prepare("SELECT count(*) AS n FROM organizations").first();
  const before = await count();
  expect(await createOrganization(scope, { ...terms, region: "eu" })).toEqual({
    ok: false,
    error: { kind: "region_not_available" },
  });
  expect(await count()).toEqual(before);
});

const appointment = (organizationId: string, email: string) => ({
  organization_id: organizationId,
  organization_name: "Acme",
  email,
  name: "Ada",
  password: PASSWORD as string | null,
  role: "admin" as const,
});

it("appoints somebody new, with a password or without", async () => {
  const acme = await newOrganizationOf(await house.newPerson());
  for (const password of [PASSWORD, null]) {
    const email = newEmail();
    const { person_id } = expectOk(await people.appoint({ ...appointment(acme, email), password }));
    expect((await people.membership(person_id, acme))!.role).toBe("admin");
    const visitor = new Visitor(house, email);
    const outcome = await people.signIn(visitor.request(), { email, password: PASSWORD });
    expect(codeOf(outcome)).toBe(password === null ? "wrong_credentials" : "ok");
    expectOk(await people.requestReset(visitor.request(), email));
    expectOk(await people.resetPassword(visitor.request(), { token: await house.tokenTo(email), password: PASSWORD }));
    visitor.take(await people.signIn(visitor.request(), { email, password: PASSWORD }));
    expect((await people.signedIn(visitor.request()))!.person.id).toBe(person_id);
  }
});

it("leaves the password, the name and the sessions of a confirmed account alone", async () => {
  const acme = await newOrganizationOf(await house.newPerson());
  const bob = await house.newPerson("Bob");
  const { person_id } = expectOk(
    await people.appoint({ ...appointment(acme, bob.email.toUpperCase()), password: "another otter in the kitchen" }),
  );
  expect(person_id).toBe(bob.id);
  expect((await people.signedIn(bob.request()))!.person.name).toBe("Bob");
  await bob.elsewhere(PASSWORD);
  expectOk(await people.appoint({ ...appointment(acme, bob.email), role: "viewer" }));
  expect((await people.membership(bob.id, acme))!.role).toBe("viewer");
});

it("takes an account over that nobody has confirmed: a stranger may have made it", async () => {
  const acme = await newOrganizationOf(await house.newPerson());
  const email = newEmail();
  const eve = new Visitor(house, email);
  const theirs = "a stranger in the kitchen";
  expectOk(await people.signUp(eve.request(), { name: "Eve", email, password: theirs }));
  const link = await house.tokenTo(email);
  const { person_id } = expectOk(await people.appoint(appointment(acme, email)));
  expect(codeOf(await people.signIn(eve.request(), { email, password: theirs }))).toBe("wrong_credentials");
  expect(codeOf(await people.verifyEmail(eve.request(), link))).toBe("link_invalid");
  expect(await people.names([person_id])).toEqual(new Map([[person_id, "Ada"]]));
});

it("refuses a weak password, a bad address, and the end of the last owner", async () => {
  const owner = await house.newPerson();
  const acme = await newOrganizationOf(owner);
  const good = appointment(acme, newEmail());
  expect(await people.appoint({ ...good, password: "short" })).toMatchObject({ ok: false, field: "password" });
  expect(await people.appoint({ ...good, email: "ada" })).toMatchObject({ ok: false, field: "email" });
  expect(codeOf(await people.appoint({ ...good, email: owner.email }))).toBe("last_owner");
  expect((await people.membership(owner.id, acme))!.role).toBe("owner");
});
