import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { api, type Json, newOrganization, type TestOrganization } from "../support/service.ts";
import { errorAt, HOSTILE, noticeOf } from "./deployment.ts";
import { newMember } from "./support.ts";

type Member = Awaited<ReturnType<typeof newMember>>;

let organization: TestOrganization;
let owner: Member;
let viewer: Member;
beforeAll(async () => {
  organization = await newOrganization();
  owner = await newMember(organization, "owner");
  viewer = await newMember(organization, "viewer");
});

const stored = async (): Promise<Json> => (await api(organization.admin, "GET", "/organization")).body;
const hidden = (text: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? "";

describe("general settings", () => {
  it("are saved", async () => {
    const { browser, base } = owner;
    await browser.get(`${base}/settings`);
    const done = await browser.post(`${base}/settings`, { name: "Novak Robotics", timezone: "Europe/Ljubljana" });
    expect(done.location).toBe(`${base}/settings?done=organization_saved`);
    expect(noticeOf(await browser.get(done.location!))).toBe("The organization is saved.");
    expect(await stored()).toMatchObject({ name: "Novak Robotics", timezone: "Europe/Ljubljana" });
  });

  it("that are wrong come back with what was typed, escaped, and with the error at its field", async () => {
    const { browser, base } = owner;
    const before = await stored();
    const page = await browser.post(`${base}/settings`, { name: HOSTILE, timezone: `Nowhere/${HOSTILE}` });
    expect(page.status).toBe(400);
    expect(errorAt(page, "timezone")).toContain("IANA");
    expect(page.text).toContain("&lt;script&gt;");
    expect(page.text).not.toContain(HOSTILE);
    const empty = await browser.post(`${base}/settings`, { name: "", timezone: "UTC" });
    expect(errorAt(empty, "name")).toBe("Fill this in.");
    expect(await stored()).toEqual(before);
  });

  it("are facts for those who only look", async () => {
    const page = await viewer.browser.get(`${viewer.base}/settings`);
    expect(page.text).not.toContain('name="timezone"');
    expect(page.text).toContain(organization.id);
  });

  it("never hold a key of ours again that somebody typed into a field", async () => {
    const { browser, base } = owner;
    const page = await browser.post(`${base}/settings`, { name: organization.admin, timezone: "UTC" });
    expect(page.status).toBe(400);
    expect(errorAt(page, "name")).toContain("a key of Quetra");
    expect(page.text).not.toContain(organization.admin.slice(0, 40));
  });
});

describe("budgets of the organization", () => {
  const path = (): string => `${owner.base}/settings/budgets`;
  const row = (at: number, more: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(
      Object.entries({ id: "", currency: "USD", period: "monthly", limit: "100", ...more }).map(([name, value]) => [
        `budgets.${at}.${name}`,
        value,
      ]),
    );
  const version = async (): Promise<string> => hidden((await owner.browser.get(path())).text, "version");

  it("gain and lose rows without saving anything", async () => {
    const { browser } = owner;
    const before = await stored();
    const one = await browser.post(path(), { version: await version(), step: "add" });
    expect([one.status, one.text.includes('name="budgets.0.limit"')]).toEqual([200, true]);
    const two = await browser.post(path(), { version: "1", ...row(0), ...row(1, { limit: "7" }), step: "remove.0" });
    expect(two.text).toContain('name="budgets.0.limit" type="text" value="7"');
    expect(two.text).not.toContain('name="budgets.1.limit"');
    const all = Object.assign({}, ...Array.from({ length: LIMITS.organizationBudgets }, (_, at) => row(at)));
    const full = await browser.post(path(), { version: "1", ...all, step: "add" });
    expect(full.text).toContain(`name="budgets.${LIMITS.organizationBudgets - 1}.limit"`);
    expect(full.text).not.toContain(`name="budgets.${LIMITS.organizationBudgets}.limit"`);
    expect(full.text).not.toContain('value="add"');
    expect(await stored()).toEqual(before);
  });

  it("are saved, keep their id when they are edited, and go", async () => {
    const { browser } = owner;
    const rows = { ...row(0, { limit: "2500.50" }), ...row(1, { currency: "eur", period: "daily" }) };
    const done = await browser.post(path(), { version: await version(), ...rows });
    expect(done.location).toBe(`${path()}?done=budgets_saved`);
    const { budgets } = await stored();
    expect(budgets).toMatchObject([
      { currency: "USD", period: "monthly", limit: 2500.5 },
      { currency: "EUR", period: "daily", limit: 100 },
    ]);
    const [{ id }] = budgets;
    await browser.post(path(), { version: await version(), ...row(0, { id, limit: "3000" }) });
    expect((await stored()).budgets).toMatchObject([{ id, limit: 3000 }]);
    await browser.post(path(), { version: await version() });
    expect((await stored()).budgets).toEqual([]);
  });

  it("that are wrong say so in their own row", async () => {
    const { browser } = owner;
    const rows = { ...row(0), ...row(1, { limit: "lots", currency: HOSTILE }), ...row(2, { limit: "" }) };
    const page = await browser.post(path(), { version: await version(), ...rows });
    expect(page.status).toBe(400);
    expect(errorAt(page, "budgets.0.limit")).toBeNull();
    expect(errorAt(page, "budgets.1.limit")).toContain("Write a number");
    expect(errorAt(page, "budgets.1.currency")).toContain("ISO 4217");
    expect(errorAt(page, "budgets.2.limit")).toBe("Fill this in.");
    expect(page.text).not.toContain(HOSTILE);
    const unknown = await browser.post(path(), { version: await version(), ...row(0, { currency: "XXQ" }) });
    expect(errorAt(unknown, "budgets.0.currency")).toContain("ISO 4217");
    const gone = { ...row(0, { id: `bud_${"0".repeat(22)}` }) };
    expect(errorAt(await browser.post(path(), { version: await version(), ...gone }), "budgets.0.currency")).toBe(
      "No such budget.",
    );
  });

  it("that somebody else has changed meanwhile are shown, and can then be replaced", async () => {
    const { browser } = owner;
    const stale = await version();
    await browser.post(path(), { version: stale, ...row(0, { limit: "11" }) });
    const [{ id }] = (await stored()).budgets;
    await browser.post(path(), { version: await version() });
    const page = await browser.post(path(), { version: stale, ...row(0, { id, limit: "22" }) });
    expect([page.status, page.text.includes("Somebody else was faster.")]).toEqual([412, true]);
    expect((await stored()).budgets).toEqual([]);
    expect(hidden(page.text, "budgets.0.id")).toBe("");
    const again = await browser.post(path(), {
      version: hidden(page.text, "version"),
      ...row(0, { id: hidden(page.text, "budgets.0.id"), limit: "22" }),
    });
    expect(again.status).toBe(303);
    expect((await stored()).budgets).toMatchObject([{ limit: 22 }]);
  });

  it("are shown to everybody, and the form to those who may use it", async () => {
    const page = await viewer.browser.get(path());
    expect([page.status, page.text.includes('name="version"')]).toEqual([200, false]);
  });
});

describe("alert settings", () => {
  const path = (): string => `${owner.base}/settings/alerts`;
  const settings = async (): Promise<Json> => (await api(organization.admin, "GET", "/alerts/settings")).body.settings;
  /** Every field of the page as a browser would send it. */
  async function fields(): Promise<Record<string, string>> {
    const { text } = await owner.browser.get(path());
    const found: Record<string, string> = { "large_transaction.thresholds": "" };
    for (const [tag] of text.matchAll(/<input [^>]*name="(?:[a-z_]+\.[a-z_]+|version)"[^>]*>/g)) {
      const name = /name="([^"]+)"/.exec(tag)![1]!;
      if (!tag.includes('type="checkbox"') || /\schecked/.test(tag))
        found[name] = /value="([^"]*)"/.exec(tag)?.[1] ?? "";
    }
    return found;
  }

  it("are saved as they stand when nothing was touched", async () => {
    const before = await settings();
    const done = await owner.browser.post(path(), await fields());
    expect(done.location).toBe(`${path()}?done=alerts_saved`);
    expect(await settings()).toEqual(before);
  });

  it("change what was changed", async () => {
    const { "new_vendor.enabled": _off, ...rest } = await fields();
    const changed = { ...rest, "rate_spike.max_per_minute": "4", "rate_spike.pause_mandate": "on" };
    await owner.browser.post(path(), { ...changed, "large_transaction.thresholds": "EUR 400\r\nJPY 60000" });
    expect(await settings()).toMatchObject({
      new_vendor: { enabled: false },
      rate_spike: { max_per_minute: 4, pause_mandate: true },
      large_transaction: { thresholds: { EUR: 400, JPY: 60_000 } },
    });
  });

  it("that are wrong open their kind, and say so at the field", async () => {
    const before = await settings();
    const wrong = { "rate_spike.max_per_minute": "0", "large_transaction.thresholds": HOSTILE };
    const page = await owner.browser.post(path(), { ...(await fields()), ...wrong });
    expect(page.status).toBe(400);
    expect(errorAt(page, "rate_spike.max_per_minute")).toBe("At least 1.");
    expect(errorAt(page, "large_transaction.thresholds")).toContain("for example EUR 400");
    expect(page.text.match(/<details class="folded" open/g)).toHaveLength(2);
    expect(page.text).not.toContain(HOSTILE);
    expect(await settings()).toEqual(before);
  });

  it("that somebody else has changed meanwhile are compared, and can then be replaced", async () => {
    const mine = await fields();
    await owner.browser.post(path(), { ...mine, "unusual_amount.score": "9" });
    const page = await owner.browser.post(path(), { ...mine, "unusual_amount.score": "5" });
    expect([page.status, page.text.includes("Somebody else was faster.")]).toEqual([412, true]);
    expect(page.text).toContain("On · Score above 9");
    const version = hidden(page.text, "version");
    expect((await owner.browser.post(path(), { ...mine, "unusual_amount.score": "5", version })).status).toBe(303);
    expect((await settings()).unusual_amount.score).toBe(5);
  });

  it("are shown to everybody, switched off", async () => {
    const page = await viewer.browser.get(path());
    expect(page.text).toContain("More than 4 a minute");
    expect(page.text).not.toContain("Save the alerts");
    expect(page.text.match(/<fieldset[^>]*disabled/g)).toHaveLength(4);
  });
});
