import { describe, expect, it } from "vitest";
import { random } from "../support/random.ts";
import { api, type Json, newAgent, newOrganization, selfCheck, sql, tool } from "../support/service.ts";

const SPENDERS = 64;
const REQUESTS = 2_000;
const SEEDS = [1, 2, 3, 4, 5];
const LIMIT = 500;
const VENDOR_LIMIT = 200;
const ORGANIZATION_LIMIT = 900;

describe(`${SPENDERS} concurrent spenders, ${REQUESTS} mixed requests`, () => {
  it.each(SEEDS)(
    "authorize not one micro above any budget, and can use all of it (seed %i)",
    async (seed) => {
      const next = random(seed);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
      const organization = await newOrganization();
      const { version } = (await api(organization.admin, "GET", "/organization")).body;
      await api(
        organization.admin,
        "PUT",
        "/organization/budgets",
        { budgets: [{ currency: "USD", period: "monthly", limit: ORGANIZATION_LIMIT }] },
        { "if-match": String(version) },
      );
      const terms = {
        per_transaction_limit: 50,
        budgets: [
          { period: "monthly", limit: LIMIT },
          { period: "total", limit: LIMIT * 2 },
        ],
        rules: [
          { type: "vendor_budget", vendors: ["capped.example"], period: "monthly", limit: VENDOR_LIMIT },
          { type: "approval", above: 40 },
        ],
      };
      const agents = [(await newAgent(organization, terms)).agent, (await newAgent(organization, terms)).agent];
      const open: { agent: string; id: string; amount: number }[] = [];
      const waiting: string[] = [];
      let sent = 0;

      const evaluate = async () => {
        const agent = pick(agents);
        const amount = Math.ceil(next() * 49_999_999) / 1e6;
        const answer = await tool(organization.spend, "quetra_evaluate", {
          agent_id: agent,
          amount,
          vendor: pick(["capped.example", "a.example", "b.example"]),
          idempotency_key: `k${Math.floor(next() * REQUESTS)}`,
        });
        if (answer.outcome === "approved" && !answer.replayed) open.push({ agent, id: answer.transaction_id, amount });
        if (answer.outcome === "pending_approval") waiting.push(answer.transaction_id);
      };
      const settle = async () => {
        const [purchase] = open.splice(Math.floor(next() * open.length), 1);
        if (purchase === undefined) return evaluate();
        const amount_charged = next() < 0.5 ? purchase.amount : Math.floor(purchase.amount * next() * 1e6) / 1e6;
        await tool(organization.spend, "quetra_settle", {
          agent_id: purchase.agent,
          transaction_id: purchase.id,
          amount_charged,
        });
      };
      const cancel = async () => {
        const [purchase] = open.splice(Math.floor(next() * open.length), 1);
        if (purchase === undefined) return evaluate();
        await api(organization.admin, "POST", `/transactions/${purchase.id}/cancel`, {});
      };
      const decide = async () => {
        const id = waiting.pop();
        if (id === undefined) return evaluate();
        const { data } = (await api(organization.approve, "GET", "/approvals")).body;
        const approval = data.find((row: Json) => row.transaction_id === id);
        if (approval === undefined) return;
        await api(organization.approve, "POST", `/approvals/${approval.id}/decision`, {
          decision: next() < 0.7 ? "approve" : "deny",
        });
      };

      await Promise.all(
        Array.from({ length: SPENDERS }, async () => {
          while (sent < REQUESTS) {
            sent += 1;
            const dice = next();
            await (dice < 0.55 ? evaluate : dice < 0.75 ? settle : dice < 0.9 ? cancel : decide)();
          }
        }),
      );

      const check = await selfCheck(organization);
      expect(check.ledger).toEqual({ valid: true, problems: [] });
      expect(check.chain.valid).toBe(true);
      const used = (agent: string, clause = "") =>
        sql<{ used: number }>(
          organization,
          `SELECT COALESCE(SUM(held + settled - refunded), 0) AS used FROM transactions WHERE agent_id = ? ${clause}`,
          agent,
        ).then(([row]) => row?.used ?? 0);
      for (const agent of agents) {
        expect(await used(agent)).toBeLessThanOrEqual(LIMIT * 1e6);
        expect(await used(agent, "AND vendor = 'capped.example'")).toBeLessThanOrEqual(VENDOR_LIMIT * 1e6);
      }
      expect((await used(agents[0] as string)) + (await used(agents[1] as string))).toBeLessThanOrEqual(
        ORGANIZATION_LIMIT * 1e6,
      );

      // All of it is reachable, to the micro: agent 1 fills its own budget or what the organization has left, agent 2 the rest.
      const room = Math.min(LIMIT * 1e6, ORGANIZATION_LIMIT * 1e6 - (await used(agents[1] as string)));
      for (const agent of agents) {
        for (let turn = 0; ; turn++) {
          const ask = { agent_id: agent, vendor: "b.example", amount: 40 };
          const { max_amount_now: amount } = await tool(organization.spend, "quetra_can_spend", ask);
          if (amount === null) break;
          const answer = await tool(organization.spend, "quetra_evaluate", {
            ...ask,
            amount,
            idempotency_key: `fill${turn}`,
          });
          expect(answer.outcome).toBe("approved");
        }
      }
      const totals = [await used(agents[0] as string), await used(agents[1] as string)] as const;
      expect(totals[0]).toBe(room);
      expect(totals[0] + totals[1]).toBe(ORGANIZATION_LIMIT * 1e6);
      expect((await selfCheck(organization)).ledger.valid).toBe(true);
    },
    120_000,
  );
});
