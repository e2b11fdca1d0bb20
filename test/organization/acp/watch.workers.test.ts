import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import type { SessionStatus } from "../../../src/payments/acp/api.ts";
import { type ShopSetting, shopSetting, silence } from "../../support/fake-shop.ts";
import { api, eventTypes, type Json, selfCheck, sql } from "../../support/service.ts";

const START = Date.UTC(2026, 10, 20, 12);
const UNCLEAR = { kind: "unclear", why: "timeout" } as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whatever happened: one token at most, the ledger is what was taken, and nothing is left open. */
async function agrees({ organization, shop, settleDown }: ShopSetting): Promise<Json> {
  const before = await sql<Json>(organization, "SELECT status, settled, held FROM transactions");
  // What ends unused is looked at once more, for what may come late.
  await settleDown(700);
  expect(await sql<Json>(organization, "SELECT status, settled, held FROM transactions")).toEqual(before);
  const [row] = await sql<Json>(organization, "SELECT * FROM transactions");
  expect(row.settled).toBe(shop.taken * 10_000);
  expect(row.held).toBe(0);
  expect(row.waiting_for).toBeNull();
  expect(["completed", "voided"]).toContain(row.status);
  expect(shop.tokens.size).toBeLessThanOrEqual(1);
  expect(new Set(shop.completions.map((order) => JSON.stringify(order))).size).toBeLessThanOrEqual(1);
  expect(await sql(organization, "SELECT * FROM timers WHERE kind = 'acp_watch'")).toEqual([]);
  expect((await selfCheck(organization)).ledger).toEqual({ valid: true, problems: [] });
  return row;
}

/** The merchant answers so to the request to complete, without taking anything. */
const answersWith =
  (status: SessionStatus, codes: readonly string[] = []) =>
  (here: ShopSetting) => {
    here.shop.onComplete = ({ session_id }) => {
      here.shop.sessions.get(session_id)!.status = status;
      here.shop.codes = codes;
      return here.shop.seen(session_id);
    };
  };

describe("what the merchant answers", () => {
  it.each([
    ["declined", answersWith("ready", ["payment_declined"]), "payment_declined"],
    ["sold out meanwhile", answersWith("open", ["out_of_stock"]), "out_of_stock"],
    ["canceled", answersWith("canceled"), "unpaid"],
    ["expired", answersWith("expired"), "unpaid"],
  ])("%s: the token is revoked, and the hold is free at once", async (_what, answer, code) => {
    const here = await shopSetting();
    answer(here);
    expect(await here.buy()).toMatchObject({ outcome: "failed", code });
    expect(here.shop.revoked).toHaveLength(1);
    expect((await agrees(here)).status).toBe("voided");
    expect(await here.buy()).toMatchObject({ outcome: "failed", replayed: true });
    expect(here.shop.issues).toHaveLength(1);
  });

  it("a decline although the money was taken: Stripe's word counts", async () => {
    const here = await shopSetting();
    here.shop.onComplete = ({ transaction_id, session_id }) => {
      here.shop.consume(transaction_id);
      return here.shop.seen(session_id);
    };
    expect(await here.buy()).toMatchObject({ outcome: "unsettled", code: "paid_no_order" });
    await here.settleDown(900);
    expect((await agrees(here)).settled).toBe(25_990_000);
  });

  it("a thank-you although nothing was taken: settles nothing, and ends with the token", async () => {
    const here = await shopSetting();
    here.shop.onComplete = ({ session_id }) => {
      Object.assign(here.shop.sessions.get(session_id)!, { status: "completed", order: "order_x" });
      return here.shop.seen(session_id);
    };
    const answer = await here.buy();
    expect(answer.outcome).toBe("unsettled");
    await here.pass(300);
    expect(await here.row(answer.transaction_id)).toMatchObject({ amount_settled: 0, amount_held: 25.99 });
    await here.settleDown();
    expect((await agrees(here)).status).toBe("voided");
  });

  it("works on it: settled when the token is used, without traffic, and the order follows", async () => {
    const here = await shopSetting();
    answersWith("in_progress")(here);
    const { transaction_id, outcome } = await here.buy();
    expect(outcome).toBe("unsettled");
    await here.pass(61);
    expect((await here.row(transaction_id)).status).toBe("unknown");
    here.shop.consume(transaction_id);
    await here.pass(61);
    expect(await here.row(transaction_id)).toMatchObject({
      status: "completed",
      payment: { outcome: "paid_no_order" },
    });
    Object.assign([...here.shop.sessions.values()][0]!, { status: "completed", order: "order_late" });
    await here.pass(61);
    expect((await here.row(transaction_id)).payment.outcome).toBe("ordered");
    expect((await eventTypes(here.organization)).filter((type) => type === "transaction.unknown")).toHaveLength(1);
    await agrees(here);
  });

  it.each(["needs_human", "authentication_required"] as const)(
    "%s: a person has until the token's end",
    async (status) => {
      const here = await shopSetting();
      answersWith(status)(here);
      here.shop.words = { ...here.shop.words, continue_url: "https://shop.example.com/continue" };
      const answer = await here.buy();
      expect(answer).toMatchObject({
        outcome: "needs_human",
        merchant: { continue_url: "https://shop.example.com/continue" },
      });
      const { transaction_id } = answer;
      expect(await here.row(transaction_id)).toMatchObject({
        status: "executing",
        waiting_for: "human",
        amount_held: 25.99,
      });
      await here.settleDown(300);
      expect((await here.row(transaction_id)).status).toBe("executing");
      expect(await here.buy()).toMatchObject({ outcome: "needs_human", replayed: true });
      await here.settleDown(400);
      const row = await agrees(here);
      expect(row.status).toBe("voided");
    },
  );

  it("a person who acts in time", async () => {
    const here = await shopSetting();
    answersWith("needs_human")(here);
    const { transaction_id } = await here.buy();
    await here.settleDown(120);
    here.shop.consume(transaction_id);
    Object.assign([...here.shop.sessions.values()][0]!, { status: "completed", order: "order_h" });
    await here.settleDown(120);
    expect(await agrees(here)).toMatchObject({ status: "completed", settled: 25_990_000 });
  });

  it("takes less than the total: booked is what Stripe says", async () => {
    const here = await shopSetting();
    here.shop.onComplete = ({ transaction_id, session_id }) => {
      here.shop.consume(transaction_id, 2_000);
      Object.assign(here.shop.sessions.get(session_id)!, { status: "completed", order: "o" });
      return here.shop.seen(session_id);
    };
    await here.buy();
    expect((await agrees(here)).settled).toBe(20_000_000);
  });

  it("takes more, which cannot be: it is booked as proven, and flagged", async () => {
    const here = await shopSetting();
    here.shop.onComplete = ({ transaction_id, session_id }) => {
      here.shop.consume(transaction_id, 3_000);
      return here.shop.seen(session_id);
    };
    await here.buy();
    await here.settleDown(900);
    expect(await agrees(here)).toMatchObject({ settled: 30_000_000, overdraft: 1 });
  });
});

describe("a merchant that does not answer", () => {
  const faults: [string, (here: ShopSetting) => void][] = [
    ["is silent before it does anything", ({ shop }) => (shop.onComplete = () => UNCLEAR)],
    ["resets the connection", ({ shop }) => (shop.onComplete = silence)],
    [
      "fails for a while, then works",
      ({ shop }) => {
        let left = 2;
        shop.onComplete = (order) => (left-- > 0 ? UNCLEAR : shop.doComplete(order));
      },
    ],
    [
      "is asked too much",
      ({ shop }) => (shop.onComplete = () => ({ kind: "refused", status: 429, code: "rate_limited" })),
    ],
    [
      "says that the first request still runs",
      ({ shop }) => (shop.onComplete = () => ({ kind: "refused", status: 409, code: "idempotency_in_flight" })),
    ],
    [
      "takes the money and then fails",
      ({ shop }) => {
        shop.onComplete = (order) => {
          shop.doComplete(order);
          return UNCLEAR;
        };
      },
    ],
    [
      "takes the money and is never heard of again",
      ({ shop }) => {
        shop.onComplete = (order) => {
          shop.doComplete(order);
          shop.onRead = silence;
          return UNCLEAR;
        };
      },
    ],
    [
      "never takes it and is never heard of again",
      ({ shop }) => {
        shop.onComplete = () => UNCLEAR;
        shop.onRead = silence;
      },
    ],
    [
      "refuses the request for good",
      ({ shop }) => (shop.onComplete = () => ({ kind: "refused", status: 400, code: "invalid" })),
    ],
    [
      "has forgotten the session",
      ({ shop }) => {
        shop.onComplete = () => UNCLEAR;
        shop.onRead = () => ({ kind: "refused", status: 404, code: "not_found" });
      },
    ],
  ];
  it.each(faults)("because it %s: every outcome ends by timers alone", async (_what, fault) => {
    const here = await shopSetting();
    fault(here);
    const { transaction_id } = await here.buy();
    const row = await here.row(transaction_id);
    // The hold stays until Stripe has said something.
    expect(row.amount_held + row.amount_settled).toBeCloseTo(row.status === "voided" ? 0 : 25.99, 6);
    await here.settleDown(1_200);
    const done = await agrees(here);
    expect(done.status).toBe(here.shop.taken > 0 ? "completed" : "voided");
    expect((await here.buy()).replayed).toBe(true);
    expect(here.shop.issues).toHaveLength(1);
  });

  it("is asked the same again by the watch alone, while the session is still to be paid", async () => {
    const here = await shopSetting();
    let deaf = true;
    here.shop.onComplete = (order) => (deaf ? UNCLEAR : here.shop.doComplete(order));
    await here.buy();
    for (let n = 0; n < 5; n += 1) await here.buy();
    expect(here.shop.completions).toHaveLength(1);
    await here.pass(12);
    expect(here.shop.completions).toHaveLength(1);
    deaf = false;
    await here.pass(20);
    expect(here.shop.completions).toHaveLength(2);
    expect(here.shop.completions[0]).toEqual(here.shop.completions[1]);
    expect((await agrees(here)).status).toBe("completed");
  });

  it("is not asked again as somebody else: with another buyer the token is taken back", async () => {
    const here = await shopSetting();
    here.shop.onComplete = () => UNCLEAR;
    await here.buy();
    await sql(here.organization, "UPDATE profiles SET version = 2");
    await here.settleDown(180);
    expect(here.shop.completions).toHaveLength(1);
    expect((await agrees(here)).status).toBe("voided");
  });
});

describe("Stripe", () => {
  it("refuses to make the token: nothing was sent, and it is said what an account needs", async () => {
    const here = await shopSetting();
    here.shop.onIssue = () => ({ kind: "refused", code: "key_rights" });
    const answer = await here.buy();
    expect(answer).toMatchObject({ outcome: "failed", code: "token_refused" });
    expect(answer.message).toContain("Shared Payment Tokens");
    expect((await agrees(here)).status).toBe("voided");
    expect(here.shop.completions).toEqual([]);
  });

  it.each([
    ["unclear, and made", true],
    ["unclear, and not made", false],
  ])("leaves it %s: the watch learns the token by the same order, and takes it back", async (_what, made) => {
    const here = await shopSetting();
    here.shop.onIssue = (order) => {
      if (made) here.shop.doIssue(order);
      here.shop.onIssue = (again) => here.shop.doIssue(again);
      return UNCLEAR;
    };
    expect((await here.buy()).outcome).toBe("unsettled");
    await here.pass(12);
    expect(here.shop.issues).toHaveLength(1);
    await here.settleDown(60);
    expect(here.shop.issues).toHaveLength(2);
    expect(here.shop.issues[0]).toEqual(here.shop.issues[1]);
    expect(here.shop.completions).toEqual([]);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("refuses the repeated order: that says nothing of the first one, so the token's end is waited for", async () => {
    const here = await shopSetting();
    here.shop.onIssue = () => {
      here.shop.onIssue = () => ({ kind: "refused", code: "key_refused" });
      return UNCLEAR;
    };
    const { transaction_id } = await here.buy();
    await here.settleDown(580);
    expect(await here.row(transaction_id)).toMatchObject({ status: "unknown", amount_held: 25.99 });
    await here.settleDown(120);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("answers nothing usable, however often: a token that nobody was given ends with its time", async () => {
    const here = await shopSetting();
    here.shop.onIssue = () => UNCLEAR;
    const { transaction_id } = await here.buy();
    await here.settleDown(580);
    expect(await here.row(transaction_id)).toMatchObject({ status: "unknown", amount_held: 25.99 });
    await here.settleDown(120);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("wants the cardholder: the token is taken back", async () => {
    const here = await shopSetting();
    here.shop.needsAction = true;
    expect(await here.buy()).toMatchObject({ outcome: "failed" });
    expect(here.shop.completions).toEqual([]);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("cannot be asked for hours: held until it answers, then booked", async () => {
    const here = await shopSetting();
    here.shop.onToken = () => UNCLEAR;
    here.shop.onRevoke = () => UNCLEAR;
    const { transaction_id } = await here.buy();
    await here.settleDown(1_200);
    await here.pass(20_000);
    expect(await here.row(transaction_id)).toMatchObject({ status: "unknown", amount_held: 25.99 });
    here.shop.onToken = (id) => here.shop.tokenSeen(id);
    await here.pass(901);
    expect((await agrees(here)).status).toBe("completed");
  });

  it("says something that cannot be booked: the hold stays", async () => {
    const here = await shopSetting();
    here.shop.onToken = () => ({ kind: "consumed", amount: 2_599, currency: "eur" });
    const { transaction_id } = await here.buy();
    await here.settleDown(120);
    expect(await here.row(transaction_id)).toMatchObject({ amount_settled: 0, amount_held: 25.99 });
    here.shop.onToken = (id) => here.shop.tokenSeen(id);
    await here.settleDown(900);
    expect((await agrees(here)).status).toBe("completed");
  });
});

describe("a process that is killed", () => {
  it.each([
    [1, "after the intent", "voided"],
    [2, "after the token", "voided"],
    [3, "before the record", "completed"],
    [4, "after the record", "completed"],
  ])("at point %i, %s, leaves nothing open and nothing doubled", async (point, _what, status) => {
    const here = await shopSetting();
    await here.crashAt(point);
    expect((await here.buy()).error).toContain("internal_error");
    await here.settleDown(900);
    expect((await agrees(here)).status).toBe(status);
    expect(here.shop.taken).toBe(status === "completed" ? 2_599 : 0);
    expect((await here.buy()).replayed).toBe(true);
    expect(here.shop.tokens.size).toBe(1);
  });

  it("in the middle of a look looks again", async () => {
    const here = await shopSetting();
    here.shop.onComplete = (order) => {
      here.shop.doComplete(order);
      here.shop.onToken = () => UNCLEAR;
      return UNCLEAR;
    };
    await here.buy();
    // The watch has taken its lease, and its record fails.
    await sql(here.organization, "ALTER TABLE acp_checkouts RENAME COLUMN outcome TO outcome_away");
    await here.pass(3);
    await sql(here.organization, "ALTER TABLE acp_checkouts RENAME COLUMN outcome_away TO outcome");
    here.shop.onToken = (id) => here.shop.tokenSeen(id);
    await here.pass(61);
    expect((await agrees(here)).status).toBe("completed");
  });

  it("does not spin where a look cannot even be planned, and goes on when it can", async () => {
    const here = await shopSetting();
    here.shop.onToken = () => UNCLEAR;
    await here.buy();
    await sql(here.organization, "UPDATE stripe_keys SET id = 'stk_away'");
    await here.pass(5);
    const due = await sql<Json>(here.organization, "SELECT due_at FROM timers WHERE kind = 'acp_watch'");
    expect(due.map(({ due_at }: Json) => due_at)).toEqual([Date.now() + 60_000]);
    await sql(here.organization, "UPDATE stripe_keys SET id = 'stk_1'");
    here.shop.onToken = (id) => here.shop.tokenSeen(id);
    await here.pass(61);
    expect((await agrees(here)).status).toBe("completed");
  });

  it("has its timer cleared when its checkout is gone", async () => {
    const here = await shopSetting();
    await sql(here.organization, "INSERT INTO timers VALUES (1, 'acp_watch', 'txn_gone')");
    await runDurableObjectAlarm(here.organization.stub);
    expect(await sql(here.organization, "SELECT * FROM timers WHERE kind = 'acp_watch'")).toEqual([]);
  });
});

describe("spending that is stopped", () => {
  const stops: [string, (here: ShopSetting) => Promise<unknown>][] = [
    ["by the freeze", ({ organization }) => api(organization.admin, "POST", "/organization/freeze", {})],
    [
      "by suspending the agent",
      ({ organization, agent }) => api(organization.admin, "POST", `/agents/${agent}/suspend`, {}),
    ],
    [
      "by pausing the mandate",
      ({ organization, mandate }) => api(organization.admin, "POST", `/mandates/${mandate}/pause`, {}),
    ],
    [
      "by revoking the mandate",
      ({ organization, mandate }) => api(organization.admin, "POST", `/mandates/${mandate}/revoke`, {}),
    ],
    [
      "by revoking the key",
      async ({ organization }) => {
        const [key] = await sql<{ id: string }>(organization, "SELECT id FROM keys WHERE role = 'spend'");
        return api(organization.admin, "POST", `/keys/${key!.id}/revoke`, {});
      },
    ],
  ];

  it.each(stops)("%s: an open token is revoked at once, without waiting for its time", async (_what, stop) => {
    const here = await shopSetting();
    answersWith("in_progress")(here);
    await here.buy();
    await here.pass(100);
    expect(here.shop.revoked).toEqual([]);
    expect(((await stop(here)) as Json).status).toBeLessThan(300);
    await here.pass(0.001);
    expect(here.shop.revoked).toHaveLength(1);
    expect((await agrees(here)).status).toBe("voided");
    expect(here.shop.canceled).toHaveLength(1);
  });

  it("revokes at the next turn where looking has taken this one's time", async () => {
    const here = await shopSetting();
    answersWith("in_progress")(here);
    await here.buy();
    await here.pass(100);
    await api(here.organization.admin, "POST", "/organization/freeze", {});
    here.shop.onToken = (id) => {
      vi.setSystemTime(Date.now() + 11_000);
      here.shop.onToken = (again) => here.shop.tokenSeen(again);
      return here.shop.tokenSeen(id);
    };
    await here.pass(0.001);
    expect(here.shop.revoked).toEqual([]);
    await here.pass(2);
    expect(here.shop.revoked).toHaveLength(1);
    expect((await agrees(here)).status).toBe("voided");
  });

  it.each(stops)("%s while the token is made: the merchant never gets it", async (_what, stop) => {
    const here = await shopSetting();
    const gate = here.shop.pause("issueToken");
    const call = here.buy();
    await gate.reached();
    await stop(here);
    gate.open();
    await call;
    expect(here.shop.completions).toEqual([]);
    expect(here.shop.revoked).toHaveLength(1);
    await here.settleDown(60);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("while the merchant takes the money: what was taken is booked", async () => {
    const here = await shopSetting();
    const gate = here.shop.pause("checkoutComplete");
    const call = here.buy();
    await gate.reached();
    await api(here.organization.admin, "POST", "/organization/freeze", {});
    gate.open();
    await call;
    await here.settleDown(60);
    expect(await agrees(here)).toMatchObject({ status: "completed", settled: 25_990_000 });
  });

  it("and allowed again: what was revoked stays so", async () => {
    const here = await shopSetting();
    here.shop.onComplete = () => UNCLEAR;
    await here.buy();
    await api(here.organization.admin, "POST", "/organization/freeze", {});
    await here.pass(1);
    await api(here.organization.admin, "POST", "/organization/unfreeze", {});
    await here.settleDown(600);
    expect(here.shop.completions).toHaveLength(1);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("of one agent does not touch another's", async () => {
    const here = await shopSetting();
    answersWith("in_progress")(here);
    await here.buy();
    const other = (await api(here.organization.admin, "POST", "/agents", { name: "Other", preset: "none" })).body.id;
    await api(here.organization.admin, "POST", `/agents/${other}/suspend`, {});
    await here.pass(1);
    expect(here.shop.revoked).toEqual([]);
  });
});

describe("a payment that was begun before the token was revoked", () => {
  const stopped = async (answer: (here: ShopSetting) => void) => {
    const here = await shopSetting();
    answer(here);
    here.shop.onCancel = () => ({ kind: "refused", status: 405, code: "unknown" });
    const { transaction_id } = await here.buy();
    await here.pass(5);
    await api(here.organization.admin, "POST", "/organization/freeze", {});
    await here.pass(0.001);
    expect(here.shop.revoked).toHaveLength(1);
    return { here, transaction_id };
  };
  const silent = (here: ShopSetting) => (here.shop.onComplete = () => UNCLEAR);

  it("holds the budget for a minute where nobody knows whether the merchant has begun", async () => {
    const { here, transaction_id } = await stopped(silent);
    await here.pass(50);
    expect(await here.row(transaction_id)).toMatchObject({ amount_held: 25.99 });
    here.shop.capture(transaction_id);
    await here.settleDown(60);
    expect(await agrees(here)).toMatchObject({ status: "completed", settled: 25_990_000, late: 0 });
  });

  it("holds it until the token's own end where the merchant still works on it", async () => {
    const { here, transaction_id } = await stopped(answersWith("in_progress"));
    await here.settleDown(500);
    expect(await here.row(transaction_id)).toMatchObject({ status: "unknown", amount_held: 25.99 });
    await here.settleDown(180);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("holds it over a crash between the request and its answer", async () => {
    const here = await shopSetting();
    here.shop.onComplete = () => UNCLEAR;
    await here.crashAt(3);
    await here.buy();
    await api(here.organization.admin, "POST", "/organization/freeze", {});
    await here.pass(5);
    expect(here.shop.revoked).toHaveLength(1);
    const [row] = await sql<Json>(here.organization, "SELECT id, held FROM transactions");
    expect(row.held).toBe(25_990_000);
    here.shop.capture(row.id);
    await here.settleDown(120);
    expect((await agrees(here)).status).toBe("completed");
  });

  it.each([
    [30, "a minute after the revocation"],
    [300, "after the token's own end"],
  ])("and arrives %i s after a decline: found %s, and booked as late", async (seconds) => {
    const here = await shopSetting();
    answersWith("ready", ["payment_declined"])(here);
    const { transaction_id } = await here.buy();
    expect((await here.row(transaction_id)).status).toBe("voided");
    await here.settleDown(seconds);
    here.shop.capture(transaction_id);
    await here.settleDown(700);
    expect(await agrees(here)).toMatchObject({ status: "completed", settled: 25_990_000, late: 1 });
  });

  it("and arrives after a token ran out: booked as late", async () => {
    const here = await shopSetting();
    answersWith("in_progress")(here);
    const { transaction_id } = await here.buy();
    await here.settleDown(620);
    expect((await here.row(transaction_id)).status).toBe("voided");
    here.shop.capture(transaction_id);
    await here.settleDown(100);
    expect(await agrees(here)).toMatchObject({ status: "completed", late: 1 });
  });

  it("is asked for a day at most where Stripe does not answer", async () => {
    const here = await shopSetting();
    answersWith("ready", ["payment_declined"])(here);
    await here.buy();
    here.shop.onToken = () => UNCLEAR;
    await here.settleDown(700);
    await here.pass(3_600);
    expect(await sql(here.organization, "SELECT * FROM timers WHERE kind = 'acp_watch'")).toHaveLength(1);
    await here.pass(86_400);
    await here.pass(901);
    expect((await agrees(here)).status).toBe("voided");
  });
});

describe("a call that has lost its time", () => {
  it("does not send a token that the watch is about to take back", async () => {
    const here = await shopSetting();
    const gate = here.shop.pause("issueToken");
    const call = here.buy();
    await gate.reached();
    vi.setSystemTime(Date.now() + 31_000);
    gate.open();
    await call;
    expect(here.shop.completions).toEqual([]);
    await here.settleDown(120);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("and the watch look at the same time: one payment", async () => {
    const here = await shopSetting();
    const gate = here.shop.pause("checkoutComplete");
    const call = here.buy();
    await gate.reached();
    for (const seconds of [3, 3, 6, 10]) await here.pass(seconds);
    expect(here.shop.revoked).toEqual([]);
    gate.open();
    expect((await call).outcome).toBe("ordered");
    expect(here.shop.completions.length).toBeLessThanOrEqual(1);
    await here.settleDown(60);
    expect((await agrees(here)).status).toBe("completed");
  });
});

describe("a token's time", () => {
  it("is so long at most (tokenMs), and the session's where that ends sooner", async () => {
    const here = await shopSetting({ per_transaction_limit: 1_000, budgets: [{ period: "daily", limit: 1_000 }] });
    const most = LIMITS.tokenMs / 1000;
    for (const [index, seconds] of [null, 120, most - 1, most, most + 1, 3_600].entries()) {
      here.shop.sessionEnds = seconds === null ? null : START / 1000 + seconds;
      expect((await here.buy({ idempotency_key: `k${index}`, max_amount: 50 })).outcome).toBe("ordered");
    }
    expect(here.shop.issues.map(({ expires_at }) => expires_at - START / 1000)).toEqual([
      most,
      120,
      most - 1,
      most,
      most,
      most,
    ]);
  });
});

describe("a person who ends an unknown outcome", () => {
  const unknown = async () => {
    const here = await shopSetting();
    here.shop.onToken = () => UNCLEAR;
    here.shop.onRevoke = () => UNCLEAR;
    here.shop.onComplete = () => UNCLEAR;
    const { transaction_id } = await here.buy();
    await here.settleDown(120);
    const resolve = (outcome: string, amount_charged = 0) =>
      api(here.organization.admin, "POST", `/transactions/${transaction_id}/resolve`, {
        outcome,
        evidence: "seen",
        ...(outcome === "completed" ? { amount_charged } : {}),
      });
    return { here, transaction_id, resolve };
  };

  it("may not call it off while the token is alive", async () => {
    const { here, transaction_id, resolve } = await unknown();
    expect(await resolve("voided")).toMatchObject({ status: 409, body: { code: "token_alive" } });
    expect((await here.row(transaction_id)).status).toBe("unknown");
    await here.pass(600);
    expect((await resolve("voided")).status).toBe(200);
    expect((await here.buy()).message).toContain("An administrator");
    here.shop.onToken = (id) => here.shop.tokenSeen(id);
    await here.pass(901);
    expect((await agrees(here)).status).toBe("voided");
  });

  it("is corrected by Stripe's later word, as late", async () => {
    const { here, transaction_id, resolve } = await unknown();
    here.shop.consume(transaction_id);
    await here.pass(600);
    await resolve("voided");
    here.shop.onToken = (id) => here.shop.tokenSeen(id);
    await here.pass(901);
    expect(await agrees(here)).toMatchObject({ status: "completed", settled: 25_990_000, late: 1 });
  });
});

describe("the self-check", () => {
  it("finds an open checkout that nobody watches, and a paid one that is not settled", async () => {
    const here = await shopSetting();
    answersWith("in_progress")(here);
    const { transaction_id } = await here.buy();
    await sql(here.organization, "DELETE FROM timers WHERE kind = 'acp_watch'");
    await sql(here.organization, "UPDATE acp_checkouts SET outcome = 'ordered'");
    expect((await selfCheck(here.organization)).ledger.problems).toEqual([
      `transaction ${transaction_id}: its checkout is open, but nobody watches it`,
      `transaction ${transaction_id}: Stripe's word on its checkout is not what is booked`,
    ]);
  });
});
