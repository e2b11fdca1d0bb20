/** The control API: what a test, or a person who tries something out, makes the stand-in do. See index.mjs. */
import { Hono } from "hono";
import { finishProcessing } from "./attempt.mjs";
import { closeDispute, openDispute } from "./disputes.mjs";
import { cancel } from "./intents.mjs";
import { finishRefund, makeRefund } from "./refunds.mjs";
import { issued, revokeByControl } from "./tokens.mjs";

/** @param {{ world: any, faults: any, webhooks: any, log: any[] }} parts */
export function createControl({ world, faults, webhooks, log }) {
  const app = new Hono();
  const done = (c, happened = true) => c.json({ ok: happened }, happened ? 200 : 409);

  app.post("/fault", async (c) => {
    faults.add(await c.req.json());
    return done(c);
  });
  app.post("/reset_faults", (c) => {
    faults.clear();
    return done(c);
  });
  app.post("/clock", async (c) => {
    const { advance_ms } = await c.req.json();
    if (!Number.isSafeInteger(advance_ms) || advance_ms < 0)
      throw new Error("advance_ms is a number of ms, 0 or more.");
    world.clock.advance(advance_ms);
    return c.json({ now: new Date(world.clock.now()).toISOString() });
  });
  app.post("/settings", async (c) => {
    const wanted = await c.req.json();
    for (const [name, value] of Object.entries(wanted)) {
      const old = world.settings[name];
      if (old === undefined) throw new Error(`There is no setting '${name}'.`);
      world.settings[name] = typeof old === "object" ? { ...old, ...value } : value;
    }
    return c.json(world.settings);
  });
  app.post("/finish", async (c) => done(c, finish(world, await c.req.json())));
  app.post("/refund", async (c) => {
    const { payment_intent, amount } = await c.req.json();
    const { account, row } = intentOf(world, payment_intent);
    const charge = account.charges.get(row.intent.latest_charge);
    const left = charge?.captured === true ? charge.amount - charge.amount_refunded : 0;
    if (left === 0 || (amount ?? left) > left) return done(c, false);
    return c.json(makeRefund(world, account, charge, amount ?? left));
  });
  app.post("/cancel", async (c) => {
    const { payment_intent } = await c.req.json();
    const { account, row } = intentOf(world, payment_intent);
    if (["succeeded", "canceled"].includes(row.intent.status)) return done(c, false);
    cancel(world, account, row, "requested_by_customer");
    return done(c);
  });
  app.post("/revoke", async (c) => {
    const { token, key } = await c.req.json();
    if (token !== undefined) return done(c, revokeByControl(world, token));
    const known = world.keys.get(key);
    if (known !== undefined) known.revoked = true;
    return done(c, known !== undefined);
  });
  app.post("/webhook", async (c) => {
    webhooks.register(await c.req.json());
    return done(c);
  });
  app.post("/resend", async (c) => {
    webhooks.resend((await c.req.json()).event);
    return done(c);
  });
  app.post("/settled", async (c) => {
    await Promise.all(world.late);
    await webhooks.settled();
    return done(c);
  });
  app.get("/state", (c) => c.json(stateOf(world, webhooks, log)));
  app.onError((error, c) => c.json({ ok: false, error: error.message }, 400));
  return app;
}

function intentOf(world, id) {
  for (const account of world.accounts.values()) {
    const row = account.intents.get(id);
    if (row !== undefined) return { account, row };
  }
  throw new Error(`There is no PaymentIntent '${id}'.`);
}

function finish(world, { payment_intent, refund, dispute, outcome, reason = "fraudulent" }) {
  if (payment_intent !== undefined) {
    const { account, row } = intentOf(world, payment_intent);
    if (outcome !== "disputed") return finishProcessing(world, account, row, outcome);
    const charge = account.charges.get(row.intent.latest_charge);
    if (charge?.captured !== true || charge.disputed) return false;
    openDispute(world, account, charge, reason);
    return true;
  }
  for (const account of world.accounts.values()) {
    if (account.refunds.has(refund)) return finishRefund(world, account, account.refunds.get(refund), outcome);
    if (account.disputes.has(dispute)) return closeDispute(world, account, account.disputes.get(dispute), outcome);
  }
  throw new Error("Name a payment_intent, a refund or a dispute that exists.");
}

/** Everything, without keys: for an oracle that compares it with a ledger. */
function stateOf(world, webhooks, log) {
  const of = (map, view = (row) => row) =>
    [...world.accounts.values()].flatMap((account) =>
      [...account[map].values()].map((row) => ({ account: account.id, ...view(row) })),
    );
  return {
    now: new Date(world.clock.now()).toISOString(),
    settings: world.settings,
    payment_intents: of("intents", ({ intent }) => intent),
    charges: of("charges"),
    refunds: of("refunds"),
    disputes: of("disputes"),
    events: of("events"),
    tokens: [...world.tokens.values()].map((token) => ({
      issuer: token.issuer?.id ?? null,
      seller: token.seller.id,
      ...issued(world, token),
    })),
    deliveries: webhooks.deliveries,
    requests: log,
  };
}
