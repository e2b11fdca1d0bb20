import { describe, expect, it, vi } from "vitest";
import type { PersonRole } from "../../src/people/api.ts";
import { newEmail } from "../people/support.ts";
import { Deployment, errorAt, HOSTILE, noticeOf } from "./deployment.ts";

// Passwords are hashed slowly on purpose, and most of these need a few.
vi.setConfig({ testTimeout: 30_000 });

const house = new Deployment();

const roleOf = async (id: string, personId: string): Promise<PersonRole | null> =>
  (await house.people.membership(personId, id))?.role ?? null;

describe("members", () => {
  it("are listed for everybody, with changes for those who may make them", async () => {
    const { browser, id, base } = await house.found();
    const approver = await house.join(id, "approver", HOSTILE);
    const mine = await browser.get(`${base}/members`);
    expect(mine.text).toContain("2 members");
    expect(mine.text).toContain(approver.email);
    expect(mine.text).toContain(`href="${base}/members/${approver.personId}"`);
    expect(mine.text).toContain(`href="${base}/members/invite"`);
    expect(mine.text).not.toContain(HOSTILE);
    expect(mine.text).toContain('data-label="Second step"');
    const theirs = await approver.browser.get(`${base}/members`);
    expect([theirs.status, theirs.text.includes("2 members")]).toEqual([200, true]);
    expect(theirs.text).not.toContain("Second step");
    expect(theirs.text).not.toContain(`${base}/members/invite`);
    expect(theirs.text).not.toContain(`${base}/members/${approver.personId}`);
    expect((await approver.browser.get(`${base}/members/${approver.personId}`)).status).toBe(403);
  });

  it("get another role, which counts at once", async () => {
    const { browser, id, base } = await house.found();
    const { personId, browser: theirs } = await house.join(id, "viewer");
    expect((await theirs.get(`${base}/members/invite`)).status).toBe(403);
    const page = await browser.get(`${base}/members/${personId}`);
    expect(page.text).toMatch(/value="viewer"[^>]*checked/);
    const done = await browser.post(`${base}/members/${personId}/role`, { role: "admin" });
    expect(done.location).toBe(`${base}/members?done=role_changed`);
    expect(noticeOf(await browser.get(done.location!))).toBe("The role is changed.");
    expect((await theirs.get(`${base}/members/invite`)).status).toBe(200);
  });

  it("keep their role where the new one is none", async () => {
    const { browser, id, base } = await house.found();
    const { personId } = await house.join(id, "viewer");
    for (const role of ["", "root", HOSTILE]) {
      const page = await browser.post(`${base}/members/${personId}/role`, { role });
      expect([page.status, page.text.includes("Choose one of the four roles.")]).toEqual([400, true]);
      expect(page.text).not.toContain(HOSTILE);
    }
    expect(await roleOf(id, personId)).toBe("viewer");
  });

  it("are removed, and see nothing more", async () => {
    const { browser, id, base } = await house.found();
    const { personId, browser: theirs } = await house.join(id, "approver");
    await browser.get(`${base}/members/${personId}`);
    const done = await browser.post(`${base}/members/${personId}/remove`);
    expect(done.location).toBe(`${base}/members?done=member_removed`);
    expect(await roleOf(id, personId)).toBeNull();
    expect((await theirs.get(base)).status).toBe(404);
  });

  it("of another organization are none", async () => {
    const [own, other] = [await house.found(), await house.found()];
    const stranger = await house.join(other.id, "viewer");
    const path = `${own.base}/members/${stranger.personId}`;
    expect((await own.browser.get(path)).status).toBe(404);
    expect((await own.browser.post(`${path}/role`, { role: "admin" })).status).toBe(404);
    expect((await own.browser.post(`${path}/remove`)).status).toBe(404);
    expect((await own.browser.get(`${other.base}/members`)).status).toBe(404);
    expect(await roleOf(other.id, stranger.personId)).toBe("viewer");
  });
});

describe("owners", () => {
  it("are made, changed and removed by owners only", async () => {
    const { browser, id, base } = await house.found();
    const owner = await house.join(id, "owner");
    const admin = await house.join(id, "admin");
    const viewer = await house.join(id, "viewer");
    const path = `${base}/members/${owner.personId}`;
    const page = await admin.browser.get(path);
    expect(page.text).toContain("Only owners make, change or remove owners.");
    expect(page.text).not.toContain(`${path}/role`);
    expect((await admin.browser.post(`${path}/role`, { role: "viewer" })).status).toBe(400);
    expect((await admin.browser.post(`${path}/remove`)).status).toBe(400);
    const offer = await admin.browser.get(`${base}/members/${viewer.personId}`);
    expect(offer.text).not.toContain('value="owner"');
    const raised = await admin.browser.post(`${base}/members/${viewer.personId}/role`, { role: "owner" });
    expect(raised.status).toBe(400);
    expect([await roleOf(id, owner.personId), await roleOf(id, viewer.personId)]).toEqual(["owner", "viewer"]);
    expect((await browser.post(`${path}/role`, { role: "viewer" })).status).toBe(303);
    expect(await roleOf(id, owner.personId)).toBe("viewer");
  });

  it("never go all of them", async () => {
    const { browser, id, base } = await house.found();
    const first = (await house.people.members(id))[0]!.person_id;
    const alone = await browser.get(`${base}/members`);
    expect(alone.text).not.toContain(`${base}/members/leave`);
    const answers = [
      await browser.post(`${base}/members/leave`),
      await browser.post(`${base}/members/${first}/remove`),
      await browser.post(`${base}/members/${first}/role`, { role: "viewer" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(await roleOf(id, first)).toBe("owner");
    await house.join(id, "owner");
    expect((await browser.post(`${base}/members/leave`)).location).toBe(
      "/dashboard/organizations?done=organization_left",
    );
    expect(await roleOf(id, first)).toBeNull();
  });
});

it.each(["admin", "approver", "viewer"] as const)("%s may leave", async (role) => {
  const { id, base } = await house.found();
  const { browser, personId } = await house.join(id, role);
  const done = await browser.post(`${base}/members/leave`);
  expect(done.location).toBe("/dashboard/organizations?done=organization_left");
  expect(await roleOf(id, personId)).toBeNull();
  expect((await browser.get(base)).status).toBe(404);
});

describe("inviting", () => {
  it("sends a mail, and the invitation can be withdrawn", async () => {
    const { browser, base } = await house.found();
    const email = newEmail();
    await browser.get(`${base}/members/invite`);
    const done = await browser.post(`${base}/members/invite`, { email, role: "approver" });
    expect(done.location).toBe(`${base}/members?done=member_invited`);
    const invitation = await house.tokenTo(email);
    const list = await browser.get(done.location!);
    expect(list.text).toContain(email);
    const withdraw = `${base}/members/invitations/${invitation}/withdraw`;
    expect(list.text).toContain(withdraw);
    const gone = await browser.post(withdraw);
    expect(gone.location).toBe(`${base}/members?done=invitation_withdrawn`);
    expect((await browser.get(`${base}/members`)).text).not.toContain(email);
    expect((await browser.post(withdraw)).status).toBe(404);
  });

  it("says at which field it was refused, and keeps what was typed", async () => {
    const { browser, id, base } = await house.found();
    const { email: member } = await house.join(id, "viewer");
    await browser.get(`${base}/members/invite`);
    for (const email of ["nobody", HOSTILE, "", member]) {
      const page = await browser.post(`${base}/members/invite`, { email, role: "admin" });
      expect([page.status, errorAt(page, "email") === null]).toEqual([400, false]);
      expect(page.text).not.toContain(HOSTILE);
      expect(page.text).toMatch(/value="admin"[^>]*checked/);
    }
    expect(await house.people.invitations(id)).toEqual([]);
  });

  it("of owners is for owners, and so is withdrawing them", async () => {
    const { browser, id, base } = await house.found();
    const admin = await house.join(id, "admin");
    const email = newEmail();
    const refused = await admin.browser.post(`${base}/members/invite`, { email, role: "owner" });
    expect(refused.status).toBe(400);
    await browser.post(`${base}/members/invite`, { email, role: "owner" });
    const [invitation] = await house.people.invitations(id);
    const withdraw = `${base}/members/invitations/${invitation!.id}/withdraw`;
    expect((await admin.browser.get(`${base}/members`)).text).not.toContain(withdraw);
    expect((await admin.browser.post(withdraw)).status).toBe(404);
    expect((await house.people.invitations(id)).length).toBe(1);
    const page = await admin.browser.post(`${base}/members/invite`, { email, role: "viewer" });
    expect([page.status, errorAt(page, "email") === null]).toEqual([400, false]);
  });

  it("says so where no mail is sent", async () => {
    const { email, base } = await house.found();
    const silent = new Deployment({ MAIL_URL: undefined });
    const { browser } = await silent.signIn(email);
    expect((await browser.get(`${base}/members/invite`)).text).toContain("sends no mail");
    expect((await (await house.signIn(email)).browser.get(`${base}/members/invite`)).text).not.toContain(
      "sends no mail",
    );
  });

  it("from another organization is not withdrawn", async () => {
    const [own, other] = [await house.found(), await house.found()];
    await other.browser.post(`${other.base}/members/invite`, { email: newEmail(), role: "viewer" });
    const [invitation] = await house.people.invitations(other.id);
    const answer = await own.browser.post(`${own.base}/members/invitations/${invitation!.id}/withdraw`);
    expect(answer.status).toBe(404);
    expect((await house.people.invitations(other.id)).length).toBe(1);
  });
});
