import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { api, eventTypes, type Json, newAgent, ORIGIN, selfCheck, sql, tool } from "../support/service.ts";
import { newPayer } from "./payer.ts";
import { describeWithChain, newCase, world } from "./support.ts";

describeWithChain("many payments at once", () => {
  it("of which the budget allows 120: exactly 120 are paid on the chain", { timeout: 120_000 }, async () => {
    const payer = await newPayer({ per_transaction_limit: 1, budgets: [{ period: "daily", limit: 1.2 }] });
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => payer.pay(`${world.api}/weather?city=Ljubljana`)),
    );
    const outcomes = Map.groupBy(answers, (answer: Json) => answer.outcome as string);
    expect([...outcomes].map(([outcome, list]) => [outcome, list.length]).sort()).toEqual([
      ["paid", 120],
      ["rejected", 80],
    ]);
    for (const answer of outcomes.get("rejected") ?? []) {
      expect(answer.checks.map((check: Json) => check.code)).toContain("budget_exceeded");
    }
    expect(await payer.spent()).toBe(1_200_000);
    expect(await payer.ledger()).toEqual({ settled: 1_200_000, held: 0 });
    const hashes = new Set(answers.flatMap((answer: Json) => answer.payment?.settlement_hash ?? []));
    expect(hashes.size).toBe(120);
    expect((await selfCheck(payer.organization)).ledger).toEqual({ valid: true, problems: [] });
  });

  it("with one key are one payment", async () => {
    const payer = await newPayer();
    const one = newCase();
    const args = { idempotency_key: "the-same" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => payer.pay(one.url("honest"), args)));
    expect(new Set(answers.map((answer: Json) => answer.transaction_id)).size).toBe(1);
    expect((await one.log()).payments).toHaveLength(1);
    expect(await payer.spent()).toBe(10_000);
  });

  it("of two agents with an organization's budget between them stay below it", async () => {
    const payer = await newPayer();
    const { organization } = payer;
    const second = await newAgent(organization);
    const { version } = (await api(organization.admin, "GET", "/organization")).body;
    await api(
      organization.admin,
      "PUT",
      "/organization/budgets",
      { budgets: [{ currency: "USD", period: "daily", limit: 0.05 }] },
      { "if-match": `"${version}"` },
    );
    const one = newCase();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        tool(organization.spend, "quetra_fetch", {
          agent_id: n % 2 === 0 ? payer.agent : second.agent,
          url: one.url("honest"),
          idempotency_key: `k${n}`,
        }),
      ),
    );
    expect(answers.filter((answer) => answer.outcome === "paid")).toHaveLength(5);
    expect(await payer.spent()).toBe(50_000);
  });
});

describeWithChain("a paid request", () => {
  it("is exactly two requests to the seller, and one signature", async () => {
    const payer = await newPayer();
    const one = newCase();
    const answer = await payer.pay(one.url("honest"), { headers: { accept: "application/json" } });
    expect(answer.outcome).toBe("paid");
    const { requests } = await one.log();
    expect(requests.map(({ payment_headers }) => payment_headers)).toEqual([[], ["payment-signature"]]);
    expect(requests.every(({ headers }) => headers.accept === "application/json")).toBe(true);
    expect(requests.every(({ headers }) => headers["cache-control"] === "no-store")).toBe(true);
    const types = await eventTypes(payer.organization);
    expect(types.slice(-3)).toEqual(["transaction.approved", "transaction.executing", "transaction.completed"]);
  });

  it("carries its transaction as payment-identifier where that is offered", async () => {
    const payer = await newPayer();
    const one = newCase();
    const answer = await payer.pay(one.url("identified"));
    const [payment] = (await one.log()).payments;
    expect(payment?.whole).toMatchObject({
      extensions: { "payment-identifier": { info: { id: answer.transaction_id, required: false } } },
    });
  });

  it("asks and pays with the method and body of the call, in both versions", async () => {
    for (const version of [1, 2]) {
      const payer = await newPayer();
      const one = newCase();
      const answer = await payer.pay(one.url("honest", { version }), { method: "POST", body: '{"text":"žaba"}' });
      expect(answer.outcome).toBe("paid");
      const { requests } = await one.log();
      expect(requests.map(({ method, body }) => [method, body])).toEqual([
        ["POST", '{"text":"žaba"}'],
        ["POST", '{"text":"žaba"}'],
      ]);
    }
  });

  it("goes on when the caller hangs up, and a retry gets what was paid for", async () => {
    const payer = await newPayer();
    const one = newCase();
    const hangUp = new AbortController();
    const args = { idempotency_key: "k", url: one.url("slow", { ms: 800 }), agent_id: payer.agent };
    const call = exports.default.fetch(
      new Request(`${ORIGIN}/${payer.organization.spend}/mcp`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 1,
          method: "tools/call",
          params: { name: "quetra_fetch", arguments: args },
        }),
        signal: hangUp.signal,
      }),
    );
    while ((await one.log()).payments.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    hangUp.abort();
    await call.catch(() => {});
    let again: Json;
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      again = await payer.pay(args.url, { idempotency_key: "k" });
    } while (again.payment?.outcome === "unknown");
    expect(again).toMatchObject({ outcome: "paid", replayed: true, payment: { outcome: "paid" } });
    expect(again.content.text).toContain("sunny");
    expect((await one.log()).payments).toHaveLength(1);
  });

  it("of a frozen organization or a suspended agent sends nothing at all, paid or not", async () => {
    const payer = await newPayer();
    const { organization, agent } = payer;
    const one = newCase();
    await api(organization.admin, "POST", "/organization/freeze", {});
    expect((await payer.pay(one.url("honest"))).outcome).toBe("rejected");
    await api(organization.admin, "POST", "/organization/unfreeze", {});
    await api(organization.admin, "POST", `/agents/${agent}/suspend`, {});
    expect((await payer.pay(one.url("honest"))).outcome).toBe("rejected");
    expect((await one.log()).requests).toEqual([]);
    expect(await sql(organization, "SELECT * FROM x402_payments")).toEqual([]);
  });
});
