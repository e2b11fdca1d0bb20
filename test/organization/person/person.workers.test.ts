import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { LIMITS } from "../../../src/limits.ts";
import { Organization } from "../../../src/organization/organization.ts";
import { scene } from "../../support/approval-scene.ts";
import { callAs, person } from "../../support/person.ts";
import { api, newAgent, newOrganization, sql, type TestOrganization, tool } from "../../support/service.ts";

afterEach(() => vi.useRealTimers());

const newest = async (organization: TestOrganization) => {
  const [row] = await sql<{ type: string; body: string }>(
    organization,
    "SELECT type, body FROM events WHERE type NOT LIKE 'alert.%' ORDER BY seq DESC LIMIT 1",
  );
  return { type: row!.type, ...JSON.parse(row!.body) };
};

/** One completed purchase of 10, to be refunded. */
async function bought() {
  const organization = await newOrganization();
  const { agent } = await newAgent(organization);
  const purchase = { agent_id: agent, amount: 10, vendor: "shop.example", idempotency_key: "one" };
  const { transaction_id } = await tool(organization.spend, "quetra_evaluate", purchase);
  await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: 10 });
  return { organization, agent, params: { transaction_id } };
}

describe("what a person does", () => {
  it("is recorded in their name, without a key, and with the request", async () => {
    const at = await scene();
    const { organization } = at;
    const me = person("admin", { person_id: "Ana-1_x", request_id: "req_ana", country: "SI" });
    const made = await callAs(organization, me, "createAgent", { body: { name: "Clerk", preset: "standard" } });
    expect(made.status).toBe(201);
    const actor = { type: "person", id: "Ana-1_x" };
    expect(await newest(organization)).toMatchObject({ actor, key_id: null, request_id: "req_ana" });
    const mandate_id = made.body.mandate.id;
    const { body } = await callAs(organization, me, "listMandateVersions", { params: { mandate_id } });
    expect(body.data[0].created_by).toBe("person:Ana-1_x");

    const params = { approval_id: at.approval };
    const denied = await callAs(organization, me, "decideApproval", { params, body: { decision: "deny" } });
    expect(denied).toMatchObject({ status: 200, body: { status: "denied", decided_by: "person:Ana-1_x" } });
    expect(await newest(organization)).toMatchObject({ type: "transaction.denied", actor, key_id: null });
  });

  it("reaches the agent as a person's decision, without name, id or note", async () => {
    const at = await scene();
    const { organization, approval, purchase, agent } = at;
    const body = { decision: "deny", note: "Ana says no" };
    const me = person("approver", { person_id: "ana_novak" });
    await callAs(organization, me, "decideApproval", { params: { approval_id: approval }, body });
    const told = [
      await tool(organization.spend, "quetra_evaluate", purchase),
      await tool(organization.spend, "quetra_transactions", { agent_id: agent }),
      await tool(organization.spend, "quetra_transactions", { agent_id: agent, transaction_id: at.transaction }),
    ];
    expect(told[0].message).toContain("denied by a person");
    expect(JSON.stringify(told)).not.toMatch(/ana|person_id|person:/i);
  });

  it("verifies: chain and ledger know the new actor", async () => {
    const { organization, params } = await bought();
    const refund = { params, body: { amount: 4 }, idempotency_key: "r" };
    expect((await callAs(organization, person("owner"), "refundTransaction", refund)).status).toBe(200);
    const { body } = await callAs(organization, person("viewer"), "verifyAudit", { query: { limit: 10_000 } });
    expect(body).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
  });
});

describe("an Idempotency-Key of a person", () => {
  const refund = (params: object, amount: number, idempotency_key = "same") =>
    ({ params, body: { amount }, idempotency_key }) as { params: Record<string, string>; idempotency_key: string };

  it("answers the same person again, and refuses them another request", async () => {
    const { organization, params } = await bought();
    const me = person("owner");
    const first = await callAs(organization, me, "refundTransaction", refund(params, 2));
    const again = await callAs(organization, me, "refundTransaction", refund(params, 2));
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ "idempotent-replayed": "true" });
    const other = await callAs(organization, me, "refundTransaction", refund(params, 3));
    expect(other).toMatchObject({ status: 409, body: { code: "idempotency_conflict" } });
  });

  it("is theirs alone: neither another person nor a key meets it", async () => {
    const { organization, params } = await bought();
    const refunded = async (answer: Promise<{ status: number; body: { amount_refunded: number } }>) => {
      const { status, body } = await answer;
      return [status, body.amount_refunded];
    };
    const by = (id: string, amount: number) =>
      refunded(callAs(organization, person("admin", { person_id: id }), "refundTransaction", refund(params, amount)));
    expect(await by("ana", 1)).toEqual([200, 1]);
    expect(await by("eva", 2)).toEqual([200, 3]);
    const path = `/transactions/${params.transaction_id}/refund`;
    const byKey = (key: string) => api(organization.admin, "POST", path, { amount: 3 }, { "idempotency-key": key });
    expect(await refunded(byKey("same"))).toEqual([200, 6]);
    // What is stored for a person is no text that a header can hold.
    const stored = await sql<{ key: string }>(organization, "SELECT key FROM request_keys ORDER BY key");
    expect(stored.map(({ key }) => key)).toEqual(["ana same", "eva same", "same"]);
    expect((await byKey("ana same")).status).toBe(400);
  });
});

describe("a person who calls too often", () => {
  it("is answered requestsPerPersonPerMinute times, and not once more; others go on", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { organization, approval } = await scene();
    const visit = (id: string) => ({
      visitor: { by: "person" as const, caller: person("viewer", { person_id: id }) },
      approval_id: approval,
      decision: null,
    });
    const seen = await runInDurableObject(organization.stub, async (_instance, state) => {
      const real = new Organization(state, { ...env, TEST_THROTTLE_FACTOR: "1" } as unknown as Env);
      const ask = async (id: string) => (await real.api(person("viewer", { person_id: id }), LOOK)).status;
      const first: number[] = [];
      for (let n = 1; n < LIMITS.requestsPerPersonPerMinute; n++) first.push(await ask("ana"));
      return {
        first,
        last: [(await real.visit(visit("ana"))).state, await ask("ana"), (await real.visit(visit("ana"))).state],
        eva: [await ask("eva"), (await real.visit(visit("eva"))).state],
      };
    });
    expect(seen.first.every((status) => status === 200)).toBe(true);
    // A look at an approval counts like any other request.
    expect(seen.last).toEqual(["open", 429, "throttled"]);
    expect(seen.eva).toEqual([200, "open"]);
  });
});

const LOOK = { route: "getOrganization", params: {}, query: {}, body: null, if_match: null, idempotency_key: null };
