import { describe, expect, it, vi } from "vitest";
import { submit } from "../../support/approval-links.ts";
import {
  answered,
  delivered,
  EXPIRED,
  type FakeRails,
  fetchTool,
  HOST,
  offer,
  PAYEE,
  quoted,
  UNUSED,
  URL_OF_API,
  USED,
  useRails,
} from "../../support/fake-rails.ts";
import {
  api,
  eventTypes,
  type Json,
  newAgent,
  newOrganization,
  ORIGIN,
  selfCheck,
  send,
  sql,
  stateOf,
  type TestOrganization,
  tool,
} from "../../support/service.ts";

interface Setting {
  readonly organization: TestOrganization;
  readonly agent: string;
  readonly mandate: string;
  readonly rails: FakeRails;
  readonly call: (args?: Record<string, unknown>) => Promise<Json>;
  readonly transaction: (id: string) => Promise<Json>;
}

async function setting(terms: Record<string, unknown> = {}): Promise<Setting> {
  const organization = await newOrganization();
  const { agent, mandate } = await newAgent(organization, terms);
  const rails = await useRails(organization);
  return {
    organization,
    agent,
    mandate,
    rails,
    call: (args = {}) => fetchTool(organization, agent, args),
    transaction: async (id) => (await api(organization.read, "GET", `/transactions/${id}`)).body,
  };
}

const key = () => ({ idempotency_key: crypto.randomUUID() });

describe("a request that pays nothing", () => {
  it("returns what the server said, framed, and writes nothing", async () => {
    const { organization, rails, call } = await setting();
    rails.answers = [{ kind: "answer", answer: answered(200, "line one\nline two\u202E") }];
    const before = await stateOf(organization);
    const answer = await call({ ...key(), headers: { accept: "text/plain" }, method: "POST", body: "q" });
    expect(answer).toMatchObject({
      outcome: "response",
      status: 200,
      headers: { "content-type": "text/plain" },
      content: { text: "line one\nline two", bytes: 18, truncated: false },
    });
    expect(answer.content.untrusted_content_from).toContain(HOST);
    expect(answer).not.toHaveProperty("transaction_id");
    expect(rails.asked[0]?.request).toEqual({
      url: URL_OF_API,
      method: "POST",
      headers: { accept: "text/plain" },
      body: "q",
    });
    expect(await stateOf(organization)).toBe(before);
  });

  it("never pays for HEAD, whose answer has no content", async () => {
    const { rails, call } = await setting();
    expect(await call({ ...key(), method: "HEAD" })).toMatchObject({ outcome: "payment_required", code: "head" });
    expect(rails.paid).toEqual([]);
  });

  it("without a key answers a 402 with the price and what the mandate would say, and pays nothing", async () => {
    const { organization, rails, call } = await setting({
      rules: [{ type: "approval", above: 5, timeout_minutes: 5 }],
    });
    const before = await stateOf(organization);
    const small = await call();
    expect(small).toMatchObject({
      outcome: "payment_required",
      status: 402,
      quote: { amount: 0.01, currency: "USD", network: "eip155:84532", pay_to: PAYEE },
      checks: [],
      max_amount_now: 5,
    });
    expect(small.message).toContain("would approve");
    rails.answers = [quoted(6)];
    expect((await call()).message).toContain("ask a person");
    rails.answers = [quoted(600)];
    const dear = await call();
    expect(dear.message).toContain("would reject");
    expect(dear.checks.map((check: Json) => check.code)).toContain("per_transaction_limit");
    expect(rails.paid).toEqual([]);
    expect(await stateOf(organization)).toBe(before);
  });
});

describe("before the first byte", () => {
  const refusals: [string, Record<string, unknown>, Record<string, unknown>, string][] = [
    [
      "a vendor that is not allowed",
      { rules: [{ type: "vendor_allowlist", vendors: ["other.com"] }] },
      {},
      "vendor_not_allowed",
    ],
    [
      "a vendor that is blocked",
      { rules: [{ type: "vendor_blocklist", vendors: ["example.com"] }] },
      {},
      "vendor_blocked",
    ],
    ["a rail that is not allowed", { rules: [{ type: "protocol", allow: ["external"] }] }, {}, "protocol_not_allowed"],
    ["a category that is missing", { rules: [{ type: "category", allow: ["data"] }] }, {}, "category_missing"],
    ["another currency", { currency: "EUR", per_transaction_limit: 5 }, {}, "currency_mismatch"],
  ];
  it.each(refusals)("refuses %s", async (_what, terms, args, code) => {
    const { organization, rails, call } = await setting(terms);
    for (const more of [{}, key()]) {
      const answer = await call({ ...args, ...more });
      expect(answer.outcome).toBe("rejected");
      expect(answer.checks.map((check: Json) => check.code)).toContain(code);
    }
    expect(rails.asked).toEqual([]);
    expect(await sql(organization, "SELECT * FROM transactions")).toEqual([]);
    expect((await eventTypes(organization)).filter((type) => type === "request.refused")).toHaveLength(2);
  });

  it("sends nothing for a frozen organization, a suspended agent, a paused mandate, a revoked key", async () => {
    const { organization, agent, mandate, rails, call } = await setting();
    const stops: [string, string, string][] = [
      ["/organization/freeze", "/organization/unfreeze", "organization_frozen"],
      [`/agents/${agent}/suspend`, `/agents/${agent}/resume`, "agent_suspended"],
      [`/mandates/${mandate}/pause`, `/mandates/${mandate}/resume`, "no_active_mandate"],
    ];
    for (const [stop, go, code] of stops) {
      expect((await api(organization.admin, "POST", stop, {})).status).toBe(200);
      for (const args of [{}, key()]) {
        expect((await call(args)).checks.map((check: Json) => check.code)).toContain(code);
      }
      await api(organization.admin, "POST", go, {});
    }
    expect(rails.asked).toEqual([]);
    expect((await call()).outcome).toBe("payment_required");
  });

  it.each([
    ["http://api.example.com/", "url_scheme"],
    ["https://127.0.0.1/", "host_ip_literal"],
    ["https://user@api.example.com/", "url_userinfo"],
    ["https://api.example.com:8443/", "url_port"],
    ["https://quetra.test/x", "host_own"],
    ["https://localhost/", "host_single_label"],
    ["not a url", "url_characters"],
  ])("refuses %s", async (url, code) => {
    const { rails, call } = await setting();
    expect(await call({ ...key(), url })).toMatchObject({ outcome: "failed", code });
    expect(rails.asked).toEqual([]);
  });

  it("refuses payment headers and arguments that make no sense, and changes nothing", async () => {
    const { organization, rails, call } = await setting();
    const before = await stateOf(organization);
    expect(await call({ headers: { "X-PAYMENT": "e30=" } })).toMatchObject({
      outcome: "failed",
      code: "header_payment",
    });
    expect(await call({ headers: { a: "b\r\nc: d" } })).toMatchObject({ outcome: "failed", code: "header_value" });
    expect(await call({ body: "x" })).toMatchObject({ outcome: "failed", code: "method_without_body" });
    expect((await call({ ...key(), transaction_id: "txn_x" })).error).toContain("not both");
    expect((await call({ transaction_id: "txn_unknown" })).error).toContain("transaction_not_found");
    expect((await call({ max_amount: -1 })).error).toBeDefined();
    expect((await fetchTool(organization, "agt_unknown", {})).error).toContain("agent_not_found");
    expect(rails.asked).toEqual([]);
    expect(await stateOf(organization)).toBe(before);
  });
});

describe("a paid request", () => {
  it("is held, journaled, signed by exactly the grant, and settled from the chain", async () => {
    const { organization, rails, call, transaction, agent } = await setting();
    const answer = await call({ ...key(), reason: "forecast", category: "data" });
    expect(answer).toMatchObject({
      outcome: "paid",
      status: 200,
      content: { text: "sunny\n12 °C" },
      payment: {
        amount: 0.01,
        currency: "USD",
        pay_to: PAYEE,
        settlement_hash: `0x${"cd".repeat(32)}`,
        outcome: "paid",
      },
    });
    expect(rails.asked).toHaveLength(1);
    expect(rails.paid).toHaveLength(1);
    const { grant } = rails.paid[0]!;
    expect(grant).toMatchObject({ value: 10_000, to: PAYEE, from: `0x${"11".repeat(20)}`, valid_after: 0 });
    expect(grant.nonce).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await transaction(answer.transaction_id)).toMatchObject({
      status: "completed",
      vendor: HOST,
      protocol: "x402",
      category: "data",
      amount_settled: 0.01,
      payment: { pay_to: PAYEE, outcome: "paid", request: `GET https://${HOST}/weather` },
    });
    const types = await eventTypes(organization);
    expect(types.slice(types.indexOf("transaction.approved"))).toEqual([
      "transaction.approved",
      "transaction.executing",
      "transaction.completed",
    ]);
    expect(await sql(organization, "SELECT * FROM timers WHERE kind <> 'x402_forget'")).toEqual([]);
    expect((await tool(organization.spend, "quetra_check_budget", { agent_id: agent })).budgets[0].settled).toBe(0.01);
    expect((await selfCheck(organization)).ledger).toEqual({ valid: true, problems: [] });
  });

  it("is never paid twice: the same key answers about the same purchase, with what was bought", async () => {
    const { rails, call } = await setting();
    const once = key();
    const first = await call(once);
    const again = await call(once);
    expect(again).toMatchObject({ outcome: "paid", replayed: true, transaction_id: first.transaction_id });
    expect(again.content).toEqual(first.content);
    expect(rails.asked).toHaveLength(1);
    expect(rails.paid).toHaveLength(1);
    expect((await call({ ...once, method: "POST", body: "other" })).error).toContain("idempotency_conflict");
    expect((await call({ ...once, url: `${URL_OF_API}&more=1` })).error).toContain("idempotency_conflict");
  });

  it("asked at the same time with one key is signed once", async () => {
    const { rails, call } = await setting();
    const once = key();
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(once)));
    expect(rails.paid).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.transaction_id)).size).toBe(1);
  });

  it("takes the cheapest offer that the mandate allows", async () => {
    const { rails, call } = await setting({
      rules: [{ type: "custom", expression: "amount > 0.5", description: "Nothing below 0.50" }],
    });
    rails.answers = [quoted(0.1, 0.7, 0.9)];
    expect((await call(key())).payment.amount).toBe(0.7);
    expect(rails.paid[0]?.quote.index).toBe(1);
  });

  it("above the caller's own max_amount, the mandate or the wallet is not begun", async () => {
    const { organization, rails, call } = await setting({ per_transaction_limit: 2 });
    expect(await call({ ...key(), max_amount: 0.009 })).toMatchObject({ outcome: "failed", code: "above_max_amount" });
    expect((await call({ ...key(), max_amount: 0.01 })).outcome).toBe("paid");
    rails.answers = [quoted(3)];
    expect(await call(key())).toMatchObject({ outcome: "rejected", max_amount_now: 2, quote: { amount: 3 } });
    rails.wallet = 500_000;
    await sql(organization, "UPDATE wallets SET balance = 500000, balance_at = 0");
    rails.answers = [quoted(1)];
    expect(await call(key())).toMatchObject({ outcome: "failed", code: "wallet_underfunded" });
    // Somebody has paid in since: the chain is asked before the answer is no.
    rails.wallet = 2_000_000;
    await sql(organization, "UPDATE wallets SET balance_at = 0");
    expect((await call(key())).outcome).toBe("paid");
    // A balance that was never read is no balance.
    await sql(organization, "UPDATE wallets SET balance = NULL, balance_at = NULL");
    const balance = rails.balance;
    rails.balance = () => Promise.reject(new Error("no chain"));
    expect(await call(key())).toMatchObject({ outcome: "failed", code: "wallet_unread" });
    rails.balance = balance;
    await sql(organization, "UPDATE wallets SET active = 0");
    expect(await call(key())).toMatchObject({ outcome: "failed", code: "no_wallet" });
    expect(rails.paid).toHaveLength(2);
  });

  it("whose signer refuses is called off at once, with its budget", async () => {
    const { rails, call, transaction, organization } = await setting();
    rails.payment = () => ({
      ...delivered(),
      signed: false,
      refusal: { code: "signer_refused", message: "no" },
      answer: null,
      receipt: null,
      observation: { state: "unreadable" },
    });
    const answer = await call(key());
    expect(answer).toMatchObject({ outcome: "failed", payment: { outcome: "not_sent" } });
    expect(await transaction(answer.transaction_id)).toMatchObject({ status: "voided", amount_held: 0 });
    expect((await selfCheck(organization)).ledger).toEqual({ valid: true, problems: [] });
  });
});

describe("what the seller says decides nothing", () => {
  const cases: [string, ReturnType<typeof delivered>, string, string, string][] = [
    ["delivered and taken", delivered(USED, 200), "paid", "paid", "completed"],
    ["taken, then 500", delivered(USED, 500), "paid", "paid_not_delivered", "completed"],
    ["taken, then a second 402", delivered(USED, 402), "paid", "paid_not_delivered", "completed"],
    [
      "taken, then nothing",
      { ...delivered(USED), answer: null, receipt: null },
      "paid",
      "paid_not_delivered",
      "completed",
    ],
    ["refused, not taken", delivered(UNUSED, 402), "unsettled", "held", "executing"],
    ["a forged receipt", delivered(UNUSED, 200), "unsettled", "delivered_held", "executing"],
    ["an unreadable chain", delivered({ state: "unreadable" }, 200), "unsettled", "unknown", "executing"],
  ];
  it.each(cases)("%s", async (_what, payment, outcome, result, status) => {
    const { organization, rails, call, transaction } = await setting();
    rails.payment = () => payment;
    const answer = await call(key());
    expect(answer).toMatchObject({ outcome, payment: { outcome: result } });
    const row = await transaction(answer.transaction_id);
    expect(row.status).toBe(status);
    expect(row.amount_held + row.amount_settled).toBe(0.01);
    expect((await selfCheck(organization)).ledger).toEqual({ valid: true, problems: [] });
  });

  it("and when Rails never answers, the purchase stays held", async () => {
    const { rails, call, transaction } = await setting();
    rails.payment = () => Promise.reject(new Error("the isolate is gone"));
    const answer = await call(key());
    expect(answer).toMatchObject({ outcome: "unsettled", payment: { outcome: "unknown" } });
    expect(await transaction(answer.transaction_id)).toMatchObject({ status: "executing", amount_held: 0.01 });
  });
});

describe("a redirect", () => {
  const to = (url: string) => ({
    kind: "redirect" as const,
    answer: answered(307, ""),
    request: { url, method: "GET", headers: {}, body: null },
    hops: 1,
  });
  it("to another host is judged before anything goes there", async () => {
    const { rails, call } = await setting({ rules: [{ type: "vendor_allowlist", vendors: [HOST] }] });
    rails.answers = [to("https://elsewhere.com/x"), quoted(0.01)];
    expect((await call(key())).checks[0].code).toBe("vendor_not_allowed");
    expect(rails.asked).toHaveLength(1);
  });
  it("to an allowed host is followed, and what it asks for is not paid", async () => {
    const { rails, call } = await setting();
    rails.answers = [to("https://elsewhere.com/x"), quoted(0.01)];
    expect(await call(key())).toMatchObject({ outcome: "payment_required", code: "redirected" });
    expect(rails.asked.map(({ hops }) => hops)).toEqual([0, 1]);
    expect(rails.paid).toEqual([]);
  });
  it("to an allowed host that asks nothing says where the answer came from", async () => {
    const { rails, call } = await setting();
    const url = "https://elsewhere.com/x";
    rails.answers = [to(url), { kind: "answer", answer: answered(200, "hello", url) }];
    expect(await call(key())).toMatchObject({ outcome: "response", url });
  });
  it("to a host that asks is judged for that host", async () => {
    const { rails, call } = await setting({
      rules: [{ type: "max_amount", limit: 0.001, vendors: ["elsewhere.com"] }],
    });
    const url = "https://elsewhere.com/x";
    const quote = quoted(0.01);
    if (quote.kind !== "quote") throw new Error("no quote");
    rails.answers = [to(url), { ...quote, answer: answered(402, "", url) }];
    const answer = await call();
    expect(answer).toMatchObject({ outcome: "payment_required", url });
    expect(answer.checks).toHaveLength(1);
  });
  it("without end ends", async () => {
    const { rails, call } = await setting();
    rails.answers = [1, 2, 3, 4].map((hops) => ({ ...to("https://elsewhere.com/x"), hops }));
    expect(await call(key())).toMatchObject({ outcome: "failed", code: "redirect_too_many" });
  });
});

describe("after a person's approval", () => {
  const asking = { rules: [{ type: "approval", above: 1, timeout_minutes: 60 }] };
  async function approved(quote = quoted(2)) {
    const here = await setting(asking);
    here.rails.answers = [quote];
    const args = key();
    const pending = await here.call(args);
    expect(pending).toMatchObject({ outcome: "pending_approval", quote: { amount: 2, pay_to: PAYEE } });
    expect(pending.approval_url).toBe(`${ORIGIN}/approvals/${pending.approval_id}`);
    expect(pending.message).toContain("approval_url");
    expect(here.rails.paid).toEqual([]);
    // While it waits, nothing is sent.
    expect(await here.call(args)).toMatchObject({ outcome: "pending_approval", replayed: true });
    expect(here.rails.asked).toHaveLength(1);
    const { body } = await api(here.organization.approve, "GET", "/approvals");
    expect(body.data[0].payment).toMatchObject({ pay_to: PAYEE });
    await api(here.organization.approve, "POST", `/approvals/${pending.approval_id}/decision`, { decision: "approve" });
    return { ...here, args, id: pending.transaction_id as string };
  }

  it("the same call pays, with its key or with the transaction_id", async () => {
    for (const byId of [true, false]) {
      const { call, rails, args, id } = await approved();
      const paid = await call(byId ? { transaction_id: id } : args);
      expect(paid).toMatchObject({ outcome: "paid", transaction_id: id, payment: { amount: 2 } });
      expect(rails.paid).toHaveLength(1);
      expect(await call({ transaction_id: id })).toMatchObject({ outcome: "paid", replayed: true });
      expect(rails.asked).toHaveLength(2);
    }
  });

  it("a lower price is paid as it is, and the rest of the hold is freed", async () => {
    const { call, rails, id, transaction } = await approved();
    rails.answers = [quoted(1.5)];
    expect((await call({ transaction_id: id })).payment.amount).toBe(1.5);
    expect(await transaction(id)).toMatchObject({
      status: "completed",
      amount: 2,
      amount_settled: 1.5,
      amount_held: 0,
    });
  });

  it.each([
    ["a higher price", quoted(2.1)],
    ["another payee", quoted(offer(2, `0x${"bb".repeat(20)}`))],
  ])("%s voids it", async (_what, quote) => {
    const { call, rails, id, transaction } = await approved();
    rails.answers = [quote];
    expect(await call({ transaction_id: id })).toMatchObject({ outcome: "failed", code: "terms_changed" });
    expect(await transaction(id)).toMatchObject({ status: "released", amount_held: 0 });
    expect(rails.paid).toEqual([]);
    rails.answers = [quoted(2)];
    expect((await call({ transaction_id: id })).outcome).toBe("already_used");
  });

  it.each([
    [
      "another payee is cheaper and the approved one is dearer",
      quoted(offer(1, `0x${"bb".repeat(20)}`), offer(3, PAYEE, 1)),
    ],
    ["another token's payee is all there is", quoted(offer(1, `0x${"bb".repeat(20)}`))],
  ])("%s: void as well", async (_what, quote) => {
    const { call, rails, id } = await approved();
    rails.answers = [quote];
    expect((await call({ transaction_id: id })).code).toBe("terms_changed");
    expect((await call({ transaction_id: id })).message).toContain("void");
  });

  it("a max_amount of the call below the price says so, and voids nothing", async () => {
    const { call, id, transaction } = await approved();
    expect(await call({ transaction_id: id, max_amount: 1 })).toMatchObject({
      outcome: "failed",
      code: "above_max_amount",
    });
    expect((await transaction(id)).status).toBe("authorized");
  });

  it("other purchases that wait stop neither it nor a request that costs nothing", async () => {
    const here = await setting({
      rules: [
        { type: "approval", first_purchase_from_vendor: true, timeout_minutes: 60 },
        { type: "category", allow: ["data"] },
      ],
    });
    const args = { ...key(), category: "data" };
    const pending = await here.call(args);
    await api(here.organization.approve, "POST", `/approvals/${pending.approval_id}/decision`, { decision: "approve" });
    for (let n = 0; n < 5; n += 1) {
      expect((await here.call({ ...key(), category: "data", method: "POST" })).outcome).toBe("pending_approval");
    }
    expect((await here.call({ category: "data" })).outcome).toBe("payment_required");
    // The category of the approved purchase counts, also where the call does not repeat it.
    expect((await here.call({ transaction_id: pending.transaction_id })).outcome).toBe("paid");
  });

  it("a person is shown whom it pays, over which network and for which request", async () => {
    const here = await setting(asking);
    here.rails.answers = [quoted(2)];
    const { approval_id } = await here.call({ ...key(), reason: "weather" });
    const { html } = await submit(`/approvals/${approval_id}`, { key: here.organization.approve });
    for (const text of [PAYEE, "Base Sepolia", `GET https://${HOST}/weather`, "from the request itself", "weather"]) {
      expect(html).toContain(text);
    }
    // A query can hold a secret.
    expect(html).not.toContain("Ljubljana");
  });

  it("a payee that changed while it waited is not what the person was shown", async () => {
    const here = await setting(asking);
    here.rails.answers = [quoted(2)];
    const { approval_id, transaction_id } = await here.call(key());
    const fields = { key: here.organization.approve };
    const { terms } = await submit(`/approvals/${approval_id}`, fields);
    const other = `0x${"ee".repeat(20)}`;
    await sql(here.organization, "UPDATE x402_payments SET pay_to = ? WHERE transaction_id = ?", other, transaction_id);
    const page = await submit(`/approvals/${approval_id}`, { ...fields, decision: "approve", terms: terms! });
    expect(page.status).toBe(409);
    expect(page.html).toContain(other);
  });

  it("another request cannot use it", async () => {
    const { call, rails, id } = await approved();
    for (const args of [{ url: `https://${HOST}/other` }, { method: "POST", body: "x" }, { category: "data" }]) {
      expect((await call({ transaction_id: id, ...args })).error).toContain("transaction_mismatch");
    }
    expect(rails.asked).toHaveLength(1);
  });

  it("a mandate that says no by now stops it", async () => {
    const { call, rails, id, organization } = await approved();
    await api(organization.admin, "POST", "/organization/freeze", {});
    expect((await call({ transaction_id: id })).checks[0].code).toBe("organization_frozen");
    expect(rails.paid).toEqual([]);
  });

  it("an approved quetra_evaluate is used, up to its amount, by any request to its host", async () => {
    const { call, rails, organization, agent, transaction } = await setting();
    const evaluate = async (amount: number, protocol = "x402") =>
      (
        await tool(organization.spend, "quetra_evaluate", {
          agent_id: agent,
          amount,
          vendor: HOST,
          currency: "USD",
          protocol,
          idempotency_key: crypto.randomUUID(),
        })
      ).transaction_id as string;
    const id = await evaluate(0.05);
    expect(await call({ transaction_id: id })).toMatchObject({ outcome: "paid", payment: { amount: 0.01 } });
    expect(await transaction(id)).toMatchObject({ amount: 0.05, amount_settled: 0.01, amount_held: 0 });
    const small = await evaluate(0.005);
    expect(await call({ transaction_id: small })).toMatchObject({ outcome: "failed", code: "above_authorized" });
    expect((await transaction(small)).status).toBe("authorized");
    expect((await call({ transaction_id: await evaluate(1, "external") })).error).toContain("transaction_mismatch");
    expect(rails.paid).toHaveLength(1);
  });
});

describe("what must never be paid", () => {
  it("a hold in another currency: neither authorized for x402 nor used by a fetch", async () => {
    const { organization, agent, rails, call } = await setting({
      currency: "JPY",
      per_transaction_limit: 1_000,
      budgets: [{ period: "daily", limit: 1_000 }],
    });
    const evaluate = (protocol: string) =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 25,
        vendor: HOST,
        currency: "JPY",
        protocol,
        idempotency_key: crypto.randomUUID(),
      });
    expect((await evaluate("x402")).error).toContain("invalid_currency");
    // One that stands in the ledger from before that was refused.
    const { transaction_id } = await evaluate("stripe");
    await sql(organization, "UPDATE transactions SET protocol = 'x402' WHERE id = ?", transaction_id);
    rails.answers = [quoted(25)];
    expect((await call({ transaction_id })).error).toContain("transaction_mismatch");
    expect(rails.asked).toEqual([]);
    expect(rails.paid).toEqual([]);
  });

  it("an authorization whose time is over, although its timer has not run", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    try {
      const { organization, agent, rails, call, transaction } = await setting();
      const { transaction_id } = await tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount: 1,
        vendor: HOST,
        currency: "USD",
        protocol: "x402",
        idempotency_key: "k",
      });
      vi.setSystemTime(Date.now() + 15 * 60_000);
      expect(await call({ transaction_id })).toMatchObject({ outcome: "already_used" });
      expect(await transaction(transaction_id)).toMatchObject({ status: "released", amount_held: 0 });
      expect(rails.asked).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("more than one in a batch of MCP messages", async () => {
    const { organization, agent, rails } = await setting();
    const message = (id: number) => ({
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name: "quetra_fetch", arguments: { agent_id: agent, url: URL_OF_API } },
    });
    const batch = async (count: number) => {
      const response = await send(`/${organization.spend}/mcp`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body: JSON.stringify(Array.from({ length: count }, (_, id) => message(id))),
      });
      return response.status;
    };
    expect(await batch(1)).toBe(200);
    expect(await batch(2)).toBe(400);
    expect(rails.asked).toHaveLength(1);
  });
});

describe("the record", () => {
  it("keeps the chain's proof, and no query, header or body of the request", async () => {
    const { organization, rails, call } = await setting();
    rails.payment = () => delivered(EXPIRED, 402);
    await call({ ...key(), method: "POST", body: "secret-body", headers: { authorization: "Bearer secret-token" } });
    const events = await sql<{ type: string; body: string }>(
      organization,
      "SELECT type, body FROM events ORDER BY seq",
    );
    const text = JSON.stringify(events);
    for (const secret of ["secret-body", "secret-token", "city=Ljubljana"]) expect(text).not.toContain(secret);
    const voided = events.find(({ type }) => type === "transaction.voided");
    expect(JSON.parse(voided!.body).data.proof).toMatchObject({ state: "expired", network: "eip155:84532" });
    const executing = JSON.parse(events.find(({ type }) => type === "transaction.executing")!.body).data.x402;
    expect(executing).toMatchObject({ pay_to: PAYEE, value: 10_000, nonce: rails.paid[0]!.grant.nonce });
  });
});
