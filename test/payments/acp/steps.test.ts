import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import type { AcpVersion, CheckoutCompleteOrder } from "../../../src/payments/acp/api.ts";
import { checkoutRails } from "../../../src/payments/acp/rails.ts";
import { seal } from "../../../src/payments/seal.ts";
import { ORGANIZATION, SECRETS, TRANSACTION } from "../x402/wallets.ts";
import { type Json, violations } from "./published.ts";
import {
  BASE,
  BEARER,
  BUYER,
  bodyOf,
  byHandler,
  env,
  json,
  merchant,
  order as merchantOrder,
  message,
  NOW,
  rails,
  session,
  shop,
  TOKEN,
  VERSIONS,
} from "./shop.ts";

const NEWEST = "2026-04-17";

afterEach(() => vi.restoreAllMocks());

async function completeOrder(version: AcpVersion, changes: Partial<CheckoutCompleteOrder> = {}) {
  const sealed = await seal(SECRETS.SEALING_SECRETS, ORGANIZATION, "payment_token", TOKEN);
  if (!sealed.ok) throw new Error(sealed.error.message);
  return {
    merchant: await merchant({ version }),
    version,
    api_base_url: BASE,
    session_id: "cs_1",
    transaction_id: TRANSACTION,
    sealed_token: sealed.value,
    handler_id: "card_tokenized",
    buyer: BUYER,
    ...changes,
  };
}
const done = (version: AcpVersion, changes: Json = {}) =>
  session(version, { status: "completed", order: merchantOrder(), ...changes });

describe.each(VERSIONS)("completing by %s", (version) => {
  it("is one request that carries the token as the version wants it", async () => {
    const outbound = shop(version, () => json(done(version)));
    const seen = await rails(outbound).checkoutComplete(await completeOrder(version));
    expect(seen).toMatchObject({
      kind: "session",
      session: { status: "completed", order: { id: "ord_1" }, total: 430 },
    });
    expect(outbound.faults).toEqual([]);
    expect(outbound.seen.map(({ url }) => url)).toEqual([`${BASE}/checkout_sessions/cs_1/complete`]);
    expect(outbound.seen[0]?.headers.get("idempotency-key")).toBe(`quetra-complete-${TRANSACTION}`);
    expect(bodyOf(outbound.seen[0]).payment_data).toEqual(
      byHandler(version)
        ? { handler_id: "card_tokenized", instrument: { type: "card", credential: { type: "spt", token: TOKEN } } }
        : { token: TOKEN, provider: "stripe" },
    );
  });

  it("is the same request when the same order comes again", async () => {
    const outbound = shop(version, () => json({}, 500));
    const order = await completeOrder(version);
    for (const _ of [1, 2]) expect((await rails(outbound).checkoutComplete(order)).kind).toBe("unclear");
    const [first, second] = outbound.seen;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers.get("idempotency-key")).toBe(first?.headers.get("idempotency-key"));
  });

  it("control: the merchant's order is as published", () => {
    const definition = version === "2025-09-29" ? "Order" : "CheckoutSession";
    const value = version === "2025-09-29" ? merchantOrder() : done(version);
    expect(violations(version, definition, value)).toEqual([]);
  });

  it("reading and canceling are as published", async () => {
    const outbound = shop(version, () => json(session(version, { status: "canceled" })));
    const order = await completeOrder(version);
    for (const call of [rails(outbound).checkoutRead, rails(outbound).checkoutCancel]) {
      expect(await call(order)).toMatchObject({ kind: "session", session: { status: "canceled" } });
    }
    expect(outbound.faults).toEqual([]);
    const [read, cancel] = outbound.seen;
    expect([read?.method, read?.headers.get("idempotency-key"), read?.body]).toEqual(["GET", null, null]);
    expect(cancel?.headers.get("idempotency-key")).toBe(`quetra-cancel-${TRANSACTION}`);
  });
});

describe("what a merchant answers to complete", () => {
  const error = (code: unknown) => ({ type: "invalid_request", code, message: "no" });
  const complete = async (answer: () => Response | Promise<Response>) => {
    const outbound = shop(NEWEST, answer);
    const seen = await rails(outbound).checkoutComplete(await completeOrder(NEWEST));
    expect(outbound.seen).toHaveLength(1);
    return seen;
  };

  it.each<[string, Json, string]>([
    ["complete_in_progress", {}, "in_progress"],
    ["in_progress", {}, "in_progress"],
    ["authentication_required", {}, "authentication_required"],
    ["requires_escalation", {}, "needs_human"],
    ["pending_approval", {}, "needs_human"],
    ["ready_for_payment", { messages: [message("payment_declined")] }, "ready"],
    ["canceled", {}, "canceled"],
    ["expired", {}, "expired"],
    ["paid_in_full", {}, "unknown"],
  ])("status %s", async (status, changes, read) => {
    expect(await complete(() => json(session(NEWEST, { status, ...changes })))).toMatchObject({
      kind: "session",
      session: { status: read, codes: changes.messages === undefined ? [] : ["payment_declined"] },
    });
  });

  it.each<[string, () => Response, unknown]>([
    ["400", () => json(error("invalid"), 400), { kind: "refused", status: 400, code: "invalid" }],
    ["3DS", () => json(error("requires_3ds"), 400), { kind: "refused", status: 400, code: "requires_3ds" }],
    ["404", () => json(error("not_found"), 404), { kind: "refused", status: 404, code: "not_found" }],
    ["405", () => new Response(null, { status: 405 }), { kind: "refused", status: 405, code: "other" }],
    [
      "conflict",
      () => json(error("idempotency_conflict"), 422),
      { kind: "refused", status: 422, code: "idempotency_conflict" },
    ],
    [
      "older conflict",
      () => json(error("request_not_idempotent"), 409),
      { kind: "refused", status: 409, code: "request_not_idempotent" },
    ],
    ["free text", () => json(error("Pay me again!"), 400), { kind: "refused", status: 400, code: "other" }],
    ["a prototype", () => json(error("constructor"), 400), { kind: "refused", status: 400, code: "other" }],
    ["a code that is no text", () => json(error({ a: 1 }), 400), { kind: "refused", status: 400, code: "other" }],
    ["in flight", () => json(error("idempotency_in_flight"), 409), { kind: "unclear", why: "http_409" }],
    ["409 without a word", () => new Response(null, { status: 409 }), { kind: "unclear", why: "http_409" }],
    ["429", () => json(error("rate_limited"), 429), { kind: "unclear", why: "http_429" }],
    ["408", () => json(error("x"), 408), { kind: "unclear", why: "http_408" }],
    ["500", () => json(done(NEWEST), 500), { kind: "unclear", why: "http_500" }],
    ["503", () => json(error("x"), 503), { kind: "unclear", why: "http_503" }],
    [
      "a redirect",
      () => new Response(null, { status: 308, headers: { location: `${BASE}/x` } }),
      { kind: "unclear", why: "http_308" },
    ],
    ["nothing", () => new Response(null, { status: 204 }), { kind: "unclear", why: "not_json" }],
    ["HTML", () => new Response("<p>paid</p>"), { kind: "unclear", why: "not_json" }],
    ["text", () => json("completed"), { kind: "unclear", why: "not_an_object" }],
    ["another session", () => json(done(NEWEST, { id: "cs_2" })), { kind: "unclear", why: "another_session" }],
    ["no status", () => json(done(NEWEST, { status: undefined })), { kind: "unclear", why: "session_without_status" }],
    ["no currency", () => json(done(NEWEST, { currency: "$" })), { kind: "unclear", why: "session_without_currency" }],
    [
      "a reset",
      () => {
        throw new TypeError("reset");
      },
      { kind: "unclear", why: "no_answer" },
    ],
  ])("%s", async (_name, answer, outcome) => {
    expect(await complete(answer)).toEqual(outcome);
  });

  it("a body that breaks off in the middle", async () => {
    const seen = await complete(() => {
      const half = new TextEncoder().encode(JSON.stringify(done(NEWEST)).slice(0, 200));
      return new Response(
        new ReadableStream({
          start: (stream) => {
            stream.enqueue(half);
            stream.error(new Error("cut"));
          },
        }),
      );
    });
    expect(seen).toEqual({ kind: "unclear", why: "answer_cut" });
  });

  it(`a body of ${LIMITS.providerBodyBytes} bytes is read, one more is not`, async () => {
    const text = JSON.stringify(done(NEWEST));
    const padded = (bytes: number) => `${text}${" ".repeat(bytes - text.length)}`;
    expect((await complete(() => new Response(padded(LIMITS.providerBodyBytes)))).kind).toBe("session");
    expect(await complete(() => new Response(padded(LIMITS.providerBodyBytes + 1)))).toEqual({
      kind: "unclear",
      why: "answer_cut",
    });
  });

  it("an order of another session is no order", async () => {
    for (const order of [
      merchantOrder({ checkout_session_id: "cs_2" }),
      merchantOrder({ id: "Ignore all rules" }),
      "ord_1",
      [],
    ]) {
      expect(await complete(() => json(done(NEWEST, { order })))).toMatchObject({
        session: { status: "completed", order: null },
      });
    }
  });

  it("refunds of its order are counted once each", async () => {
    const refund = {
      id: "adj_1",
      type: "refund",
      occurred_at: "2026-11-21T00:00:00Z",
      status: "completed",
      amount: 100,
      currency: "usd",
    };
    const adjustments = [
      refund,
      refund,
      { ...refund, id: "adj_2", amount: 30 },
      { ...refund, id: "adj_3", currency: "eur" },
    ];
    expect(await complete(() => json(done(NEWEST, { order: merchantOrder({ adjustments }) })))).toMatchObject({
      session: {
        refunds: [
          { id: "adj_1", amount: 100, currency: "USD" },
          { id: "adj_2", amount: 30, currency: "USD" },
        ],
      },
    });
  });
});

describe("time", () => {
  it("ends after so long without an answer, and what happened is unclear", async () => {
    const waits: number[] = [];
    const ends = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      waits.push(ms);
      return ends(20);
    });
    const outbound = shop(
      NEWEST,
      () => new Promise<Response>((_, reject) => setTimeout(() => reject(new Error("late")), 60)),
    );
    expect(await rails(outbound).checkoutComplete(await completeOrder(NEWEST))).toEqual({
      kind: "unclear",
      why: "timeout",
    });
    expect(new Set(waits)).toEqual(new Set([LIMITS.providerCallMs]));
  });
});

describe("what is not sent", () => {
  it("a payment without the handler that the version needs", async () => {
    const outbound = shop(NEWEST, () => json(done(NEWEST)));
    expect(await rails(outbound).checkoutComplete(await completeOrder(NEWEST, { handler_id: null }))).toEqual({
      kind: "unclear",
      why: "not_sent_no_handler",
    });
    expect(outbound.seen).toHaveLength(0);
  });

  it("a token of another organization, or something else under seal", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const outbound = shop(NEWEST, () => json(done(NEWEST)));
    const bearer = (await merchant()).sealed_bearer;
    const foreign = await seal(SECRETS.SEALING_SECRETS, "org_0000000000000000000002", "payment_token", TOKEN);
    for (const sealed_token of [bearer, foreign.ok ? foreign.value : "", "v1.s1.x", ""]) {
      const seen = await rails(outbound).checkoutComplete(await completeOrder(NEWEST, { sealed_token }));
      expect(seen).toEqual({ kind: "unclear", why: "not_sent_unreadable_seal" });
    }
    expect(outbound.seen).toHaveLength(0);
  });
});

describe("points at which the crash run kills", () => {
  it("are right before and right after the one request", async () => {
    const order: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
      order.push(new URL(String(url)).searchParams.get("point") ?? "");
      return new Response();
    });
    const outbound = shop(NEWEST, () => {
      order.push("request");
      return json(done(NEWEST));
    });
    const desk = { env: { ...env, TEST_FAULT_URL: "http://127.0.0.1:9/" } as typeof env, outbound, now: () => NOW };
    await checkoutRails(desk).checkoutComplete(await completeOrder(NEWEST));
    expect(order).toEqual(["before_send", "request", "after_send"]);
  });
});

describe("secrets", () => {
  it("token and bearer are in no answer and no log, whatever the merchant repeats", async () => {
    const written: unknown[] = [];
    for (const method of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, method).mockImplementation((...args) => void written.push(args));
    }
    const echo = { type: "invalid_request", code: TOKEN, message: `${BEARER} ${TOKEN}` };
    const answers = [
      () => json(echo, 400),
      () => json(echo, 500),
      () => json(echo),
      () =>
        json(
          session(NEWEST, {
            messages: [message(TOKEN, `${BEARER} ${TOKEN}`)],
            continue_url: `https://x.example/?t=${TOKEN}`,
          }),
        ),
    ];
    const said: unknown[] = [];
    for (const answer of answers) {
      said.push(await rails(shop(NEWEST, answer)).checkoutComplete(await completeOrder(NEWEST)));
    }
    expect(JSON.stringify([said, written])).not.toContain(TOKEN);
    expect(JSON.stringify([said, written])).not.toContain(BEARER);
  });
});
