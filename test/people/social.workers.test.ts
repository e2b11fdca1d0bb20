import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { codeOf, expectOk, House, newEmail, PASSWORD, Visitor } from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });
const GITHUB = { GITHUB_CLIENT_ID: "client", GITHUB_CLIENT_SECRET: "github-secret" };
const house = new House(GITHUB);
const { people } = house;
let ids = 1000;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** GitHub as the service meets it. */
function github(profile: { id: number; email: string; verified: boolean }): void {
  vi.stubGlobal("fetch", async (input: RequestInfo | URL) => {
    const { href } = new URL(input instanceof Request ? input.url : input);
    if (href.startsWith("https://github.com/login/oauth/access_token")) {
      return Response.json({ access_token: "gho_very_secret", token_type: "bearer", scope: "user:email" });
    }
    if (href === "https://api.github.com/user") {
      return Response.json({
        id: profile.id,
        login: "ada",
        name: "Ada of GitHub",
        email: profile.email,
        avatar_url: "",
      });
    }
    if (href === "https://api.github.com/user/emails") {
      return Response.json([{ email: profile.email, primary: true, verified: profile.verified, visibility: null }]);
    }
    throw new Error(`Nobody expected ${href}`);
  });
}

/** Through the provider and back. */
async function through(visitor: Visitor, where = house, change: (url: URL) => void = () => undefined) {
  const { url } = visitor.take(await where.people.socialStart(visitor.request(), "github"));
  const away = new URL(url);
  expect(`${away.origin}${away.pathname}`).toBe("https://github.com/login/oauth/authorize");
  expect(away.searchParams.get("redirect_uri")).toBe("https://localhost/dashboard/callback/github");
  const back = new URL("http://quetra.test/dashboard/callback/github");
  back.searchParams.set("code", "the-code");
  back.searchParams.set("state", away.searchParams.get("state")!);
  change(back);
  const request = new Request(back, visitor.request({ "sec-fetch-site": "cross-site" }));
  const response = await where.people.socialCallback(request);
  visitor.take({ ok: true, value: null, cookies: response.headers.getSetCookie() });
  return response.headers.get("location");
}

const DONE = "https://localhost/dashboard";
const FAILED = "https://localhost/dashboard/sign-in?error=social";

it("offers what the deployment has both halves of", () => {
  expect(new House().people.social).toEqual([]);
  expect(new House({ GITHUB_CLIENT_ID: "x", GOOGLE_CLIENT_SECRET: "y" }).people.social).toEqual([]);
  expect(people.social).toEqual(["github"]);
  expect(new House({ ...GITHUB, GOOGLE_CLIENT_ID: "x", GOOGLE_CLIENT_SECRET: "y" }).people.social).toEqual([
    "github",
    "google",
  ]);
});

it("signs somebody new up whose address the provider has verified, and keeps none of its tokens", async () => {
  const email = newEmail();
  const ada = new Visitor(house, email);
  github({ id: ids++, email, verified: true });
  expect(await through(ada)).toBe(DONE);
  const me = (await people.signedIn(ada.request()))!.person;
  expect(me).toMatchObject({ email, name: "Ada of GitHub", has_password: false, two_factor: false });
  const rows = JSON.stringify((await env.DB.prepare("SELECT * FROM people_accounts").all()).results);
  expect(rows).toContain(me.id);
  expect(rows).not.toContain("gho_very_secret");
  const again = new Visitor(house, email);
  expect(await through(again)).toBe(DONE);
  expect((await people.signedIn(again.request()))!.person.id).toBe(me.id);
});

it("refuses an address that the provider has not verified", async () => {
  const email = newEmail();
  const eve = new Visitor(house, email);
  github({ id: ids++, email, verified: false });
  expect(await through(eve)).toBe(FAILED);
  expect(await people.signedIn(eve.request())).toBeNull();
  expect(await env.DB.prepare("SELECT 1 FROM people WHERE email = ?").bind(email).first()).toBeNull();
});

it("links an account only when the address is confirmed on both sides", async () => {
  const ada = await house.newPerson();
  const visitor = new Visitor(house, ada.email);
  github({ id: ids, email: ada.email, verified: false });
  expect(await through(visitor)).toBe(FAILED);
  github({ id: ids++, email: ada.email, verified: true });
  expect(await through(visitor)).toBe(DONE);
  expect((await people.signedIn(visitor.request()))!.person.id).toBe(ada.id);

  const email = newEmail();
  const bob = new Visitor(house, email);
  expectOk(await people.signUp(bob.request(), { name: "Bob", email, password: PASSWORD }));
  github({ id: ids++, email, verified: true });
  expect(await through(bob)).toBe(FAILED);
  expect(await people.signedIn(bob.request())).toBeNull();
});

it("asks for the second factor of whoever has one", async () => {
  const ada = await house.newPerson();
  ada.take(await people.beginTwoFactor(ada.request(), PASSWORD));
  await env.DB.batch([
    env.DB.prepare("UPDATE people SET twoFactorEnabled = 1 WHERE id = ?").bind(ada.id),
    env.DB.prepare("UPDATE people_two_factors SET verified = 1 WHERE userId = ?").bind(ada.id),
  ]);
  const { length } = await people.sessions(ada.request());
  const visitor = new Visitor(house, ada.email);
  github({ id: ids++, email: ada.email, verified: true });
  expect(await through(visitor)).toBe("https://localhost/dashboard/second-step");
  expect(await people.signedIn(visitor.request())).toBeNull();
  expect(await people.sessions(ada.request())).toHaveLength(length);
  expect(codeOf(await people.secondFactor(visitor.request(), { code: "000000", kind: "totp" }))).toBe("wrong_code");
});

it("refuses a state that was made up, used, or begun in another browser", async () => {
  const email = newEmail();
  github({ id: ids++, email, verified: true });
  const visitor = new Visitor(house, email);
  expect(await through(visitor, house, (url) => url.searchParams.set("state", "made-up"))).toBe(FAILED);
  const { url } = expectOk(await people.socialStart(visitor.request(), "github"));
  const state = new URL(url).searchParams.get("state")!;
  const other = new Visitor(house, email);
  const back = new Request(`http://quetra.test/dashboard/callback/github?code=x&state=${state}`, other.request());
  expect((await people.socialCallback(back)).headers.get("location")).toBe(FAILED);
  expect(await through(visitor, house, (back) => back.searchParams.delete("code"))).toBe(FAILED);
});

it("lets nobody new in where sign-up is by invitation only", async () => {
  const closed = new House({ ...GITHUB, SIGN_UP: undefined });
  const email = newEmail();
  github({ id: ids++, email, verified: true });
  expect(await through(new Visitor(closed, email), closed)).toBe(FAILED);
  expect(await env.DB.prepare("SELECT 1 FROM people WHERE email = ?").bind(email).first()).toBeNull();
});

it("keeps sessionsPerPerson sessions of whoever comes in this way, too", async () => {
  const ada = await house.newPerson();
  const since = new Date(Date.now() - 60_000).toISOString();
  const until = new Date(Date.now() + 60_000).toISOString();
  for (let count = 1; count < LIMITS.sessionsPerPerson; count++) {
    await env.DB.prepare(
      "INSERT INTO people_sessions (id, token, userId, createdAt, updatedAt, expiresAt) VALUES (?1, ?1, ?2, ?3, ?3, ?4)",
    )
      .bind(crypto.randomUUID(), ada.id, since, until)
      .run();
  }
  const visitor = new Visitor(house, ada.email);
  github({ id: ids++, email: ada.email, verified: true });
  expect(await through(visitor)).toBe(DONE);
  expect(await people.sessions(visitor.request())).toHaveLength(LIMITS.sessionsPerPerson);
});
