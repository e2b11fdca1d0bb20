import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { lastDays, readStatistics } from "../../../../src/dashboard/pages/overview/statistics.ts";
import { follow } from "../../../organization/alerts/support.ts";
import { newAgent, newOrganization, tool } from "../../../support/service.ts";

const ZONE = "Europe/Ljubljana";
/** Half past one in the night of 25 October 2026 in Ljubljana: the clock goes back at three. */
const NOW = Date.parse("2026-10-24T23:30:00Z");

interface Row {
  readonly at: string;
  readonly agent?: string;
  readonly currency?: string;
  readonly status?: string;
  readonly settled?: number;
  readonly refunded?: number;
  readonly held?: number;
  readonly repeats?: number;
}

let made = 0;

async function organizationWith(rows: readonly Row[]): Promise<string> {
  made += 1;
  const id = `org_statistics_${made}`;
  const insert = env.DB.prepare(
    `INSERT INTO transactions (organization_id, id, event_seq, agent_id, status, vendor, amount, currency, protocol, held,
      settled, refunded, overdraft, presumed, late, simulated, repeat_count, created_at, updated_at)
     VALUES (?, ?, 1, ?, ?, 'shop.example', 1, ?, 'external', ?, ?, ?, 0, 0, 0, 0, ?, ?, 0)`,
  );
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO organizations (id, name, mode, region, timezone, created_at, as_of_seq) VALUES (?, 'x', 'test', 'default', ?, 0, 7)",
    ).bind(id, ZONE),
    env.DB.prepare(
      "INSERT INTO events (organization_id, seq, id, type, at, digest, hash) VALUES (?, 7, 'evt_7', 'x', 1234, '', '')",
    ).bind(id),
    ...rows.map(
      (
        {
          at,
          agent = "agt_a",
          currency = "USD",
          status = "completed",
          settled = 0,
          refunded = 0,
          held = 0,
          repeats = 1,
        },
        n,
      ) => insert.bind(id, `txn_${n}`, agent, status, currency, held, settled, refunded, repeats, Date.parse(at)),
    ),
  ]);
  return id;
}

const read = (id: string) => readStatistics(env.DB, id, ZONE, NOW);

describe("the last 30 days", () => {
  it("are those of the zone's calendar, also where one has 25 hours", () => {
    const days = lastDays(ZONE, Date.parse("2026-10-26T12:00:00Z"));
    expect(days).toHaveLength(30);
    expect(days.slice(-3).map(({ label }) => label)).toEqual(["2026-10-24", "2026-10-25", "2026-10-26"]);
    const [, before, long, last] = days.slice(-4);
    expect((long!.start - before!.start) / 3_600_000).toBe(24);
    expect((last!.start - long!.start) / 3_600_000).toBe(25);
  });

  it("count a purchase on the local day on which it was asked for", async () => {
    const id = await organizationWith([
      { at: "2026-10-24T21:59:59.999Z", settled: 1 },
      { at: "2026-10-24T22:00:00Z", settled: 20 },
      { at: "2026-09-25T21:59:59.999Z", settled: 300 },
      { at: "2026-09-25T22:00:00Z", settled: 4_000 },
    ]);
    const { days, spending } = await read(id);
    expect(days.at(-1)).toBe("2026-10-25");
    expect(spending.map(({ day, amount }) => [days[day], amount])).toEqual([
      ["2026-09-26", 4_000],
      ["2026-10-24", 1],
      ["2026-10-25", 20],
    ]);
  });

  it("add what is settled less refunds and what is held, by agent and currency", async () => {
    const id = await organizationWith([
      { at: "2026-10-24T10:00:00Z", settled: 100, refunded: 30 },
      { at: "2026-10-24T11:00:00Z", held: 5, status: "authorized" },
      { at: "2026-10-24T12:00:00Z", agent: "agt_b", settled: 7 },
      { at: "2026-10-24T12:00:00Z", currency: "EUR", settled: 9 },
      { at: "2026-10-24T13:00:00Z", status: "rejected" },
    ]);
    const { spending, days } = await read(id);
    expect(spending).toEqual([
      { day: days.length - 2, agent_id: "agt_a", currency: "EUR", amount: 9 },
      { day: days.length - 2, agent_id: "agt_a", currency: "USD", amount: 75 },
      { day: days.length - 2, agent_id: "agt_b", currency: "USD", amount: 7 },
    ]);
  });
});

describe("totals", () => {
  it("spend by the calendar month, hold whatever is open, the largest currency first", async () => {
    const id = await organizationWith([
      { at: "2026-09-30T21:59:59Z", settled: 1_000 },
      { at: "2026-09-30T22:00:00Z", settled: 50, refunded: 8 },
      { at: "2025-01-01T00:00:00Z", held: 11, status: "unknown" },
      { at: "2026-10-20T00:00:00Z", currency: "EUR", settled: 60, held: 1 },
    ]);
    expect((await read(id)).totals).toEqual([
      { currency: "EUR", spent: 60, held: 1 },
      { currency: "USD", spent: 42, held: 11 },
    ]);
  });

  it("count every decision of today once, repeated rejections too", async () => {
    const at = "2026-10-24T22:30:00Z";
    const id = await organizationWith([
      { at, status: "completed" },
      { at, status: "authorized" },
      { at, status: "rejected", repeats: 12 },
      { at, status: "denied" },
      { at, status: "expired" },
      { at, status: "pending_approval" },
      { at: "2026-10-24T21:30:00Z", status: "rejected", repeats: 99 },
    ]);
    expect((await read(id)).today).toEqual({ approved: 2, refused: 14, waiting: 1 });
  });

  it("are of this organization alone, and say how far the log is counted", async () => {
    await organizationWith([{ at: "2026-10-24T22:30:00Z", settled: 5, held: 5 }]);
    const id = await organizationWith([]);
    const { totals, spending, today, as_of } = await read(id);
    expect([totals, spending, today]).toEqual([[], [], { approved: 0, refused: 0, waiting: 0 }]);
    expect(as_of).toEqual({ seq: 7, at: 1234 });
  });

  it("agree with what the ledger itself says", async () => {
    const organization = await newOrganization({ timezone: ZONE });
    const { agent } = await newAgent(organization);
    const ask = (amount: number, key: string) =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount,
        vendor: "shop.example",
        idempotency_key: key,
      });
    const { transaction_id } = await ask(10, "one");
    await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id, amount_charged: 10 });
    await ask(3, "two");
    await ask(500, "three");
    await follow(organization);
    const { totals, today } = await readStatistics(env.DB, organization.id, ZONE, Date.now());
    expect(totals).toEqual([{ currency: "USD", spent: 10_000_000, held: 3_000_000 }]);
    expect(today).toEqual({ approved: 2, refused: 1, waiting: 0 });
  });
});
