import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { delivered, fetchTool, UNUSED, useRails } from "../support/fake-rails.ts";
import { api, newAgent, newOrganization, sql, type TestOrganization, tool } from "../support/service.ts";
import { scene } from "../support/stripe-scene.ts";
import { type Browser, newMember, type Page } from "./support.ts";

// The first page of a run loads the whole dashboard, and passwords are hashed slowly on purpose.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const HOSTILE = `"><script>alert(1)</script>\u202Etxt`;

let organization: TestOrganization;
let agent: string;
let browser: Browser;
let viewer: Browser;
let base: string;
beforeAll(async () => {
  organization = await newOrganization({ timezone: "Europe/Ljubljana" });
  ({ agent } = await newAgent(organization, {
    per_transaction_limit: 200,
    budgets: [{ period: "total", limit: 5_000 }],
    rules: [
      { type: "vendor_blocklist", vendors: ["casino.example"] },
      { type: "approval", above: 150 },
    ],
  }));
  ({ browser, base } = await newMember(organization, "admin"));
  viewer = (await newMember(organization, "viewer")).browser;
});
afterEach(() => vi.useRealTimers());

const follow = () => runDurableObjectAlarm(organization.stub);

async function buy(amount: number, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await tool(organization.spend, "quetra_evaluate", {
    agent_id: agent,
    vendor: "example.com",
    amount,
    currency: "USD",
    idempotency_key: crypto.randomUUID(),
    ...more,
  });
  expect(answer.error).toBeUndefined();
  return answer.transaction_id as string;
}
const show = async (id: string) => (await api(organization.read, "GET", `/transactions/${id}`)).body;
const of = (id: string) => `${base}/transactions/${id}`;

/** The key of the form, as the page that was got last shows it. */
const keyIn = ({ text }: Page, step: string): string =>
  new RegExp(`action="[^"]*/${step}".*?name="key" value="([^"]+)"`, "s").exec(text)?.[1] ?? "";

/** Fills the form of a step in and sends it. */
async function take(id: string, step: string, fields: Record<string, string>, who = browser): Promise<Page> {
  const page = await who.get(of(id));
  return who.post(`${of(id)}/${step}`, { key: keyIn(page, step), ...fields });
}

describe("the list", () => {
  it("shows names, amounts and what is unusual, and finds by vendor and by id", async () => {
    const id = await buy(12.5, { vendor: "papers.example.org", category: "research" });
    await api(organization.admin, "POST", `/transactions/${id}/settle`, { amount_charged: 14 });
    await follow();
    const { text, status } = await browser.get(`${base}/transactions`);
    expect(status).toBe(200);
    for (const words of ["papers.example.org", "Completed", "Overdraft", "12.50", "14.00 settled", "research"]) {
      expect(text).toContain(words);
    }
    expect(text).toMatch(/<bdi>Agent<\/bdi>/);
    const found = await browser.get(`${base}/transactions?q=PAPERS`);
    expect(found.text).toContain(id);
    expect(found.text).toContain("as of event");
    expect((await browser.get(`${base}/transactions?q=nowhere`)).text).toContain("Nothing fits");
    expect((await browser.get(`${base}/transactions?q=${id}`)).location).toBe(of(id));
  });

  it("narrows by status, agent, vendor and days, and keeps that in its export", async () => {
    await buy(1, { vendor: "casino.example" });
    await follow();
    const filtered = (query: string) => browser.get(`${base}/transactions?${query}`);
    expect((await filtered("status=rejected")).text).toContain("casino.example");
    expect((await filtered("status=unknown")).text).not.toContain("casino.example");
    expect((await filtered("vendor=casino.example")).text).toContain("transactions.csv?vendor=casino.example");
    expect((await filtered("until=2020-01-01")).text).toContain("Nothing fits");
    expect((await filtered("from=2020-01-01")).text).toContain("casino.example");
    expect((await filtered("agent_id=agt_0000000000000000000000")).text).toContain("Nothing fits");
    for (const [query, fits] of [
      ["protocol=external", true],
      ["protocol=x402", false],
      ["currency=usd", true],
      ["currency=EUR", false],
      ["protocol=external&currency=USD&status=rejected", true],
      ["protocol=external&currency=EUR&status=rejected", false],
    ] as const) {
      for (const search of ["", "&q=casino"]) {
        expect((await filtered(query + search)).text.includes("casino.example</bdi>"), query + search).toBe(fits);
      }
      const file = await browser.get(`${base}/transactions.csv?${query}`);
      expect(file.text.includes(",casino.example,"), query).toBe(fits);
    }
    const csv = await browser.get(`${base}/transactions.csv?status=rejected`);
    expect(csv.headers.get("content-disposition")).toMatch(/^attachment; filename="quetra-transactions-/);
    const lines = csv.text.trim().split("\r\n");
    expect(lines[0]).toMatch(/^id,created_at,status/);
    expect(lines.slice(1).every((line) => line.includes(",rejected,"))).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
  });

  it("says what is wrong with a filter instead of showing everything", async () => {
    for (const query of ["from=yesterday", "status=nonsense", "protocol=gold", "currency=euros", "cursor=x"]) {
      const page = await browser.get(`${base}/transactions?${query}`);
      expect([query, page.status]).toEqual([query, 400]);
      expect(page.text).not.toContain("papers.example.org");
    }
    expect((await browser.get(`${base}/transactions.csv?from=yesterday`)).status).toBe(400);
  });

  it("begins a cell that a spreadsheet would run with an apostrophe", async () => {
    await buy(2, { vendor: "=cmd" });
    expect((await browser.get(`${base}/transactions.csv`)).text).toContain(",'=cmd,");
  });

  it("teaches where nothing is yet", async () => {
    const fresh = await newMember(await newOrganization(), "viewer");
    const { text } = await fresh.browser.get(`${fresh.base}/transactions`);
    expect(text).toContain("No agent has asked yet");
    expect(text).not.toContain("Export as CSV");
  });
});

describe("one transaction", () => {
  it("shows every check in its order, with the figures of that moment", async () => {
    const id = await buy(250, { vendor: "casino.example" });
    await follow();
    const { text } = await browser.get(of(id));
    const states = [...text.matchAll(/<span class="check-state">(\w+)<\/span>/g)].map(([, word]) => word);
    expect(states.filter((word) => word === "Failed")).toHaveLength(2);
    expect(text.indexOf("above the limit of 200.00 USD")).toBeLessThan(text.indexOf("on the mandate&#39;s block list"));
    expect(text).toMatch(/2 of \d+ failed/);
    expect(text).toMatch(/Total budget.*Limit 5,000.00 USD · used [\d.,]+ · left [\d.,]+/s);
    expect(text).toContain("version 1 of the mandate");
  });

  it("judges again with the version that judged, also after an edit", async () => {
    const { agent: other, mandate } = await newAgent(organization, { per_transaction_limit: 30 });
    const id = await buy(25, { agent_id: other });
    const { terms } = (await api(organization.read, "GET", `/mandates/${mandate}`)).body;
    const edited = { ...terms, per_transaction_limit: 40 };
    await api(organization.admin, "PUT", `/mandates/${mandate}`, edited, { "if-match": '"1"' });
    await follow();
    const { text } = await browser.get(of(id));
    expect(text).toContain("Limit 30.00 USD");
    expect(text).toContain("version 1 of the mandate");
  });

  it("shows who decided an approval and what it was judged by then", async () => {
    const id = await buy(160);
    const approvals = (await api(organization.approve, "GET", "/approvals")).body.data;
    const { id: approval, terms } = approvals.find((one: { transaction_id: string }) => one.transaction_id === id);
    expect((await browser.get(of(id))).text).toContain(`${base}/approvals/${approval}`);
    await api(organization.approve, "POST", `/approvals/${approval}/decision`, {
      decision: "approve",
      terms,
      note: "Ok",
    });
    await follow();
    const { text } = await browser.get(of(id));
    for (const words of [
      "Again, when a person approved",
      "Approved by a person",
      "Ok",
      `${base}/approvals/${approval}`,
    ]) {
      expect(text).toContain(words);
    }
  });

  it("shows what agents wrote as theirs, and runs none of it", async () => {
    const id = await buy(3, { reason: HOSTILE, metadata: { "<b>k": "<img src=x>" } });
    await follow();
    const { text } = await browser.get(of(id));
    expect(text).not.toContain("<script>alert");
    expect(text).not.toContain("<img src=x>");
    expect(text).not.toContain("<b>k");
    expect(text).not.toContain("\u202E");
    expect(text).toMatch(/In the agent(&#39;|')s own words.*&lt;script&gt;/s);
  });

  it("is nothing for a foreign or an unknown id, in words that do not differ", async () => {
    const foreign = await newOrganization();
    const { agent: theirs } = await newAgent(foreign);
    const answer = await tool(foreign.spend, "quetra_evaluate", {
      agent_id: theirs,
      vendor: "x.example",
      amount: 1,
      currency: "USD",
      idempotency_key: "k",
    });
    const same = (page: Page) => page.text.replaceAll(/req_\w+|nonce="\w+"|value="[\w-]+"|data-now="\d+"/g, "");
    for (const tail of ["", "/receipt", "/receipt.json"]) {
      const [own, unknown] = [
        await browser.get(`${of(answer.transaction_id)}${tail}`),
        await browser.get(`${of("txn_0000000000000000000000")}${tail}`),
      ];
      expect([own.status, unknown.status]).toEqual([404, 404]);
      expect(same(own)).toBe(same(unknown));
    }
    expect((await browser.post(`${of(answer.transaction_id)}/cancel`, { key: "k" })).status).toBe(404);
    expect((await api(foreign.read, "GET", `/transactions/${answer.transaction_id}`)).body.status).toBe("authorized");
  });
});

describe("stating what it cost", () => {
  it("books it once, however often the form is sent", async () => {
    const id = await buy(20);
    const page = await browser.get(of(id));
    const fields = { key: keyIn(page, "settle"), settle_amount: "18.25", settle_note: "Invoice 7" };
    for (const _ of [1, 2]) {
      const { status, location } = await browser.post(`${of(id)}/settle`, fields);
      expect([status, location]).toEqual([303, `${of(id)}?done=txn_settled`]);
    }
    expect(await show(id)).toMatchObject({ status: "completed", amount_settled: 18.25, amount_held: 0 });
    expect((await browser.get(`${of(id)}?done=txn_settled`)).text).toContain("The cost is booked");
    await follow();
    const { text } = await browser.get(of(id));
    expect(text).toContain("A person stated what it cost");
    expect(text).toContain("Test admin");
    expect(text).toContain("Invoice 7");
  });

  it.each(["twelve", "1.2345678", "-1", "", "12,50"])("keeps %j and says at the field what is wrong", async (typed) => {
    const id = await buy(20);
    const page = await take(id, "settle", { settle_amount: typed, settle_note: "typed before" });
    expect(page.status).toBe(400);
    expect(page.text).toContain('id="settle_amount-error"');
    expect(page.text).toContain("typed before");
    expect(page.text).toContain(`value="${typed}"`);
    expect(page.text).not.toContain("Invalid input");
    expect((await show(id)).status).toBe("authorized");
  });

  it("keeps the key of a form that was refused, and gives a new one where the old one is used up", async () => {
    const id = await buy(20);
    const first = await browser.get(of(id));
    const key = keyIn(first, "settle");
    const refused = await browser.post(`${of(id)}/settle`, { key, settle_amount: "x" });
    expect(keyIn(refused, "settle")).toBe(key);
    await browser.post(`${of(id)}/settle`, { key, settle_amount: "25" });
    const changed = await browser.post(`${of(id)}/settle`, { key, settle_amount: "24" });
    expect(changed.status).toBe(409);
    expect(changed.text).toContain("sent before with other values");
    expect(keyIn(changed, "settle")).not.toBe(key);
    expect((await show(id)).amount_settled).toBe(25);
  });

  it("says above the form what is no field's fault", async () => {
    const id = await buy(20);
    const page = await browser.get(of(id));
    await api(organization.admin, "POST", `/transactions/${id}/cancel`, {});
    const late = await browser.post(`${of(id)}/settle`, { key: keyIn(page, "settle"), settle_amount: "5" });
    expect(late.status).toBe(409);
    expect(late.text).toContain("Nothing was changed.");
    expect(late.text).toContain("The transaction is voided");
    const without = await browser.post(`${of(id)}/settle`, { settle_amount: "5" });
    expect(without.status).toBe(400);
  });
});

describe("the other steps", () => {
  it("calls a purchase off", async () => {
    const id = await buy(20);
    expect((await take(id, "cancel", { cancel_note: "Not needed" })).location).toContain("done=txn_cancelled");
    expect((await show(id)).status).toBe("voided");
    expect((await browser.get(of(id))).text).not.toContain("What you can do");
  });

  it("refunds a part, and not more than there is", async () => {
    const id = await buy(20);
    await take(id, "settle", { settle_amount: "20" });
    expect((await take(id, "refund", { refund_amount: "5" })).location).toContain("done=txn_refunded");
    const more = await take(id, "refund", { refund_amount: "15.01" });
    expect([more.status, more.text.includes("at most what was settled")]).toEqual([409, true]);
    expect((await browser.get(of(id))).text).toContain("5.00 USD of it already refunded");
    expect((await take(id, "refund", { refund_amount: "15" })).status).toBe(303);
    expect(await show(id)).toMatchObject({ status: "refunded", amount_refunded: 20 });
  });

  it("asks Stripe for the refund of a charge, and tells when Stripe refuses", async () => {
    const here = await scene();
    const member = await newMember(here.organization, "owner");
    const { transaction_id: id } = await here.charge();
    const path = `${member.base}/transactions/${id}`;
    const page = await member.browser.get(path);
    expect(page.text).toContain("Asks Stripe to send the money back");
    expect(page.text).toContain("PaymentIntent at Stripe");
    here.stripe.refundFates = ["pends"];
    const asked = await member.browser.post(`${path}/refund`, { key: keyIn(page, "refund"), refund_amount: "5" });
    expect(asked.location).toBe(`${path}?done=txn_refund_asked`);
    expect(here.stripe.refundOrders).toHaveLength(1);
    const again = await member.browser.post(`${path}/refund`, { key: keyIn(page, "refund"), refund_amount: "5" });
    expect(again.status).toBe(303);
    expect(here.stripe.refundOrders).toHaveLength(1);
    here.stripe.refundFates = ["refuses"];
    const next = await member.browser.get(path);
    const no = await member.browser.post(`${path}/refund`, { key: keyIn(next, "refund"), refund_amount: "5" });
    expect(no.status).toBe(409);
    expect(no.text).toContain("Stripe refused the refund");
    expect(keyIn(no, "refund")).not.toBe(keyIn(next, "refund"));
  });

  it("shows a viewer everything but the steps, and refuses them", async () => {
    const id = await buy(20);
    const page = await viewer.get(of(id));
    expect(page.status).toBe(200);
    for (const step of ["settle", "cancel", "refund", "completed", "voided"]) {
      expect(page.text).not.toContain(`${of(id)}/${step}`);
      const answer = await viewer.post(`${of(id)}/${step}`, { key: "k", settle_amount: "1" });
      expect(answer.status).toBe(403);
    }
    expect((await show(id)).status).toBe("authorized");
  });
});

describe("an unknown outcome", () => {
  /** A payment that was sent, and of which the chain shows nothing after a minute. */
  async function unknown() {
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    const here = await newOrganization();
    const { agent: payer } = await newAgent(here);
    const rails = await useRails(here);
    rails.payment = () => delivered(UNUSED, 402);
    rails.observation = UNUSED;
    const { transaction_id: id } = await fetchTool(here, payer, { idempotency_key: "k" });
    // The signature lives a little longer than the watch waits, as one does whose seller chose so.
    await sql(here, "UPDATE x402_payments SET valid_before = valid_before + 60");
    vi.setSystemTime(start + 61_000);
    await runDurableObjectAlarm(here.stub);
    const member = await newMember(here, "admin");
    return { here, id: id as string, ...member, path: `${member.base}/transactions/${id}` };
  }

  it("is ended with evidence, which both ways need", async () => {
    const { here, browser: person, path, id } = await unknown();
    const page = await person.get(path);
    expect(page.text).toContain("Outcome unknown");
    expect(page.text).toContain("Base Sepolia (test network)");
    const empty = await person.post(`${path}/completed`, { key: keyIn(page, "completed"), completed_amount: "0.01" });
    expect(empty.status).toBe(400);
    expect(empty.text).toContain('id="completed_evidence-error"');
    const alive = await person.post(`${path}/voided`, { key: keyIn(page, "voided"), voided_evidence: "seen" });
    expect(alive.status).toBe(409);
    expect(alive.text).toContain("can still be taken until");
    const ended = await person.post(`${path}/completed`, {
      key: keyIn(page, "completed"),
      completed_amount: "0.01",
      completed_evidence: HOSTILE,
    });
    expect(ended.status).toBe(400);
    const done = await person.post(`${path}/completed`, {
      key: keyIn(page, "completed"),
      completed_amount: "0.01",
      completed_evidence: "Seen on the chain <b>",
    });
    expect(done.location).toBe(`${path}?done=txn_completed`);
    expect((await api(here.read, "GET", `/transactions/${id}`)).body).toMatchObject({ status: "completed" });
    await runDurableObjectAlarm(here.stub);
    const { text } = await person.get(path);
    expect(text).toContain("Seen on the chain &lt;b&gt;");
    expect(text).toContain("Ended by a person with evidence");
  });
});

describe("a receipt", () => {
  it("says what the operation signed, and downloads as the verifier takes it", async () => {
    const id = await buy(4.5);
    const page = await viewer.get(`${of(id)}/receipt`);
    expect(page.status).toBe(200);
    expect(page.text).toContain("4.5 USD");
    const file = await viewer.get(`${of(id)}/receipt.json`);
    expect(file.headers.get("content-disposition")).toBe(`attachment; filename="receipt-${id}.json"`);
    const { receipt, payload, kid } = JSON.parse(file.text);
    expect(payload.transaction_id).toBe(id);
    expect(page.text).toContain(kid);
    expect(receipt.split(".")).toHaveLength(3);
  });
});
