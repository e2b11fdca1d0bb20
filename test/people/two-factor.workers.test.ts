import { env } from "cloudflare:workers";
import { createHmac } from "node:crypto";
import { expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { codeOf, expectOk, House, meanwhile, PASSWORD, Visitor } from "./support.ts";

vi.setConfig({ testTimeout: 30_000 });
const house = new House();
const { people } = house;

/** An authenticator of our own: RFC 6238 over the secret of the link. */
function codeFor(secret: string, steps = 0): string {
  const bits = [...secret].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  const bytes = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", bytes).update(counter).digest();
  const at = mac[19]! & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** A person with an authenticator, whose code of this half minute is used up. */
async function guarded(): Promise<{ ada: Visitor; secret: string; used: string; codes: readonly string[] }> {
  const ada = await house.newPerson();
  const begun = ada.take(await people.beginTwoFactor(ada.request(), PASSWORD));
  const used = codeFor(begun.secret);
  ada.take(await people.confirmTwoFactor(ada.request(), used));
  return { ada, secret: begun.secret, used, codes: begun.backup_codes };
}

/** A browser that has given the password, and is asked for the second factor. */
async function atTheDoor(email: string, where = house): Promise<Visitor> {
  const visitor = new Visitor(where, email);
  const { next } = visitor.take(await where.people.signIn(visitor.request(), { email, password: PASSWORD }));
  expect(next).toBe("two_factor");
  return visitor;
}

it("counts once a code has confirmed it, and is asked for at the next sign-in", async () => {
  const ada = await house.newPerson();
  const before = ada.cookie;
  const { uri, secret, backup_codes } = ada.take(await people.beginTwoFactor(ada.request(), PASSWORD));
  expect(uri).toMatch(/^otpauth:\/\/totp\/Quetra/);
  expect(new Set(backup_codes).size).toBe(10);
  expect((await people.signedIn(ada.request()))!.person.two_factor).toBe(false);
  expect(codeOf(await people.confirmTwoFactor(ada.request(), "000000"))).toBe("wrong_code");
  expect((await people.signedIn(ada.request()))!.person.two_factor).toBe(false);
  const code = codeFor(secret);
  ada.take(await people.confirmTwoFactor(ada.request(), ` ${code.slice(0, 3)} ${code.slice(3)}`));
  expect((await people.signedIn(ada.request()))!.person.two_factor).toBe(true);
  expect(await people.signedIn(ada.request({ cookie: before }))).toBeNull();
  expect((await house.mailTo(ada.email))!.subject).toBe("Two-factor sign-in was switched on");

  const visitor = await atTheDoor(ada.email);
  expect(await people.signedIn(visitor.request())).toBeNull();
  visitor.take(await people.secondFactor(visitor.request(), { code: codeFor(secret, 1), kind: "totp" }));
  expect((await people.signedIn(visitor.request()))!.person.id).toBe(ada.id);
});

it("stores neither secret nor backup codes in clear", async () => {
  const { ada, secret, codes } = await guarded();
  const row = JSON.stringify(
    await env.DB.prepare("SELECT * FROM people_two_factors WHERE userId = ?").bind(ada.id).first(),
  );
  for (const clear of [secret, ...codes]) expect(row).not.toContain(clear);
});

it("a code counts once, also at the same instant, and also the one that confirmed", async () => {
  const { ada, secret, used } = await guarded();
  const confirming = await atTheDoor(ada.email);
  expect(codeOf(await people.secondFactor(confirming.request(), { code: used, kind: "totp" }))).toBe("wrong_code");
  const [one, two] = [await atTheDoor(ada.email), await atTheDoor(ada.email)];
  const next = { code: codeFor(secret, 1), kind: "totp" } as const;
  const both = await Promise.all([one, two].map((door) => people.secondFactor(door.request(), next)));
  expect(both.map(codeOf).sort()).toEqual(["ok", "wrong_code"]);
  // codeMs is longer than Better Auth takes a code: one step before, now, one step after.
  expect(LIMITS.codeMs).toBeGreaterThan(3 * 30_000);
  await env.DB.prepare("UPDATE people_used_codes SET used_at = used_at - ?")
    .bind(LIMITS.codeMs - 10_000)
    .run();
  expect(codeOf(await people.secondFactor((await atTheDoor(ada.email)).request(), next))).toBe("wrong_code");
  await env.DB.prepare("UPDATE people_used_codes SET used_at = used_at - 10000").run();
  await people.secondFactor((await atTheDoor(ada.email)).request(), { code: "000000", kind: "totp" });
  expect(await env.DB.prepare("SELECT count(*) AS n FROM people_used_codes").first()).toEqual({ n: 0 });
});

it("a backup code counts once", async () => {
  const { ada, codes } = await guarded();
  const use = async (code: string) =>
    people.secondFactor((await atTheDoor(ada.email)).request(), { code, kind: "backup" });
  expect(codeOf(await use(` ${codes[0]} `))).toBe("ok");
  expect(codeOf(await use(codes[0]!))).toBe("wrong_code");
  expect(codeOf(await use("aaaaa-bbbbb"))).toBe("wrong_code");
  expect(codeOf(await use(codes[1]!))).toBe("ok");
});

it("a challenge is good for one sign-in, and for nobody without its cookie", async () => {
  const { ada, codes } = await guarded();
  const door = await atTheDoor(ada.email);
  const challenge = door.cookie;
  door.take(await people.secondFactor(door.request(), { code: codes[0]!, kind: "backup" }));
  const replayed = await people.secondFactor(door.request({ cookie: challenge }), { code: codes[1]!, kind: "backup" });
  expect(codeOf(replayed)).toBe("challenge_ended");
  const [name, value] = challenge.split("=") as [string, string];
  for (const cookie of ["", `${name}=2fa-made-up.x`, `${name}=%`, `${name}=x${value}`, ada.cookie]) {
    const outcome = await people.secondFactor(ada.request({ cookie }), { code: codes[1]!, kind: "backup" });
    expect(codeOf(outcome)).toBe("challenge_ended");
  }
});

it("a session beside the challenge proves nothing", async () => {
  const { ada, codes } = await guarded();
  const eve = await house.newPerson("Eve");
  const door = await atTheDoor(ada.email);
  const cookie = `${eve.cookie}; ${door.cookie}`;
  expect(codeOf(await people.secondFactor(door.request({ cookie }), { code: "000000", kind: "totp" }))).toBe(
    "wrong_code",
  );
  door.take(await people.secondFactor(door.request({ cookie }), { code: codes[0]!, kind: "backup" }));
  expect((await people.signedIn(door.request()))!.person.id).toBe(ada.id);
});

it("signInsPerAccount wrong codes lock it, over however many sign-ins they are spread", async () => {
  const { ada, codes } = await guarded();
  const strict = new House({ TEST_THROTTLE_FACTOR: "1" });
  const tried: string[] = [];
  let door = await atTheDoor(ada.email, strict);
  for (let count = 0; count < LIMITS.signInsPerAccount; count++) {
    if (count % 4 === 0) door = await atTheDoor(ada.email, strict);
    tried.push(
      codeOf(await strict.people.secondFactor(door.request(), { code: String(100_000 + count), kind: "totp" })),
    );
  }
  expect(new Set(tried)).toEqual(new Set(["wrong_code"]));
  const right = await strict.people.secondFactor((await atTheDoor(ada.email, strict)).request(), {
    code: codes[0]!,
    kind: "backup",
  });
  expect(right).toMatchObject({ ok: false, code: "throttled", retry_after_seconds: expect.any(Number) });
});

it("a new password ends sign-ins that wait for their second factor", async () => {
  const { ada, codes } = await guarded();
  const thief = await atTheDoor(ada.email);
  ada.take(await people.changePassword(ada.request(), { current: PASSWORD, password: "another otter in the kitchen" }));
  const outcome = await people.secondFactor(thief.request(), { code: codes[0]!, kind: "backup" });
  expect(codeOf(outcome)).toBe("challenge_ended");
});

it("as it does one that gives its code at the same moment", async () => {
  const { ada, codes } = await guarded();
  const { db, before } = meanwhile();
  const late = new House({ DB: db });
  const thief = await atTheDoor(ada.email, late);
  before('insert into "people_sessions"', async () => {
    ada.take(
      await people.changePassword(ada.request(), { current: PASSWORD, password: "another otter in the kitchen" }),
    );
  });
  const outcome = await late.people.secondFactor(thief.request(), { code: codes[0]!, kind: "backup" });
  expect(codeOf(outcome)).toBe("challenge_ended");
  expect(await people.sessions(ada.request())).toHaveLength(1);
});

it("is begun and ended with the password only", async () => {
  const ada = await house.newPerson();
  expect(await people.beginTwoFactor(ada.request(), "wrong")).toMatchObject({
    code: "wrong_password",
    field: "password",
  });
  expect(codeOf(await people.confirmTwoFactor(ada.request(), "123456"))).toBe("not_begun");
  const begun = ada.take(await people.beginTwoFactor(ada.request(), PASSWORD));
  ada.take(await people.confirmTwoFactor(ada.request(), codeFor(begun.secret)));
  expect(codeOf(await people.beginTwoFactor(ada.request(), PASSWORD))).toBe("two_factor_on");
  expect(codeOf(await people.endTwoFactor(ada.request(), "wrong"))).toBe("wrong_password");
  expect((await people.signedIn(ada.request()))!.person.two_factor).toBe(true);
  ada.take(await people.endTwoFactor(ada.request(), PASSWORD));
  expect((await people.signedIn(ada.request()))!.person.two_factor).toBe(false);
  expect((await house.mailTo(ada.email))!.subject).toBe("Two-factor sign-in was switched off");
  await ada.elsewhere();
  const nobody = new Visitor(house, "").request();
  for (const outcome of [
    await people.beginTwoFactor(nobody, PASSWORD),
    await people.confirmTwoFactor(nobody, "123456"),
    await people.endTwoFactor(nobody, PASSWORD),
  ]) {
    expect(codeOf(outcome)).toBe("signed_out");
  }
});

it("needs a password to begin with", async () => {
  const ada = await house.newPerson();
  await env.DB.prepare("UPDATE people_accounts SET password = NULL WHERE userId = ?").bind(ada.id).run();
  expect((await people.signedIn(ada.request()))!.person.has_password).toBe(false);
  expect(codeOf(await people.beginTwoFactor(ada.request(), PASSWORD))).toBe("no_password");
  expectOk(await people.requestReset(ada.request(), ada.email));
  const token = await house.tokenTo(ada.email);
  expectOk(await people.resetPassword(ada.request(), { token, password: PASSWORD }));
  const back = await ada.elsewhere();
  expect(codeOf(await people.beginTwoFactor(back.request(), PASSWORD))).toBe("ok");
});

it("ends every other session when it is switched on and off, and what waits for a sign-in", async () => {
  const ada = await house.newPerson();
  const begun = ada.take(await people.beginTwoFactor(ada.request(), PASSWORD));
  const before = await ada.elsewhere();
  ada.take(await people.confirmTwoFactor(ada.request(), codeFor(begun.secret)));
  expect(await people.signedIn(before.request())).toBeNull();
  expect((await people.signedIn(ada.request()))!.person.id).toBe(ada.id);
  const inside = await atTheDoor(ada.email);
  inside.take(await people.secondFactor(inside.request(), { code: begun.backup_codes[0]!, kind: "backup" }));
  const waiting = await atTheDoor(ada.email);
  ada.take(await people.endTwoFactor(ada.request(), PASSWORD));
  expect(await people.signedIn(inside.request())).toBeNull();
  expect(await people.sessions(ada.request())).toHaveLength(1);
  const late = await people.secondFactor(waiting.request(), { code: begun.backup_codes[1]!, kind: "backup" });
  expect(codeOf(late)).toBe("challenge_ended");
});
