import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { newEmail } from "../people/support.ts";
import { cookiesOf, Deployment, noticeOf, totp, whoIs } from "./deployment.ts";
import { type Browser, PASSWORD } from "./support.ts";

// Passwords are hashed slowly on purpose, and most of these need a few.
vi.setConfig({ testTimeout: 30_000 });

const house = new Deployment();
const NEW_PASSWORD = "five grey geese on the dyke";

/** The session's cookie as the browser holds it. */
const sessionOf = (browser: Browser): string | undefined => /(\S*session_token)=([^;]+)/.exec(browser.cookie)?.[2];

/** One post of the sign-in form, with the right token, and with headers of the test's choice. */
async function postSignIn(email: string, headers: Record<string, string>, csrf?: string): Promise<Response> {
  const page = await house.fetch("/dashboard/sign-in");
  const cookie = page.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  const token = /name="csrf" value="([^"]+)"/.exec(await page.text())![1]!;
  const body = new URLSearchParams({ csrf: csrf ?? token, email, password: PASSWORD }).toString();
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const init = { method: "POST", body, redirect: "manual" as const, headers: { cookie, ...type, ...headers } };
  return house.fetch("/dashboard/sign-in", init);
}

describe("a form", () => {
  it("is taken from a page of ours only", async () => {
    const { email } = await house.signUp();
    const refused: readonly [Record<string, string>, string?][] = [
      [{}, ""],
      [{}, "x".repeat(43)],
      [{ origin: "https://evil.example" }],
      [{ origin: "null" }],
      [{ origin: house.origin, "sec-fetch-site": "cross-site" }],
      [{ origin: house.origin, "sec-fetch-site": "same-site" }],
      [{ "sec-fetch-site": "none" }],
    ];
    for (const [headers, csrf] of refused) {
      const response = await postSignIn(email, headers, csrf);
      expect([headers, csrf, response.status]).toEqual([headers, csrf, 403]);
      expect(response.headers.getSetCookie().join()).not.toContain("session");
    }
    const taken = await postSignIn(email, { origin: house.origin, "sec-fetch-site": "same-origin" });
    expect([taken.status, taken.headers.get("location")]).toEqual([303, "/dashboard"]);
  });

  it("of one session is worth nothing in another, and nothing before sign-in is worth anything after it", async () => {
    const { email, browser } = await house.signUp();
    const account = await browser.get("/dashboard/account");
    const csrf = /name="csrf" value="([^"]+)"/.exec(account.text)![1]!;
    const { browser: other } = await house.signIn(email);
    expect((await other.post("/dashboard/account/name", { csrf, name: "Mallory" })).status).toBe(403);
    const fresh = house.browser();
    const before = /name="csrf" value="([^"]+)"/.exec((await fresh.get("/dashboard/sign-in")).text)![1]!;
    await fresh.post("/dashboard/sign-in", { email, password: PASSWORD });
    expect((await fresh.post("/dashboard/account/name", { csrf: before, name: "Mallory" })).status).toBe(403);
    expect(await whoIs(fresh)).toBe("Ana Novak");
  });
});

describe("a session", () => {
  it("is new at each sign-in, whatever the browser brought", async () => {
    const { browser: attacker } = await house.signUp();
    const planted = sessionOf(attacker)!;
    const name = /(\S*session_token)=/.exec(attacker.cookie)![1]!;
    const { email } = await house.signUp({ name: "Victim" });
    const victim = house.browser();
    victim.take([`${name}=made-up-by-somebody; Path=/`]);
    await victim.get("/dashboard/sign-in");
    await victim.post("/dashboard/sign-in", { email, password: PASSWORD });
    expect(sessionOf(victim)).not.toBe("made-up-by-somebody");
    expect(sessionOf(victim)).not.toBe(planted);
    expect(await whoIs(victim)).toBe("Victim");
    expect(await whoIs(attacker)).toBe("Ana Novak");
  });

  it("ends with sign-out, and its cookie is worth nothing to whoever kept it", async () => {
    const { browser } = await house.signUp();
    const kept = house.browser();
    kept.take(browser.cookie.split("; ").map((pair) => `${pair}; Path=/`));
    expect(await whoIs(kept)).toBe("Ana Novak");
    expect((await browser.get("/dashboard/sign-out")).status).toBe(404);
    await browser.get("/dashboard/account");
    const out = await browser.post("/dashboard/sign-out");
    expect(out.location).toBe("/dashboard/sign-in?done=signed_out");
    expect(noticeOf(await browser.get(out.location!))).toBe("You are signed out.");
    expect([await whoIs(browser), await whoIs(kept)]).toEqual([null, null]);
  });

  it.each([
    ["http://quetra.test", false],
    ["https://quetra.test", true],
  ] as const)("has cookies at %s that no script and no other site gets", async (origin, secure) => {
    const here = new Deployment({}, origin);
    const { email } = await here.signUp();
    const { page, browser } = await here.signIn(email);
    const lines = [...cookiesOf(page), ...cookiesOf(await here.browser().get("/dashboard/sign-in"))];
    expect(lines.join("\n")).toMatch(/session_token=/);
    expect(lines.join("\n")).toMatch(/quetra_form=/);
    for (const line of lines) {
      expect(line).toMatch(/; HttpOnly/i);
      expect(line).toMatch(/; SameSite=Lax/i);
      expect(line).not.toMatch(/; Domain/i);
      expect([line, /; Secure/i.test(line)]).toEqual([line, secure]);
      expect([line, line.startsWith("__Host-")]).toEqual([line, secure]);
    }
    expect(await whoIs(browser)).toBe("Ana Novak");
    const awaiting = here.browser();
    await awaiting.get("/dashboard/sign-up");
    const sent = await awaiting.post("/dashboard/sign-up", { name: "A", email: newEmail(), password: PASSWORD });
    const [mail] = cookiesOf(sent).filter((line) => line.startsWith("quetra_mail="));
    expect(mail).toMatch(/; Path=\/dashboard\/check-mail; Max-Age=\d+; HttpOnly; SameSite=Lax/);
    expect(/; Secure/.test(mail!)).toBe(secure);
  });
});

describe("a new password by mail", () => {
  async function link(email: string): Promise<string> {
    const browser = house.browser();
    await browser.get("/dashboard/forgot");
    const page = await browser.post("/dashboard/forgot", { email });
    expect(page.status).toBe(200);
    expect(page.text).toContain(email);
    return house.tokenTo(email);
  }

  it("ends every session, and its link is good once", async () => {
    const { email, browser: inside } = await house.signUp();
    const token = await link(email);
    const browser = house.browser();
    await browser.get(`/dashboard/reset?token=${token}`);
    const short = await browser.post("/dashboard/reset", { token, password: "short" });
    expect(short.status).toBe(400);
    expect(short.text).toContain('id="password-error"');
    expect(await whoIs(inside)).toBe("Ana Novak");
    const done = await browser.post("/dashboard/reset", { token, password: NEW_PASSWORD });
    expect(done.location).toBe("/dashboard/sign-in?done=password_reset");
    expect(await whoIs(inside)).toBeNull();
    expect((await house.signIn(email)).page.status).toBe(400);
    expect((await house.signIn(email, NEW_PASSWORD)).page.location).toBe("/dashboard");
    await browser.get(`/dashboard/reset?token=${token}`);
    const again = await browser.post("/dashboard/reset", { token, password: PASSWORD });
    expect([again.status, again.text.includes("not good any more")]).toEqual([400, true]);
    expect((await house.browser().get("/dashboard/reset")).status).toBe(400);
  });

  it("is answered alike for an address that nobody has", async () => {
    const { email } = await house.signUp();
    const answers = [];
    for (const address of [email, newEmail()]) {
      const browser = house.browser();
      await browser.get("/dashboard/forgot");
      const { status, text } = await browser.post("/dashboard/forgot", { email: address });
      const same = text.replaceAll(address, "").replace(/(csrf" value|nonce|data-now)="[^"]*"/g, "$1");
      answers.push([status, same]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });
});

describe("the second step", () => {
  async function withSecondStep() {
    const { email, browser } = await house.signUp();
    await browser.get("/dashboard/account/two-factor");
    const begun = await browser.post("/dashboard/account/two-factor", { password: PASSWORD });
    const uri = /name="uri" value="([^"]+)"/.exec(begun.text)![1]!.replaceAll("&amp;", "&");
    const secret = new URL(uri).searchParams.get("secret")!;
    const backups = [...begun.text.matchAll(/name="backup_code" value="([^"]+)"/g)].map(([, code]) => code!);
    const code = totp(secret);
    const on = await browser.post("/dashboard/account/two-factor/confirm", { uri, code });
    expect(on.location).toBe("/dashboard/account?done=two_factor_on");
    return { email, secret, backups };
  }

  it("asks for a code, says at the field when it is wrong, and goes on to where the person wanted", async () => {
    const { email, secret } = await withSecondStep();
    const next = "/dashboard/account/password";
    const browser = house.browser();
    await browser.get(`/dashboard/sign-in?next=${next}`);
    const first = await browser.post("/dashboard/sign-in", { email, password: PASSWORD, next });
    expect(first.location).toBe(`/dashboard/second-step?next=${encodeURIComponent(next)}`);
    expect(await whoIs(browser)).toBeNull();
    const step = await browser.get(first.location!);
    expect(step.text).toContain('autocomplete="one-time-code"');
    const wrong = await browser.post("/dashboard/second-step", { kind: "totp", code: "000 000", next });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('id="code-error"');
    expect(await whoIs(browser)).toBeNull();
    await browser.get(first.location!);
    // The one of the next half minute is taken already; the present one is used up.
    const code = totp(secret, Date.now() + 30_000).replace(/^(...)/, "$1 ");
    const right = await browser.post("/dashboard/second-step", { kind: "totp", code, next });
    expect(right.location).toBe(next);
    expect(await whoIs(browser)).toBe("Ana Novak");
  });

  it("takes each backup code once", async () => {
    const { email, backups } = await withSecondStep();
    const outcomes = [];
    for (let round = 0; round < 2; round++) {
      const { browser } = await house.signIn(email);
      await browser.get("/dashboard/second-step?kind=backup");
      const page = await browser.post("/dashboard/second-step", { kind: "backup", code: backups[0]! });
      outcomes.push([page.status, await whoIs(browser)]);
    }
    expect(outcomes).toEqual([
      [303, "Ana Novak"],
      [400, null],
    ]);
  });

  it("is none without a first one", async () => {
    const browser = house.browser();
    await browser.get("/dashboard/second-step");
    const page = await browser.post("/dashboard/second-step", { kind: "totp", code: "123456" });
    expect(page.status).toBe(400);
    expect(page.text).toContain("begin again");
  });
});

describe("a session in use", () => {
  it("lives as long in the browser as here, once use has prolonged it", async () => {
    const { email, browser } = await house.signUp();
    expect((await browser.get("/dashboard/account")).headers.getSetCookie().join()).not.toContain("session_token");
    const aWhileAgo = new Date(Date.now() + LIMITS.sessionMs - 2 * 86_400_000).toISOString();
    await env.DB.prepare(
      "UPDATE people_sessions SET expiresAt = ? WHERE userId = (SELECT id FROM people WHERE email = ?)",
    )
      .bind(aWhileAgo, email)
      .run();
    const set = (await browser.get("/dashboard/account")).headers.getSetCookie();
    expect(set.find((line) => line.includes("session_token"))).toContain(`Max-Age=${LIMITS.sessionMs / 1000}`);
    expect(await whoIs(browser)).toBe("Ana Novak");
  });
});
