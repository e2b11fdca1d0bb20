import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the verifier is
import { KeySet } from "../../../bin/verify/jws.mjs";
// @ts-expect-error: plain JavaScript, as the verifier is
import { LogVerifier } from "../../../bin/verify/log.mjs";
// @ts-expect-error: plain JavaScript, as the verifier is
import { verifyMandate, verifyReceipt } from "../../../bin/verify/statements.mjs";
import { LIMITS } from "../../../src/limits.ts";
import { FakeRails, fetchTool, useRails } from "../../support/fake-rails.ts";
import { api, type Json, newAgent, newOrganization, sql, type TestOrganization, tool } from "../../support/service.ts";
import { headerOf, jwksOf, payloadOf, settle, UNREACHABLE, UNSEALED, verifies, withEnv } from "./support.ts";

let organization: TestOrganization;
let agent: string;
let mandate: string;
const purchases: string[] = [];

beforeAll(async () => {
  organization = await newOrganization();
  ({ agent, mandate } = await newAgent(organization, { rules: [{ type: "approval", above: 50 }] }));
  for (const [index, amount] of [1, 2.5, 60, 200].entries()) {
    const bought = await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      amount,
      vendor: "shop.example",
      reason: "čšž \u2029 “quoted”",
      idempotency_key: `k${index}`,
    });
    purchases.push(bought.transaction_id);
  }
  await tool(organization.spend, "quetra_settle", { agent_id: agent, transaction_id: purchases[0], amount_charged: 1 });
  await settle(organization);
});

async function verify(texts: readonly string[], options: { part?: boolean; kept?: string[] } = {}) {
  const log = new LogVerifier({ trusted: new KeySet().add(await jwksOf(organization)), ...options });
  for (const text of texts) log.read(Buffer.from(text), "file");
  const valid = log.finish() as boolean;
  return { valid, findings: log.findings as string[], events: log.events as number, erased: log.erased as Json[] };
}
const exported = (query = "", key = organization.read) => api(key, "GET", `/audit/export${query}`);

describe("GET /audit/export", () => {
  it("verifies with the published keys, and ends with a signed head", async () => {
    const answer = await exported();
    expect(answer.headers.get("content-type")).toBe("application/jsonl; charset=utf-8");
    expect(answer.headers.get("x-next-after-seq")).toBeNull();
    expect(await verify([answer.body])).toMatchObject({ valid: true, findings: [] });
    const lines = (answer.body as string).trimEnd().split("\n");
    const [{ n }] = (await sql<{ n: number }>(organization, "SELECT COUNT(*) AS n FROM events")) as [{ n: number }];
    expect(lines).toHaveLength(n + 2);
    expect(payloadOf(JSON.parse(lines.at(-1)!).checkpoint)).toMatchObject({ iss: organization.id, seq: n });
    const [stored] = await sql<{ body: string }>(organization, "SELECT body FROM events WHERE seq = 9");
    expect(JSON.parse(lines[9]!).body).toBe(stored!.body);
  });

  it("comes in pages that verify one after another, and each as a part", async () => {
    const pages: string[] = [];
    for (let after: string | null = "0"; after !== null; ) {
      const { body, headers } = await exported(`?after_seq=${after}&limit=4`);
      pages.push(body);
      after = headers.get("x-next-after-seq");
    }
    expect(pages.length).toBeGreaterThan(2);
    expect(await verify([pages.join("")])).toMatchObject({ valid: true });
    expect(await verify(pages)).toMatchObject({ valid: true });
    expect(await verify([pages[1]!], { part: true })).toMatchObject({ valid: true, events: 4 });
    expect((await verify([pages[0]!])).findings.join()).toContain("the end is missing");
    expect((await verify(pages.toSpliced(1, 1))).valid).toBe(false);
  });

  it("may be empty, and does not begin beyond the head", async () => {
    const { seq } = (await api(organization.read, "GET", "/audit/head")).body;
    const empty = await exported(`?after_seq=${seq}`);
    expect((empty.body as string).trimEnd().split("\n")).toHaveLength(2);
    expect(await verify([empty.body], { part: true })).toMatchObject({ valid: true, events: 0 });
    expect(await exported(`?after_seq=${seq + 1}`)).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  });

  it("is bounded in bytes: exportBytes, and one more", async () => {
    const large = await newOrganization();
    await settle(large);
    const rows = 5;
    const set = (seq: number, bytes: number) =>
      sql(large, "UPDATE events SET body = replace(hex(zeroblob(?)), '0', 'x') WHERE seq = ?", bytes / 2, seq);
    const ask = () => exported(`?limit=${rows}`, large.read);
    for (let seq = 1; seq <= rows; seq++) await set(seq, 1_600_000);
    const lines = ((await ask()).body as string).split("\n").slice(1, rows + 1);
    const rest = LIMITS.exportBytes - lines.reduce((sum, line) => sum + line.length + 1, 0);
    await set(rows, 1_600_000 + rest - (rest % 2));
    await sql(large, "UPDATE events SET body = body || ? WHERE seq = ?", "x".repeat(rest % 2), rows);
    expect((await ask()).headers.get("x-next-after-seq")).toBe(`${rows}`);
    await sql(large, "UPDATE events SET body = body || 'x' WHERE seq = ?", rows);
    expect((await ask()).headers.get("x-next-after-seq")).toBe(`${rows - 1}`);
  });

  it("is for read and admin only", async () => {
    for (const role of ["approve", "spend"] as const) expect((await exported("", organization[role])).status).toBe(403);
    expect((await exported("", organization.admin)).status).toBe(200);
  });

  it("goes out unsigned where nothing is set up, which the verifier finds; and not at all where signing failed", async () => {
    const other = await newOrganization();
    await withEnv(other, UNSEALED);
    const { status, body } = await exported("", other.read);
    expect(status).toBe(200);
    expect((await verify([body])).findings.join()).toContain("not signed");
    await withEnv(other, UNREACHABLE);
    expect(await exported("", other.read)).toMatchObject({ status: 503, body: { code: "signing_unavailable" } });
  });

  it("shows what was changed in the object's own tables", async () => {
    const broken = await newOrganization();
    await settle(broken);
    await sql(broken, "UPDATE events SET body = replace(body, 'Test organization', 'Best organization') WHERE seq = 1");
    const log = new LogVerifier({ trusted: new KeySet().add(await jwksOf(broken)) });
    log.read(Buffer.from((await exported("", broken.read)).body as string), "file");
    expect([log.finish(), log.findings]).toEqual([false, ["seq 1: the body was changed"]]);
  });
});

describe("GET /transactions/{id}/receipt", () => {
  const receipt = (id: string, key = organization.read) => api(key, "GET", `/transactions/${id}/receipt`);

  it("verifies with the published key alone, and says what the ledger says", async () => {
    const jwks = await jwksOf(organization);
    const { body } = await receipt(purchases[0]!);
    expect(verifies(body.receipt, jwks)).toBe(true);
    expect(headerOf(body.receipt)).toEqual({ alg: "EdDSA", kid: jwks.keys[0].kid, typ: "quetra-receipt+jwt" });
    expect(payloadOf(body.receipt)).toEqual(body.payload);
    expect(verifyReceipt(JSON.stringify(body), new KeySet().add(jwks)).findings).toEqual([]);
    const events = await sql<{ seq: number; type: string; hash: string; id: string }>(
      organization,
      "SELECT seq, type, hash, id FROM events WHERE subject = ? ORDER BY seq",
      purchases[0],
    );
    const { hash } = (await api(organization.read, "GET", `/mandates/${mandate}`)).body;
    expect(body.payload).toMatchObject({
      iss: organization.id,
      transaction_id: purchases[0],
      agent_id: agent,
      vendor: "shop.example",
      amount: "1",
      currency: "USD",
      status: "completed",
      decision: { outcome: "approved", event_id: events[0]!.id, seq: events[0]!.seq, hash: events[0]!.hash },
      mandate: { id: mandate, version: 1, terms_hash: hash },
      settlement: { held: "0", settled: "1", refunded: "0", payment: null },
      event: { type: "transaction.completed", seq: events.at(-1)!.seq, hash: events.at(-1)!.hash },
    });
    // The agent's own words are not under the organization's signature.
    expect(JSON.stringify(body.payload)).not.toContain("quoted");
  });

  it("of what was held, waits, or was rejected says so", async () => {
    const said = async (id: string) => {
      const { status, decision, settlement } = (await receipt(id)).body.payload;
      return [status, decision.outcome, settlement.held];
    };
    expect(await said(purchases[1]!)).toEqual(["authorized", "approved", "2.5"]);
    expect(await said(purchases[2]!)).toEqual(["pending_approval", "approval_required", "60"]);
    expect(await said(purchases[3]!)).toEqual(["rejected", "rejected", "0"]);
  });

  it("of a refusal that was repeated, and of a later step, names the right event", async () => {
    const again = { agent_id: agent, amount: 200, vendor: "shop.example", idempotency_key: "k9" };
    await tool(organization.spend, "quetra_evaluate", again);
    const { payload } = (await receipt(purchases[3]!)).body;
    expect(payload.event.type).toBe("transaction.rejected");
    await api(organization.admin, "POST", `/transactions/${purchases[1]}/cancel`, {});
    const cancelled = (await receipt(purchases[1]!)).body.payload;
    expect([cancelled.status, cancelled.event.type]).toEqual(["voided", "transaction.voided"]);
  });

  it("of a paid request names network, token, payee and the settlement", async () => {
    const paying = await newOrganization();
    const { agent } = await newAgent(paying);
    await settle(paying);
    const rails = new FakeRails();
    rails.sign = (order) => env.RAILS.sign(order);
    await useRails(paying, rails);
    const bought = await fetchTool(paying, agent, { idempotency_key: "k" });
    const { payload } = (await receipt(bought.transaction_id, paying.read)).body;
    expect(payload.settlement).toMatchObject({
      settled: "0.01",
      payment: {
        network: "eip155:84532",
        pay_to: `0x${"aa".repeat(20)}`,
        outcome: "paid",
        settlement_hash: `0x${"cd".repeat(32)}`,
      },
    });
  });

  it("of an unknown transaction is 404, and for read and admin only", async () => {
    expect(await receipt("txn_0000000000000000000000")).toMatchObject({ status: 404, body: { code: "not_found" } });
    for (const role of ["approve", "spend"] as const) {
      expect((await receipt(purchases[0]!, organization[role])).status).toBe(403);
    }
  });
});

it("the mandate as the API shows it verifies, and with emptied rules it does not", async () => {
  const keys = new KeySet().add(await jwksOf(organization));
  const { body } = await api(organization.read, "GET", `/mandates/${mandate}`);
  expect(verifyMandate(JSON.stringify(body), keys).findings).toEqual([]);
  const emptied = { ...body, terms: { ...body.terms, rules: [] } };
  expect(verifyMandate(JSON.stringify(emptied), keys).findings).toEqual([
    "terms beside the signature is not the signed one",
  ]);
});
