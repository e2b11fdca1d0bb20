import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, newAgent, newOrganization, type TestOrganization, tool } from "../../support/service.ts";
import { newMember } from "../support.ts";

const HOSTILE = `<img src=x onerror=alert(1)> "quoted" & 'more'`;
const ESCAPED = "&lt;img src=x onerror=alert(1)&gt;";

type Member = Awaited<ReturnType<typeof newMember>>;
const NEW = {
  name: "Travel",
  description: "Books trains.",
  tags: "",
  metadata: "",
  spend_calls_per_minute: "60",
  preset: "standard",
  currency: "USD",
};

let organization: TestOrganization;
let owner: Member;
let viewer: Member;
beforeAll(async () => {
  organization = await newOrganization();
  owner = await newMember(organization, "owner");
  viewer = await newMember(organization, "viewer");
}, 60_000);

const agentOf = async (id: string) => (await api(organization.admin, "GET", `/agents/${id}`)).body;
const idIn = (location: string | null) => /agents\/(agt_[0-9A-Za-z]+)/.exec(location ?? "")?.[1] ?? "";
/** The text of the element with the error of a field. */
const errorAt = (text: string, field: string) =>
  new RegExp(`<p class="error" id="${field}-error">([^<]*)</p>`).exec(text)?.[1];

describe("the list of agents", () => {
  it("teaches, as long as there is none, and leads on", async () => {
    const empty = await newOrganization();
    const someone = await newMember(empty, "admin");
    const page = await someone.browser.get(`${someone.base}/agents`);
    expect(page.text).toContain("No agents yet");
    expect(page.text).toContain(`href="${someone.base}/agents/new"`);
  });

  it("says what is left of each budget, and offers a viewer nothing to change", async () => {
    const { agent } = await newAgent(organization, { budgets: [{ period: "daily", limit: 80 }] });
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      vendor: "example.com",
      amount: 12.5,
      currency: "USD",
      idempotency_key: "list",
    });
    const page = await viewer.browser.get(`${viewer.base}/agents`);
    expect(page.text).toContain("67.50 USD");
    expect(page.text).toContain("of 80.00 today");
    expect(page.text).not.toContain("/agents/new");
  });
});

describe("creating an agent", () => {
  it("makes it with standard limits and every field, and leads to what comes next", async () => {
    const made = await owner.browser.post(`${owner.base}/agents/new`, {
      ...NEW,
      tags: "team, trips,",
      metadata: "cost centre = 4711\n\nflag",
      spend_calls_per_minute: "30",
      currency: "eur",
    });
    expect(made.status).toBe(303);
    const id = idIn(made.location);
    expect(await agentOf(id)).toMatchObject({
      name: "Travel",
      description: "Books trains.",
      tags: ["team", "trips"],
      metadata: { "cost centre": "4711", flag: "" },
      spend_calls_per_minute: 30,
    });
    const page = await owner.browser.get(made.location ?? "");
    expect(page.text).toContain("The agent is there.");
    expect(page.text).toContain("Three steps to its first purchase");
    expect(page.text).toContain("EUR");
    expect(page.text).toContain(`${owner.base}/keys/new?agent_id=${id}`);
  });

  it("without limits says that it can spend nothing, and leads to its mandate", async () => {
    const made = await owner.browser.post(`${owner.base}/agents/new`, { ...NEW, preset: "none" });
    const page = await owner.browser.get(made.location ?? "");
    expect(page.text).toContain("It can spend nothing");
    expect(page.text).toContain(`${owner.base}/mandates/new?agent_id=${idIn(made.location)}`);
  });

  it.each([
    ["name", { name: "" }],
    ["name", { name: "x".repeat(LIMITS.nameChars + 1) }],
    ["name", { name: "a\u202eb" }],
    ["description", { description: "x".repeat(LIMITS.descriptionChars + 1) }],
    ["tags", { tags: "x".repeat(LIMITS.tagChars + 1) }],
    ["metadata", { metadata: `key = ${"x".repeat(LIMITS.metadataValueChars + 1)}` }],
    ["metadata", { metadata: "= value without a name" }],
    ["spend_calls_per_minute", { spend_calls_per_minute: "many" }],
    ["spend_calls_per_minute", { spend_calls_per_minute: "0" }],
    ["currency", { currency: "ABC" }],
  ])("says what is wrong at %s, keeps what was typed and makes nothing", async (field, wrong) => {
    const before = (await api(organization.admin, "GET", "/agents?limit=100")).body.data.length;
    const page = await owner.browser.post(`${owner.base}/agents/new`, { ...NEW, description: "Kept text", ...wrong });
    expect(page.status).toBe(400);
    expect(errorAt(page.text, field)).toMatch(/^[A-Z].+\.$/);
    if (field !== "description") expect(page.text).toContain("Kept text");
    expect((await api(organization.admin, "GET", "/agents?limit=100")).body.data.length).toBe(before);
  });
});

describe("one agent", () => {
  it("shows limits, purchases, facts and how to connect, with a placeholder for the key", async () => {
    const { agent } = await newAgent(organization, { per_transaction_limit: 42 });
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      vendor: "api.example.com",
      amount: 7,
      currency: "USD",
      idempotency_key: "detail",
    });
    const page = await viewer.browser.get(`${viewer.base}/agents/${agent}`);
    expect(page.text).toContain("42.00");
    expect(page.text).toContain("api.example.com");
    expect(page.text).toContain("claude mcp add --transport http quetra https://localhost/YOUR_KEY/mcp");
    expect(page.text).not.toContain("sk_quetra_");
    expect(page.text).not.toMatch(/\/(edit|suspend|decommission)"/);
    expect(page.text).not.toContain("Three steps");
  });

  it("shows what others wrote as text", async () => {
    const { body } = await api(organization.admin, "POST", "/agents", {
      name: HOSTILE,
      description: HOSTILE,
      tags: [`<b>${"x".repeat(5)}`],
      metadata: { "<i>key": HOSTILE },
    });
    for (const path of [`/agents/${body.id}`, `/agents/${body.id}/edit`, "/agents"]) {
      const page = await owner.browser.get(`${owner.base}${path}`);
      expect(page.status).toBe(200);
      expect(page.text).toContain(ESCAPED);
      expect(page.text).not.toMatch(/<img|<b>|<i>/);
    }
  });

  it("is not found when it belongs to others", async () => {
    const foreign = await newOrganization();
    const { agent } = await newAgent(foreign);
    for (const path of ["", "/edit"]) {
      expect((await owner.browser.get(`${owner.base}/agents/${agent}${path}`)).status).toBe(404);
    }
    await owner.browser.get(`${owner.base}/agents`);
    for (const action of ["edit", "suspend", "resume", "decommission"]) {
      const page = await owner.browser.post(`${owner.base}/agents/${agent}/${action}`, { ...NEW, version: "1" });
      expect(page.status).toBe(404);
    }
    expect((await api(foreign.admin, "GET", `/agents/${agent}`)).body.status).toBe("active");
  });
});

describe("editing an agent", () => {
  it("saves every field; saving without a change keeps every value", async () => {
    const { body } = await api(organization.admin, "POST", "/agents", {
      name: "Before",
      tags: ["one", "two"],
      metadata: { a: "b=c", d: "" },
      spend_calls_per_minute: 7,
    });
    const form = await owner.browser.get(`${owner.base}/agents/${body.id}/edit`);
    const fieldValue = (name: string) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(form.text)?.[1] ?? "";
    const metadata = /<textarea[^>]*name="metadata"[^>]*>([^<]*)</.exec(form.text)?.[1] ?? "";
    const saved = await owner.browser.post(`${owner.base}/agents/${body.id}/edit`, {
      version: fieldValue("version"),
      name: "After",
      description: "",
      tags: fieldValue("tags"),
      metadata,
      spend_calls_per_minute: fieldValue("spend_calls_per_minute"),
    });
    expect(saved.status).toBe(303);
    expect(await agentOf(body.id)).toMatchObject({
      name: "After",
      tags: ["one", "two"],
      metadata: { a: "b=c", d: "" },
      spend_calls_per_minute: 7,
      version: 2,
    });
  });

  it("undoes nobody's change unseen: it shows what is there now, and saves after that only", async () => {
    const { body } = await api(organization.admin, "POST", "/agents", { name: "First" });
    await api(organization.admin, "PATCH", `/agents/${body.id}`, { name: "Theirs" });
    const mine = { ...NEW, name: "Mine", version: "1" };
    const page = await owner.browser.post(`${owner.base}/agents/${body.id}/edit`, mine);
    expect(page.status).toBe(412);
    expect(page.text).toContain("Somebody else was faster.");
    expect(page.text).toContain("Theirs");
    expect(page.text).toContain('name="version" value="2"');
    expect((await agentOf(body.id)).name).toBe("Theirs");
    const again = await owner.browser.post(`${owner.base}/agents/${body.id}/edit`, { ...mine, version: "2" });
    expect(again.status).toBe(303);
    expect((await agentOf(body.id)).name).toBe("Mine");
  });

  it("says what is wrong at its field", async () => {
    const { body } = await api(organization.admin, "POST", "/agents", { name: "Whole" });
    const page = await owner.browser.post(`${owner.base}/agents/${body.id}/edit`, { ...NEW, name: "", version: "1" });
    expect(page.status).toBe(400);
    expect(errorAt(page.text, "name")).toBe("Fill this in.");
  });

  it("compares versions over REST too, where one is sent", async () => {
    const { body } = await api(organization.admin, "POST", "/agents", { name: "Rest" });
    const change = (name: string, version: string) =>
      api(organization.admin, "PATCH", `/agents/${body.id}`, { name }, { "if-match": version });
    expect(await change("Second", '"1"')).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await change("Third", '"1"')).toMatchObject({
      status: 412,
      body: { code: "version_mismatch", version_now: 2 },
    });
    expect((await agentOf(body.id)).name).toBe("Second");
  });
});

describe("stopping an agent", () => {
  it("suspends it at once, with the reason on record, lets it go on, and retires it for good", async () => {
    const { agent } = await newAgent(organization);
    const change = (action: string) =>
      owner.browser.post(`${owner.base}/agents/${agent}/${action}`, { [`${action}_reason`]: `Because of ${action}` });
    const ask = async (key: string) =>
      tool(organization.spend, "quetra_can_spend", { agent_id: agent, vendor: key, amount: 1, currency: "USD" });
    expect((await change("suspend")).location).toContain("done=agent_suspended");
    expect((await ask("a.example")).outcome).toBe("rejected");
    expect((await change("resume")).location).toContain("done=agent_resumed");
    expect((await ask("a.example")).outcome).toBe("approved");
    const gone = await change("decommission");
    const page = await owner.browser.get(gone.location ?? "");
    expect(page.text).toContain("decommissioned for good");
    expect(page.text).not.toContain("Stop this agent");
    const events = (await api(organization.admin, "GET", "/audit/events?after_seq=0&limit=100")).body.data;
    expect(JSON.stringify(events)).toContain("Because of suspend");
  });

  it("says why nothing was changed", async () => {
    const { agent } = await newAgent(organization);
    await api(organization.admin, "POST", `/agents/${agent}/decommission`, {});
    const page = await owner.browser.post(`${owner.base}/agents/${agent}/resume`);
    expect(page.status).toBe(409);
    expect(page.text).toContain("Nothing was changed.");
    const long = await owner.browser.post(`${owner.base}/agents/${agent}/suspend`, {
      suspend_reason: "x".repeat(LIMITS.reasonChars + 1),
    });
    expect(long.status).toBe(400);
    expect(long.text).toContain(`At most ${LIMITS.reasonChars} characters.`);
  });
});
