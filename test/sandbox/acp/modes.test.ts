import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { completion, creation, openShop, RELEASES, type Shop } from "./buyer.ts";

let mart: Shop;
beforeEach(async () => {
  mart = await openShop();
});
afterEach(() => mart.close());

const codes = (body: { messages: { code?: string }[] }) => body.messages.map(({ code }) => code);

describe.each(RELEASES)("by %s", (release) => {
  const older = release < "2026-01-30";
  it.each([
    ["item_declined", "ready_for_payment", "payment_declined"],
    ["item_sold_out", "not_ready_for_payment", "out_of_stock"],
    ["item_3ds", release === "2025-09-29" ? "ready_for_payment" : "authentication_required", "requires_3ds"],
    ["item_escalate", older ? "not_ready_for_payment" : "requires_escalation", "requires_sign_in"],
    ["item_pending_approval", older ? "in_progress" : "pending_approval", older ? "invalid" : "approval_required"],
    ["item_async", older ? "in_progress" : "complete_in_progress", undefined],
    ["item_canceled", "canceled", undefined],
    ["item_expired", older ? "canceled" : "expired", older ? "invalid" : "expired"],
  ])("%s becomes %s, as 200, and takes nothing", async (item, status, code) => {
    const { path, token } = await mart.cart([item], release);
    const answer = await mart.complete(path, token, { release });
    expect([answer.status, answer.body.status, codes(answer.body)[0]]).toEqual([200, status, code]);
    expect((await mart.ask("GET", path, undefined, { release })).body).toEqual(answer.body);
    expect(mart.stripe.payments.size).toBe(0);
    expect((await mart.state()).orders).toEqual([]);
  });

  it("a price that is raised is refused by the token, and shown", async () => {
    const { path, token, total } = await mart.cart(["item_drift"], release);
    const answer = await mart.complete(path, token, { release });
    expect([answer.body.status, codes(answer.body)]).toEqual(["ready_for_payment", ["payment_declined"]]);
    const now = answer.body.totals.find(({ type }: { type: string }) => type === "total").amount;
    expect(now).toBeGreaterThan(total);
    expect(mart.stripe.calls.map(({ form }) => form.amount)).toEqual([String(now)]);
    expect(mart.stripe.taken()).toBe(0);
  });
});

describe("what ends later", () => {
  it.each([
    ["item_async", "completed", "completed", 1],
    ["item_async", "canceled", "canceled", 0],
    ["item_async", "declined", "ready_for_payment", 0],
    ["item_pending_approval", "completed", "completed", 1],
    ["item_escalate", "completed", "completed", 1],
    ["item_escalate", "ready", "ready_for_payment", 0],
  ])("%s that is told %s becomes %s", async (item, outcome, status, payments) => {
    const { path, token, id, total } = await mart.cart([item]);
    await mart.complete(path, token, { key: "k" });
    await mart.control("finish", { session: id, outcome });
    expect((await mart.ask("GET", path)).body.status).toBe(status);
    expect(mart.stripe.taken()).toBe(payments * total);
    // Told again, it has nothing to end any more.
    expect(await mart.control("finish", { session: id, outcome })).toHaveProperty("error");
    expect(mart.stripe.payments.size).toBe(payments);
  });

  it("may have been paid before", async () => {
    await mart.control("mode", { mode: "async", status: "in_progress", charged: true });
    const { path, token, id, total } = await mart.cart(["paper"]);
    const answer = await mart.complete(path, token);
    expect([answer.body.status, answer.body.order]).toEqual(["in_progress", undefined]);
    expect(mart.stripe.taken()).toBe(total);
    await mart.control("finish", { session: id });
    expect((await mart.ask("GET", path)).body.status).toBe("completed");
    expect(mart.stripe.payments.size).toBe(1);
  });

  it("is finished by itself when the shop is set so", async () => {
    await mart.close();
    mart = await openShop({ finishAfterMs: 20 });
    const { path, token } = await mart.cart(["item_async"]);
    expect((await mart.complete(path, token)).body.status).toBe("complete_in_progress");
    await expect.poll(async () => (await mart.ask("GET", path)).body.status, { timeout: 10_000 }).toBe("completed");
  });

  it("is not completed by a token that was used up meanwhile", async () => {
    const { path, token, id } = await mart.cart(["item_async"]);
    await mart.complete(path, token);
    mart.stripe.tokens.delete(token);
    await mart.control("finish", { session: id });
    const read = await mart.ask("GET", path);
    expect([read.body.status, codes(read.body)]).toEqual(["ready_for_payment", ["payment_declined"]]);
  });
});

describe("the cardholder", () => {
  it("is asked for, and nothing goes on without an answer of the issuer", async () => {
    const { path, token } = await mart.cart(["item_3ds"]);
    const asked = await mart.complete(path, token);
    expect(asked.body.authentication_metadata.directory_server).toBe("visa");
    const refused = await mart.complete(path, token);
    expect([refused.status, refused.body.code]).toEqual([400, "requires_3ds"]);
    const outcome_details = {
      three_ds_cryptogram: "ABCD",
      electronic_commerce_indicator: "05",
      transaction_id: "t",
      version: "2.2.0",
    };
    const body = {
      ...completion("2026-04-17", token),
      authentication_result: { outcome: "authenticated", outcome_details },
    };
    expect((await mart.ask("POST", `${path}/complete`, body)).body.status).toBe("completed");
  });

  it("may be wanted before anything is paid", async () => {
    await mart.control("mode", { mode: "intervention_required", on: "create" });
    const made = await mart.ask("POST", "/checkout_sessions", creation("2026-04-17", ["licence"]));
    expect([made.body.status, codes(made.body)]).toEqual(["not_ready_for_payment", ["intervention_required"]]);
    await mart.control("mode", { mode: "escalate", on: "create" });
    const away = await mart.ask("POST", "/checkout_sessions", creation("2026-04-17", ["licence"]));
    expect([away.body.status, away.body.continue_url]).toEqual([
      "requires_escalation",
      `${mart.shop.url}/continue/${away.body.id}`,
    ]);
  });
});

describe("a price", () => {
  it("that falls is what is taken", async () => {
    await mart.control("mode", { mode: "drift", by: -500 });
    const { path, token, total } = await mart.cart(["paper"]);
    expect((await mart.complete(path, token)).body.status).toBe("completed");
    expect(mart.stripe.taken()).toBe(total - 500);
    expect((await mart.state()).orders[0].paid).toBe(total - 500);
  });

  it("may change when somebody looks", async () => {
    await mart.control("mode", { mode: "drift", on: "read", by: 7 });
    const { path, total } = await mart.cart(["paper"]);
    const totals = (await mart.ask("GET", path)).body.totals;
    expect(totals.at(-1)).toEqual({ type: "total", display_text: "Total", amount: total + 7 });
  });

  it("is never above what the token allows, in amount and currency", async () => {
    const { path, total } = await mart.cart(["paper"]);
    for (const token of [mart.stripe.token(total - 1), mart.stripe.token(total, "eur"), "spt_unknown"]) {
      const answer = await mart.complete(path, token);
      expect([answer.status, codes(answer.body)]).toEqual([200, ["payment_declined"]]);
    }
    expect(mart.stripe.taken()).toBe(0);
  });
});

describe("a bank", () => {
  it("that fails is asked again with the same key", async () => {
    const { path, token, id } = await mart.cart(["paper"]);
    mart.stripe.next.push("500", "500");
    expect((await mart.complete(path, token)).body.status).toBe("completed");
    expect(mart.stripe.calls.map(({ key }) => key)).toEqual([id, id, id]);
  });

  it("that fails for longer leaves the session open, and a look at it goes on", async () => {
    const { path, token } = await mart.cart(["paper"]);
    mart.stripe.next.push("500", "500", "500");
    expect((await mart.complete(path, token)).body.status).toBe("complete_in_progress");
    expect((await mart.ask("POST", `${path}/cancel`)).status).toBe(405);
    expect((await mart.ask("GET", path)).body.status).toBe("completed");
    expect(mart.stripe.payments.size).toBe(1);
  });

  it("that takes its time is asked what became of it", async () => {
    const { path, token } = await mart.cart(["paper"]);
    mart.stripe.next.push("processing");
    expect((await mart.complete(path, token)).body.status).toBe("complete_in_progress");
    expect((await mart.ask("GET", path)).body.status).toBe("complete_in_progress");
    mart.stripe.payments.set("pi_1", { amount: 1, status: "succeeded" });
    expect((await mart.ask("GET", path)).body.status).toBe("completed");
  });

  it("is asked as the contract of Stripe wants it", async () => {
    const { path, token, total, id } = await mart.cart(["paper"]);
    await mart.complete(path, token);
    expect(mart.stripe.calls).toEqual([
      {
        path: "/v1/payment_intents",
        key: id,
        version: "2026-08-26.preview",
        form: {
          amount: String(total),
          currency: "usd",
          confirm: "true",
          error_on_requires_action: "true",
          "payment_method_data[shared_payment_granted_token]": token,
          "metadata[checkout_session_id]": id,
        },
      },
    ]);
  });
});

describe("the control API", () => {
  it("knows its modes, and shows no token", async () => {
    expect(await mart.control("mode", { mode: "nice" })).toHaveProperty("error");
    expect(await mart.control("mode", { mode: "drift", on: "pay" })).toHaveProperty("error");
    expect(await mart.control("mode", { mode: "drift", times: 0 })).toHaveProperty("error");
    const { path, token } = await mart.cart(["item_async"]);
    await mart.complete(path, token);
    const text = JSON.stringify(await mart.state());
    expect(text).toContain("token_sha256");
    expect(text).not.toContain(token);
    expect(text).not.toContain("acp_sandbox_bearer");
  });

  it("is deaf to forms of a web page", async () => {
    const body = new URLSearchParams({ mode: "declined" });
    expect((await fetch(`${mart.shop.url}/_control/mode`, { method: "POST", body })).status).toBe(415);
  });

  it("cancels a session, and then takes no payment for it", async () => {
    const { path, token, id } = await mart.cart(["paper"]);
    await mart.control("cancel", { session: id });
    expect((await mart.complete(path, token)).status).toBe(400);
    expect(mart.stripe.payments.size).toBe(0);
  });
});
