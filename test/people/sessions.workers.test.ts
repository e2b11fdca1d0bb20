import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { codeOf, expectOk, House, meanwhile, PASSWORD, Visitor } from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });
const house = new House();
const { people } = house;
const NEW = "another otter in the kitchen";

it("lists the person's sessions without a token, and ends one of them", async () => {
  const ada = await house.newPerson();
  const other = await ada.elsewhere();
  const list = await people.sessions(ada.request());
  expect(list).toHaveLength(2);
  expect(list.filter(({ current }) => current)).toHaveLength(1);
  expect(list.find(({ current }) => current)).toEqual({
    id: (await people.signedIn(ada.request()))!.session_id,
    current: true,
    created_at: expect.any(Number),
    expires_at: expect.any(Number),
    ip: ada.address,
    user_agent: "Test browser",
  });
  const { results } = await env.DB.prepare("SELECT token FROM people_sessions WHERE userId = ?").bind(ada.id).all();
  for (const { token } of results) expect(JSON.stringify(list)).not.toContain(token as string);
  expectOk(await people.endSession(ada.request(), list.find(({ current }) => !current)!.id));
  expect(await people.signedIn(other.request())).toBeNull();
  expect(await people.signedIn(ada.request())).not.toBeNull();
});

it("ends no session of another person, and says nothing of it", async () => {
  const [ada, eve] = [await house.newPerson(), await house.newPerson("Eve")];
  const [hers] = await people.sessions(ada.request());
  const foreign = await people.endSession(eve.request(), hers!.id);
  const unknown = await people.endSession(eve.request(), "no-such-session");
  expect(foreign).toEqual(unknown);
  expect(codeOf(foreign)).toBe("not_found");
  expect(await people.signedIn(ada.request())).not.toBeNull();
});

it("ends all other sessions", async () => {
  const ada = await house.newPerson();
  const other = await ada.elsewhere();
  expectOk(await people.endOtherSessions(ada.request()));
  expect(await people.signedIn(other.request())).toBeNull();
  expect(await people.sessions(ada.request())).toHaveLength(1);
});

it("a changed password ends every other session, and this one goes on under a new token", async () => {
  const ada = await house.newPerson();
  const [other, stolen] = [await ada.elsewhere(), ada.cookie];
  ada.take(await people.changePassword(ada.request(), { current: PASSWORD, password: NEW }));
  expect(ada.cookie).not.toBe(stolen);
  expect((await people.signedIn(ada.request()))!.person.id).toBe(ada.id);
  expect(await people.signedIn(ada.request({ cookie: stolen }))).toBeNull();
  expect(await people.signedIn(other.request())).toBeNull();
  expect((await house.mailTo(ada.email))!.subject).toBe("Your Quetra password was changed");
  await ada.elsewhere(NEW);
});

it("a sign-in that is on its way when the password changes ends without a session", async () => {
  const ada = await house.newPerson();
  const { db, before } = meanwhile();
  const late = new House({ DB: db });
  const thief = new Visitor(late, ada.email);
  before('insert into "people_sessions"', async () => {
    ada.take(await people.changePassword(ada.request(), { current: PASSWORD, password: NEW }));
  });
  const outcome = await late.people.signIn(thief.request(), { email: ada.email, password: PASSWORD });
  expect(codeOf(outcome)).toBe("wrong_credentials");
  expect(await people.sessions(ada.request())).toHaveLength(1);
});

it("keeps the password without the current one", async () => {
  const ada = await house.newPerson();
  const other = await ada.elsewhere();
  const wrong = await people.changePassword(ada.request(), { current: NEW, password: NEW });
  expect(wrong).toMatchObject({ ok: false, code: "wrong_password", field: "current" });
  const weak = await people.changePassword(ada.request(), { current: PASSWORD, password: ada.email });
  expect(weak).toMatchObject({ ok: false, code: "password_refused", field: "password" });
  expect(await people.signedIn(other.request())).not.toBeNull();
  const nobody = new Visitor(house, "");
  expect(codeOf(await people.changePassword(nobody.request(), { current: PASSWORD, password: NEW }))).toBe(
    "signed_out",
  );
});

it("changes the name", async () => {
  const ada = await house.newPerson();
  expectOk(await people.changeName(ada.request(), " Ada Lovelace "));
  expect((await people.signedIn(ada.request()))!.person.name).toBe("Ada Lovelace");
  expect(await people.changeName(ada.request(), " ")).toMatchObject({ ok: false, field: "name" });
  expect(codeOf(await people.changeName(new Visitor(house, "").request(), "Eve"))).toBe("signed_out");
});

it("keeps sessionsPerPerson sessions: one more ends the oldest", async () => {
  const ada = await house.newPerson();
  const since = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  await env.DB.prepare("UPDATE people_sessions SET createdAt = ? WHERE userId = ?").bind(since(1_000), ada.id).run();
  for (let count = 2; count <= LIMITS.sessionsPerPerson; count++) {
    await env.DB.prepare(
      `INSERT INTO people_sessions (id, token, userId, createdAt, updatedAt, expiresAt)
       VALUES (?1, ?1, ?2, ?3, ?3, ?4)`,
    )
      .bind(crypto.randomUUID(), ada.id, since(1_000 - count), since(-1_000))
      .run();
  }
  expect(await people.sessions(ada.request())).toHaveLength(LIMITS.sessionsPerPerson);
  const newest = await ada.elsewhere();
  expect(await people.signedIn(ada.request())).toBeNull();
  expect(await people.sessions(newest.request())).toHaveLength(LIMITS.sessionsPerPerson);
});

it("a session ends sessionMs after its last use, and use prolongs it, with a cookie for the browser", async () => {
  const ada = await house.newPerson();
  const [session] = await people.sessions(ada.request());
  expect(session!.expires_at - session!.created_at).toBe(LIMITS.sessionMs);
  expect((await people.signedIn(ada.request()))!.cookies).toBeUndefined();
  const set = (leftMs: number) =>
    env.DB.prepare("UPDATE people_sessions SET expiresAt = ? WHERE userId = ?")
      .bind(new Date(Date.now() + leftMs).toISOString(), ada.id)
      .run();
  await set(60_000);
  const used = await people.signedIn(ada.request());
  expect(used!.cookies).toEqual([expect.stringMatching(/^__Host-quetra\.session_token=.*Max-Age=604800/)]);
  expect((await people.sessions(ada.request()))[0]!.expires_at - Date.now()).toBeGreaterThan(LIMITS.sessionMs - 60_000);
  await set(-1);
  expect(await people.signedIn(ada.request())).toBeNull();
});

it("refuses cookies that were changed", async () => {
  const ada = await house.newPerson();
  const [name, value] = ada.cookie.split("=") as [string, string];
  const { token } = (await env.DB.prepare("SELECT token FROM people_sessions WHERE userId = ?").bind(ada.id).first())!;
  for (const cookie of [`${name}=${token}`, `${name}=${token}.`, `${name}=x${value}`, `${name}=`, "x=y"]) {
    expect(await people.signedIn(ada.request({ cookie }))).toBeNull();
  }
});

it("does nothing for a page of another origin", async () => {
  const ada = await house.newPerson();
  for (const headers of [
    { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    { origin: "null", "sec-fetch-site": "cross-site" },
    { origin: "http://other.quetra.test", "sec-fetch-site": "same-site" },
  ]) {
    expect(codeOf(await people.signOut(ada.request(headers)))).toBe("forbidden");
    const change = { current: PASSWORD, password: NEW };
    expect(codeOf(await people.changePassword(ada.request(headers), change))).toBe("forbidden");
  }
  expect(await people.signedIn(ada.request())).not.toBeNull();
});

it("sets plain cookies on http, for this machine", async () => {
  const local = new House({ DASHBOARD_URL: "http://127.0.0.1:8787" });
  const ada = await local.newPerson();
  expect(ada.cookie).toMatch(/^quetra\.session_token=/);
  const outcome = await local.people.signIn(ada.request(), { email: ada.email, password: PASSWORD });
  expect(outcome.ok && outcome.cookies).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Lax$/)]);
  expect((await local.mailTo(ada.email))!.text).toContain("http://127.0.0.1:8787/dashboard/verify?token=");
});

it("is not there without a secret", () => {
  for (const AUTH_SECRET of [undefined, "", "x".repeat(31)]) {
    expect(() => new House({ AUTH_SECRET })).toThrow("AUTH_SECRET");
  }
  expect(new House({ AUTH_SECRET: "0123456789abcdef0123456789abcdef" }).people.social).toEqual([]);
});

it("a session ends sessionAgeMs after it began, however much it is used", async () => {
  const ada = await house.newPerson();
  const other = await ada.elsewhere();
  const { session_id } = (await people.signedIn(ada.request()))!;
  const began = (ageMs: number) =>
    env.DB.prepare("UPDATE people_sessions SET createdAt = ? WHERE id = ?")
      .bind(new Date(Date.now() - ageMs).toISOString(), session_id)
      .run();
  await began(LIMITS.sessionAgeMs - 60_000);
  expect(await people.signedIn(ada.request())).not.toBeNull();
  expect(await people.sessions(other.request())).toHaveLength(2);
  await began(LIMITS.sessionAgeMs);
  expect(await people.signedIn(ada.request())).toBeNull();
  expect(await people.sessions(other.request())).toHaveLength(1);
  await ada.elsewhere();
  expect(await env.DB.prepare("SELECT 1 FROM people_sessions WHERE id = ?").bind(session_id).first()).toBeNull();
});

it("ends however often others at the same address end theirs", async () => {
  const strict = new House({ TEST_THROTTLE_FACTOR: "1" });
  const ada = await house.newPerson();
  for (let count = 0; count < LIMITS.signInAttemptsPerClient + 5; count++) {
    expectOk(await strict.people.signOut(new Visitor(strict, "", ada.address).request()));
  }
  expectOk(await strict.people.signOut(ada.request()));
  expect(await people.signedIn(ada.request())).toBeNull();
});
