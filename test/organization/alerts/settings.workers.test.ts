import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, eventTypes, newAgent, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { alerts, buy, settings, WIDE } from "./support.ts";

const put = (organization: TestOrganization, change: unknown, version = "1", key = organization.admin) =>
  api(key, "PUT", "/alerts/settings", { settings: change }, { "if-match": `"${version}"` });

describe("the settings", () => {
  it("are the defaults at first, whole and in major units", async () => {
    const organization = await newOrganization();
    const { body } = await api(organization.read, "GET", "/alerts/settings");
    expect(body).toMatchObject({ version: 1, updated_at: null });
    expect(body.settings.large_transaction).toEqual({
      enabled: true,
      cooldown_minutes: null,
      threshold: 500,
      thresholds: {},
    });
    expect(Object.keys(body.settings)).toHaveLength(11);
  });

  it("are replaced by an admin, on the version that the edit is based on, and logged in micros", async () => {
    const organization = await newOrganization();
    const change = { large_transaction: { threshold: 0.5 }, rate_spike: { enabled: false } };
    const made = await put(organization, change);
    expect(made).toMatchObject({ status: 200, body: { version: 2, settings: { rate_spike: { max_per_minute: 10 } } } });
    expect((await api(organization.read, "GET", "/alerts/settings")).body).toEqual(made.body);
    expect(await put(organization, {})).toMatchObject({
      status: 412,
      body: { code: "version_mismatch", version_now: 2 },
    });
    expect((await api(organization.admin, "PUT", "/alerts/settings", { settings: {} })).status).toBe(428);
    const [event] = await sql<{ subject: string; body: string }>(
      organization,
      "SELECT subject, body FROM events WHERE type = 'alerts.settings_changed'",
    );
    expect(event!.subject).toBe(organization.id);
    expect(JSON.parse(event!.body).data).toMatchObject({
      version: 2,
      settings: { large_transaction: { threshold: 500_000 } },
    });
    // What is left out goes back to its default.
    expect((await put(organization, {}, "2")).body.settings.rate_spike.enabled).toBe(true);
  });

  it.each([
    ["a kind that does not exist", { large_transactions: {} }],
    ["a field that does not exist", { new_vendor: { pause: true } }],
    ["a pause by a kind that is never critical", { large_transaction: { pause_mandate: true } }],
    ["a pause for what others used up", { budget_threshold: { pause_mandate: true } }],
    ["an amount of nothing", { large_transaction: { threshold: 0 } }],
    ["too many decimals", { large_transaction: { threshold: 0.0000001 } }],
    ["a currency that does not exist", { large_transaction: { thresholds: { XYZ: 1 } } }],
    ["a currency that is none", { large_transaction: { thresholds: { __proto__x: 1 } } }],
    ["a word for a number", { rate_spike: { max_per_minute: "10" } }],
    ["half a purchase", { rate_spike: { max_per_minute: 1.5 } }],
    ["a critical count below the count", { repeated_rejections: { count: 51 } }],
    ["no settings", null],
  ])("refuse %s and change nothing", async (_what, change) => {
    const organization = await newOrganization();
    const events = await eventTypes(organization);
    expect(await put(organization, change)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
    expect((await api(organization.read, "GET", "/alerts/settings")).body.version).toBe(1);
    expect(await eventTypes(organization)).toEqual(events);
  });

  it("belong to admins alone; a spend key sees neither them nor an alert", async () => {
    const organization = await newOrganization();
    for (const key of [organization.read, organization.approve, organization.spend]) {
      expect((await put(organization, {}, "1", key)).status).toBe(403);
    }
    for (const path of ["/alerts/settings", "/alerts"]) {
      expect((await api(organization.spend, "GET", path)).status).toBe(403);
      expect((await api(organization.approve, "GET", path)).status).toBe(403);
    }
  });
});

describe("each bound of the settings", () => {
  it.each([
    ["alertCountMax", (n: number) => ({ rate_spike: { max_per_minute: n } })],
    ["alertCountMax", (n: number) => ({ repeated_rejections: { critical_count: n } })],
    ["alertWindowMinutesMax", (n: number) => ({ repeated_rejections: { window_minutes: n } })],
    ["alertCooldownMinutesMax", (n: number) => ({ storage: { cooldown_minutes: n } })],
    ["alertUnknownMinutesMax", (n: number) => ({ unknown_outcome: { after_minutes: n } })],
    ["alertScoreMax", (n: number) => ({ unusual_amount: { score: n } })],
    ["alertSample", (n: number) => ({ unusual_amount: { minimum_sample: n } })],
  ] as const)("%s at N and N + 1", async (name, change) => {
    const organization = await newOrganization();
    expect((await put(organization, change(LIMITS[name] + 1))).status).toBe(400);
    expect((await put(organization, change(LIMITS[name]))).status).toBe(200);
  });
});

describe("alerts for people", () => {
  it("are acknowledged once, by an admin, with a note that is logged", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, WIDE);
    await buy(organization, agent, 600);
    const [alert] = await alerts(organization, "acknowledged=false&severity=warning");
    const path = `/alerts/${alert.id}/acknowledge`;
    expect((await api(organization.read, "POST", path, {})).status).toBe(403);
    const seen = await api(organization.admin, "POST", path, { note: "expected" });
    expect(seen).toMatchObject({
      status: 200,
      body: { note: "expected", acknowledged_by: expect.stringMatching(/^key:key_/) },
    });
    expect((await api(organization.admin, "POST", path, { note: "again" })).body).toEqual(seen.body);
    expect((await api(organization.read, "GET", `/alerts/${alert.id}`)).body).toEqual(seen.body);
    expect((await alerts(organization, "acknowledged=true")).map(({ id }) => id)).toEqual([alert.id]);
    expect((await alerts(organization, "acknowledged=false")).map(({ kind }) => kind)).toEqual(["new_vendor"]);
    expect((await eventTypes(organization)).filter((type) => type === "alert.acknowledged")).toHaveLength(1);
  });

  it("come in pages, newest first, by any filter", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, WIDE);
    for (let n = 0; n < 5; n++) await buy(organization, agent, 1, { vendor: `v${n}.example` });
    const all = await alerts(organization);
    const page = async (cursor: string) =>
      (await api(organization.read, "GET", `/alerts?limit=2&kind=new_vendor&agent_id=${agent}${cursor}`)).body;
    const first = await page("");
    const second = await page(`&cursor=${first.next_cursor}`);
    const third = await page(`&cursor=${second.next_cursor}`);
    expect([...first.data, ...second.data, ...third.data]).toEqual(all);
    expect(third.next_cursor).toBeNull();
    expect((await api(organization.read, "GET", "/alerts?kind=unknown")).status).toBe(400);
    expect((await api(organization.read, "GET", "/alerts?cursor=zzz")).status).toBe(400);
    expect(await alerts(organization, "severity=critical")).toEqual([]);
  });

  it("are unpaused by people only: an acknowledgement changes no mandate", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, WIDE);
    await settings(organization, { rate_spike: { max_per_minute: 1, pause_mandate: true } });
    await buy(organization, agent, 1);
    await buy(organization, agent, 1);
    const [alert] = await alerts(organization, "kind=rate_spike");
    await api(organization.admin, "POST", `/alerts/${alert.id}/acknowledge`, {});
    expect((await api(organization.read, "GET", `/mandates/${mandate}`)).body.status).toBe("paused");
  });
});
