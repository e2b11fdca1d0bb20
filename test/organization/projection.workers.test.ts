import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { api, newAgent, newOrganization, sql, type TestOrganization, tool } from "../support/service.ts";

async function follow(organization: TestOrganization): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await runDurableObjectAlarm(organization.stub);
    const [{ behind }] = (await sql<{ behind: number }>(
      organization,
      "SELECT (SELECT MAX(seq) FROM events) - (SELECT seq FROM cursors WHERE name = 'projection') AS behind",
    )) as [{ behind: number }];
    if (behind === 0) return;
  }
  throw new Error("D1 never caught up");
}

const rows = async <T>(query: string, ...values: unknown[]): Promise<T[]> =>
  (
    await env.DB.prepare(query)
      .bind(...values)
      .all<T>()
  ).results;

describe("the projection", () => {
  it("brings every event and the newest state of every transaction to D1", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { budgets: [{ period: "daily", limit: 10_000 }] });
    for (let index = 0; index < 150; index++) {
      const { transaction_id } = await tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 1,
        vendor: "shop.example",
        idempotency_key: `k${index}`,
      });
      if (index % 3 === 0) {
        await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: 1 });
      }
    }
    await follow(organization);
    const events = await sql(
      organization,
      "SELECT seq, id, type, at, subject, salt, body, digest, hash FROM events ORDER BY seq",
    );
    expect(
      await rows(
        "SELECT seq, id, type, at, subject, salt, body, digest, hash FROM events WHERE organization_id = ? ORDER BY seq",
        organization.id,
      ),
    ).toEqual(events);
    const columns = "id, agent_id, status, vendor, amount, currency, held, settled, updated_at";
    expect(
      await rows(`SELECT ${columns} FROM transactions WHERE organization_id = ? ORDER BY id`, organization.id),
    ).toEqual(await sql(organization, `SELECT ${columns} FROM transactions ORDER BY id`));
    expect(await rows("SELECT frozen, as_of_seq FROM organizations WHERE id = ?", organization.id)).toEqual([
      { frozen: 0, as_of_seq: events.length },
    ]);
  });

  it("repeats a batch without effect, and never lets an older one overwrite a newer", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const { transaction_id } = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "shop.example",
      idempotency_key: "k",
    });
    await follow(organization);
    await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: 1 });
    await follow(organization);
    const query = "SELECT * FROM transactions WHERE organization_id = ?";
    const before = await rows(query, organization.id);
    // A crash between batch and cursor: everything is sent again.
    await runInDurableObject(organization.stub, (_object, state) => {
      state.storage.sql.exec("UPDATE cursors SET seq = 0");
      void state.storage.setAlarm(Date.now());
    });
    await follow(organization);
    expect(await rows(query, organization.id)).toEqual(before);
  });

  it("keeps trying when D1 fails, and spending goes on meanwhile", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    await follow(organization);
    await runInDurableObject(organization.stub, (object) => {
      const broken = {
        ...env,
        DB: { prepare: env.DB.prepare.bind(env.DB), batch: () => Promise.reject(new Error("D1 is down")) },
      };
      Object.defineProperty(object, "env", { value: broken, configurable: true });
    });
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "shop.example",
      idempotency_key: "k",
    });
    await runDurableObjectAlarm(organization.stub);
    expect(await sql(organization, "SELECT failures FROM cursors WHERE name = 'projection'")).toEqual([
      { failures: 1 },
    ]);
    const armed = await runInDurableObject(organization.stub, (_object, state) => state.storage.getAlarm());
    expect(armed).not.toBeNull();
    await runInDurableObject(organization.stub, (object) => {
      Object.defineProperty(object, "env", { value: env, configurable: true });
    });
    // The back-off decides when to try again, however often the alarm comes before.
    await scheduler.wait(1_100);
    await follow(organization);
    expect(await sql(organization, "SELECT failures FROM cursors WHERE name = 'projection'")).toEqual([
      { failures: 0 },
    ]);
  });

  it("takes one batch a turn, so that traffic that never pauses keeps nothing else of the alarm waiting", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { budgets: [{ period: "total", limit: 1_000 }] });
    await follow(organization);
    let batches = 0;
    const buy = (key: string) =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 1,
        vendor: "a.com",
        idempotency_key: key,
      });
    await runInDurableObject(organization.stub, (object) => {
      const batch = async (statements: D1PreparedStatement[]) => {
        batches += 1;
        // Somebody buys while D1 writes.
        await buy(`during-${batches}`);
        return env.DB.batch(statements);
      };
      const busy = { ...env, DB: { prepare: env.DB.prepare.bind(env.DB), batch } };
      Object.defineProperty(object, "env", { value: busy, configurable: true });
    });
    await buy("first");
    await runDurableObjectAlarm(organization.stub);
    expect(batches).toBe(1);
    await runInDurableObject(organization.stub, (object) => {
      Object.defineProperty(object, "env", { value: env, configurable: true });
    });
    await follow(organization);
  });

  it("splits a batch that would be too large for one parameter", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const vendors = Array.from({ length: 200 }, (_, index) => `${"v".repeat(55)}${index}.${"w".repeat(50)}.example`);
    const body = {
      agent_id: agent,
      name: "Large",
      currency: "USD",
      per_transaction_limit: 1,
      budgets: [{ period: "daily", limit: 1 }],
      rules: [{ type: "vendor_allowlist", vendors }],
    };
    for (let index = 0; index < 30; index++) {
      expect((await api(organization.admin, "POST", "/mandates", body)).status).toBe(201);
    }
    await follow(organization);
    const [{ n }] = (await rows<{ n: number }>(
      "SELECT COUNT(*) AS n FROM events WHERE organization_id = ?",
      organization.id,
    )) as [{ n: number }];
    expect([{ n }]).toEqual(await sql(organization, "SELECT COUNT(*) AS n FROM events"));
  });

  it("tells the operator which signing secret keys still need", async () => {
    const organization = await newOrganization();
    await follow(organization);
    const [{ signing_secrets }] = (await rows<{ signing_secrets: string }>(
      "SELECT signing_secrets FROM organizations WHERE id = ?",
      organization.id,
    )) as [{ signing_secrets: string }];
    expect(JSON.parse(signing_secrets)).toEqual({ t1: 4 });
    expect((await api(organization.admin, "GET", "/keys")).body.data).toHaveLength(4);
  });
});
