import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { codeOf, expectOk, House, newEmail, PASSWORD, Visitor } from "./support.ts";

const house = new House();
const { people } = house;
const someone = (email = newEmail()) => new Visitor(house, email);
let known = "";
let unconfirmed = "";

beforeAll(async () => {
  known = (await house.newPerson()).email;
  unconfirmed = newEmail();
  expectOk(await people.signUp(someone().request(), { name: "Ada", email: unconfirmed, password: PASSWORD }));
});

describe("no answer tells whether an address has an account", () => {
  it("signUp, resendVerification and requestReset answer alike, byte by byte", async () => {
    const asks = [
      (email: string) => people.signUp(someone().request(), { name: "Ada", email, password: `${PASSWORD}!` }),
      (email: string) => people.resendVerification(someone().request(), email),
      (email: string) => people.requestReset(someone().request(), email),
    ];
    for (const ask of asks) {
      const answers = [];
      for (const email of [newEmail(), known, unconfirmed]) answers.push(JSON.stringify(await ask(email)));
      expect(new Set(answers)).toEqual(new Set([JSON.stringify({ ok: true, value: null, cookies: [] })]));
    }
  });

  it("signIn has one refusal", async () => {
    const passwordless = await house.newPerson();
    await env.DB.prepare("UPDATE people_accounts SET password = NULL WHERE userId = ?").bind(passwordless.id).run();
    const answers = [];
    for (const [email, password] of [
      [newEmail(), PASSWORD],
      [known, "not the password at all"],
      [unconfirmed, "not the password at all"],
      [passwordless.email, PASSWORD],
      ["no address", PASSWORD],
      [known, ""],
      [known, "x".repeat(LIMITS.passwordCharsMax + 1)],
    ] as const) {
      answers.push(JSON.stringify(await people.signIn(someone().request(), { email, password })));
    }
    expect(new Set(answers)).toEqual(
      new Set([
        JSON.stringify({
          ok: false,
          code: "wrong_credentials",
          message: "The e-mail address or the password is wrong.",
        }),
      ]),
    );
  });

  it("an owner of the address hears of a second sign-up, and the account stays as it is", async () => {
    const ada = await house.newPerson();
    expectOk(await people.signUp(someone().request(), { name: "Eve", email: ada.email, password: `${PASSWORD}!` }));
    expect((await house.mailTo(ada.email))!.subject).toBe("You have a Quetra account already");
    expect(codeOf(await people.signIn(someone().request(), { email: ada.email, password: `${PASSWORD}!` }))).toBe(
      "wrong_credentials",
    );
    expect((await people.signedIn(ada.request()))!.person.name).toBe("Ada");
  });

  it("sends nothing to unknown addresses but what they asked for", async () => {
    const [reset, resend] = [newEmail(), newEmail()];
    await people.requestReset(someone().request(), reset);
    await people.resendVerification(someone().request(), resend);
    await people.resendVerification(someone().request(), known);
    await house.settle();
    expect(house.mails.filter(({ to }) => to === reset || to === resend)).toEqual([]);
  });
});

describe("an address that somebody else signs up with first", () => {
  const ours = `${PASSWORD} of our own`;

  it("belongs to the newest sign-up, and the earlier links are dead", async () => {
    const email = newEmail();
    const [eve, ada] = [someone(email), someone(email)];
    expectOk(await people.signUp(eve.request(), { name: "Eve", email, password: PASSWORD }));
    const first = await house.tokenTo(email);
    expectOk(await people.signUp(ada.request(), { name: "Ada", email, password: ours }));
    const second = await house.tokenTo(email);
    expect(second).not.toBe(first);
    expect(codeOf(await people.verifyEmail(ada.request(), first))).toBe("link_invalid");
    ada.take(await people.verifyEmail(ada.request(), second));
    expect((await people.signedIn(ada.request()))!.person.name).toBe("Ada");
    expect(codeOf(await people.signIn(eve.request(), { email, password: PASSWORD }))).toBe("wrong_credentials");
    expect(expectOk(await people.signIn(someone().request(), { email, password: ours })).next).toBe("signed_in");
  });

  it("is its owner's alone after a reset, which proves the mailbox", async () => {
    const email = newEmail();
    expectOk(await people.signUp(someone().request(), { name: "Eve", email, password: PASSWORD }));
    await people.requestReset(someone().request(), email);
    const token = await house.tokenTo(email);
    expectOk(await people.resetPassword(someone().request(), { token, password: ours }));
    expect(expectOk(await people.signIn(someone().request(), { email, password: ours })).next).toBe("signed_in");
    expect(codeOf(await people.signIn(someone().request(), { email, password: PASSWORD }))).toBe("wrong_credentials");
  });
});

describe("where sign-up is by invitation only", () => {
  const closed = new House({ SIGN_UP: undefined });

  it("answers alike, makes no account, and says so to the mailbox", async () => {
    const email = newEmail();
    const answer = await closed.people.signUp(someone().request(), { name: "Ada", email, password: PASSWORD });
    expect(answer).toEqual({ ok: true, value: null, cookies: [] });
    expect((await closed.mailTo(email))!.subject).toBe("Quetra is open by invitation only");
    expect(await env.DB.prepare("SELECT 1 FROM people WHERE email = ?").bind(email).first()).toBeNull();
  });

  it("leaves an account that nobody confirmed as it is, where nobody invites it any more", async () => {
    const email = newEmail();
    expectOk(await people.signUp(someone().request(), { name: "Ada", email, password: PASSWORD }));
    const token = await house.tokenTo(email);
    expectOk(await closed.people.signUp(someone().request(), { name: "Eve", email, password: `${PASSWORD}!` }));
    expect((await closed.mailTo(email))!.subject).toBe("Quetra is open by invitation only");
    expect(codeOf(await people.verifyEmail(someone(email).request(), token))).toBe("ok");
  });
});
