import { beforeAll, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../../src/limits.ts";
import { follow, settings, WIDE } from "../../../organization/alerts/support.ts";
import { api, newAgent, newOrganization, type TestOrganization, tool } from "../../../support/service.ts";
import { newMember } from "../../support.ts";

// The first sign-in of a worker loads everything that keeps accounts.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

type Member = Awaited<ReturnType<typeof newMember>>;

const HOSTILE = `<img src=x onerror=alert(1)>`;

let organization: TestOrganization;
let agent: string;
let owner: Member;
let viewer: Member;
beforeAll(async () => {
  organization = await newOrganization();
  ({ agent } = await newAgent(organization, WIDE));
  await settings(organization, { large_transaction: { threshold: 50, cooldown_minutes: 1 } });
  owner = await newMember(organization, "owner");
  viewer = await newMember(organization, "viewer");
});

/** A purchase that stands out, by the id of the alert. */
async function raise(to: TestOrganization = organization, agent_id = agent): Promise<string> {
  const known = new Set((await all(to)).map(({ id }) => id));
  amount *= 2;
  await tool(to.spend, "quetra_evaluate", { agent_id, amount, vendor: HOSTILE, idempotency_key: crypto.randomUUID() });
  await follow(to);
  const fresh = (await all(to)).find(({ id, kind }) => !known.has(id) && kind === "large_transaction");
  if (fresh === undefined) throw new Error("nothing was raised");
  return fresh.id;
}
// Within the cooldown only a larger one is said aloud.
let amount = 50;
const all = async (of: TestOrganization): Promise<{ id: string; kind: string }[]> =>
  (await api(of.admin, "GET", "/alerts?limit=100")).body.data;

describe("alerts", () => {
  it("teach what is watched, as long as there is none", async () => {
    const { browser, base } = await newMember(await newOrganization(), "viewer");
    expect((await browser.get(`${base}/alerts`)).text).toContain("Nothing stood out so far");
  });

  it("are listed by word and colour, filtered, and lead to agent and transaction", async () => {
    const id = await raise();
    const { browser, base } = viewer;
    const list = await browser.get(`${base}/alerts`);
    expect(list.text).toContain(`href="${base}/alerts/${id}"`);
    expect(list.text).toContain("Large purchase");
    expect((await browser.get(`${base}/alerts?acknowledged=true`)).text).toContain("Nothing fits");
    expect((await browser.get(`${base}/alerts?kind=overdraft`)).text).toContain("Nothing fits");
    expect((await browser.get(`${base}/alerts?kind=large_transaction&agent_id=${agent}`)).text).toContain(id);
    const page = await browser.get(`${base}/alerts/${id}`);
    expect(page.text).toContain(`href="${base}/agents/${agent}"`);
    expect(page.text).toMatch(/href="[^"]*\/transactions\/txn_\w+"/);
    expect(page.text).toContain("100.00 <small>USD</small>");
  });

  it("answer a filter that does not exist with what is wrong, and no list", async () => {
    const page = await viewer.browser.get(`${viewer.base}/alerts?severity=loud`);
    expect(page.status).toBe(400);
    expect(page.text).toContain('class="notice bad"');
  });

  it("are acknowledged once, in the name of who did it", async () => {
    const id = await raise();
    const { browser, base, personId } = owner;
    await browser.get(`${base}/alerts/${id}`);
    const page = await browser.post(`${base}/alerts/${id}/acknowledge`, { note: "Known campaign" });
    expect([page.status, page.location]).toEqual([303, `${base}/alerts/${id}?done=acknowledged`]);
    const after = await browser.get(page.location!);
    expect(after.text).toContain("The alert is acknowledged.");
    expect(after.text).toContain("Known campaign");
    expect(after.text).toContain("Test owner");
    expect(after.text).not.toContain("/acknowledge");
    await browser.get(`${base}/alerts`);
    await browser.post(`${base}/alerts/${id}/acknowledge`, { note: "Another word" });
    const { body } = await api(organization.read, "GET", `/alerts/${id}`);
    expect(body).toMatchObject({ note: "Known campaign", acknowledged_by: `person:${personId}` });
  });

  it("refuse a note that is too long at its field, and keep what was typed", async () => {
    const id = await raise();
    const { browser, base } = owner;
    await browser.get(`${base}/alerts/${id}`);
    const note = "x".repeat(LIMITS.reasonChars + 1);
    const page = await browser.post(`${base}/alerts/${id}/acknowledge`, { note });
    expect(page.status).toBe(400);
    expect(page.text).toMatch(/<p class="error" id="note-error">[^<]+<\/p>/);
    expect(page.text).toContain(note);
    expect((await api(organization.read, "GET", `/alerts/${id}`)).body.acknowledged_at).toBeNull();
  });

  it("cannot be acknowledged by a viewer or an approver, who are offered nothing", async () => {
    const id = await raise();
    for (const { browser, base } of [viewer, await newMember(organization, "approver")]) {
      expect((await browser.get(`${base}/alerts/${id}`)).text).not.toContain("/acknowledge");
      expect((await browser.post(`${base}/alerts/${id}/acknowledge`, { note: "" })).status).toBe(403);
    }
    expect((await api(organization.read, "GET", `/alerts/${id}`)).body.acknowledged_at).toBeNull();
  });

  it("of another organization are not there", async () => {
    const id = await raise();
    const other = await newMember(await newOrganization(), "owner");
    expect((await other.browser.get(`${other.base}/alerts/${id}`)).status).toBe(404);
    expect((await other.browser.post(`${other.base}/alerts/${id}/acknowledge`, { note: "" })).status).toBe(404);
  });

  it("escape what an agent wrote", async () => {
    const id = await raise();
    for (const path of ["", "/alerts", `/alerts/${id}`]) {
      const { text } = await owner.browser.get(`${owner.base}${path}`);
      expect(text).toContain("&lt;img src=x");
      expect(text).not.toContain("<img");
    }
  });
});
