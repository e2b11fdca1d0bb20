import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { connectLegacyV1, connectModern } from "../../support/mcp-clients.ts";
import { api, newAgent, newOrganization, type TestOrganization, tool } from "../../support/service.ts";
import { newMember, type Page } from "../support.ts";

type Member = Awaited<ReturnType<typeof newMember>>;
const NEW = { name: "Claude", role: "spend", scope: "all", expiry: "never", expires_on: "" };
const KEY = /sk_quetra_test_[0-9A-Za-z]+/;
const fetch = (input: string | URL, init?: RequestInit) => exports.default.fetch(new Request(input, init));

let organization: TestOrganization;
let owner: Member;
beforeAll(async () => {
  organization = await newOrganization();
  owner = await newMember(organization, "owner");
}, 60_000);

const create = (fields: Readonly<Record<string, string | readonly string[]>> = {}): Promise<Page> =>
  owner.browser.post(`${owner.base}/keys/new`, { ...NEW, ...fields });
const newest = async () => (await api(organization.admin, "GET", "/keys")).body.data;
const keyNamed = async (name: string) => (await newest()).find((key: { name: string }) => key.name === name);
const errorAt = (text: string, field: string) =>
  new RegExp(`<p class="error"(?: id="${field}-error")?>([^<]*)</p>`).exec(text)?.[1];

describe("creating a key", () => {
  it("shows a URL that works in real clients, and every snippet with the key", async () => {
    const { agent } = await newAgent(organization);
    const page = await create({ name: "For clients", scope: "some", agents: [agent] });
    expect(page.status).toBe(200);
    expect(page.headers.get("cache-control")).toBe("no-store");
    const url = /<code[^>]*>(https:\/\/localhost\/sk_quetra_test_[0-9A-Za-z]+\/mcp)<\/code>/.exec(page.text)?.[1] ?? "";
    for (const connect of [connectModern, connectLegacyV1]) {
      const client = await connect(url, fetch);
      const answer = await client.callTool("quetra_list_agents");
      expect((answer.structured as { agents: { id: string }[] }).agents.map((one) => one.id)).toEqual([agent]);
      await client.close();
    }
    const key = KEY.exec(url)?.[0] ?? "";
    expect(page.text).toContain(`claude mcp add --transport http quetra ${url}`);
    expect(page.text).toContain(`Authorization: Bearer ${key}`);
    expect(page.text).toContain("cursor://anysphere.cursor-deeplink/mcp/install?name=quetra&amp;config=");
    expect(page.text).toContain(`https://localhost/\${QUETRA_KEY}/mcp`);
  });

  it("shows it on no later page", async () => {
    const page = await create({ name: "Once only" });
    const secret = KEY.exec(page.text)?.[0] ?? "";
    expect(secret.length).toBeGreaterThan(60);
    const { id } = await keyNamed("Once only");
    const paths = ["", "/agents", "/keys", "/keys/new", `/keys/${id}`, "/audit", "/transactions"];
    for (const path of paths) {
      const later = await owner.browser.get(`${owner.base}${path}`);
      expect([path, later.status]).toEqual([path, 200]);
      expect(later.text).not.toContain(secret.slice(-40));
    }
  });

  it.each(["read", "approve", "admin"])("makes a %s key, which goes into a header and into no URL", async (role) => {
    const page = await create({ name: `For ${role}`, role });
    const key = KEY.exec(page.text)?.[0] ?? "";
    expect(page.text).toContain(`Authorization: Bearer ${key}`);
    expect(page.text).not.toContain(`${key}/mcp`);
    expect(await keyNamed(`For ${role}`)).toMatchObject({ role, agents: null, expires_at: null });
  });

  it("ends it at the end of a day in the organization's zone", async () => {
    const there = await newOrganization({ timezone: "America/New_York" });
    const someone = await newMember(there, "admin");
    const page = await someone.browser.post(`${someone.base}/keys/new`, {
      ...NEW,
      expiry: "date",
      expires_on: "2099-07-04",
    });
    expect(page.status).toBe(200);
    const made = (await api(there.admin, "GET", "/keys")).body.data;
    expect(made.map((key: { expires_at: string }) => key.expires_at)).toContain("2099-07-05T04:00:00.000Z");
  });

  it("chooses the agent that the address names", async () => {
    const { agent } = await newAgent(organization);
    const page = await owner.browser.get(`${owner.base}/keys/new?agent_id=${agent}`);
    expect(page.text).toMatch(new RegExp(`name="agents" value="${agent}" checked`));
    expect(page.text).toMatch(/name="scope" value="some" checked/);
  });

  it.each([
    ["name", { name: "" }, "Fill this in."],
    ["name", { name: "x".repeat(LIMITS.nameChars + 1) }, `At most ${LIMITS.nameChars} characters.`],
    ["role", { role: "root" }, "Choose one of these."],
    ["agents", { scope: "some" }, "Choose at least one."],
    ["agents", { scope: "some", agents: ["agt_0000000000000000000000"] }, "No such agent."],
    ["expires_on", { expiry: "date", expires_on: "soon" }, "Must be a date or an instant."],
    ["expires_on", { expiry: "date", expires_on: "2020-01-01" }, "Must lie in the future."],
  ])("says what is wrong at %s and makes none", async (field, wrong, words) => {
    const before = (await newest()).length;
    const page = await create({ name: "Kept name", ...wrong });
    expect(page.status).toBe(400);
    expect(errorAt(page.text, field)).toBe(words);
    expect(page.text).not.toMatch(KEY);
    if (field !== "name") expect(page.text).toContain('value="Kept name"');
    expect((await newest()).length).toBe(before);
  });

  it("limits nothing but spend keys to agents, and says so at the agents", async () => {
    const { agent } = await newAgent(organization);
    const page = await create({ role: "read", scope: "some", agents: [agent] });
    expect(page.status).toBe(400);
    expect(errorAt(page.text, "agents")).toBe("Leave it out for this role.");
  });

  it("knows no agent of others", async () => {
    const foreign = await newOrganization();
    const { agent } = await newAgent(foreign);
    const page = await create({ scope: "some", agents: [agent] });
    const unknown = await create({ scope: "some", agents: ["agt_0000000000000000000000"] });
    expect([page.status, errorAt(page.text, "agents")]).toEqual([400, errorAt(unknown.text, "agents")]);
  });
});

describe("one key", () => {
  it("is rotated: the new one is shown once, and the old one works for the overlap", async () => {
    const first = KEY.exec((await create({ name: "Turned" })).text)?.[0] ?? "";
    const { id } = await keyNamed("Turned");
    const page = await owner.browser.post(`${owner.base}/keys/${id}/rotate`, { overlap_hours: "1" });
    expect(page.status).toBe(200);
    const second = KEY.exec(page.text)?.[0] ?? "";
    expect(second).not.toBe(first);
    expect(page.text).toContain("The key before works until");
    for (const key of [first, second]) expect(await tool(key, "quetra_list_agents", {})).toHaveProperty("agents");
    const old = await owner.browser.get(`${owner.base}/keys/${id}`);
    expect(old.text).toContain("the key that took over");
    expect(old.text).not.toContain("/rotate");
    const again = await owner.browser.post(`${owner.base}/keys/${id}/rotate`, { overlap_hours: "1" });
    expect(again.status).toBe(409);
    expect(again.text).toContain("already rotated");
    expect(again.text).not.toMatch(KEY);
  });

  it("stops at once when it is rotated without an overlap", async () => {
    const first = KEY.exec((await create({ name: "Cut" })).text)?.[0] ?? "";
    const { id } = await keyNamed("Cut");
    const page = await owner.browser.post(`${owner.base}/keys/${id}/rotate`, { overlap_hours: "0" });
    expect(page.text).not.toContain("The key before works until");
    expect((await tool(first, "quetra_list_agents", {})).status).toBe(410);
  });

  it.each(["soon", "-1", String(LIMITS.keyRotationOverlapHours + 1)])(
    "is not rotated with an overlap of %s",
    async (overlap_hours) => {
      await create({ name: `Overlap ${overlap_hours}` });
      const { id } = await keyNamed(`Overlap ${overlap_hours}`);
      const page = await owner.browser.post(`${owner.base}/keys/${id}/rotate`, { overlap_hours });
      expect(page.status).toBe(400);
      expect(page.text).toContain("Nothing was changed.");
      expect(await keyNamed(`Overlap ${overlap_hours}`)).toMatchObject({ replaced_by: null, status: "active" });
    },
  );

  it("authorizes nothing from the moment in which it is revoked", async () => {
    const key = KEY.exec((await create({ name: "Revoked" })).text)?.[0] ?? "";
    const { id } = await keyNamed("Revoked");
    const done = await owner.browser.post(`${owner.base}/keys/${id}/revoke`, { reason: "Lost" });
    expect(done.location).toBe(`${owner.base}/keys/${id}?done=key_revoked`);
    expect((await tool(key, "quetra_list_agents", {})).status).toBe(410);
    expect((await owner.browser.get(`${owner.base}/keys`)).text).not.toContain(id);
    expect((await owner.browser.get(`${owner.base}/keys?status=ended`)).text).toContain(id);
  });

  it("is not found when it belongs to others", async () => {
    const foreign = await newOrganization();
    const { id } = (await api(foreign.admin, "GET", "/keys")).body.data[0];
    expect((await owner.browser.get(`${owner.base}/keys/${id}`)).status).toBe(404);
    await owner.browser.get(`${owner.base}/keys`);
    for (const action of ["rotate", "revoke"]) {
      const page = await owner.browser.post(`${owner.base}/keys/${id}/${action}`, { overlap_hours: "1" });
      expect(page.status).toBe(404);
    }
    expect((await api(foreign.admin, "GET", "/keys")).body.data[0].status).toBe("active");
  });
});

describe("the list of keys", () => {
  it("names agents, and shows what people wrote as text", async () => {
    const { body: agent } = await api(organization.admin, "POST", "/agents", { name: "<b>agent" });
    await create({ name: "<script>key", scope: "some", agents: [agent.id] });
    const page = await owner.browser.get(`${owner.base}/keys`);
    expect(page.text).toContain("&lt;script&gt;key");
    expect(page.text).toContain("&lt;b&gt;agent");
    expect(page.text).not.toContain("<script>key");
  });

  it.each(["approver", "viewer"] as const)("tells %ss whom to ask, and no key's name", async (role) => {
    await create({ name: "Hidden from them" });
    const member = await newMember(organization, role);
    const page = await member.browser.get(`${member.base}/keys`);
    expect(page.status).toBe(200);
    expect(page.text).toContain("Owners and admins look after keys");
    expect(page.text).not.toContain("Hidden from them");
    expect(page.text).not.toContain("/keys/new");
  });
});
