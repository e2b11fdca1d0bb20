import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { House, newEmail, PASSWORD, Visitor } from "./support.ts";

const house = new House();
const { people } = house;

it("signs up, confirms the address by the mail's link, and is signed in", async () => {
  const email = newEmail();
  const ada = new Visitor(house, email);
  const outcome = await people.signUp(ada.request(), {
    name: " Ada ",
    email: ` ${email.toUpperCase()} `,
    password: PASSWORD,
  });
  expect(outcome).toEqual({ ok: true, value: null, cookies: [] });
  const mail = (await house.mailTo(email))!;
  expect(mail.text).toMatch(/https:\/\/localhost\/dashboard\/verify\?token=\S+\n/);
  expect(mail.html).toContain("Confirm the address</a>");
  expect(await people.signedIn(ada.request())).toBeNull();

  const verified = await people.verifyEmail(ada.request(), await house.tokenTo(email));
  ada.take(verified);
  expect(verified.ok && verified.cookies).toEqual([
    expect.stringMatching(
      /^__Host-quetra\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ]);
  expect(await people.signedIn(ada.request())).toEqual({
    session_id: expect.any(String),
    person: { id: expect.any(String), email, name: "Ada", two_factor: false, has_password: true },
  });
});

it("signs in and out, and an ended session counts no more", async () => {
  const ada = await house.newPerson();
  const stolen = ada.cookie;
  ada.take(await people.signOut(ada.request()));
  expect(ada.cookie).toBe("");
  expect(await people.signedIn(ada.request({ cookie: stolen }))).toBeNull();
  expect(ada.take(await people.signIn(ada.request(), { email: ada.email, password: PASSWORD }))).toEqual({
    next: "signed_in",
  });
  expect((await people.signedIn(ada.request()))!.person.id).toBe(ada.id);
});

it("founds an organization, and reads its membership anew each time", async () => {
  const ada = await house.newPerson();
  const id = `org_${crypto.randomUUID()}`;
  expect(await people.memberships(ada.id)).toEqual([]);
  await env.DB.prepare(
    "INSERT INTO organizations (id, name, mode, region, timezone, created_at) VALUES (?, 'Acme', 'test', 'eu', 'UTC', 0)",
  )
    .bind(id)
    .run();
  await people.foundOrganization(id, "Acme", ada.id);
  await people.foundOrganization(id, "Acme", ada.id);
  const membership = {
    organization_id: id,
    organization_name: "Acme",
    mode: "test",
    region: 1,
    timezone: "UTC",
    frozen: false,
    role: "owner",
  };
  expect(await people.membership(ada.id, id)).toEqual(membership);
  expect(await people.memberships(ada.id)).toEqual([membership]);
  const eve = await house.newPerson("Eve");
  expect(await people.membership(eve.id, id)).toBeNull();
  await expect(people.foundOrganization(id, "Acme", eve.id)).rejects.toThrow();
  expect(await people.names([ada.id, "nobody"])).toEqual(new Map([[ada.id, "Ada"]]));
  await env.DB.prepare("UPDATE organizations SET frozen = 1 WHERE id = ?").bind(id).run();
  expect((await people.membership(ada.id, id))!.frozen).toBe(true);
});
