import { describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { Deployment, errorAt, HOSTILE, noticeOf, totp, whoIs } from "./deployment.ts";
import { PASSWORD, type Page } from "./support.ts";

// Passwords are hashed slowly on purpose, and most of these need a few.
vi.setConfig({ testTimeout: 30_000 });

const house = new Deployment();
const ACCOUNT = "/dashboard/account";
const NEW_PASSWORD = "five grey geese on the dyke";

describe("the name", () => {
  it("is changed, and shown as text", async () => {
    const { browser } = await house.signUp();
    await browser.get(ACCOUNT);
    const done = await browser.post(`${ACCOUNT}/name`, { name: HOSTILE });
    expect(done.location).toBe(`${ACCOUNT}?done=name_changed`);
    const page = await browser.get(done.location!);
    expect(noticeOf(page)).toBe("Your name is changed.");
    expect(page.text).not.toContain(HOSTILE);
    expect(page.text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  it("that is refused says so at its field", async () => {
    const { browser } = await house.signUp();
    await browser.get(ACCOUNT);
    for (const name of ["", "x".repeat(LIMITS.nameChars + 1)]) {
      const page = await browser.post(`${ACCOUNT}/name`, { name });
      expect([page.status, errorAt(page, "name") === null]).toEqual([400, false]);
    }
    expect((await browser.post(`${ACCOUNT}/name`, { name: "x".repeat(LIMITS.nameChars) })).status).toBe(303);
  });
});

describe("the password", () => {
  it("ends every other session when it changes, and this one goes on", async () => {
    const { email, browser } = await house.signUp();
    const { browser: other } = await house.signIn(email);
    const before = browser.cookie;
    await browser.get(`${ACCOUNT}/password`);
    const done = await browser.post(`${ACCOUNT}/password`, { current: PASSWORD, password: NEW_PASSWORD });
    expect(done.location).toBe(`${ACCOUNT}?done=password_changed`);
    expect([await whoIs(browser), await whoIs(other)]).toEqual(["Ana Novak", null]);
    const stolen = house.browser();
    stolen.take(before.split("; ").map((pair) => `${pair}; Path=/`));
    expect(await whoIs(stolen)).toBeNull();
    expect((await house.signIn(email)).page.status).toBe(400);
    expect((await house.signIn(email, NEW_PASSWORD)).page.location).toBe("/dashboard");
  });

  it("says at which field it was refused, and repeats none of them", async () => {
    const { email, browser } = await house.signUp();
    const { browser: other } = await house.signIn(email);
    await browser.get(`${ACCOUNT}/password`);
    const wrong = await browser.post(`${ACCOUNT}/password`, { current: "not the one I have", password: NEW_PASSWORD });
    expect([wrong.status, errorAt(wrong, "current")]).toEqual([400, "This is not your password."]);
    const short = await browser.post(`${ACCOUNT}/password`, { current: PASSWORD, password: "short-one" });
    expect([short.status, errorAt(short, "password") === null]).toEqual([400, false]);
    for (const { text } of [wrong, short]) expect(text).not.toMatch(/not the one I have|short-one|herons/);
    expect(await whoIs(other)).toBe("Ana Novak");
  });

  it("is guessed at an open session as seldom as at the door", async () => {
    const { email } = await house.signUp();
    const strict = new Deployment({ TEST_THROTTLE_FACTOR: "1" });
    const { browser } = await strict.signIn(email);
    await browser.get(`${ACCOUNT}/password`);
    const pages: Page[] = [];
    for (let attempt = 0; attempt <= LIMITS.signInsPerAccount; attempt++) {
      pages.push(await browser.post(`${ACCOUNT}/password`, { current: "a wrong password", password: NEW_PASSWORD }));
    }
    expect(pages.slice(0, -1).map(({ status }) => status)).toEqual(Array(LIMITS.signInsPerAccount).fill(400));
    expect(pages.at(-1)!.status).toBe(429);
    expect(Number(pages.at(-1)!.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("the second step", () => {
  async function begin() {
    const { email, browser } = await house.signUp();
    await browser.get(`${ACCOUNT}/two-factor`);
    const page = await browser.post(`${ACCOUNT}/two-factor`, { password: PASSWORD });
    const uri = /name="uri" value="([^"]+)"/.exec(page.text)![1]!.replaceAll("&amp;", "&");
    const codes = [...page.text.matchAll(/name="backup_code" value="([^"]+)"/g)].map(([, code]) => code!);
    return { email, browser, page, uri, codes, secret: new URL(uri).searchParams.get("secret")! };
  }

  it("is begun with the password, and shows the secret in three forms and the backup codes", async () => {
    const { page, uri, codes, secret } = await begin();
    expect(page.status).toBe(200);
    expect(page.text).toContain('<svg class="qr"');
    expect(page.text).toContain(`href="${uri.replaceAll("&", "&amp;")}"`);
    expect(page.text).toContain(secret.match(/.{1,4}/g)!.join(" "));
    expect(codes.length).toBeGreaterThan(5);
    for (const code of codes) expect(page.text).toContain(`<li>${code}</li>`);
  });

  it("counts only once a code has proven it, and a wrong code costs no second set-up", async () => {
    const { email, browser, uri, codes, secret } = await begin();
    expect((await house.signIn(email)).page.location).toBe("/dashboard");
    const fields = { uri, backup_code: codes };
    const wrong = await browser.post(`${ACCOUNT}/two-factor/confirm`, { ...fields, code: "000000" });
    expect([wrong.status, errorAt(wrong, "code") === null]).toEqual([400, false]);
    for (const code of codes) expect(wrong.text).toContain(`<li>${code}</li>`);
    const right = await browser.post(`${ACCOUNT}/two-factor/confirm`, { ...fields, code: totp(secret) });
    expect(right.location).toBe(`${ACCOUNT}?done=two_factor_on`);
    expect((await house.signIn(email)).page.location).toBe("/dashboard/second-step");
    const account = await browser.get(ACCOUNT);
    for (const hidden of [secret, ...codes]) expect(account.text).not.toContain(hidden);
  });

  it("puts no link of somebody else's into the page", async () => {
    const { browser, codes } = await begin();
    for (const uri of ["javascript:alert(1)", "https://evil.example/", `otpauth://totp/x${HOSTILE}?secret=ABCD`]) {
      const page = await browser.post(`${ACCOUNT}/two-factor/confirm`, { uri, backup_code: codes, code: "000000" });
      expect(page.status).toBe(400);
      expect(page.text).not.toMatch(/href="(javascript|https:)/);
      expect(page.text).not.toContain(HOSTILE);
    }
  });

  it("is not begun, and not ended, without the password", async () => {
    const { browser, uri, secret, email } = await begin();
    const wrong = await browser.post(`${ACCOUNT}/two-factor`, { password: "not the one I have" });
    expect([wrong.status, errorAt(wrong, "password")]).toEqual([400, "This is not your password."]);
    await browser.post(`${ACCOUNT}/two-factor/confirm`, { uri, code: totp(secret) });
    const page = await browser.get(`${ACCOUNT}/two-factor`);
    expect(page.text).toContain("Switch it off");
    const refused = await browser.post(`${ACCOUNT}/two-factor/end`, { password: "not the one I have" });
    expect([refused.status, errorAt(refused, "password")]).toEqual([400, "This is not your password."]);
    expect((await house.signIn(email)).page.location).toBe("/dashboard/second-step");
    const off = await browser.post(`${ACCOUNT}/two-factor/end`, { password: PASSWORD });
    expect(off.location).toBe(`${ACCOUNT}?done=two_factor_off`);
    expect((await house.signIn(email)).page.location).toBe("/dashboard");
  });
});

describe("sessions", () => {
  const idsIn = ({ text }: Page): string[] =>
    [...text.matchAll(/name="session_id" value="([^"]+)"/g)].map(([, id]) => id!);

  it("are listed without a token, this one marked and not offered to be ended", async () => {
    const { email, browser } = await house.signUp();
    await house.signIn(email);
    const page = await browser.get(ACCOUNT);
    expect(idsIn(page).length).toBe(1);
    expect(page.text.match(/>This one<\/span>/g)?.length).toBe(1);
    const token = /session_token=([^;.]+)/.exec(browser.cookie)![1]!;
    expect(page.text).not.toContain(decodeURIComponent(token));
  });

  it("are ended one by one, or all the others at once", async () => {
    const { email, browser } = await house.signUp();
    const [{ browser: one }, { browser: two }] = [await house.signIn(email), await house.signIn(email)];
    const page = await browser.get(ACCOUNT);
    const done = await browser.post(`${ACCOUNT}/sessions/end`, { session_id: idsIn(page)[0]! });
    expect(done.location).toBe(`${ACCOUNT}?done=session_ended`);
    expect([await whoIs(one), await whoIs(two)].filter((name) => name !== null).length).toBe(1);
    await browser.get(ACCOUNT);
    const all = await browser.post(`${ACCOUNT}/sessions/end-others`);
    expect(all.location).toBe(`${ACCOUNT}?done=sessions_ended`);
    expect([await whoIs(one), await whoIs(two), await whoIs(browser)]).toEqual([null, null, "Ana Novak"]);
  });

  it("of others do not exist", async () => {
    const { email, browser: theirs } = await house.signUp();
    await house.signIn(email);
    const foreign = idsIn(await theirs.get(ACCOUNT))[0]!;
    const { browser } = await house.signUp();
    await browser.get(ACCOUNT);
    const same = ({ status, text }: Page) => [
      status,
      text.replace(/(csrf" value|nonce|data-now)="[^"]*"|req_\w+/g, ""),
    ];
    const answer = await browser.post(`${ACCOUNT}/sessions/end`, { session_id: foreign });
    const unknown = await browser.post(`${ACCOUNT}/sessions/end`, { session_id: "00000000000000000000000000000000" });
    expect(answer.status).toBe(404);
    expect(same(answer)).toEqual(same(unknown));
    expect(idsIn(await theirs.get(ACCOUNT))).toContain(foreign);
  });
});

describe("the colours", () => {
  it("are kept in a cookie that the page reads", async () => {
    const { browser } = await house.signUp();
    await browser.get(ACCOUNT);
    for (const theme of ["dark", "light"]) {
      const done = await browser.post(`${ACCOUNT}/theme`, { theme });
      expect(done.headers.getSetCookie().join()).toMatch(
        /quetra_theme=\w+; Path=\/dashboard; Max-Age=\d+; SameSite=Lax/,
      );
      expect((await browser.get(done.location!)).text).toContain(`data-theme="${theme}"`);
    }
    for (const theme of ["auto", "dark; Domain=evil.example", HOSTILE]) {
      const done = await browser.post(`${ACCOUNT}/theme`, { theme });
      expect(done.headers.getSetCookie().join()).toMatch(
        /^quetra_theme=auto; Path=\/dashboard; Max-Age=0; SameSite=Lax$/,
      );
      expect((await browser.get(done.location!)).text).not.toMatch(/<html[^>]*data-theme/);
    }
  });
});
