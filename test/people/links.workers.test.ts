import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { codeOf, expectOk, House, newEmail, PASSWORD, Visitor } from "./support.ts";

const house = new House();
const { people } = house;
const NEW = "another otter in the kitchen";

it("a confirmation counts once", async () => {
  const email = newEmail();
  const ada = new Visitor(house, email);
  expectOk(await people.signUp(ada.request(), { name: "Ada", email, password: PASSWORD }));
  const token = await house.tokenTo(email);
  expectOk(await people.verifyEmail(ada.request(), token));
  const thief = new Visitor(house, email);
  const again = await people.verifyEmail(thief.request(), token);
  expect(again).toMatchObject({ ok: false, code: "link_invalid" });
});

it("refuses links that were changed, and another person's", async () => {
  const [one, two] = [newEmail(), newEmail()];
  const visitor = new Visitor(house, one);
  for (const email of [one, two]) {
    expectOk(await people.signUp(new Visitor(house, email).request(), { name: "Ada", email, password: PASSWORD }));
  }
  const [first, second] = [await house.tokenTo(one), await house.tokenTo(two)];
  const mixed = `${first.slice(0, first.lastIndexOf("."))}${second.slice(second.lastIndexOf("."))}`;
  const [header, , signature, mark] = first.split(".");
  const forged = [header, btoa(JSON.stringify({ email: one, exp: 9e9 })).replaceAll("=", ""), signature, mark].join(
    ".",
  );
  for (const token of ["", "x", mixed, forged, `${first}x`, first.slice(0, -23)]) {
    expect(codeOf(await people.verifyEmail(visitor.request(), token))).toBe("link_invalid");
  }
  expectOk(await people.verifyEmail(visitor.request(), first));
});

it("resends the confirmation, as does a sign-in with the right password", async () => {
  const email = newEmail();
  const ada = new Visitor(house, email);
  expectOk(await people.signUp(ada.request(), { name: "Ada", email, password: PASSWORD }));
  expectOk(await people.resendVerification(ada.request(), email));
  expect(await house.mailsTo(email)).toHaveLength(2);
  const early = await people.signIn(ada.request(), { email, password: PASSWORD });
  expect(early).toEqual({ ok: true, value: { next: "verify_email" }, cookies: [] });
  expect(await house.mailsTo(email)).toHaveLength(3);
  ada.take(await people.verifyEmail(ada.request(), await house.tokenTo(email)));
  expect((await people.signedIn(ada.request()))!.person.email).toBe(email);
});

it("a reset counts once, ends every session, and says so", async () => {
  const ada = await house.newPerson();
  const other = await ada.elsewhere();
  expectOk(await people.requestReset(new Visitor(house, ada.email).request(), ada.email));
  const token = await house.tokenTo(ada.email);
  const weak = await people.resetPassword(ada.request(), { token, password: "short" });
  expect(weak).toMatchObject({ ok: false, field: "password" });
  expectOk(await people.resetPassword(new Visitor(house, "").request(), { token, password: NEW }));
  expect((await house.mailTo(ada.email))!.subject).toBe("Your Quetra password was changed");
  for (const visitor of [ada, other]) expect(await people.signedIn(visitor.request())).toBeNull();
  expect(codeOf(await people.resetPassword(ada.request(), { token, password: PASSWORD }))).toBe("link_invalid");
  expect(codeOf(await people.signIn(new Visitor(house, "").request(), { email: ada.email, password: PASSWORD }))).toBe(
    "wrong_credentials",
  );
  await ada.elsewhere(NEW);
});

it("ends a reset's link after resetMs, and keeps its token nowhere", async () => {
  const ada = await house.newPerson();
  expectOk(await people.requestReset(ada.request(), ada.email));
  const token = await house.tokenTo(ada.email);
  const { results } = await env.DB.prepare("SELECT * FROM people_verifications WHERE value = ?")
    .bind(ada.id)
    .all<{ id: string; expiresAt: string; createdAt: string }>();
  expect(results).toHaveLength(1);
  const row = results[0]!;
  expect(JSON.stringify(row)).not.toContain(token);
  expect(Date.parse(row.expiresAt) - Date.parse(row.createdAt)).toBeLessThanOrEqual(LIMITS.resetMs);
  expect(Date.parse(row.expiresAt) - Date.parse(row.createdAt)).toBeGreaterThan(LIMITS.resetMs - 5_000);
  await env.DB.prepare("UPDATE people_verifications SET expiresAt = ? WHERE id = ?")
    .bind(new Date(Date.now() - 1).toISOString(), row.id)
    .run();
  expect(codeOf(await people.resetPassword(ada.request(), { token, password: NEW }))).toBe("link_invalid");
  expect(await people.signedIn(ada.request())).not.toBeNull();
});

it("gives a confirmation confirmationMs", async () => {
  const email = newEmail();
  expectOk(await people.signUp(new Visitor(house, email).request(), { name: "Ada", email, password: PASSWORD }));
  const payload = JSON.parse(atob((await house.tokenTo(email)).split(".")[1]!)) as { iat: number; exp: number };
  expect((payload.exp - payload.iat) * 1000).toBe(LIMITS.confirmationMs);
});

it("refuses what a form can have wrong, at its field", async () => {
  const visitor = new Visitor(house, "");
  const good = { name: "Ada", email: newEmail(), password: PASSWORD };
  const cases = [
    [{ name: " " }, "name"],
    [{ name: "x".repeat(LIMITS.nameChars + 1) }, "name"],
    [{ email: "ada" }, "email"],
    [{ email: `${"a".repeat(64)}@${"d".repeat(61)}.${"d".repeat(61)}.${"d".repeat(62)}.com` }, "email"],
    [{ password: "x1".repeat(LIMITS.passwordCharsMin / 2).slice(1) }, "password"],
    [{ password: "correct horse".padEnd(LIMITS.passwordCharsMax + 1, "battery") }, "password"],
    [{ password: good.email.toUpperCase() }, "password"],
    [{ password: "Password1234" }, "password"],
    [{ password: "aaaaaaaaaaaaaaaa" }, "password"],
    [{ password: "abcabcabcabcabc" }, "password"],
  ] as const;
  for (const [change, field] of cases) {
    expect(await people.signUp(visitor.request(), { ...good, ...change })).toMatchObject({ ok: false, field });
  }
});

it("takes names, addresses and passwords of exactly the longest and shortest", async () => {
  const domain = `${"d".repeat(61)}.${"d".repeat(61)}.${"d".repeat(61)}.com`;
  const longest = `${"a".repeat(64)}@${domain}`;
  expect(longest).toHaveLength(LIMITS.emailChars);
  for (const [password, email, name] of [
    ["otter in tub", newEmail(), "x".repeat(LIMITS.nameChars)],
    ["correct horse".padEnd(LIMITS.passwordCharsMax, "battery"), longest, "Ada"],
  ] as const) {
    expect(expectOk(await people.signUp(new Visitor(house, "").request(), { name, email, password }))).toBeNull();
    expect(await house.mailTo(email)).toBeDefined();
  }
});

it("unconfirmedMs: an account that nobody confirmed goes; a younger or a confirmed one stays", async () => {
  const accounts = { old: newEmail(), young: newEmail(), confirmed: (await house.newPerson()).email };
  for (const email of [accounts.old, accounts.young]) {
    expectOk(await people.signUp(new Visitor(house, email).request(), { name: "Ada", email, password: PASSWORD }));
  }
  await house.settle();
  const age = (email: string, ms: number) =>
    env.DB.prepare("UPDATE people SET createdAt = ? WHERE email = ?")
      .bind(new Date(Date.now() - ms).toISOString(), email)
      .run();
  await age(accounts.old, LIMITS.unconfirmedMs);
  await age(accounts.young, LIMITS.unconfirmedMs - 60_000);
  await age(accounts.confirmed, 2 * LIMITS.unconfirmedMs);
  await people.signUp(new Visitor(house, "").request(), { name: "Ada", email: newEmail(), password: PASSWORD });
  await house.settle();
  const there = async (email: string) =>
    (await env.DB.prepare("SELECT 1 FROM people WHERE email = ?").bind(email).first()) !== null;
  expect([await there(accounts.old), await there(accounts.young), await there(accounts.confirmed)]).toEqual([
    false,
    true,
    true,
  ]);
  const orphans = "SELECT count(*) AS n FROM people_accounts WHERE userId NOT IN (SELECT id FROM people)";
  expect(await env.DB.prepare(orphans).first()).toEqual({ n: 0 });
});
