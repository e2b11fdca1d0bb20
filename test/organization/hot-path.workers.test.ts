import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { COUNTER_BY_ID, COUNTER_BY_LABEL } from "../../src/organization/counters.ts";
import { AGENT_IN_FORCE, KNOWN_VENDOR, LAST_ENDED_MANDATE, PENDING_COUNT } from "../../src/organization/judge.ts";
import { KEY_BY_ID } from "../../src/organization/principal.ts";
import { NEWEST_SLOT, SLOT } from "../../src/organization/rates.ts";
import { CHARGE_BY_INTENT } from "../../src/organization/stripe/events.ts";
import { CHARGE_BY_TRANSACTION } from "../../src/organization/stripe/journal.ts";
import { ACTIVE_STRIPE_KEY } from "../../src/organization/stripe/keys.ts";
import { REFUNDS_OF_TRANSACTION } from "../../src/organization/stripe/refund-journal.ts";
import { DUE_TIMERS, NEXT_TIMER } from "../../src/organization/timers.ts";
import { RECENT_REJECTIONS, TRANSACTION_BY_ID, TRANSACTION_BY_KEY } from "../../src/organization/transactions.ts";
import { ACTIVE_WALLET } from "../../src/organization/wallets.ts";
import { PAYMENT_BY_TRANSACTION } from "../../src/organization/x402/journal.ts";
import { costOf } from "../support/cost.ts";
import { newAgent, newOrganization, sql, tool } from "../support/service.ts";

const HOT = {
  COUNTER_BY_ID,
  COUNTER_BY_LABEL,
  AGENT_IN_FORCE,
  KNOWN_VENDOR,
  LAST_ENDED_MANDATE,
  PENDING_COUNT,
  KEY_BY_ID,
  NEWEST_SLOT,
  SLOT,
  NEXT_TIMER,
  DUE_TIMERS,
  RECENT_REJECTIONS,
  TRANSACTION_BY_ID,
  TRANSACTION_BY_KEY,
  ACTIVE_WALLET,
  PAYMENT_BY_TRANSACTION,
  CHARGE_BY_TRANSACTION,
  CHARGE_BY_INTENT,
  ACTIVE_STRIPE_KEY,
  REFUNDS_OF_TRANSACTION,
  EVENT_HEAD: "SELECT seq, hash, at FROM events ORDER BY seq DESC LIMIT 1",
};

describe("every hot statement", () => {
  it.each(Object.entries(HOT))("%s uses an index and sorts nothing", async (_name, statement) => {
    const organization = await newOrganization();
    const parameters = Array.from({ length: statement.split("?").length - 1 }, () => "1");
    const plan = await sql<{ detail: string }>(organization, `EXPLAIN QUERY PLAN ${statement}`, ...parameters);
    for (const { detail } of plan) {
      expect(detail).toMatch(/^(SEARCH|SCAN events|SCAN timers)/);
      expect(detail).not.toContain("TEMP B-TREE");
    }
  });
});

describe("constant work", () => {
  it("one evaluate is one storage transaction, and costs the same rows with 10 and with 5,000 transactions", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, {
      budgets: [
        { period: "daily", limit: 90_000 },
        { period: "total", limit: 90_000 },
      ],
      rules: [{ type: "vendor_blocklist", vendors: ["bad.example"] }],
    });
    let count = 0;
    const buy = () =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 1,
        vendor: "shop.example",
        idempotency_key: `k${count++}`,
      });
    for (let turn = 0; turn < 10; turn++) await buy();
    const early = await costOf(organization, buy);
    await runInDurableObject(organization.stub, (_object, state) => {
      state.storage.sql.exec(`
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
        INSERT INTO transactions (id, agent_id, idempotency_key, fingerprint, status, vendor, amount, currency, protocol,
          held, settled, key_id, created_at, updated_at)
        SELECT 'txn_seed' || i, agent_id, 'seed' || i, fingerprint, 'completed', vendor, amount, currency, protocol,
          0, 1, key_id, created_at, updated_at FROM n, (SELECT * FROM transactions LIMIT 1)`);
    });
    const late = await costOf(organization, buy);
    expect(late).toEqual(early);
    expect(early.transactions).toBe(1);
    expect(early.read).toBeGreaterThan(0);
    expect(early.written).toBeGreaterThan(0);
  });
});
