import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { costOf } from "../../support/cost.ts";
import { answered, fetchTool, useRails } from "../../support/fake-rails.ts";
import { newAgent, newOrganization } from "../../support/service.ts";

describe("what a fetch costs the object", () => {
  it("paid: one commit before the signature and one after it, and the same with 10 and 2,000 payments", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const rails = await useRails(organization);
    let count = 0;
    const pay = () => fetchTool(organization, agent, { idempotency_key: `k${count++}` });
    for (let n = 0; n < 10; n += 1) await pay();
    const asked = rails.asked.length + rails.paid.length;
    const early = await costOf(organization, pay);
    expect(early.commits).toBe(2);
    expect(early.transactions).toBeLessThanOrEqual(5);
    // Once without and once with a payment, and nothing else leaves.
    expect(rails.asked.length + rails.paid.length - asked).toBe(2);
    await runInDurableObject(organization.stub, (_object, state) => {
      state.storage.sql.exec(`
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO x402_payments (transaction_id, method, url, request_hash, network, asset, pay_to, value, version, nonce)
        SELECT 'txn_seed' || i, method, url, request_hash, network, asset, pay_to, value, version, 'n' || i
        FROM n, (SELECT * FROM x402_payments LIMIT 1)`);
    });
    const late = await costOf(organization, pay);
    expect(late).toEqual(early);
  });

  it("unpaid: no commit at all", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const rails = await useRails(organization);
    rails.answers = [{ kind: "answer", answer: answered(200, "free") }];
    const cost = await costOf(organization, () => fetchTool(organization, agent, { idempotency_key: "k" }));
    expect(cost).toMatchObject({ commits: 0, written: 0 });
  });
});
