import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { purchase, terms } from "../support/samples.ts";
import {
  type Answer,
  api,
  newAgent,
  newOrganization,
  selfCheck,
  sql,
  type TestOrganization,
  tool,
} from "../support/service.ts";

/** Limits on how many there can be, at N and N + 1. The rows before the last are written by SQL inside the object. */

const list = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, index) => item(index));

describe("numbers of things", () => {
  let full: TestOrganization;
  const rows = (query: string, count: number) =>
    sql(full, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) ${query}`);
  const count = async (table: string, where = "1") =>
    (await sql<{ n: number }>(full, `SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`))[0]!.n;
  const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
    api(full.admin, "POST", path, body, headers);

  /** N − 1 exist; one more is made, the next is refused without a trace. */
  async function expectLast(make: () => Promise<Answer>, what: () => Promise<number>, limit: number) {
    expect(await what()).toBe(limit - 1);
    expect((await make()).status).toBeLessThan(300);
    expect(await make()).toMatchObject({ status: 409, body: { code: "limit_reached" } });
    expect(await what()).toBe(limit);
  }

  beforeAll(async () => {
    full = await newOrganization();
  });

  it("agents", async () => {
    await rows(
      `INSERT INTO agents (id, name, description, status, tags, metadata, spend_calls_per_minute, created_at, updated_at)
       SELECT 'agt_' || i, 'a', '', 'active', '[]', '{}', 60, 0, 0 FROM n`,
      LIMITS.agents - 1,
    );
    await expectLast(
      () => post("/agents", { name: "x", preset: "none" }),
      () => count("agents"),
      LIMITS.agents,
    );
  });

  it("mandatesPerAgent", async () => {
    await rows(
      "INSERT INTO mandates (id, agent_id, status, version, created_at, updated_at) SELECT 'mdt_' || i, 'agt_1', 'draft', 1, 0, 0 FROM n",
      LIMITS.mandatesPerAgent - 1,
    );
    await expectLast(
      () => post("/mandates", terms("agt_1")),
      () => count("mandates", "agent_id = 'agt_1'"),
      LIMITS.mandatesPerAgent,
    );
    expect((await post("/mandates", terms("agt_2"))).status).toBe(201);
  });

  it("versionsPerMandate", async () => {
    const { id, terms: stored } = (await post("/mandates", terms("agt_3"))).body;
    const last = LIMITS.versionsPerMandate;
    await sql(full, "UPDATE mandate_versions SET version = ? WHERE mandate_id = ?", last - 1, id);
    await sql(full, "UPDATE mandates SET version = ? WHERE id = ?", last - 1, id);
    const put = (version: number) => api(full.admin, "PUT", `/mandates/${id}`, stored, { "if-match": `"${version}"` });
    expect(await put(last - 1)).toMatchObject({ status: 200, body: { version: last } });
    expect(await put(last)).toMatchObject({ status: 409, body: { code: "limit_reached" } });
  });

  it("keys that are not revoked", async () => {
    const there = await count("keys", "revoked_at IS NULL");
    await rows(
      `INSERT INTO keys (id, secret_hash, role, name, last4, signing_secret_id, created_at)
       SELECT 'key_' || i, '', 'read', 'k', '0000', 't1', 0 FROM n`,
      LIMITS.keys - 1 - there,
    );
    await expectLast(
      () => post("/keys", { name: "x", role: "read" }),
      () => count("keys", "revoked_at IS NULL"),
      LIMITS.keys,
    );
    // A rotation takes the place of the key that it replaces, so a full organization can still rotate; a revoked one makes room.
    expect((await post("/keys/key_1/rotate", {})).status).toBe(201);
    expect((await post("/keys", { name: "x", role: "read" })).body.code).toBe("limit_reached");
    await post("/keys/key_1/revoke", {});
    await post("/keys/key_3/revoke", {});
    expect((await post("/keys", { name: "x", role: "read" })).status).toBe(201);
  });

  it("agents of a key", async () => {
    await post("/keys/key_2/revoke", {});
    const make = (n: number) =>
      post("/keys", { name: "x", role: "spend", agents: list(n, (index) => `agt_${(index % 900) + 1}`) });
    expect((await make(LIMITS.agents)).status).toBe(201);
    expect((await make(LIMITS.agents + 1)).status).toBe(400);
  });

  it("walletsPerOrganization", async () => {
    await rows(
      `INSERT INTO wallets (id, network, address, sealed_key, source, active, created_at)
       SELECT 'wal_' || i, 'eip155:84532', '0x' || i, 'v1.s1.x', 'created', 0, 0 FROM n`,
      LIMITS.walletsPerOrganization - 1,
    );
    await expectLast(
      () => post("/integrations/x402/wallets", { source: "create" }),
      () => count("wallets"),
      LIMITS.walletsPerOrganization,
    );
  });

  it("signingKeys", async () => {
    await runDurableObjectAlarm(full.stub);
    const there = await count("signing_keys");
    await rows(
      `INSERT INTO signing_keys (kid, public_jwk, sealed_key, active, created_at, retired_at)
       SELECT printf('%043d', i), '{}', 'v1.s1.x', 0, 0, 0 FROM n`,
      LIMITS.signingKeys - 1 - there,
    );
    await expectLast(
      () => post("/audit/keys/rotate"),
      () => count("signing_keys"),
      LIMITS.signingKeys,
    );
  });

  it("organizationBudgets", async () => {
    const put = (n: number, version: number) =>
      api(
        full.admin,
        "PUT",
        "/organization/budgets",
        { budgets: list(n, () => ({ currency: "USD", period: "daily", limit: 1 })) },
        { "if-match": `"${version}"` },
      );
    const { version } = (await api(full.admin, "GET", "/organization")).body;
    expect((await put(LIMITS.organizationBudgets, version)).body.budgets).toHaveLength(LIMITS.organizationBudgets);
    expect((await put(LIMITS.organizationBudgets + 1, version + 1)).status).toBe(400);
  });

  it("exportRows and listDefault: what comes out is cut there", async () => {
    await rows(
      `INSERT INTO transactions (id, agent_id, fingerprint, status, vendor, amount, currency, protocol, held, key_id, created_at, updated_at)
       SELECT 'txn_' || i, 'agt_1', '', 'rejected', 'v', 1, 'USD', 'external', 0, 'key_1', i, i FROM n`,
      LIMITS.exportRows + 1,
    );
    const { body } = await api(full.read, "GET", "/transactions.csv");
    expect(body.trimEnd().split("\r\n")).toHaveLength(LIMITS.exportRows + 1);
    expect((await api(full.read, "GET", "/transactions")).body.data).toHaveLength(LIMITS.listDefault);
  });
});

describe("sums", () => {
  it("of claims far above their holds are all booked, or refused with a reason", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const held: string[] = [];
    for (let index = 0; index < 92; index++) {
      const args = purchase(agent, { amount: 0.01, idempotency_key: `k${index}` });
      held.push((await tool(organization.spend, "quetra_evaluate", args)).transaction_id);
    }
    const amount_charged = LIMITS.amountMicros / 1e6;
    for (const transaction_id of held) {
      const answer = await tool(organization.spend, "quetra_settle", {
        agent_id: agent,
        transaction_id,
        amount_charged,
      });
      expect(answer.error ?? "").not.toMatch(/^internal_error/);
    }
    expect(await selfCheck(organization)).toMatchObject({ ledger: { valid: true } });
  });
});
