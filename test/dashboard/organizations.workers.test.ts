import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { newEmail } from "../people/support.ts";
import { Deployment, errorAt, HOSTILE, noticeOf } from "./deployment.ts";
import { type Browser, PASSWORD, type Page } from "./support.ts";

// Passwords are hashed slowly on purpose, and most of these need a few.
vi.setConfig({ testTimeout: 30_000 });

const house = new Deployment();
const NEW = "/dashboard/organizations/new";
const LIST = "/dashboard/organizations";

const same = ({ status, text }: Page) => [status, text.replace(/(csrf" value|nonce|data-now)="[^"]*"|req_\w+/g, "")];

const rowOf = (id: string) =>
  env.DB.prepare("SELECT name, mode, timezone FROM organizations WHERE id = ?").bind(id).first();
const countOf = async (): Promise<number> =>
  (await env.DB.prepare("SELECT count(*) AS n FROM organizations").first<{ n: number }>())!.n;

/** Invites an address to an organization of somebody else. */
async function invited(email: string, role = "approver") {
  const owner = await house.found();
  await owner.browser.get(`${owner.base}/members/invite`);
  const done = await owner.browser.post(`${owner.base}/members/invite`, { email, role });
  expect(done.location).toBe(`${owner.base}/members?done=member_invited`);
  return { ...owner, invitation: await house.tokenTo(email) };
}

const found = async (browser: Browser, fields: Record<string, string>): Promise<Page> => {
  await browser.get(NEW);
  return browser.post(NEW, { name: "Another", timezone: "UTC", mode: "test", ...fields });
};

describe("founding", () => {
  it("makes the first organization a test one, whatever was posted", async () => {
    const { browser } = await house.signUp();
    const page = await browser.get(NEW);
    expect(page.text).toContain("test mode");
    expect(page.text).not.toContain('name="mode"');
    expect(page.text).toContain('<option value="Europe/Ljubljana">');
    const made = await browser.post(NEW, { name: HOSTILE, timezone: "Europe/Ljubljana", mode: "live" });
    expect(made.location).toMatch(/^\/dashboard\/org_\w{22}\?done=organization_created$/);
    const id = /org_\w+/.exec(made.location!)![0];
    expect(await rowOf(id)).toEqual({ name: HOSTILE, mode: "test", timezone: "Europe/Ljubljana" });
    const inside = await browser.get(made.location!);
    expect([inside.status, noticeOf(inside)]).toEqual([200, "Your organization is ready."]);
    expect((await browser.get("/dashboard")).location).toBe(`/dashboard/${id}`);
    const list = await browser.get(LIST);
    expect(list.text).not.toContain(HOSTILE);
    expect(list.text).toContain(`href="/dashboard/${id}"`);
  });

  it("offers live for the second, and leaves no key behind", async () => {
    const { browser, id } = await house.found();
    expect((await browser.get(NEW)).text).toMatch(/value="live"[^>]*checked/);
    const made = await found(browser, { mode: "live" });
    const live = /org_\w+/.exec(made.location!)![0];
    expect(await rowOf(live)).toMatchObject({ mode: "live" });
    expect(live).not.toBe(id);
    const keys = await browser.get(`/dashboard/${live}/keys`);
    expect([keys.status, keys.text.includes("First admin key")]).toEqual([200, false]);
    expect((await browser.get("/dashboard")).location).toBe(LIST);
  });

  it("says at which field it was refused, and makes nothing", async () => {
    const { browser } = await house.found();
    const before = await countOf();
    const refused: readonly (readonly [Record<string, string>, string])[] = [
      [{ name: "" }, "name"],
      [{ name: "x".repeat(LIMITS.nameChars + 1) }, "name"],
      [{ timezone: "Mars/Olympus" }, "timezone"],
      [{ timezone: HOSTILE }, "timezone"],
    ];
    for (const [fields, field] of refused) {
      const page = await found(browser, fields);
      expect([page.status, errorAt(page, field) === null]).toEqual([400, false]);
      expect(page.text).not.toContain(HOSTILE);
    }
    for (const fields of [{ mode: "free" }, { region: "moon" }, { region: "eu" }] as Record<string, string>[]) {
      const page = await found(browser, fields);
      expect([fields, page.status, page.text.includes('class="error"')]).toEqual([fields, 400, true]);
    }
    expect(await countOf()).toBe(before);
  });

  it("ends at the bound of a person", async () => {
    const { browser } = await house.found();
    for (let made = 1; made < LIMITS.organizationsPerPerson; made++) {
      expect((await found(browser, { name: `Number ${made}` })).status).toBe(303);
    }
    const before = await countOf();
    expect((await browser.get(NEW)).status).toBe(403);
    await browser.get(LIST);
    expect((await browser.post(NEW, { name: "One more", timezone: "UTC", mode: "test" })).status).toBe(403);
    expect(await countOf()).toBe(before);
    expect((await browser.get(LIST)).text).toContain("as many as one person can be in");
  });

  it("is for nobody where sign-up is not open", async () => {
    const { email } = await house.signUp();
    const closed = new Deployment({ SIGN_UP: "invited" });
    const { browser } = await closed.signIn(email);
    const before = await countOf();
    expect((await browser.get(NEW)).status).toBe(403);
    const list = await browser.get(LIST);
    expect(list.text).not.toContain(NEW);
    expect((await browser.post(NEW, { name: "Mine", timezone: "UTC" })).status).toBe(403);
    expect(await countOf()).toBe(before);
  });
});

describe("an invitation", () => {
  it("leads somebody without an account through sign-up to what they were invited to", async () => {
    const email = newEmail();
    const { id, invitation } = await invited(email);
    const browser = house.browser();
    const asked = await browser.get(`/dashboard/invitations/${invitation}`);
    expect(asked.location).toBe(`/dashboard/sign-in?next=%2Fdashboard%2Finvitations%2F${invitation}`);
    const door = await browser.get(asked.location!);
    expect(door.text).toContain("You are invited.");
    const signUp = /href="(\/dashboard\/sign-up\?next=[^"]+)"/.exec(door.text)![1]!;
    expect((await browser.get(signUp)).text).toContain("You are invited.");
    await browser.post("/dashboard/sign-up", { name: "Guest", email, password: PASSWORD });
    const token = await house.tokenTo(email);
    await browser.get(`/dashboard/verify?token=${token}`);
    await browser.post("/dashboard/verify", { token });
    expect((await browser.get("/dashboard")).location).toBe(`/dashboard/invitations/${invitation}`);
    const page = await browser.get(`/dashboard/invitations/${invitation}`);
    for (const words of ["Novak Robotics", "Ana Novak", "Approver"]) expect(page.text).toContain(words);
    expect((await browser.get(`/dashboard/${id}`)).status).toBe(404);
    const joined = await browser.post(`/dashboard/invitations/${invitation}`, { answer: "accept" });
    expect(joined.location).toBe(`/dashboard/${id}?done=invitation_accepted`);
    expect((await browser.get(`/dashboard/${id}`)).status).toBe(200);
    expect((await browser.get(`/dashboard/invitations/${invitation}`)).status).toBe(404);
  });

  it("comes back after sign-in", async () => {
    const { email } = await house.signUp();
    const { invitation } = await invited(email);
    const next = `/dashboard/invitations/${invitation}`;
    const browser = house.browser();
    await browser.get(`/dashboard/sign-in?next=${encodeURIComponent(next)}`);
    expect((await browser.post("/dashboard/sign-in", { email, password: PASSWORD, next })).location).toBe(next);
  });

  it("is declined, and then is none", async () => {
    const { email, browser } = await house.signUp();
    const { id, invitation } = await invited(email);
    expect((await browser.get(LIST)).text).toContain(`/dashboard/invitations/${invitation}`);
    const path = `/dashboard/invitations/${invitation}`;
    await browser.get(path);
    const done = await browser.post(path, { answer: "decline" });
    expect(done.location).toBe(`${LIST}?done=invitation_declined`);
    expect((await browser.get(`/dashboard/${id}`)).status).toBe(404);
    await browser.get(LIST);
    expect((await browser.post(path, { answer: "accept" })).status).toBe(404);
    expect((await browser.get(`/dashboard/${id}`)).status).toBe(404);
  });

  it("of somebody else is none, like one that never was", async () => {
    const { id, invitation } = await invited(newEmail());
    const { browser } = await house.signUp();
    const [theirs, unknown] = [invitation, crypto.randomUUID()].map((one) => `/dashboard/invitations/${one}`);
    const seen = await browser.get(theirs!);
    expect([seen.status, seen.text.includes("Novak Robotics")]).toEqual([404, false]);
    expect(same(seen)).toEqual(same(await browser.get(unknown!)));
    const answers = [];
    for (const path of [theirs, unknown]) answers.push(same(await browser.post(path!, { answer: "accept" })));
    expect(answers[0]![0]).toBe(404);
    expect(answers[0]).toEqual(answers[1]);
    expect((await browser.get(`/dashboard/${id}`)).status).toBe(404);
  });

  it("shows names that others chose as text", async () => {
    const { email, browser } = await house.signUp();
    const owner = await house.signUp({ name: HOSTILE });
    const made = await found(owner.browser, { name: HOSTILE });
    const base = `/dashboard/${/org_\w+/.exec(made.location!)![0]}`;
    await owner.browser.get(`${base}/members/invite`);
    await owner.browser.post(`${base}/members/invite`, { email, role: "viewer" });
    const invitation = await house.tokenTo(email);
    for (const path of [LIST, `/dashboard/invitations/${invitation}`]) {
      const page = await browser.get(path);
      expect([page.status, page.text.includes(HOSTILE)]).toEqual([200, false]);
      expect(page.text.match(/&lt;script&gt;alert/g)?.length).toBe(2);
    }
  });
});
