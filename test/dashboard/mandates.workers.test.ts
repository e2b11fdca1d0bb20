import { beforeAll, describe, expect, it } from "vitest";
import { rehearsalPage } from "../../src/dashboard/pages/mandates/rehearsal/handle.tsx";
import type { OrganizationVisit } from "../../src/dashboard/route.ts";
import {
  api,
  eventTypes,
  type Json,
  newAgent,
  newMandate,
  newOrganization,
  type TestOrganization,
  tool,
} from "../support/service.ts";
import { newMember } from "./support.ts";

type Member = Awaited<ReturnType<typeof newMember>>;
const HOSTILE = `<script>alert(1)</script>"'&`;
let organization: TestOrganization;
let foreign: TestOrganization;
let admin: Member;
let viewer: Member;
beforeAll(async () => {
  organization = await newOrganization({ timezone: "Europe/Ljubljana" });
  foreign = await newOrganization();
  admin = await newMember(organization, "admin");
  viewer = await newMember(organization, "viewer");
});

const read = async (id: string): Promise<Json> => (await api(organization.read, "GET", `/mandates/${id}`)).body;
const draft = async (agent: string, terms: Record<string, unknown> = {}): Promise<string> => {
  const body = {
    agent_id: agent,
    name: "Draft",
    currency: "USD",
    per_transaction_limit: 10,
    budgets: [{ period: "daily", limit: 50 }],
  };
  return (await api(organization.admin, "POST", "/mandates", { ...body, ...terms })).body.id as string;
};
const buy = (agent: string, amount: number, vendor = "example.com"): Promise<Json> =>
  tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    vendor,
    amount,
    currency: "USD",
    idempotency_key: crypto.randomUUID(),
  });
const see = (path: string, member = viewer) => member.browser.get(`${member.base}${path}`);
const act = (id: string, action: string, fields: Record<string, string> = {}) =>
  admin.browser.post(`${admin.base}/mandates/${id}/${action}`, fields);

describe("the list", () => {
  it("teaches what a mandate is where there are none, and says what comes first", async () => {
    const empty = await newOrganization();
    const owner = await newMember(empty, "owner");
    const page = await owner.browser.get(`${owner.base}/mandates`);
    expect(page.text).toContain("No mandates yet");
    expect(page.text).toContain(`href="${owner.base}/agents/new"`);
    const builder = await owner.browser.get(`${owner.base}/mandates/new`);
    expect(builder.text).toContain("First an agent");
  });

  it("shows each with its agent, state, version, limits and what is left", async () => {
    const { agent, mandate } = await newAgent(organization, {
      name: `List ${HOSTILE}`,
      rules: [{ type: "protocol", allow: ["external"] }],
    });
    await buy(agent, 30);
    await draft(agent, { name: "Beside" });
    const { text } = await see("/mandates");
    expect(text).toContain(`${viewer.base}/mandates/${mandate}`);
    for (const words of [
      "In force",
      "Draft",
      "Version 1",
      "At most 100.00 USD per purchase, 1 rule.",
      "List &lt;script&gt;",
    ]) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(/70\.00 <small>USD left of 100\.00/);
    expect(text).not.toContain("<script>alert");
  });

  it("filters by agent and state, and says when nothing is left", async () => {
    const { agent, mandate } = await newAgent(organization, { name: "Only this one" });
    const other = await newAgent(organization, { name: "Not this one" });
    const { text } = await see(`/mandates?agent=${agent}&status=active`);
    expect([text.includes(mandate), text.includes(other.mandate)]).toEqual([true, false]);
    expect((await see(`/mandates?agent=${agent}&status=revoked`)).text).toContain("None of these");
    // What is no state, and an agent that is not ours, filter nothing.
    expect((await see("/mandates?agent=agt_0000000000000000000000&status=odd")).text).toContain(other.mandate);
  });

  it("offers a new one to those only who may write it", async () => {
    const link = `${admin.base}/mandates/new`;
    expect((await see("/mandates", admin)).text).toContain(`href="${link}"`);
    expect((await see("/mandates")).text).not.toContain(`href="${link}"`);
    expect((await see("/mandates/new")).status).toBe(403);
  });
});

describe("one mandate", () => {
  it("is told in the policy's words, with everything for auditors", async () => {
    const { mandate } = await newAgent(organization, {
      description: `For ${HOSTILE}`,
      rules: [
        { type: "approval", above: 50, timeout_minutes: 120 },
        { type: "custom", expression: "amount < 5.0 && vendor != '<b>'", description: `Small ${HOSTILE}` },
      ],
    });
    const { summary, hash } = await read(mandate);
    const { text } = await see(`/mandates/${mandate}`);
    expect(text).toContain(summary[0]);
    for (const words of [
      "A human".toLowerCase(),
      "No answer within 2 hours counts as no.",
      hash,
      "&lt;b&gt;",
      "For &lt;script&gt;",
    ]) {
      expect(text).toContain(words);
    }
    expect(text).not.toContain("<script>alert");
    expect(text).toContain("&quot;per_transaction_limit&quot;: 100");
  });

  it("is nothing to others, whether it exists or not", async () => {
    const theirs = await newAgent(foreign);
    for (const path of ["", "/edit", "/versions", "/rehearse", "/rehearse?run=result"]) {
      const page = await see(`/mandates/${theirs.mandate}${path}`, admin);
      const unknown = await see(`/mandates/mdt_0000000000000000000000${path}`, admin);
      expect([path, page.status, unknown.status]).toEqual([path, 404, 404]);
    }
    for (const action of ["edit", "pause", "resume", "revoke", "activate", "promote", "shadow"]) {
      const before = await eventTypes(foreign);
      expect([action, (await act(theirs.mandate, action, { version: "1", on: "yes" })).status]).toEqual([action, 404]);
      expect(await eventTypes(foreign)).toEqual(before);
    }
    expect((await see(`/mandates/new?from=${theirs.mandate}`, admin)).status).toBe(404);
  });

  it("shows a viewer what it is, and nothing to press", async () => {
    const { agent, mandate } = await newAgent(organization);
    for (const id of [mandate, await draft(agent)]) {
      const { text } = await see(`/mandates/${id}`);
      expect(text).not.toMatch(/\/(edit|pause|revoke|activate|promote)"/);
      expect((await see(`/mandates/${id}/rehearse`)).text).not.toMatch(/\/(promote|shadow)"/);
    }
  });
});

describe("its state", () => {
  it("goes from draft to force, pause, force and end", async () => {
    const agent = (await api(organization.admin, "POST", "/agents", { name: "Steps", preset: "none" })).body.id;
    const id = await draft(agent);
    expect((await see(`/mandates/${id}`, admin)).text).toContain(`/mandates/${id}/activate"`);
    expect((await act(id, "activate")).location).toBe(`${admin.base}/mandates/${id}?done=mandate_active`);
    const why = `Looks odd ${HOSTILE}`;
    expect((await act(id, "pause", { reason: why })).location).toContain("done=mandate_paused");
    expect(await read(id)).toMatchObject({ status: "paused", status_reason: why });
    const paused = await see(`/mandates/${id}?done=mandate_paused`, admin);
    expect(paused.text).toContain("Looks odd &lt;script&gt;");
    expect(paused.text).toContain("The mandate is paused.");
    expect((await act(id, "resume")).location).toContain("done=mandate_resumed");
    expect((await act(id, "revoke", { reason: "" })).location).toContain("done=mandate_revoked");
    expect(await read(id)).toMatchObject({ status: "revoked", status_reason: null });
    const ended = (await see(`/mandates/${id}`, admin)).text;
    expect(ended).not.toMatch(/\/(edit|pause|revoke|resume)"/);
    expect(ended).toContain(`/mandates/new?from=${id}`);
  });

  it.each([
    ["resume", 409, "Only a mandate that is paused can be resumed; this one is active."],
    ["activate", 409, "Only a mandate that is draft can be activated; this one is active."],
    ["promote", 409, "Only a draft can be promoted; this mandate is active."],
    ["shadow", 409, "Only a draft can follow without effect; this mandate is active."],
  ])("is not changed by %s at the wrong time, and the page says why", async (action, status, words) => {
    const { mandate } = await newAgent(organization);
    const page = await act(mandate, action, { version: "1", on: "yes" });
    expect([page.status, page.text.includes(words)]).toEqual([status, true]);
    expect(await read(mandate)).toMatchObject({ status: "active", version: 1 });
  });

  it("is not changed where a reason is too long", async () => {
    const { mandate } = await newAgent(organization);
    const page = await act(mandate, "pause", { reason: "x".repeat(501) });
    expect([page.status, (await read(mandate)).status]).toEqual([400, "active"]);
  });

  it("passes to a draft that takes the place, by its version", async () => {
    const { agent, mandate } = await newAgent(organization);
    const id = await draft(agent);
    const page = await see(`/mandates/${id}/rehearse`, admin);
    expect(page.text).toContain(`/mandates/${id}/promote"`);
    expect(page.text).toContain(`href="${admin.base}/mandates/${mandate}"`);
    const stale = await act(id, "promote", { version: "7" });
    expect([stale.status, stale.text.includes("The draft was changed meanwhile.")]).toEqual([412, true]);
    expect((await act(id, "promote", { version: "1" })).location).toBe(
      `${admin.base}/mandates/${id}?done=mandate_promoted`,
    );
    expect([(await read(mandate)).status, (await read(id)).status]).toEqual(["revoked", "active"]);
  });
});

describe("versions", () => {
  it("are compared, any two of them, with who saved them", async () => {
    const agent = (await api(organization.admin, "POST", "/agents", { name: "Versions", preset: "none" })).body.id;
    const id = await newMandate(organization, agent, { rules: [{ type: "geo", deny: ["US"] }] });
    const { terms } = await read(id);
    const save = (version: number, change: object) =>
      api(organization.admin, "PUT", `/mandates/${id}`, { ...terms, ...change }, { "if-match": `"${version}"` });
    await save(1, { per_transaction_limit: 50, description: HOSTILE });
    await save(2, { per_transaction_limit: 50, rules: [] });
    const newest = (await see(`/mandates/${id}/versions`)).text;
    expect(newest).toContain("2 differences between version 2 and version 3.");
    expect(newest).toContain("no calls from US");
    expect(newest).not.toContain("<script>alert");
    const all = (await see(`/mandates/${id}/versions?from=1&to=3`)).text;
    for (const words of ["100.00 USD", "50.00 USD", "2 differences"]) expect(all).toContain(words);
    expect((await see(`/mandates/${id}/versions?from=2&to=2`)).text).toContain("Versions 2 and 2 say the same.");
    // What is no version is the nearest, or the newest.
    expect((await see(`/mandates/${id}/versions?from=0&to=99`)).text).toContain("between version 1 and version 3");
    expect((await see(`/mandates/${id}/versions?from=x&to=y`)).text).toContain("between version 2 and version 3");
    const first = (await api(organization.read, "GET", `/mandates/${id}/versions`)).body.data.at(-1);
    expect(all).toContain(first.hash);
  });
});

/** What was decided about mandates and purchases: alerts are raised whenever the alarm comes round. */
const decided = async (): Promise<string[]> =>
  (await eventTypes(organization)).filter((type) => /^(mandate|transaction|approval)\./.test(type));

describe("a rehearsal", () => {
  let agent: string;
  let mandate: string;
  let stricter: string;
  beforeAll(async () => {
    ({ agent, mandate } = await newAgent(organization, { budgets: [{ period: "daily", limit: 1000 }] }));
    await buy(agent, 20);
    await buy(agent, 5, HOSTILE);
    await buy(agent, 500);
    stricter = await draft(agent, { rules: [{ type: "approval", above: 4 }] });
  });

  it("is asked for first", async () => {
    const page = await see(`/mandates/${stricter}/rehearse`);
    expect([page.status, page.headers.get("refresh")]).toEqual([200, null]);
    expect(page.text).toContain("On which purchases?");
  });

  it("answers at once that it is under way, and leads on to the result", async () => {
    const page = await see(`/mandates/${stricter}/rehearse?run=start&since=2026-01-01&done=mandate_drafted_beside`);
    expect(page.text).toContain("Rehearsing…");
    const next = /^0; url=(.*)$/.exec(page.headers.get("refresh") ?? "")?.[1];
    expect(next).toBe(
      `${viewer.base}/mandates/${stricter}/rehearse?run=result&since=2026-01-01&assume=approved&done=mandate_drafted_beside`,
    );
    const result = await viewer.browser.get(next!);
    expect(result.headers.get("refresh")).toBeNull();
    expect(result.text).toContain("What would have happened");
    expect(result.text).toContain("The draft is saved.");
  });

  it("shows figures, a picture, what differs and why, and changes nothing", async () => {
    const before = await decided();
    const { text } = await see(`/mandates/${stricter}/rehearse?run=result`);
    expect(text).toContain("Of 3 purchases, 2 would have gone otherwise.");
    expect(text).toContain("1 purchase more would have been stopped, worth 20.00 USD.");
    expect(text).toContain("A person would have been asked 1 time more.");
    expect(text.match(/<rect class="picture-bar [a-z]+ (actual|rehearsed)"/g)).toHaveLength(8);
    expect(text).toMatch(new RegExp(`href="${viewer.base}/transactions/txn_[0-9A-Za-z]+"`));
    expect(text).toContain("a human must approve purchases above 4.00 USD");
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toContain("<script>alert");
    expect(await decided()).toEqual(before);
  });

  it("takes a person to deny where that is asked, and a stretch", async () => {
    const denied = await see(`/mandates/${stricter}/rehearse?run=result&assume=denied`);
    expect(denied.text).toContain('<option value="denied" selected');
    const past = await see(`/mandates/${stricter}/rehearse?run=result&since=2020-01-01&until=2020-01-31`);
    expect(past.text).toContain("Nothing to rehearse on");
  });

  it.each([
    ["since=soon", 400],
    ["since=2020-02-01&until=2020-01-01", 400],
    ["version=9", 404],
    ["version=x", 400],
  ])("says what is wrong with %s", async (query, status) => {
    const page = await see(`/mandates/${stricter}/rehearse?run=result&${query}`);
    expect([page.status, page.text.includes("That did not work.")]).toEqual([status, true]);
  });

  it("of a mandate in force comes out as recorded", async () => {
    const { text } = await see(`/mandates/${mandate}/rehearse?run=result`);
    expect(text).toContain("All 3 decisions come out as they were recorded.");
  });

  it("waits for its turn, and at last says who is at it", async () => {
    const visit = await fakeVisit(429);
    const waiting = await rehearsalPage(visit("?run=result"));
    expect([waiting.status, waiting.headers.get("refresh")]).toEqual([
      200,
      expect.stringMatching(/^3; url=.*run=result&turn=1&/),
    ]);
    expect(await waiting.text()).toContain("Waiting for its turn…");
    const given = await rehearsalPage(visit("?run=result&turn=10"));
    expect([given.status, given.headers.get("refresh")]).toEqual([429, null]);
    expect(await given.text()).toContain("Busy.");
  });

  /** The page itself, with a simulation that is refused. */
  async function fakeVisit(status: number): Promise<(query: string) => OrganizationVisit> {
    const shadow = (await api(organization.read, "GET", `/mandates/${stricter}/shadow`)).body;
    const bodies: Record<string, unknown> = {
      getMandate: await read(stricter),
      getShadow: shadow,
      getAgent: { mandate_id: null },
    };
    return (query) =>
      ({
        url: new URL(`https://quetra.test/dashboard/org/mandates/m/rehearse${query}`),
        request: new Request("https://quetra.test/"),
        params: { mandate_id: stricter },
        now: Date.now(),
        base: "/dashboard/org",
        nonce: "n",
        csrf: "c",
        signedIn: { session_id: "s", person: { name: "Ana", email: "a@b.c" } },
        organization: { organization_name: "O", mode: "test", timezone: "UTC", role: "admin", frozen: false },
        api: {
          get: async (id: string) => bodies[id],
          call: async () => ({ ok: false, status, code: "busy", detail: "Busy.", errors: [], problem: {} }),
        },
      }) as unknown as OrganizationVisit;
  }

  it("goes on with a shadow, which is switched on and off", async () => {
    expect((await act(stricter, "shadow", { on: "yes" })).location).toContain("done=mandate_shadow_on");
    const on = await see(`/mandates/${stricter}/rehearse`, admin);
    expect(on.text).toContain("Following");
    expect(on.text).toContain("Nothing was bought since then");
    expect((await act(stricter, "shadow", { on: "no" })).location).toContain("done=mandate_shadow_off");
    expect((await api(organization.read, "GET", `/mandates/${stricter}/shadow`)).body.on).toBe(false);
  });
});
