import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../../src/limits.ts";
import type { PersonRole } from "../../../../src/people/api.ts";
import { api, type Json, newAgent, newOrganization, type TestOrganization, tool } from "../../../support/service.ts";
import { newMember } from "../../support.ts";

// The first sign-in of a worker loads everything that keeps accounts.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

type Member = Awaited<ReturnType<typeof newMember>>;

const HOSTILE = `<img src=x onerror=alert(1)>"'`;

let organization: TestOrganization;
let agent: string;
let mandate: string;
const members = new Map<PersonRole, Member>();
const as = (role: PersonRole): Member => members.get(role)!;
beforeAll(async () => {
  organization = await newOrganization({ timezone: "Europe/Ljubljana" });
  ({ agent, mandate } = await newAgent(organization, {
    budgets: [{ period: "monthly", limit: 1_000 }],
    rules: [{ type: "approval", above: 20, timeout_minutes: 60 }],
  }));
  for (const role of ["owner", "admin", "approver", "viewer"] as const) {
    members.set(role, await newMember(organization, role));
  }
});

// An agent may have five that wait.
afterEach(async () => {
  const { data } = (await api(organization.approve, "GET", "/approvals")).body;
  for (const { id } of data) await api(organization.approve, "POST", `/approvals/${id}/decision`, { decision: "deny" });
});

/** A purchase that waits, by the id of its approval. */
async function ask(more: object = {}): Promise<string> {
  const { transaction_id } = await tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    amount: 40,
    vendor: "compute.example",
    idempotency_key: crypto.randomUUID(),
    ...more,
  });
  return (await api(organization.read, "GET", `/transactions/${transaction_id}`)).body.approval_id;
}
const approvalOf = async (id: string): Promise<Json> => (await api(organization.read, "GET", `/approvals/${id}`)).body;
const termsIn = (text: string) => /name="terms" value="([0-9a-f]{64})"/.exec(text)?.[1] ?? "";

async function decide(member: Member, id: string, fields: Record<string, string>) {
  const path = `${member.base}/approvals/${id}`;
  const { text } = await member.browser.get(path);
  return member.browser.post(path, { terms: termsIn(text), note: "", ...fields });
}

describe("the queue", () => {
  it("teaches where nothing waits", async () => {
    const empty = await newOrganization();
    const { browser, base } = await newMember(empty, "approver");
    const { text } = await browser.get(`${base}/approvals`);
    expect(text).toContain("Nothing waits for you");
    expect(text).toContain("None so far.");
  });

  it("names amount, vendor, agent and the time that is left, the most pressing first, and leads to the decision", async () => {
    const id = await ask({ amount: 41, vendor: "queue.example" });
    const { text } = await as("approver").browser.get(`${as("approver").base}/approvals`);
    const entry = /<li><div class="queue-what">((?:(?!<\/li>).)*queue\.example.*?)<\/li>/s.exec(text)?.[1] ?? "";
    expect(entry).toContain("41.00");
    expect(entry).toMatch(/\d+ minutes left/);
    expect(entry).toContain(`href="${as("approver").base}/approvals/${id}"`);
    await decide(as("approver"), id, { decision: "deny" });
  });

  it("lists what was decided, by outcome", async () => {
    const id = await ask({ vendor: "denied.example" });
    await decide(as("approver"), id, { decision: "deny" });
    const { browser, base } = as("viewer");
    expect((await browser.get(`${base}/approvals?status=denied`)).text).toContain("denied.example");
    expect((await browser.get(`${base}/approvals?status=approved`)).text).not.toContain("denied.example");
    expect((await browser.get(`${base}/approvals?status=nonsense`)).status).toBe(200);
  });
});

describe("the decision", () => {
  it("shows the facts that the one-time link shows, in the organization's own time", async () => {
    const id = await ask({ reason: "Capacity for the launch", category: "cloud" });
    const { text } = await as("approver").browser.get(`${as("approver").base}/approvals/${id}`);
    for (const words of ["asks to spend", "compute.example", "Capacity for the launch", "cloud", "Why you are asked"]) {
      expect(text).toContain(words);
    }
    expect(termsIn(text)).toBe((await approvalOf(id)).terms);
    expect(text).not.toMatch(/\d UTC</);
  });

  it.each([
    ["approve", "approved", "approver"],
    ["deny", "denied", "approver"],
    ["approve", "approved", "owner"],
    ["deny", "denied", "admin"],
  ] as const)("can be to %s: %s by the %s, in their name", async (decision, status, role) => {
    const id = await ask();
    const member = as(role);
    const page = await decide(member, id, { decision, note: "Asked the team" });
    expect([page.status, page.location]).toEqual([303, `${member.base}/approvals/${id}?done=${status}`]);
    expect(await approvalOf(id)).toMatchObject({
      status,
      decided_by: `person:${member.personId}`,
      note: "Asked the team",
    });
    const after = await member.browser.get(page.location!);
    expect(after.text).toContain(`You ${status} this purchase.`);
    expect(after.text).toContain("Asked the team");
    expect(after.text).toContain(`Test ${role}`);
  });

  it("is not a viewer's: they see everything and can press nothing", async () => {
    const id = await ask();
    const { browser, base } = as("viewer");
    const page = await browser.get(`${base}/approvals/${id}`);
    expect(page.status).toBe(200);
    expect(page.text).not.toContain('name="decision"');
    const posted = await browser.post(`${base}/approvals/${id}`, { decision: "approve", terms: termsIn(page.text) });
    expect(posted.status).toBe(403);
    expect((await approvalOf(id)).status).toBe("pending");
  });

  it("counts for what was shown: changed terms decide nothing, and what stands now is shown with the note", async () => {
    const id = await ask();
    const { browser, base } = as("approver");
    const path = `${base}/approvals/${id}`;
    const terms = termsIn((await browser.get(path)).text);
    await editMandate();
    const page = await browser.post(path, { decision: "approve", terms, note: "Looks fine" });
    expect(page.status).toBe(409);
    expect(page.text).toContain("has changed since you opened this page");
    expect(page.text).toContain("Looks fine");
    expect(termsIn(page.text)).not.toBe(terms);
    expect((await approvalOf(id)).status).toBe("pending");
    const again = await browser.post(path, { decision: "approve", terms: termsIn(page.text), note: "" });
    expect(again.status).toBe(303);
  });

  it("comes once: a second one changes nothing and is told so", async () => {
    const id = await ask();
    const { browser, base } = as("approver");
    const path = `${base}/approvals/${id}`;
    const terms = termsIn((await browser.get(path)).text);
    await decide(as("owner"), id, { decision: "deny" });
    const page = await browser.post(path, { decision: "approve", terms, note: "" });
    expect(page.status).toBe(409);
    expect(page.text).toContain("Your decision was not needed any more.");
    expect((await approvalOf(id)).status).toBe("denied");
  });

  it("cannot be to approve what the mandate refuses by now", async () => {
    const id = await ask();
    await api(organization.admin, "POST", `/mandates/${mandate}/pause`, {});
    const { text } = await as("approver").browser.get(`${as("approver").base}/approvals/${id}`);
    expect(text).toContain("cannot be approved as things stand now");
    expect(text).not.toContain('value="approve"');
    expect(text).toContain('value="deny"');
    await api(organization.admin, "POST", `/mandates/${mandate}/resume`);
  });

  it.each([
    ["a key", () => `The agent has ${organization.spend}`],
    ["too many characters", () => "x".repeat(LIMITS.reasonChars + 1)],
  ])("keeps no note with %s: the error stands at the field, and nothing is decided", async (_, note) => {
    const id = await ask();
    const page = await decide(as("approver"), id, { decision: "deny", note: note() });
    expect(page.status).toBe(400);
    expect(page.text).toMatch(/<p class="error" id="note-error">[^<]+<\/p>/);
    expect((await approvalOf(id)).status).toBe("pending");
  });

  it.each([{ decision: "maybe" }, { decision: "approve", terms: "x" }, { terms: "" }])(
    "is none without its form: %o",
    async (fields) => {
      const id = await ask();
      const page = await decide(as("approver"), id, fields as Record<string, string>);
      expect(page.status).toBe(400);
      expect((await approvalOf(id)).status).toBe("pending");
    },
  );

  it("escapes what the agent wrote", async () => {
    const id = await ask({ vendor: HOSTILE, reason: HOSTILE, category: HOSTILE });
    for (const path of ["", `/approvals`, `/approvals/${id}`]) {
      const { text } = await as("owner").browser.get(`${as("owner").base}${path}`);
      expect(text).toContain("&lt;img src=x");
      expect(text).not.toContain("<img");
    }
  });
});

describe("the address that agents and mails name", () => {
  it("leads members to their organization", async () => {
    const id = await ask();
    const { browser, base } = as("viewer");
    const page = await browser.get(`/dashboard/approvals/${id}`);
    expect([page.status, page.location]).toEqual([303, `${base}/approvals/${id}`]);
  });

  it("tells anybody else nothing: a foreign id answers like one that does not exist", async () => {
    const id = await ask();
    const other = await newMember(await newOrganization(), "owner");
    const pages = [];
    for (const one of [id, "apr_0000000000000000000000", "apr_short"]) {
      const { status, text } = await other.browser.get(`/dashboard/approvals/${one}`);
      pages.push([status, text.replaceAll(/req_\w+|nonce="\w*"|data-now="\d+"|value="[^"]*"/g, "")]);
    }
    expect(pages[0]![0]).toBe(404);
    expect(pages[1]).toEqual(pages[0]);
    expect(pages[2]).toEqual(pages[0]);
    const inside = await other.browser.get(`${other.base}/approvals/${id}`);
    expect(inside.status).toBe(404);
  });
});

/** A new version of the mandate: the digest of what is shown covers it. */
async function editMandate(): Promise<void> {
  const { body } = await api(organization.admin, "GET", `/mandates/${mandate}`);
  const terms = { ...body.terms, description: `Edited ${body.version}` };
  const answer = await api(organization.admin, "PUT", `/mandates/${mandate}`, terms, {
    "if-match": `"${body.version}"`,
  });
  expect(answer.status).toBe(200);
}
