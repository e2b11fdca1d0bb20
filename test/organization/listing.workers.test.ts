import { afterEach, describe, expect, it, vi } from "vitest";
import { SCAN_PER_PAGE } from "../../src/organization/listing.ts";
import { api, type Json, newAgent, newOrganization, sql, type TestOrganization, tool } from "../support/service.ts";

afterEach(() => vi.useRealTimers());
const START = Date.UTC(2026, 10, 1);
const HOUR = 3_600_000;

/** 30 purchases of two agents, one an hour. */
async function history() {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  const organization = await newOrganization();
  const agents = [(await newAgent(organization)).agent, (await newAgent(organization)).agent] as const;
  const ids: string[] = [];
  for (let index = 0; index < 30; index++) {
    vi.setSystemTime(START + index * HOUR);
    const answer = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agents[index % 2],
      amount: 1,
      vendor: index % 3 === 0 ? "a.example" : "b.example",
      idempotency_key: `k${index}`,
    });
    ids.push(answer.transaction_id);
  }
  return { organization, agents, ids };
}

async function walk(organization: TestOrganization, query: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "";
  for (let page = 0; page < 100; page++) {
    const { body } = await api(organization.read, "GET", `/transactions?${query}${cursor}`);
    ids.push(...body.data.map((row: Json) => row.id));
    if (body.next_cursor === null) return ids;
    cursor = `&cursor=${body.next_cursor}`;
  }
  throw new Error("the list never ended");
}

describe("transactions, listed", () => {
  it("come newest first, each once, whatever the page size and filters", async () => {
    const { organization, agents, ids } = await history();
    const newest = ids.toReversed();
    for (const limit of [1, 7, 30, 100]) {
      expect(await walk(organization, `limit=${limit}`)).toEqual(newest);
      expect(await walk(organization, `limit=${limit}&agent_id=${agents[1]}`)).toEqual(
        newest.filter((id) => ids.indexOf(id) % 2 === 1),
      );
      expect(await walk(organization, `limit=${limit}&vendor=https://A.example/x`)).toEqual(
        newest.filter((id) => ids.indexOf(id) % 3 === 0),
      );
    }
  });

  it("are bounded by time: since is in, until is out, with an agent and without", async () => {
    const { organization, agents, ids } = await history();
    const since = new Date(START + 10 * HOUR).toISOString();
    const until = new Date(START + 20 * HOUR).toISOString();
    const inside = ids.slice(10, 20).toReversed();
    expect(await walk(organization, `limit=3&since=${since}&until=${until}`)).toEqual(inside);
    expect(await walk(organization, `limit=3&since=${since}&until=${until}&agent_id=${agents[0]}`)).toEqual(
      inside.filter((id) => ids.indexOf(id) % 2 === 0),
    );
    expect(await walk(organization, `until=${new Date(START).toISOString()}`)).toEqual([]);
    expect(await walk(organization, `since=${new Date(START + 100 * HOUR).toISOString()}`)).toEqual([]);
  });

  it("refuse a cursor and an instant that they did not give out", async () => {
    const { organization } = await history();
    for (const query of ["cursor=c-1", "cursor=1", "since=yesterday", "until=2026-13-01"]) {
      expect((await api(organization.read, "GET", `/transactions?${query}`)).status).toBe(400);
    }
  });

  it("look at a bounded number of rows per page and go on from there", async () => {
    const { organization, ids } = await history();
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${SCAN_PER_PAGE + 10})
       INSERT INTO transactions (id, agent_id, fingerprint, status, vendor, amount, currency, protocol, held, settled,
         key_id, created_at, updated_at)
       SELECT 'txn_seed' || i, 'agt_other', 'f', 'completed', 'z.example', 1, 'USD', 'external', 0, 1, 'key', created_at, updated_at
       FROM n, (SELECT * FROM transactions ORDER BY seq DESC LIMIT 1)`,
    );
    const first = (await api(organization.read, "GET", "/transactions?status=authorized")).body;
    expect(first.data).toEqual([]);
    expect(first.next_cursor).not.toBeNull();
    expect(await walk(organization, "status=authorized")).toEqual(ids.toReversed());
  });

  it("export as CSV", async () => {
    const { organization } = await history();
    const { body, headers } = await api(organization.read, "GET", "/transactions.csv");
    expect(headers.get("content-type")).toContain("text/csv");
    const lines = (body as string).trimEnd().split("\r\n");
    expect(lines).toHaveLength(31);
    expect(lines[0]).toMatch(/^id,created_at,status,agent_id,vendor,amount,currency/);
  });
});
