import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, eventTypes, selfCheck, stateOf, type TestOrganization } from "../../support/service.ts";
import { buy, follow, followAll, followed, NOON, shadowOf } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => vi.useRealTimers());

describe("promote", () => {
  const promote = (organization: TestOrganization, id: string, version = "1") =>
    api(organization.admin, "POST", `/mandates/${id}/promote`, undefined, { "if-match": version });

  it("takes the place of the mandate in force in one step, with what the period has used", async () => {
    const { organization, agent, mandate, id } = await followed();
    await buy(organization, agent, 40);
    const { status, body } = await promote(organization, id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, status: "active", budgets: [{ held: 40, remaining: 10 }] });
    expect((await api(organization.read, "GET", `/mandates/${mandate}`)).body).toMatchObject({
      status: "revoked",
      status_reason: `Replaced by ${id}.`,
    });
    expect(await buy(organization, agent, 11)).toMatchObject({ outcome: "rejected", max_amount_now: 10 });
    expect(await shadowOf(organization, id)).toMatchObject({ on: false });
    expect((await eventTypes(organization)).filter((type) => /revoked|activated|stopped/.test(type)).slice(-3)).toEqual(
      ["mandate.revoked", "mandate.activated", "mandate.shadow_stopped"],
    );
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });

  it("works without a mandate in force, and without a shadow", async () => {
    const { organization, mandate, id } = await followed();
    await follow(organization, id, false);
    await api(organization.admin, "POST", `/mandates/${mandate}/revoke`, {});
    expect((await promote(organization, id)).body.status).toBe("active");
    expect((await promote(organization, id)).body.code).toBe("wrong_status");
  });

  it.each([
    ["of another version", {}, "2", 412],
    ["of none", {}, "x", 412],
    ["that would be over already", { valid_until: "2026-11-18T12:00:00Z" }, "1", 400],
  ])("changes nothing for a draft %s", async (_name, more, version, status) => {
    const { organization, agent, id } = await followed(more);
    await followAll(organization);
    const before = await stateOf(organization);
    expect((await promote(organization, id, version)).status).toBe(status);
    expect(await stateOf(organization)).toBe(before);
    expect((await buy(organization, agent, 1)).outcome).toBe("approved");
  });
});

describe("roles", () => {
  it("only an administrator switches and promotes; a simulation is for who may read", async () => {
    const { organization, id } = await followed();
    const status = async (key: string, method: string, path: string, body?: object) =>
      (await api(key, method, `/mandates/${id}/${path}`, body, { "if-match": "9" })).status;
    const { admin, read, approve, spend } = organization;
    for (const key of [read, approve, spend]) {
      expect(await status(key, "POST", "shadow", { on: false })).toBe(403);
      expect(await status(key, "POST", "promote")).toBe(403);
    }
    expect(await status(admin, "POST", "promote")).toBe(412);
    for (const key of [approve, spend]) {
      expect(await status(key, "POST", "simulate", {})).toBe(403);
      expect(await status(key, "GET", "shadow")).toBe(403);
    }
    for (const key of [admin, read]) {
      expect(await status(key, "POST", "simulate", {})).toBe(200);
      expect(await status(key, "GET", "shadow")).toBe(200);
    }
  });
});
