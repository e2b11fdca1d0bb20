import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { answered, delivered, fetchTool, useRails } from "../../support/fake-rails.ts";
import { newAgent, newOrganization, sql } from "../../support/service.ts";

async function setting() {
  const organization = await newOrganization();
  const { agent } = await newAgent(organization);
  const rails = await useRails(organization);
  const call = (idempotency_key: string, more = {}) => fetchTool(organization, agent, { idempotency_key, ...more });
  return { organization, rails, call };
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

  it("keptAnswers: beyond the number the oldest one goes", async () => {
    const { organization, call } = await setting();
    await call("first");
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO x402_answers (seq, transaction_id, answer, expires_at) SELECT i, 'txn_' || i, '{}', 0 FROM n`,
      LIMITS.keptAnswers - 1,
    );
    await call("the-last-that-fits");
    expect((await call("first")).content.text).toContain("sunny");
    await call("one-more");
    expect(await call("first")).not.toHaveProperty("content");
    const [count] = await sql<{ n: number }>(organization, "SELECT COUNT(*) AS n FROM x402_answers");
    expect(count?.n).toBe(LIMITS.keptAnswers);
  });

  it("fetchBodyBytes, in bytes and not in characters", async () => {
    const { rails, call } = await setting();
    const fits = "é".repeat(LIMITS.fetchBodyBytes / 2);
    expect((await call("a", { method: "POST", body: fits })).outcome).toBe("paid");
    expect((await call("b", { method: "POST", body: `${fits}x` })).error).toContain(`${LIMITS.fetchBodyBytes} bytes`);
    expect(rails.paid).toHaveLength(1);
  });
});
