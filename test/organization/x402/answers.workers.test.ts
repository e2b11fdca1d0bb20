import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { answered, delivered, fetchTool, useRails } from "../../support/fake-rails.ts";
import { newAgent, newOrganization, sql } from "../../support/service.ts";

async function setting() {
  const organization = await newOrganization();
  const { agent } = await newAgent(organization);
  const rails = await useRails(organization);
  const call = (idempotency_key: string, more = {}) => fetchTool(organization, agent, { idempotency_key, ...more });
  return { organization, agent, rails, call };
}

describe("limits of paid requests", () => {
  it("keptAnswerBytes: a larger answer is handed out once and not kept", async () => {
    const { rails, call } = await setting();
    for (const [bytes, kept] of [
      [LIMITS.keptAnswerBytes, true],
      [LIMITS.keptAnswerBytes + 1, false],
    ] as const) {
      rails.payment = () => ({ ...delivered(), answer: answered(200, "x".repeat(bytes)) });
      expect((await call(`k${bytes}`)).content.bytes).toBe(bytes);
      expect((await call(`k${bytes}`)).content?.bytes).toBe(kept ? bytes : undefined);
    }
  });

  it("keptAnswersPerAgent: beyond the number the agent's oldest one goes, and nobody else's", async () => {
    const { organization, agent, call } = await setting();
    const other = (await newAgent(organization)).agent;
    const theirs = () => fetchTool(organization, other, { idempotency_key: "theirs" });
    await theirs();
    await call("first");
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO x402_answers (transaction_id, agent_id, n, answer, expires_at)
       SELECT 'txn_' || i, ?, i, '{}', 0 FROM n`,
      LIMITS.keptAnswersPerAgent - 1,
      agent,
    );
    await call("the-last-that-fits");
    expect((await call("first")).content.text).toContain("sunny");
    await call("one-more");
    expect(await call("first")).not.toHaveProperty("content");
    expect((await theirs()).content.text).toContain("sunny");
    const counts = await sql<{ n: number }>(
      organization,
      "SELECT COUNT(*) AS n FROM x402_answers GROUP BY agent_id ORDER BY n",
    );
    expect(counts.map(({ n }) => n)).toEqual([1, LIMITS.keptAnswersPerAgent]);
  });

  it("fetchBodyBytes, in bytes and not in characters", async () => {
    const { rails, call } = await setting();
    const fits = "é".repeat(LIMITS.fetchBodyBytes / 2);
    expect((await call("a", { method: "POST", body: fits })).outcome).toBe("paid");
    expect((await call("b", { method: "POST", body: `${fits}x` })).error).toContain(`${LIMITS.fetchBodyBytes} bytes`);
    expect(rails.paid).toHaveLength(1);
  });

  it("fetchesAtOncePerAgent, fetchesAtOnce and fetchesWaiting: beyond, calls wait; beyond that they are refused", async () => {
    const { organization, rails, call } = await setting();
    await call("before");
    rails.asked.length = 0;
    let answer = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const honest = rails.request.bind(rails);
    rails.request = async (order) => {
      rails.asked.push(order);
      await gate;
      return honest(order);
    };
    const until = async (count: number) => {
      while (rails.asked.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const calls = Array.from({ length: LIMITS.fetchesAtOncePerAgent + 1 }, (_, n) => call(`k${n}`));
    await until(LIMITS.fetchesAtOncePerAgent);
    // Other agents still get their turn, up to the number of all.
    for (let n = 1; n * LIMITS.fetchesAtOncePerAgent < LIMITS.fetchesAtOnce; n += 1) {
      const { agent } = await newAgent(organization);
      for (let at = 0; at < LIMITS.fetchesAtOncePerAgent; at += 1) {
        calls.push(fetchTool(organization, agent, { idempotency_key: `k${at}` }));
      }
    }
    await until(LIMITS.fetchesAtOnce);
    // What the ledger knows is answered at once, however many hang.
    expect(await call("before")).toMatchObject({ outcome: "paid", replayed: true });
    const waiting = Array.from({ length: LIMITS.fetchesWaiting - 1 }, (_, n) => call(`w${n}`));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect((await call("one-too-many")).error).toContain("too_many_requests");
    expect(rails.asked).toHaveLength(LIMITS.fetchesAtOnce);
    answer();
    const answers = await Promise.all([...calls, ...waiting]);
    expect(answers.filter(({ outcome }) => outcome === "paid")).toHaveLength(answers.length);
  });
});
