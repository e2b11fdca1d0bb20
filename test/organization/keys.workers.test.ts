import { afterEach, describe, expect, it, vi } from "vitest";
import { api, eventTypes, newAgent, newOrganization, sql, stateOf, tool } from "../support/service.ts";

afterEach(() => vi.useRealTimers());
const HOUR = 3_600_000;

describe("keys", () => {
  it("are shown once and stored as a hash", async () => {
    const organization = await newOrganization();
    const { body } = await api(organization.admin, "POST", "/keys", { name: "CI", role: "read" });
    expect(body.key).toMatch(/^sk_quetra_test_[0-9A-Za-z]{81}$/);
    expect(body.last4).toBe(body.key.slice(-4));
    const listed = (await api(organization.admin, "GET", "/keys")).body.data;
    expect(listed.find((row: { id: string }) => row.id === body.id)).not.toHaveProperty("key");
    expect(await stateOf(organization)).not.toContain(body.key);
  });

  it("rotate with an overlap in which both work", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const [old] = await sql<{ id: string }>(organization, "SELECT id FROM keys WHERE role = 'read'");
    const rotated = await api(organization.admin, "POST", `/keys/${old?.id}/rotate`, { overlap_hours: 2.0000001 });
    expect(rotated.status).toBe(201);
    expect(rotated.body).toMatchObject({ role: "read", name: "read" });
    const works = async (key: string) => (await api(key, "GET", "/organization")).status;
    expect([await works(organization.read), await works(rotated.body.key)]).toEqual([200, 200]);
    vi.setSystemTime(Date.now() + 2 * HOUR + 1);
    expect([await works(organization.read), await works(rotated.body.key)]).toEqual([401, 200]);
    expect((await api(organization.admin, "POST", `/keys/${old?.id}/rotate`, {})).body.code).toBe("key_gone");
    expect((await eventTypes(organization)).slice(-2)).toEqual(["key.created", "key.rotated"]);
  });

  it("stop at once when revoked, on both paths", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const [spend] = await sql<{ id: string }>(organization, "SELECT id FROM keys WHERE role = 'spend'");
    const ask = () => tool(organization.spend, "quetra_check_budget", { agent_id: agent });
    expect((await ask()).can_spend).toBe(true);
    await api(organization.admin, "POST", `/keys/${spend?.id}/revoke`, { reason: "leaked" });
    expect(await ask()).toMatchObject({ status: 410 });
    expect(
      (await api(organization.spend, "POST", "/can-spend", { agent_id: agent, amount: 1, vendor: "a.com" })).status,
    ).toBe(401);
  });

  it("expire", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
    const organization = await newOrganization();
    const make = (expires_at: string) =>
      api(organization.admin, "POST", "/keys", { name: "k", role: "read", expires_at });
    expect((await make("2026-11-20T12:00:00Z")).status).toBe(400);
    const { key } = (await make("2026-11-20T12:00:01Z")).body;
    expect((await api(key, "GET", "/organization")).status).toBe(200);
    vi.setSystemTime(Date.now() + 1_000);
    expect((await api(key, "GET", "/organization")).status).toBe(401);
  });

  it("with an agent list see those agents only", async () => {
    const organization = await newOrganization();
    const mine = await newAgent(organization);
    const other = await newAgent(organization);
    const { key } = (
      await api(organization.admin, "POST", "/keys", { name: "one", role: "spend", agents: [mine.agent] })
    ).body;
    expect((await tool(key, "quetra_list_agents", {})).agents).toMatchObject([{ id: mine.agent }]);
    for (const role of ["read", "approve", "admin"]) {
      const refused = await api(organization.admin, "POST", "/keys", { name: "x", role, agents: [mine.agent] });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: "/agents" }] } });
    }
    const unknown = await tool(key, "quetra_check_budget", { agent_id: "agt_unknown" });
    expect(await tool(key, "quetra_check_budget", { agent_id: other.agent })).toEqual(unknown);
    expect(
      (await api(organization.admin, "POST", "/keys", { name: "x", role: "spend", agents: ["agt_nobody"] })).body,
    ).toMatchObject({
      errors: [{ pointer: "/agents/0" }],
    });
  });
});
