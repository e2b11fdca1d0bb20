import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { codeOf, expectOk, House, newEmail, newMember, newOrganizationOf, PASSWORD, Visitor } from "./support.ts";

// Every attempt hashes a password, which shall be slow.
vi.setConfig({ testTimeout: 30_000 });

/** The real bounds; the house beside it has those of the other tests, a thousand times as high. */
const house = new House({ TEST_THROTTLE_FACTOR: "1" });
const { people } = house;
const wide = new House();

const guess = (email: string, visitor = new Visitor(house, email), password = "a wrong password") =>
  people.signIn(visitor.request(), { email, password });
const later = (ms: number) => env.DB.prepare("UPDATE people_throttles SET since = since - ?").bind(ms).run();

it.each([
  ["with an account", true],
  ["without one", false],
])(
  "signInsPerAccount: an address %s is locked for signInWindowMs, wherever the guesses come from",
  async (_, known) => {
    const email = known ? (await wide.newPerson()).email : newEmail();
    for (let count = 0; count < LIMITS.signInsPerAccount; count++) {
      expect(codeOf(await guess(email.toUpperCase()))).toBe("wrong_credentials");
    }
    const locked = await guess(email, undefined, PASSWORD);
    expect(locked).toMatchObject({ ok: false, code: "throttled" });
    expect(locked.ok ? 0 : locked.retry_after_seconds).toBeGreaterThan(LIMITS.signInWindowMs / 1000 - 60);
    await later(LIMITS.signInWindowMs - 60_000);
    expect(codeOf(await guess(email))).toBe("throttled");
    await later(60_000);
    expect(codeOf(await guess(email))).toBe("wrong_credentials");
  },
);

it("guesses at the same instant do not slip through together", async () => {
  const email = newEmail();
  const all = await Promise.all(Array.from({ length: LIMITS.signInsPerAccount + 5 }, () => guess(email)));
  expect(all.filter((one) => codeOf(one) === "throttled")).toHaveLength(5);
});

it("a sign-in that succeeds is no failure, and forgives none", async () => {
  const ada = await wide.newPerson();
  for (let count = 0; count < LIMITS.signInsPerAccount - 1; count++) await guess(ada.email);
  for (let count = 0; count < 3; count++) {
    expect(codeOf(await guess(ada.email, undefined, PASSWORD))).toBe("ok");
  }
  expect(codeOf(await guess(ada.email))).toBe("wrong_credentials");
  expect(codeOf(await guess(ada.email, undefined, PASSWORD))).toBe("throttled");
});

it("whoever proves the mailbox gets past a lock that somebody else caused", async () => {
  const ada = await wide.newPerson();
  for (let count = 0; count <= LIMITS.signInsPerAccount; count++) await guess(ada.email);
  expectOk(await people.requestReset(new Visitor(house, "").request(), ada.email));
  const password = "another otter in the kitchen";
  const token = await house.tokenTo(ada.email);
  expectOk(await people.resetPassword(new Visitor(house, "").request(), { token, password }));
  expect(codeOf(await guess(ada.email, undefined, password))).toBe("ok");
});

it("whoever locks the sign-in from outside does not keep its owner from another password", async () => {
  const ada = await wide.newPerson();
  for (let count = 0; count <= LIMITS.signInsPerAccount; count++) await guess(ada.email);
  expect(codeOf(await guess(ada.email, undefined, PASSWORD))).toBe("throttled");
  const change = { current: PASSWORD, password: "another otter in the kitchen" };
  expect(codeOf(await people.changePassword(ada.request(), change))).toBe("ok");
});

it("guesses at the password of an open session count as well", async () => {
  const ada = await wide.newPerson();
  const change = (current: string) =>
    people.changePassword(ada.request(), { current, password: "another otter in the kitchen" });
  for (let count = 0; count < LIMITS.signInsPerAccount; count++) {
    expect(codeOf(await change("wrong"))).toBe("wrong_password");
  }
  expect(codeOf(await change(PASSWORD))).toBe("throttled");
});

it("signInAttemptsPerClient: one network address, whatever the accounts", async () => {
  const visitor = new Visitor(house, "");
  for (let count = 0; count < LIMITS.signInAttemptsPerClient; count++) {
    expect(codeOf(await guess(newEmail(), visitor))).toBe("wrong_credentials");
  }
  expect(codeOf(await guess(newEmail(), visitor))).toBe("throttled");
  expect(codeOf(await guess(newEmail()))).toBe("wrong_credentials");
  // What the client wrote about itself moves nobody to another address.
  const forwarded = visitor.request({ "x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9" });
  expect(codeOf(await people.signIn(forwarded, { email: newEmail(), password: "a wrong password" }))).toBe("throttled");
});

it("signUpsPerClient", async () => {
  const visitor = new Visitor(house, "");
  const signUp = () => people.signUp(visitor.request(), { name: "Ada", email: newEmail(), password: PASSWORD });
  for (let count = 0; count < LIMITS.signUpsPerClient; count++) expect(codeOf(await signUp())).toBe("ok");
  expect(codeOf(await signUp())).toBe("throttled");
});

it("mailRequestsPerClient, of resets and of confirmations", async () => {
  for (const ask of [people.requestReset, people.resendVerification]) {
    const visitor = new Visitor(house, "");
    for (let count = 0; count < LIMITS.mailRequestsPerClient; count++) {
      expect(codeOf(await ask(visitor.request(), newEmail()))).toBe("ok");
    }
    expect(codeOf(await ask(visitor.request(), newEmail()))).toBe("throttled");
  }
});

it("mailsPerAddressPerHour: the answer stays the same, the mailbox stays quiet", async () => {
  const ada = await wide.newPerson();
  await env.DB.prepare("DELETE FROM people_throttles").run();
  const ask = () => people.requestReset(new Visitor(house, "").request(), ada.email);
  for (let count = 0; count <= LIMITS.mailsPerAddressPerHour; count++) expect(codeOf(await ask())).toBe("ok");
  expect(await house.mailsTo(ada.email)).toHaveLength(LIMITS.mailsPerAddressPerHour);
  await later(3_600_000);
  await ask();
  expect(await house.mailsTo(ada.email)).toHaveLength(LIMITS.mailsPerAddressPerHour + 1);
});

it("news of the account come through whatever was asked for before", async () => {
  const ada = await wide.newPerson();
  for (let count = 0; count <= LIMITS.mailsPerAddressPerHour; count++) {
    await people.requestReset(new Visitor(house, "").request(), ada.email);
  }
  ada.take(await people.changePassword(ada.request(), { current: PASSWORD, password: "another otter in the kitchen" }));
  expect((await house.mailTo(ada.email))!.subject).toBe("Your Quetra password was changed");
});

it("forgets counters of yesterday", async () => {
  await guess(newEmail());
  await later(2 * 86_400_000);
  await guess(newEmail());
  await house.settle();
  const { rows } = (await env.DB.prepare("SELECT count(*) AS rows FROM people_throttles").first<{ rows: number }>())!;
  expect(rows).toBeLessThanOrEqual(2);
});

it("signUpsPerClient counts alike for whoever is invited and whoever is not", async () => {
  const closed = new House({ SIGN_UP: undefined, TEST_THROTTLE_FACTOR: "1" });
  const owner = await wide.newPerson();
  const acme = await newOrganizationOf(owner);
  const invited = newEmail();
  expectOk(await wide.people.invite(owner.request(), acme, { email: invited, role: "viewer" }));
  const visitor = new Visitor(closed, "");
  const signUp = (email: string) => closed.people.signUp(visitor.request(), { name: "Ada", email, password: PASSWORD });
  for (let count = 0; count < LIMITS.signUpsPerClient; count++) expect(codeOf(await signUp(newEmail()))).toBe("ok");
  expect([codeOf(await signUp(newEmail())), codeOf(await signUp(invited))]).toEqual(["throttled", "throttled"]);
});

it("invitationsPerPersonPerHour: nobody writes to the world through us, however many they withdraw", async () => {
  const owner = await wide.newPerson();
  const acme = await newOrganizationOf(owner);
  const invite = async () => {
    const outcome = await people.invite(owner.request(), acme, { email: newEmail(), role: "viewer" });
    await env.DB.prepare("DELETE FROM people_invitations WHERE organizationId = ?").bind(acme).run();
    return codeOf(outcome);
  };
  for (let count = 0; count < LIMITS.invitationsPerPersonPerHour; count++) expect(await invite()).toBe("ok");
  expect(await invite()).toBe("invitations_throttled");
  await later(3_600_000);
  expect(await invite()).toBe("ok");
});

it("memberChangesPerPersonPerMinute: nobody changes members faster than it is put on record", async () => {
  const owner = await wide.newPerson();
  const acme = await newOrganizationOf(owner);
  const { id } = await newMember(owner, acme, "viewer");
  const change = async (count: number) =>
    codeOf(await people.changeRole(owner.request(), acme, id, count % 2 === 0 ? "approver" : "viewer"));
  for (let count = 0; count < LIMITS.memberChangesPerPersonPerMinute; count++) expect(await change(count)).toBe("ok");
  expect(await change(0)).toBe("throttled");
  expect(codeOf(await people.removeMember(owner.request(), acme, id))).toBe("throttled");
  await later(60_000);
  expect(codeOf(await people.removeMember(owner.request(), acme, id))).toBe("ok");
});

it("foundingsPerPersonPerDay: tries at the same instant leave no more behind than that", async () => {
  const { id } = await wide.newPerson();
  const tries = Array.from({ length: LIMITS.foundingsPerPersonPerDay + 3 }, () => people.beginFounding(id));
  expect((await Promise.all(tries)).filter((one) => codeOf(one) === "ok")).toHaveLength(
    LIMITS.foundingsPerPersonPerDay,
  );
  await later(86_400_000);
  expect(codeOf(await people.beginFounding(id))).toBe("ok");
});
