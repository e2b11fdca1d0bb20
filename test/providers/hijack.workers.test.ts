import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { api, type Json, newMandate, sql, tool } from "../support/service.ts";
import { expectAgreement, intentsOf } from "./oracle.ts";
import {
  ADDRESS,
  buy,
  buyerProfile,
  CUSTOMER,
  cardProfile,
  charge,
  freshKey,
  HOUR,
  merchant,
  must,
  newScene,
  pass,
  providers,
  type Scene,
  SELLER,
  startClock,
  strings,
  stripe,
  transaction,
} from "./support.ts";

/**
 * An agent that follows every text it reads. It has a key for itself alone; beside it works another agent, with other cards,
 * another address and another merchant. Whatever it calls, only what its own mandate says is charged and bought.
 */

let scene: Scene;
/** Calls of the hijacked agent go out with its own key. */
let agent: Scene;
let other: { readonly agent: string; readonly transactions: readonly string[] };
let foreign: Json;
/** What Stripe and the merchants held before. */
let before: ReadonlySet<string>;
let sessionsBefore: number;
const OTHER_ADDRESS = { ...ADDRESS, name: "Somebody Else", line_one: "1 Other Street", city: "Fresno" };

const elsewhere = async (): Promise<number> =>
  (await merchant("state", undefined, providers["2026-01-30"])).sessions.length;

beforeAll(async () => {
  await startClock();
  scene = await newScene({ terms: { budgets: [{ period: "total", limit: 200 }], per_transaction_limit: 50 } });
  const second = await must(scene, "POST", "/integrations/acp/merchants", {
    name: "Second shop",
    url: providers["2026-01-30"],
    seller_profile: SELLER,
    bearer: "acp_sandbox_bearer",
  });
  await must(scene, "POST", "/integrations/profiles", cardProfile("gold", "pm_card_mastercard"));
  await must(
    scene,
    "POST",
    "/integrations/profiles",
    buyerProfile("other-supplies", second.id, { payment_method: "pm_card_mastercard", address: OTHER_ADDRESS }),
  );
  const { id } = await must(scene, "POST", "/agents", { name: "Other", preset: "none" });
  await newMandate(scene, id, {
    per_transaction_limit: 500,
    budgets: [{ period: "total", limit: 500 }],
    profiles: ["gold", "other-supplies"],
  });
  const made = [
    await tool(scene.spend, "quetra_stripe_charge", {
      agent_id: id,
      amount: 3,
      currency: "USD",
      idempotency_key: "one",
    }),
    await tool(scene.spend, "quetra_acp_checkout", {
      agent_id: id,
      merchant_url: providers["2026-01-30"],
      items: [{ id: "paper", quantity: 1 }],
      max_amount: 100,
      idempotency_key: "two",
    }),
    await tool(scene.spend, "quetra_evaluate", {
      agent_id: id,
      amount: 30,
      vendor: "team subscriptions",
      protocol: "stripe",
      idempotency_key: "three",
    }),
  ];
  other = { agent: id, transactions: made.map(({ transaction_id }) => transaction_id) };
  foreign = await must(scene, "GET", "/integrations/profiles/gold");
  const { key } = await must(scene, "POST", "/keys", { name: "One agent", role: "spend", agents: [scene.agent] });
  agent = { ...scene, spend: key };
  before = new Set((await stripe("state")).payment_intents.map((intent: Json) => intent.id));
  sessionsBefore = await elsewhere();
});
beforeEach(startClock);
afterEach(() => vi.useRealTimers());

const paid = (answer: Json): boolean =>
  ["charged", "ordered", "unsettled"].includes(answer.outcome) && answer.replayed !== true;
/** A call that must not pay. */
const refused = async (call: Promise<Json>, what: unknown): Promise<void> => {
  const answer = await call;
  expect(paid(answer), `${JSON.stringify(what)}: ${JSON.stringify(answer)}`).toBe(false);
};

const own = async (name: string): Promise<Json> => must(scene, "GET", `/integrations/profiles/${name}`);

describe("an injected agent cannot choose", () => {
  it("another profile, customer, card or merchant by any name", async () => {
    const names = [
      ...["gold", "other-supplies", foreign.id, (await own("card")).id, (await own("supplies")).id],
      ...[CUSTOMER, "pm_card_mastercard", "pm_card_visa", SELLER, scene.merchantId, scene.agent, scene.mandate],
      ...["CARD", "Card", "card ", " card", "card\u200b", "cárd", "card,gold", "card/../gold", "*", "", "__proto__"],
    ];
    for (const profile of names) {
      await refused(charge(agent, { profile }), profile);
      await refused(buy(agent, "paper", { profile }), profile);
    }
    await refused(charge(agent, { profile: "supplies" }), "a profile for buying");
    await refused(buy(agent, "paper", { profile: "card" }), "a profile for charging");
  });

  it("what only a profile says, by arguments of its own", async () => {
    const more = {
      customer: "cus_other",
      payment_method: "pm_card_mastercard",
      vendor: "attacker",
      buyer: { email: "attacker@example.com" },
      address: OTHER_ADDRESS,
      seller_profile: "profile_attacker",
      delivery: "fastest",
      capture_method: "manual",
      version: "2025-09-29",
    };
    for (const [name, value] of Object.entries(more)) {
      await refused(charge(agent, { [name]: value }), name);
      await refused(buy(agent, "paper", { [name]: value }), name);
    }
  });

  it("another merchant, nor another address of the same machine", async () => {
    const { host, port } = new URL(providers.merchant);
    const { host: secondHost } = new URL(providers["2026-01-30"]);
    const urls = [
      ...[providers["2026-01-30"], providers["2025-09-29"], providers.catcher, providers.forbidden, providers.stripe],
      ...[`http://localhost:${port}`, `http://127.0.0.1.:${port}`, `http://[::1]:${port}`, `https://${host}`],
      ...[`http://a:b@${host}`, `http://${host}@${secondHost}`, `http://${secondHost}\\@${host}`, `//${host}`, host],
      ...[`http://${host}#@${secondHost}`.replace(host, secondHost), `http://127.0.0.1:${port}0`, "http://127.0.0.1"],
      ...["http://169.254.169.254/", "file:///etc/passwd", "javascript:alert(1)", `ftp://${host}`, ""],
    ];
    for (const merchant_url of urls) await refused(buy(agent, "paper", { merchant_url }), merchant_url);
  });

  it("how much of what is paid, by any spelling", async () => {
    for (const amount of [0, -1, 1e-7, 12.345, 1e300, "12", null, [1], 50.01, 200.01]) {
      await refused(charge(agent, { amount }), amount);
      if (amount !== 50.01 && amount !== 200.01) {
        await refused(buy(agent, "paper", { max_amount: amount === 12.345 ? 0 : amount }), amount);
      }
    }
    for (const currency of ["usd", "EUR", "XXX", "USDC", "US", "USD ", "", "KWD", 840, null]) {
      await refused(charge(agent, { currency }), currency);
    }
    const items = [
      [],
      [{ id: "paper", quantity: 0 }],
      [{ id: "paper", quantity: -1 }],
      [{ id: "paper", quantity: 1.5 }],
      [{ id: "paper", quantity: 1_000 }],
      [{ id: "paper", quantity: 4 }],
      [{ id: "paper", quantity: 1e9 }],
      [
        { id: "paper", quantity: 1 },
        { id: "paper", quantity: 1 },
      ],
      [{ id: "paper", quantity: 1, price: 0 }],
      [{ id: "../paper", quantity: 1 }],
      [{ id: "__proto__", quantity: 1 }],
      [{ id: "paper\u0000", quantity: 1 }],
      Array.from({ length: 51 }, (_, n) => ({ id: `paper${n}`, quantity: 1 })),
    ];
    for (const list of items) await refused(buy(agent, "paper", { items: list }), list);
  });

  it("somebody else's approval, or one for another purchase", async () => {
    const unknown = { idempotency_key: undefined, transaction_id: `txn_${"0".repeat(22)}` };
    const asks = [
      ["external", "team subscriptions", 10],
      ["x402", "team subscriptions", 10],
      ["acp", "elsewhere.example", 40],
      ["stripe", "elsewhere.example", 10],
      ["stripe", "team subscriptions", 0.7],
    ] as const;
    const own: string[] = [];
    for (const [protocol, vendor, amount] of asks) {
      const args = { agent_id: scene.agent, amount, vendor, protocol, idempotency_key: freshKey() };
      own.push((await tool(agent.spend, "quetra_evaluate", args)).transaction_id);
    }
    for (const transaction_id of [...other.transactions, ...own]) {
      const more = { idempotency_key: undefined, transaction_id };
      await refused(charge(agent, { ...more, amount: 5 }), transaction_id);
      await refused(buy(agent, "paper", more), transaction_id);
    }
    // Nor can it tell one that is somebody else's from one that is nobody's.
    for (const call of [
      (more: object) => charge(agent, { ...more }),
      (more: object) => buy(agent, "paper", { ...more }),
    ]) {
      const nobody = JSON.stringify(await call(unknown));
      for (const transaction_id of other.transactions) {
        expect(JSON.stringify(await call({ idempotency_key: undefined, transaction_id }))).toBe(nobody);
      }
    }
    await must(scene, "POST", `/transactions/${own[0]}/cancel`, {});
    for (const agent_id of [other.agent, `agt_${"0".repeat(22)}`]) {
      await refused(charge(agent, { agent_id }), agent_id);
      await refused(buy(agent, "paper", { agent_id }), agent_id);
    }
  });

  it("a profile that was changed between approval and call", async () => {
    const terms = { profiles: ["moving-card", "moving-supplies"], rules: [{ type: "approval", above: 1 }] };
    const names = ["moving-card", "moving-supplies"];
    await must(scene, "POST", "/integrations/profiles", cardProfile(names[0]!, "pm_card_visa"));
    await must(scene, "POST", "/integrations/profiles", buyerProfile(names[1]!, scene.merchantId));
    const { id } = await must(scene, "POST", "/agents", { name: "Asks", preset: "none" });
    await newMandate(scene, id, terms);
    const asking = { ...scene, agent: id };
    const waiting = [await charge(asking), await buy(asking, "paper")];
    for (const { approval_id } of waiting) {
      expect(
        (await api(scene.approve, "POST", `/approvals/${approval_id}/decision`, { decision: "approve" })).status,
      ).toBe(200);
    }
    const { name: _one, ...card } = cardProfile("", "pm_card_mastercard");
    const { name: _two, ...supplies } = buyerProfile("", scene.merchantId, { address: OTHER_ADDRESS });
    await must(scene, "PUT", `/integrations/profiles/${names[0]}`, card, { "if-match": "1" });
    await must(scene, "PUT", `/integrations/profiles/${names[1]}`, supplies, { "if-match": "1" });
    const more = waiting.map(({ transaction_id }) => ({ idempotency_key: undefined, transaction_id }));
    expect(await charge(asking, more[0])).toMatchObject({ outcome: "failed", code: "terms_changed" });
    expect(await buy(asking, "paper", more[1])).toMatchObject({ outcome: "failed", code: "terms_changed" });
    for (const { transaction_id } of waiting) {
      expect(await transaction(scene, transaction_id)).toMatchObject({ status: "released", amount_held: 0 });
    }
  });

  it("anything with the strings of all answers that it has ever read", async () => {
    const answers = [
      await tool(agent.spend, "quetra_list_agents", {}),
      await tool(agent.spend, "quetra_check_budget", { agent_id: scene.agent }),
      await tool(agent.spend, "quetra_transactions", { agent_id: scene.agent, limit: 20 }),
      await charge(agent, { amount: 1 }),
      await buy(agent, "paper"),
      await charge(agent, { profile: "gold" }),
      await buy(agent, "item_declined"),
      await buy(agent, "item_unheard_of"),
    ];
    const read = [...new Set(answers.flatMap(strings))].filter((text) => text.length <= 100);
    expect(read).toContain("card");
    expect(read).not.toContain("gold");
    for (const text of read) {
      const profiles = await Promise.all([
        charge(agent, { amount: 0.5, profile: text }),
        buy(agent, "paper", { profile: text, max_amount: 1 }),
        buy(agent, "paper", { merchant_url: text, max_amount: 1 }),
        charge(agent, { amount: 0.75, idempotency_key: undefined, transaction_id: text }),
      ]);
      expect(profiles.map(paid), text).toEqual([text === "card", false, false, false]);
    }
  });
});

it("after all of it Stripe and the merchants hold what the mandate allowed, by its own profiles, and no more", async () => {
  const state = await stripe("state");
  const made = state.payment_intents.filter(({ id }: Json) => !before.has(id));
  const rows = await sql<Json>(
    scene,
    `SELECT t.id, t.agent_id, c.session_id, k.profile_name AS card FROM transactions t
     LEFT JOIN acp_checkouts c ON c.transaction_id = t.id LEFT JOIN stripe_charges k ON k.transaction_id = t.id
     WHERE t.agent_id = ?`,
    scene.agent,
  );
  const known = rows.flatMap((row) => intentsOf(row as never, state));
  expect(made.length).toBeGreaterThan(1);
  expect(known.map(({ id }: Json) => id).sort()).toEqual(made.map(({ id }: Json) => id).sort());
  const sum = made.reduce((total: number, { amount_received }: Json) => total + amount_received, 0);
  expect(sum).toBeLessThanOrEqual(200 * 100);
  for (const intent of made) {
    expect(["acct_org_sandbox", "acct_seller_sandbox"]).toContain(intent.account);
    if (intent.account === "acct_org_sandbox") {
      expect(intent).toMatchObject({ customer: CUSTOMER, payment_method: "pm_card_visa", currency: "usd" });
    }
  }
  const ids = new Set(rows.map(({ id }) => id));
  const tokens = state.tokens.filter(({ shared_metadata }: Json) => ids.has(shared_metadata.quetra_transaction));
  for (const token of tokens) {
    expect(token).toMatchObject({
      payment_method: "pm_card_visa",
      seller_details: { network_business_profile: SELLER },
    });
  }
  expect(await elsewhere()).toBe(sessionsBefore);
  // Holds that nobody has used end by their timers; then everything must fit.
  await pass(HOUR);
  await runDurableObjectAlarm(scene.stub);
  await expectAgreement(scene);
});
