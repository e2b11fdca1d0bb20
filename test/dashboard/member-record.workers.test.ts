import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newEmail } from "../people/support.ts";
import { callAs, person } from "../support/person.ts";
import { api, type Json, newOrganization, send, sql, type TestOrganization } from "../support/service.ts";
import { Deployment, HOSTILE, noticeOf } from "./deployment.ts";

// Passwords are hashed slowly on purpose, and most of these need a few.
vi.setConfig({ testTimeout: 60_000 });
afterEach(() => vi.restoreAllMocks());

const house = new Deployment();

const at = (id: string) =>
  ({ id, stub: env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id)) }) as unknown as TestOrganization;

interface Recorded {
  readonly type: string;
  readonly subject: string;
  readonly actor: { readonly type: string; readonly id: string };
  readonly data: Json;
}
const record = async (id: string): Promise<Recorded[]> =>
  (
    await sql<{ type: string; subject: string; body: string }>(
      at(id),
      "SELECT type, subject, body FROM events WHERE type LIKE 'member.%' ORDER BY seq",
    )
  ).map(({ type, subject, body }) => {
    const { actor, data } = JSON.parse(body);
    return { type, subject, actor, data };
  });
const newest = async (id: string) => (await record(id)).at(-1);
const personOf = async (email: string): Promise<string> =>
  (await env.DB.prepare("SELECT id FROM people WHERE email = ?").bind(email).first<{ id: string }>())!.id;

const byOperator = async (body: object): Promise<Json> => {
  const answer = await send("/operator/members", {
    method: "POST",
    headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(201);
  return answer.json();
};

/** Somebody who was invited in the pages, and has joined in them. */
async function joinedBy(owner: Awaited<ReturnType<Deployment["found"]>>, role: string, name?: string) {
  const guest = await house.signUp(name === undefined ? {} : { name });
  await owner.browser.get(`${owner.base}/members/invite`);
  await owner.browser.post(`${owner.base}/members/invite`, { email: guest.email, role });
  const invitation = await house.tokenTo(guest.email);
  await guest.browser.get(`/dashboard/invitations/${invitation}`);
  const joined = await guest.browser.post(`/dashboard/invitations/${invitation}`, { answer: "accept" });
  expect(joined.location).toBe(`/dashboard/${owner.id}?done=invitation_accepted`);
  await guest.browser.get(`${owner.base}/members`);
  return { ...guest, invitation, personId: await personOf(guest.email) };
}

it("a membership is on record from its beginning to its end, in the names of those who did it", async () => {
  const owner = await house.found();
  const ana = await personOf(owner.email);
  const asAna = { type: "person", id: ana };
  const bob = await joinedBy(owner, "viewer");
  await owner.browser.get(`${owner.base}/members`);
  const role = await owner.browser.post(`${owner.base}/members/${bob.personId}/role`, { role: "admin" });
  expect(role.location).toContain("done=role_changed");
  const guest = newEmail();
  await bob.browser.post(`${owner.base}/members/invite`, { email: guest, role: "approver" });
  const invitation = await house.tokenTo(guest);
  await owner.browser.post(`${owner.base}/members/invitations/${invitation}/withdraw`);
  const eva = await joinedBy(owner, "approver");
  await bob.browser.post(`${owner.base}/members/${eva.personId}/remove`);
  await bob.browser.post(`${owner.base}/members/leave`);
  const asBob = { type: "person", id: bob.personId };
  const asEva = { type: "person", id: eva.personId };
  const about = (person_id: string, more: object) => ({ subject: person_id, data: { person_id, ...more } });
  const of = (invitation_id: string, more: object) => ({ subject: invitation_id, data: { invitation_id, ...more } });
  const joining = (invitation_id: string, role: string) => ({ role, how: "invited", invitation_id });
  const log = await record(owner.id);
  expect(log).toEqual([
    { type: "member.joined", actor: asAna, ...about(ana, { role: "owner", how: "founded" }) },
    { type: "member.invited", actor: asAna, ...of(bob.invitation, { role: "viewer", replaces: null }) },
    { type: "member.joined", actor: asBob, ...about(bob.personId, joining(bob.invitation, "viewer")) },
    { type: "member.role_changed", actor: asAna, ...about(bob.personId, { role_before: "viewer", role: "admin" }) },
    { type: "member.invited", actor: asBob, ...of(invitation, { role: "approver", replaces: null }) },
    { type: "member.invitation_withdrawn", actor: asAna, ...of(invitation, { role: "approver" }) },
    { type: "member.invited", actor: asAna, ...of(eva.invitation, { role: "approver", replaces: null }) },
    { type: "member.joined", actor: asEva, ...about(eva.personId, joining(eva.invitation, "approver")) },
    { type: "member.removed", actor: asBob, ...about(eva.personId, { role_before: "approver" }) },
    { type: "member.left", actor: asBob, ...about(bob.personId, { role_before: "admin" }) },
  ]);
  const said = JSON.stringify(log);
  for (const private_ of [owner.email, bob.email, eva.email, guest, "Ana Novak"]) expect(said).not.toContain(private_);
  const { body } = await callAs(at(owner.id), person("viewer"), "verifyAudit", { query: { limit: 10_000 } });
  expect(body).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
});

it("who is appointed is on record as the operator's doing", async () => {
  const { id } = await newOrganization();
  const body = { organization_id: id, email: newEmail(), name: "Ada", role: "viewer" };
  const { person_id } = await byOperator(body);
  await byOperator(body);
  await byOperator({ ...body, role: "owner" });
  const actor = { type: "operator", id: "members" };
  expect(await record(id)).toEqual([
    { type: "member.joined", subject: person_id, actor, data: { person_id, role: "viewer", how: "appointed" } },
    {
      type: "member.role_changed",
      subject: person_id,
      actor,
      data: { person_id, role_before: "viewer", role: "owner" },
    },
  ]);
});

it("what nobody may do leaves nothing, neither here nor in another organization", async () => {
  const [own, other] = [await house.found(), await house.found()];
  const [approver, viewer] = [await house.join(own.id, "approver"), await house.join(own.id, "viewer")];
  await other.browser.post(`${other.base}/members/invite`, { email: newEmail(), role: "viewer" });
  const [invitation] = await house.people.invitations(other.id);
  const theirs = await personOf(other.email);
  const before = [await record(own.id), await record(other.id)];
  for (const { browser } of [approver, viewer]) {
    for (const path of [`${viewer.personId}/role`, `${viewer.personId}/remove`, "invite"]) {
      const answer = await browser.post(`${own.base}/members/${path}`, { role: "admin", email: newEmail() });
      expect([path, answer.status]).toEqual([path, 403]);
    }
  }
  for (const base of [own.base, other.base]) {
    for (const path of [`${theirs}/role`, `${theirs}/remove`, `invitations/${invitation!.id}/withdraw`]) {
      const answer = await own.browser.post(`${base}/members/${path}`, { role: "viewer" });
      expect([base, path, answer.status]).toEqual([base, path, 404]);
    }
  }
  expect((await own.browser.post(`${other.base}/members/leave`)).status).toBe(404);
  expect([await record(own.id), await record(other.id)]).toEqual(before);
});

it("a note that cannot be written is an error of the operator's log, and the page tells of the change all the same", async () => {
  const owner = await house.found();
  const bob = await joinedBy(owner, "viewer");
  const before = await record(owner.id);
  const mute = new Deployment({ ORGANIZATION: withoutNotes });
  const { browser } = await mute.signIn(owner.email);
  await browser.get(`${owner.base}/members`);
  const lines: string[] = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
  const done = await browser.post(`${owner.base}/members/${bob.personId}/remove`);
  expect(done.location).toBe(`${owner.base}/members?done=member_removed`);
  expect(noticeOf(await browser.get(done.location!))).toBe("They are no member any more.");
  const failed = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "member_note_failed");
  expect(failed).toMatchObject([{ organization_id: owner.id, type: "member.removed", person_id: bob.personId }]);
  expect(await house.people.membership(bob.personId, owner.id)).toBeNull();
  expect(await record(owner.id)).toEqual(before);
});

/** Objects that do everything but note. */
const withoutNotes = {
  idFromName: (name: string) => env.ORGANIZATION.idFromName(name),
  get: (id: DurableObjectId) =>
    new Proxy(env.ORGANIZATION.get(id), {
      get(stub, name) {
        if (name === "noteMember") return () => Promise.reject(new Error("no note"));
        const value = Reflect.get(stub, name);
        return typeof value === "function" ? value.bind(stub) : value;
      },
    }),
};

describe("in the audit pages", () => {
  it("people are named, what became of them stands in words, and everything about one is found", async () => {
    const owner = await house.found();
    const bob = await joinedBy(owner, "viewer", HOSTILE);
    await owner.browser.get(`${owner.base}/members`);
    await owner.browser.post(`${owner.base}/members/${bob.personId}/role`, { role: "approver" });
    await runDurableObjectAlarm(at(owner.id).stub);
    const list = await bob.browser.get(`${owner.base}/audit/events?type=member.`);
    for (const words of [
      "From viewer to approver",
      "As viewer, by invitation",
      "As owner, who founded it",
      "Ana Novak",
    ]) {
      expect(list.text).toContain(words);
    }
    expect(list.text).toContain("An invitation");
    expect(list.text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(list.text).not.toContain(HOSTILE);
    expect(list.text).not.toContain("organization.created");
    expect(list.text).not.toContain(bob.email);

    const about = `${owner.base}/audit/events?subject=${bob.personId}`;
    expect(list.text).toContain(about);
    const theirs = await owner.browser.get(about);
    expect(theirs.text).toContain("member.role_changed");
    expect(theirs.text).not.toContain("member.invited");

    const [{ seq } = { seq: 0 }] = await sql<{ seq: number }>(
      at(owner.id),
      "SELECT seq FROM events WHERE type = 'member.role_changed'",
    );
    const one = await owner.browser.get(`${owner.base}/audit/event?seq=${seq}`);
    expect(one.text).toContain("From viewer to approver");
    expect(one.text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(one.text).not.toContain(HOSTILE);
  });

  it("what an erased event is about stays, and what it said is gone", async () => {
    const { id, admin } = await newOrganization();
    const { person_id } = await byOperator({ organization_id: id, email: newEmail(), name: "Ada", role: "owner" });
    const { browser } = await house.join(id, "viewer");
    const [event] = await sql<{ seq: number; id: string }>(
      at(id),
      "SELECT seq, id FROM events WHERE type = 'member.joined'",
    );
    await runDurableObjectAlarm(at(id).stub);
    const erased = await api(admin, "POST", "/audit/erasures", { events: [event], reason: "personal_data" });
    expect(erased.status).toBe(200);
    await runDurableObjectAlarm(at(id).stub);
    for (const path of ["events?type=member.", `event?seq=${event!.seq}`]) {
      const page = await browser.get(`/dashboard/${id}/audit/${path}`);
      expect(page.text).toContain(`?subject=${person_id}`);
      expect(page.text).not.toContain("As owner");
    }
  });
});

it("founding is on record for the first organization and for the next", async () => {
  const { browser, email, id } = await house.found();
  await browser.get("/dashboard/organizations/new");
  const made = await browser.post("/dashboard/organizations/new", { name: "Second", timezone: "UTC", mode: "test" });
  const second = /org_\w+/.exec(made.location!)![0];
  const founder = await personOf(email);
  for (const one of [id, second]) {
    expect(await newest(one)).toMatchObject({ type: "member.joined", subject: founder, data: { how: "founded" } });
  }
});
