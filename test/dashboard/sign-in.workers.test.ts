import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { newEmail } from "../people/support.ts";
import { cookiesOf, Deployment, errorAt, HOSTILE, noticeOf, whoIs } from "./deployment.ts";
import { PASSWORD } from "./support.ts";

// Passwords are hashed slowly on purpose, and most of these need a few.
vi.setConfig({ testTimeout: 30_000 });

const house = new Deployment();

describe("sign-up", () => {
  it("leads through the mailbox to an organization of one's own", async () => {
    const browser = house.browser();
    const email = newEmail();
    await browser.get("/dashboard/sign-up");
    const posted = await browser.post("/dashboard/sign-up", { name: "Ana", email, password: PASSWORD });
    expect([posted.status, posted.location]).toEqual([303, "/dashboard/check-mail"]);
    expect((await browser.get("/dashboard/check-mail")).text).toContain(email);
    expect(await whoIs(browser)).toBeNull();
    const token = await house.tokenTo(email);
    await browser.get(`/dashboard/verify?token=${token}`);
    const verified = await browser.post("/dashboard/verify", { token });
    expect([verified.status, verified.location]).toEqual([303, "/dashboard"]);
    expect(await whoIs(browser)).toBe("Ana");
    expect((await browser.get("/dashboard")).location).toBe("/dashboard/organizations/new");
  });

  it("shows what is wrong at its field, and keeps what was typed but the password", async () => {
    const browser = house.browser();
    await browser.get("/dashboard/sign-up");
    const typed = { name: HOSTILE, email: newEmail(), password: "too-short-1" };
    const page = await browser.post("/dashboard/sign-up", typed);
    expect(page.status).toBe(400);
    expect(errorAt(page, "password")).toContain(String(LIMITS.passwordCharsMin));
    expect(page.text).toContain(`value="${typed.email}"`);
    expect(page.text).not.toContain(typed.password);
    expect(page.text).not.toContain(HOSTILE);
    expect(page.text).toContain("&lt;script&gt;");
    const other = await browser.post("/dashboard/sign-up", { name: "Ana", email: "nobody", password: PASSWORD });
    expect(errorAt(other, "email")).not.toBeNull();
  });

  it("answers alike for an address that has an account", async () => {
    const { email } = await house.signUp();
    const answers = [];
    for (const address of [email, newEmail()]) {
      const browser = house.browser();
      await browser.get("/dashboard/sign-up");
      const page = await browser.post("/dashboard/sign-up", { name: "Eve", email: address, password: PASSWORD });
      answers.push([page.status, page.location, page.text, cookiesOf(page).map((line) => line.replace(/=[^;]*/, ""))]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it("says where sign-up is by invitation, and where no mail is sent", async () => {
    const closed = await new Deployment({ SIGN_UP: "invited" }).browser().get("/dashboard/sign-up");
    expect(closed.text).toContain("by invitation");
    const silent = new Deployment({ MAIL_URL: undefined });
    for (const path of ["/dashboard/sign-up", "/dashboard/forgot"]) {
      const browser = silent.browser();
      const page = await browser.get(path);
      expect(page.text).toContain("sends no mail");
      expect(page.text).not.toContain("<form");
      await browser.get("/dashboard/sign-in");
      const posted = await browser.post(path, { name: "Ana", email: newEmail(), password: PASSWORD });
      expect(posted.text).toContain("sends no mail");
    }
    expect(await silent.mailTo("anybody@example.com")).toBeUndefined();
    expect(silent.mails).toEqual([]);
  });
});

describe("the link of the mail", () => {
  it("changes nothing when it is opened, however often", async () => {
    const email = newEmail();
    const browser = house.browser();
    await browser.get("/dashboard/sign-up");
    await browser.post("/dashboard/sign-up", { name: "Ana", email, password: PASSWORD });
    const token = await house.tokenTo(email);
    for (let scan = 0; scan < 3; scan++) {
      const scanner = house.browser();
      const page = await scanner.get(`/dashboard/verify?token=${token}`);
      expect(page.text).toContain("Verify and sign in");
      expect(await whoIs(scanner)).toBeNull();
    }
    expect((await house.signIn(email)).page.location).toBe("/dashboard/check-mail");
    const row = await env.DB.prepare("SELECT emailVerified FROM people WHERE email = ?").bind(email).first();
    expect(row).toEqual({ emailVerified: 0 });
    await browser.get(`/dashboard/verify?token=${token}`);
    expect((await browser.post("/dashboard/verify", { token })).location).toBe("/dashboard");
  });

  it("is good once, and nothing else is good at all", async () => {
    const { email } = await house.signUp();
    const used = await house.tokenTo(email);
    for (const token of [used, "made-up", HOSTILE]) {
      const browser = house.browser();
      const asked = await browser.get(`/dashboard/verify?token=${encodeURIComponent(token)}`);
      expect(asked.text).not.toContain(HOSTILE);
      const page = await browser.post("/dashboard/verify", { token });
      expect(page.status).toBe(400);
      expect(page.text).toContain("not good any more");
      expect(await whoIs(browser)).toBeNull();
    }
    expect((await house.browser().get("/dashboard/verify")).status).toBe(400);
  });

  it("is sent again, with the same answer for addresses that nobody has", async () => {
    const email = newEmail();
    const browser = house.browser();
    await browser.get("/dashboard/sign-up");
    await browser.post("/dashboard/sign-up", { name: "Ana", email, password: PASSWORD });
    const answers = [];
    for (const address of [email, newEmail()]) {
      await browser.get("/dashboard/check-mail");
      const page = await browser.post("/dashboard/check-mail", { email: address });
      answers.push([page.status, page.location]);
      expect(noticeOf(await browser.get(page.location!))).toContain("on its way");
    }
    expect(answers[0]).toEqual(answers[1]);
    expect((await house.mailsTo(email)).length).toBe(2);
  });
});

describe("sign-in", () => {
  it("has one refusal for a wrong password and for an address that nobody has", async () => {
    const { email } = await house.signUp();
    const [wrong, nobody] = [await house.signIn(email, `${PASSWORD}!`), await house.signIn(newEmail())];
    expect(wrong.page.status).toBe(400);
    expect(wrong.page.text).toContain("The e-mail address or the password is wrong.");
    const same = (text: string) =>
      text.replace(/(csrf" value|nonce|data-now|name="email"[^>]* value)="[^"]*"/g, "$1").replace(/req_\w+/g, "");
    expect(same(nobody.page.text)).toBe(same(wrong.page.text));
    expect(wrong.page.text).toContain(`value="${email}"`);
    expect(wrong.page.text).not.toContain(PASSWORD);
  });

  it("leads whoever is inside on to where they belong", async () => {
    const { browser } = await house.signUp();
    expect((await browser.get("/dashboard/sign-in")).location).toBe("/dashboard");
    expect((await browser.get("/dashboard/sign-in?next=/dashboard/account")).location).toBe("/dashboard/account");
    expect((await browser.get("/dashboard/sign-up")).location).toBe("/dashboard");
    expect((await house.browser().get("/dashboard")).location).toBe("/dashboard/sign-in");
  });

  it("comes back to the page that asked for it", async () => {
    const { email } = await house.signUp();
    const browser = house.browser();
    const asked = await browser.get("/dashboard/organizations?x=1");
    expect(asked.location).toBe("/dashboard/sign-in?next=%2Fdashboard%2Forganizations%3Fx%3D1");
    await browser.get(asked.location!);
    const next = "/dashboard/organizations?x=1";
    expect((await browser.post("/dashboard/sign-in", { email, password: PASSWORD, next })).location).toBe(next);
  });

  let someone: Awaited<ReturnType<typeof house.signUp>> | undefined;
  it.each([
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/dashboard",
    "/dashboard\\@evil.example",
    "/dashboard.evil.example",
    "/dashboard@evil.example",
    "%2f%2fevil.example",
    "/%2fevil.example",
    "javascript:alert(1)",
    "/dashboard\r\nlocation: https://evil.example",
    " //evil.example",
  ])("leads nobody to another place by next=%j", async (next) => {
    someone ??= await house.signUp();
    const { email, browser: inside } = someone;
    const browser = house.browser();
    const shown = await browser.get(`/dashboard/sign-in?next=${encodeURIComponent(next)}`);
    expect(shown.text).not.toContain("evil.example");
    const answers = [
      await browser.post("/dashboard/sign-in", { email, password: PASSWORD, next }),
      await inside.get(`/dashboard/sign-in?next=${encodeURIComponent(next)}`),
    ];
    for (const { status, location } of answers) expect([status, location]).toEqual([303, "/dashboard"]);
  });

  it("is throttled per account, with a page that says when to try again", async () => {
    const strict = new Deployment({ TEST_THROTTLE_FACTOR: "1" });
    const { email } = await house.signUp();
    for (let attempt = 0; attempt < LIMITS.signInsPerAccount; attempt++) {
      expect((await strict.signIn(email, "a wrong password")).page.status).toBe(400);
    }
    const { page, browser } = await strict.signIn(email);
    expect(page.status).toBe(429);
    expect(page.text).toMatch(/Too many attempts. Try again in \d+ minutes\./);
    expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(60);
    expect(await whoIs(browser)).toBeNull();
    const { email: other } = await house.signUp();
    expect((await strict.signIn(other)).page.location).toBe("/dashboard");
  });

  it("offers providers that are set up, by links, and no others", async () => {
    const social = new Deployment({ GITHUB_CLIENT_ID: "id-of-github", GITHUB_CLIENT_SECRET: "secret-of-github" });
    const page = await social.browser().get("/dashboard/sign-in");
    expect(page.text).toContain('href="/dashboard/social/github"');
    expect(page.text).not.toContain("Google");
    const started = await social.browser().get("/dashboard/social/github");
    expect(started.status).toBe(303);
    const target = new URL(started.location!);
    expect(target.host).toBe("github.com");
    expect(target.searchParams.get("redirect_uri")).toBe(`${social.origin}/dashboard/callback/github`);
    expect(started.location).not.toContain("secret-of-github");
    for (const path of ["/dashboard/social/google", "/dashboard/callback/google", "/dashboard/social/evil"]) {
      expect((await social.browser().get(path)).status).toBe(404);
    }
  });
});
