import { beforeAll, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../../src/limits.ts";
import { follow } from "../../../organization/alerts/support.ts";
import { api, newAgent, newOrganization, type TestOrganization, tool } from "../../../support/service.ts";
import { newMember } from "../../support.ts";

// The first sign-in of a worker loads everything that keeps accounts.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

type Member = Awaited<ReturnType<typeof newMember>>;

const HOSTILE = `</script><img src=x onerror=alert(1)>"'`;

const buy = (organization: TestOrganization, agent_id: string, amount: number, more: object = {}) =>
  tool(organization.spend, "quetra_evaluate", {
    agent_id,
    amount,
    vendor: "shop.example",
    idempotency_key: crypto.randomUUID(),
    ...more,
  });

/** The step that stands open, by its title. */
const nextStep = (text: string) => /<li class="next"[^>]*>.*?<strong>([^<]*)<\/strong>/s.exec(text)?.[1] ?? null;

describe("an organization that has nothing yet", () => {
  it("is led to the first purchase, and every step ticks itself off", async () => {
    const organization = await newOrganization();
    const { browser, base } = await newMember(organization, "owner");
    const next = async () => nextStep((await browser.get(base)).text);
    // Keys were made with it; the first open step comes first all the same.
    expect(await next()).toBe("Create an agent");
    const { id } = (await api(organization.admin, "POST", "/agents", { name: "Research", preset: "none" })).body;
    expect(await next()).toBe("Set its limits");
    const page = await browser.get(base);
    expect(page.text).toContain(`href="${base}/mandates/new?agent_id=${id}"`);
    const draft = { schema: 1, agent_id: id, name: "M", currency: "USD", timezone: "UTC", per_transaction_limit: 10 };
    const budgets = [{ period: "daily", limit: 10 }];
    const mandate = (await api(organization.admin, "POST", "/mandates", { ...draft, budgets, rules: [] })).body.id;
    await api(organization.admin, "POST", `/mandates/${mandate}/activate`);
    expect(await next()).toBe("Paste the URL into Claude, or any other MCP client");
    await buy(organization, id, 11);
    expect(await next()).toBe("See the first spend");
    await buy(organization, id, 1);
    const spent = await browser.get(base);
    expect(spent.text).not.toContain("Your first purchase");
    expect(spent.text).toContain("shop.example");
  });

  it("asks for a key where there is none that can spend", async () => {
    const organization = await newOrganization();
    await newAgent(organization);
    const { data } = (await api(organization.admin, "GET", "/keys")).body;
    const spend = data.find(({ role }: { role: string }) => role === "spend").id;
    await api(organization.admin, "POST", `/keys/${spend}/revoke`, {});
    const { browser, base } = await newMember(organization, "admin");
    expect(nextStep((await browser.get(base)).text)).toBe("Create a key");
  });

  it("shows a viewer what will be here, and nothing to press", async () => {
    const organization = await newOrganization();
    const { browser, base } = await newMember(organization, "viewer");
    const { text } = await browser.get(base);
    expect(text).toContain("Nothing has been spent yet");
    expect(text).not.toContain(`${base}/agents/new`);
    expect(text).not.toContain("/freeze");
  });
});

describe("the overview", () => {
  let organization: TestOrganization;
  let agent: string;
  let owner: Member;
  let viewer: Member;
  beforeAll(async () => {
    organization = await newOrganization();
    ({ agent } = await newAgent(organization, {
      name: HOSTILE,
      rules: [{ type: "approval", above: 20, timeout_minutes: 60 }],
    }));
    await api(organization.admin, "PATCH", `/agents/${agent}`, { name: HOSTILE });
    await buy(organization, agent, 12.5);
    await buy(organization, agent, 25, { vendor: HOSTILE, reason: HOSTILE });
    await follow(organization);
    owner = await newMember(organization, "owner");
    viewer = await newMember(organization, "viewer");
  });

  it("shows what waits, what is held, how full the budgets are, and what came last", async () => {
    const { text } = await owner.browser.get(owner.base);
    expect(text).toContain("One purchase waits for a decision");
    const held = /<dt>Held now<\/dt>.*?<span class="money">([^<]*)</s.exec(text)?.[1];
    expect(held?.trim()).toBe("37.50");
    expect(text).toContain("62.50 <small>USD left of 100.00</small>");
    expect(text).toMatch(/href="[^"]*\/transactions\/txn_/);
  });

  it("draws the spending from data that nobody's name can break out of", async () => {
    const { text } = await owner.browser.get(owner.base);
    const json = /<script type="application\/json">(.*?)<\/script>/s.exec(text)?.[1] ?? "";
    const { series, labels, unit } = JSON.parse(json);
    expect(unit).toBe("USD");
    expect(labels).toHaveLength(30);
    expect(series).toEqual([{ label: HOSTILE, values: [...new Array(29).fill(0), 37.5], total: 37.5 }]);
  });

  it("escapes what agents and people write", async () => {
    const { text } = await owner.browser.get(owner.base);
    expect(text).toContain("&lt;img src=x");
    expect(text).not.toContain("<img");
    expect(text.split("</script>").length - 1).toBe(text.split("<script").length - 1);
  });

  it("begins to follow where D1 stood, and follows parts that have an id", async () => {
    const { text } = await owner.browser.get(owner.base);
    const seq = /<meta name="pulse" content="([^"]+)" data-seq="(\d+)"/.exec(text);
    expect(seq?.[1]).toBe(`${owner.base}/pulse`);
    expect(JSON.parse((await owner.browser.get(`${owner.base}/pulse`)).text)).toEqual({ seq: Number(seq?.[2]) });
    const live = [...text.matchAll(/<[^>]*data-live[^>]*>/g)].map(([tag]) => tag);
    expect(live.length).toBeGreaterThan(6);
    for (const tag of live) expect(tag).toMatch(/ id="[a-z]+"/);
  });

  it("has no inline style or script", async () => {
    const { text } = await owner.browser.get(owner.base);
    expect(text).not.toMatch(/ style=|<style| on[a-z]+=(?!alert)/);
  });

  it("freezes and allows spending again, with a reason, and shows it unmistakably", async () => {
    const before = await owner.browser.get(owner.base);
    expect(before.text).toContain("Freeze all spending now");
    const frozen = await owner.browser.post(`${owner.base}/freeze`, { reason: "Something is odd" });
    expect([frozen.status, frozen.location]).toEqual([303, `${owner.base}?done=frozen`]);
    // At once, although D1 may not know it yet.
    const page = await owner.browser.get(owner.base);
    expect(page.text).toContain("All spending is frozen.");
    expect(page.text).toContain(`action="${owner.base}/unfreeze"`);
    expect((await buy(organization, agent, 1)).outcome).toBe("rejected");
    await owner.browser.post(`${owner.base}/unfreeze`);
    const after = await owner.browser.get(owner.base);
    expect(after.text).not.toContain("All spending is frozen.");
    expect((await buy(organization, agent, 1)).outcome).toBe("approved");
  });

  it.each(["freeze", "unfreeze"])("refuses to %s with a reason that is too long, at its field", async (what) => {
    const reason = "x".repeat(LIMITS.reasonChars + 1);
    const page = await owner.browser.post(`${owner.base}/${what}`, { reason });
    expect(page.status).toBe(400);
    expect(page.text).toMatch(/<p class="error" id="reason-error">[^<]+<\/p>/);
    expect(page.text).toContain(reason);
    expect((await api(organization.read, "GET", "/organization")).body.frozen).toBe(false);
  });

  it("offers a viewer no switch, and no decision", async () => {
    const { text } = await viewer.browser.get(viewer.base);
    expect(text).not.toContain("/freeze");
    expect(text).toContain("Owners, admins and approvers can decide.");
    expect(text).not.toContain("Look and decide");
  });

  it("shows light or dark where that was chosen, and nothing else that a cookie says", async () => {
    const { browser, base } = viewer;
    const themeWith = async (cookie: string) => {
      browser.take([cookie]);
      return /<html[^>]*data-theme="([^"]*)"/.exec((await browser.get(base)).text)?.[1];
    };
    expect(await themeWith("quetra_theme=dark")).toBe("dark");
    expect(await themeWith("quetra_theme=light")).toBe("light");
    expect(await themeWith("quetra_theme=x")).toBeUndefined();
  });
});
